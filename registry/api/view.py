# SPDX-License-Identifier: Apache-2.0
"""How does the schema engine see the schemas inside an API document? As one edition of JSON Schema, each in its true place.

A view is the document with its schemas rewritten: what OpenAPI 3.0 writes in its own way (`nullable`, boolean
`exclusiveMinimum`, `$ref` without siblings) is written as JSON Schema does, what says nothing about values (`discriminator`,
`xml`, `example`) is left out, and so are properties that are not sent in the direction asked about. Only keywords are
replaced or left out, never moved, so a pointer into the view is a pointer into the document.
"""

from dataclasses import dataclass, field
from operator import is_
from typing import Any, Literal

from registry.json_lines import escape, unescape
from registry.schema import MANY, NAMED, ONE, Node, Schema

_SAYS_NOTHING = frozenset(("nullable", "discriminator", "xml", "externalDocs", "example"))
_MATCHES_ALL = frozenset(("", "^", "$", ".*", "^.*", ".*$"))
_JSON_FORMATS = (
    "application/vnd.aai.asyncapi",
    "application/schema+json",
    "application/schema+yaml",
    "application/vnd.oai.openapi",
)
_HIDING = ("readOnly", "writeOnly")
_OPAQUE = frozenset(("example", "examples", "default", "enum", "const", "bindings"))
_OPENAPI_SCHEMAS = frozenset(("schema", "itemSchema"))
_OPENAPI_MAPS = frozenset(
    (
        *("paths", "webhooks", "pathItems", "parameters", "responses", "headers", "content", "requestBodies"),
        *("callbacks", "encoding", "links", "securitySchemes", "variables", "mediaTypes"),
    )
)
_ASYNCAPI_SCHEMAS = frozenset(("schema", "payload", "headers"))
_ASYNCAPI_MAPS = frozenset(
    (
        *("channels", "operations", "messages", "parameters", "servers", "variables", "securitySchemes"),
        *(
            "serverVariables",
            "correlationIds",
            "replies",
            "replyAddresses",
            "messageTraits",
            "operationTraits",
        ),
    )
)


Naming = bool | Literal["schemas"]
"""Whether the keys of an object are names that somebody chose, and of what."""


def view(document: Schema, hides: str = "") -> Schema:
    """The document as the schema engine reads it. `hides`: properties with this keyword (readOnly or writeOnly) are left out."""
    memo = ("view", hides)
    if memo not in document.memo:
        if hides:
            plain = view(document)
            first: _Rewriting = document.memo["first"]
            document.memo[memo] = (
                Schema(
                    _rewriting(plain.data, hides, first.holding).around(plain.data, named=False),
                    plain.dialect,
                )
                if hides in first.found
                else plain
            )
        else:
            how = document.memo["first"] = _rewriting(document.data)
            document.memo[memo] = Schema(how.around(document.data, named=False), document.dialect)
    made: Schema = document.memo[memo]
    return made


def _rewriting(data: Any, hides: str = "", only: set[int] | None = None) -> "_Rewriting":
    is_30, is_openapi = str(data.get("openapi", "")).startswith("3.0"), "openapi" in data
    names = (_OPENAPI_SCHEMAS, _OPENAPI_MAPS) if is_openapi else (_ASYNCAPI_SCHEMAS, _ASYNCAPI_MAPS)
    return _Rewriting(*names, is_30=is_30, hides=hides, only=only)


def node(document: Schema, hides: str, pointer: str) -> Node:
    """The schema at a pointer as the view shows it; the schema `true` where none stands."""
    found = stands_at(view(document, hides).data, pointer)
    return Node(pointer, found if isinstance(found, dict | bool) else True)


@dataclass(frozen=True, slots=True)
class Positions:
    """Where the schemas of a document stand, and the references outside of them: place of each, and its text."""

    schemas: tuple[Node, ...]
    references: tuple[tuple[str, str], ...]


def positions(document: Schema) -> Positions:
    """The outermost schemas as a view shows them, in the order of the document, and all references around them."""
    shown = view(document)
    schemas: list[Node] = []
    references: list[tuple[str, str]] = []
    _look(_rewriting(shown.data), shown.data, "", False, schemas, references)
    return Positions(tuple(schemas), tuple(references))


def _look(
    how: "_Rewriting",
    data: Any,
    pointer: str,
    named: "Naming",
    schemas: list[Node],
    references: list[tuple[str, str]],
) -> None:
    if isinstance(data, list):
        for index, item in enumerate(data):
            _look(how, item, f"{pointer}/{index}", False, schemas, references)
    if not isinstance(data, dict):
        return
    if not named and isinstance(data.get("$ref"), str):
        references.append((f"{pointer}/$ref", data["$ref"]))
    for key, value in data.items():
        here = f"{pointer}/{escape(key)}"
        match how.kind(data, key, value, named=named):
            case "schema" if is_wrapped(value):
                if speaks_json(value["schemaFormat"]):
                    schemas.append(Node(f"{here}/schema", value["schema"]))
            case "schema":
                schemas.append(Node(here, value))
            case "schemas":
                _look(how, value, here, "schemas", schemas, references)
            case "named":
                _look(how, value, here, False, schemas, references)
            case "around":
                _look(how, value, here, key in how.maps, schemas, references)


def is_wrapped(raw: Any) -> bool:
    """Whether a schema is given together with the name of its format, as AsyncAPI 3.0 does."""
    return isinstance(raw, dict) and "schemaFormat" in raw and "schema" in raw


def speaks_json(schema_format: Any) -> bool:
    """Whether a format of schemas is JSON Schema, which it is where none is named."""
    return schema_format is None or str(schema_format).startswith(_JSON_FORMATS)


def stands_at(data: Any, pointer: str) -> Any:
    """The value at a JSON pointer; None where there is none."""
    for part in pointer.split("/")[1:]:
        name = unescape(part)
        if isinstance(data, dict):
            data = data.get(name)
        elif isinstance(data, list) and name.isdecimal() and int(name) < len(data):
            data = data[int(name)]
        else:
            return None
    return data


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """One way through a document. What needs no rewriting is shared with it, not copied.

    `found`: each readOnly and writeOnly that was met. `holding`: what was made of the parts around them, by id(); with
    `only` nothing else is looked into again.
    """

    schemas: frozenset[str]
    maps: frozenset[str]
    is_30: bool
    hides: str
    only: set[int] | None
    found: list[str] = field(default_factory=list)
    holding: set[int] = field(default_factory=set)

    def kind(self, around: dict[str, Any], key: str, value: Any, *, named: "Naming") -> str:
        """What stands under a key of an object: a schema, a map of schemas, one of other things, nothing of ours, or more."""
        if named:
            return "schema" if named == "schemas" else "named"
        if key in _OPAQUE or key.startswith("x-"):
            return "opaque"
        if key == "schemas" and isinstance(value, dict):
            return "schemas"
        if key in self.schemas and isinstance(value, dict | bool):
            foreign = key == "payload" and not speaks_json(around.get("schemaFormat"))
            return "opaque" if foreign else "schema"
        return "around"

    def around(self, data: Any, *, named: "Naming") -> Any:
        """What is no schema but may hold some. `named`: the keys are names that somebody chose, and mean nothing."""
        if not self._looks_into(data):
            return data
        before = len(self.found)
        if isinstance(data, list):
            return self._noted(data, [self.around(item, named=False) for item in data], before)
        made: dict[str, Any] = {}
        for key, value in data.items():
            match self.kind(data, key, value, named=named):
                case "schema":
                    made[key] = self._payload(value)
                case "schemas":
                    made[key] = self.around(value, named="schemas")
                case "named":
                    made[key] = self.around(value, named=False)
                case "around":
                    made[key] = self.around(value, named=key in self.maps)
                case _:
                    made[key] = value
        return self._noted(data, made, before)

    def _looks_into(self, data: Any) -> bool:
        return isinstance(data, (dict, list)) and (self.only is None or id(data) in self.only)

    def _noted(self, given: Any, made: Any, before: int) -> Any:
        kept = _shared(given, made)
        if len(self.found) > before:
            self.holding.add(id(kept))
        return kept

    def _payload(self, raw: Any) -> Any:
        if not is_wrapped(raw):
            return self._schema(raw)
        inner = self._schema(raw["schema"]) if speaks_json(raw["schemaFormat"]) else raw["schema"]
        return _shared(raw, {**raw, "schema": inner})

    def _schema(self, raw: Any) -> Any:
        if not isinstance(raw, dict) or not self._looks_into(raw):
            return raw
        before = len(self.found)
        if self.is_30 and isinstance(raw.get("$ref"), str):
            return raw if len(raw) == 1 else {"$ref": raw["$ref"]}
        made = {
            keyword: self._keyword(keyword, value)
            for keyword, value in raw.items()
            if keyword not in _SAYS_NOTHING
            and not (keyword == "pattern" and isinstance(value, str) and value in _MATCHES_ALL)
        }
        if self.is_30:
            _as_json_schema(raw, made)
        self.found.extend(name for name in _HIDING if raw.get(name) is True)
        if self.hides:
            self._hide(raw, made)
        return self._noted(raw, made, before)

    def _keyword(self, keyword: str, value: Any) -> Any:
        if keyword in NAMED and isinstance(value, dict):
            return _shared(value, {name: self._schema(each) for name, each in value.items()})
        if keyword in MANY and isinstance(value, list):
            return _shared(value, [self._schema(each) for each in value])
        return self._schema(value) if keyword in ONE else value

    def _hide(self, raw: dict[str, Any], made: dict[str, Any]) -> None:
        properties = raw.get("properties")
        if not isinstance(properties, dict):
            return
        hidden = {
            n for n, each in properties.items() if isinstance(each, dict) and each.get(self.hides) is True
        }
        if hidden:
            made["properties"] = {n: each for n, each in made["properties"].items() if n not in hidden}
            if isinstance(raw.get("required"), list):
                made["required"] = [
                    name for name in raw["required"] if not isinstance(name, str) or name not in hidden
                ]


def _as_json_schema(raw: dict[str, Any], made: dict[str, Any]) -> None:
    """Writes what OpenAPI 3.0 (Schema Object, 3.0.3 section 4.7.24) has in a form of its own as JSON Schema does."""
    if raw.get("nullable") is True and isinstance(raw.get("type"), str):
        made["type"] = [raw["type"], "null"]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(raw.get(exclusive), bool):
            del made[exclusive]
            if raw[exclusive] and bound in raw:
                made[exclusive] = made.pop(bound)


def _shared(given: Any, made: Any) -> Any:
    """The given value when the made one holds the very same members."""
    if len(given) != len(made):
        return made
    values = (given, made) if isinstance(given, list) else (given.values(), made.values())
    return given if all(map(is_, *values)) else made

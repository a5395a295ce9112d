# SPDX-License-Identifier: Apache-2.0
"""How does the schema engine see the schemas inside an API document? As one edition of JSON Schema, each in its true place.

A view is the document with its schemas rewritten: what OpenAPI 3.0 writes in its own way (`nullable`, boolean
`exclusiveMinimum`, `$ref` without siblings) is written as JSON Schema does, what says nothing about values (`discriminator`,
`xml`, `example`) is left out, and so are properties that are not sent in the direction asked about. Only keywords are
replaced or left out, never moved, so a pointer into the view is a pointer into the document.
"""

from dataclasses import dataclass
from typing import Any

from registry.json_lines import unescape
from registry.schema import MANY, NAMED, ONE, Node, Schema

_SAYS_NOTHING = frozenset(("nullable", "discriminator", "xml", "externalDocs", "example"))
_MATCHES_ALL = frozenset(("", "^", "$", ".*", "^.*", ".*$"))
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


def view(document: Schema, hides: str = "") -> Schema:
    """The document as the schema engine reads it. `hides`: properties with this keyword (readOnly or writeOnly) are left out."""
    memo = ("view", hides)
    if memo not in document.memo:
        document.memo[memo] = Schema(_Rewriting(document.data, hides).document(), document.dialect)
    made: Schema = document.memo[memo]
    return made


def node(document: Schema, hides: str, pointer: str) -> Node:
    """The schema at a pointer as the view shows it; the schema `true` where none stands."""
    found = stands_at(view(document, hides).data, pointer)
    return Node(pointer, found if isinstance(found, dict | bool) else True)


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
    """One way through a document. What needs no rewriting is shared with it, not copied."""

    data: Any
    hides: str

    def document(self) -> Any:
        return self._around(self.data, named=False)

    @property
    def _is_30(self) -> bool:
        return str(self.data.get("openapi", "")).startswith("3.0")

    @property
    def _schemas(self) -> frozenset[str]:
        return _OPENAPI_SCHEMAS if "openapi" in self.data else _ASYNCAPI_SCHEMAS

    @property
    def _maps(self) -> frozenset[str]:
        return _OPENAPI_MAPS if "openapi" in self.data else _ASYNCAPI_MAPS

    def _around(self, data: Any, *, named: bool) -> Any:
        """What is no schema but may hold some. `named`: the keys are names that somebody chose, and mean nothing."""
        if isinstance(data, list):
            return _shared(data, [self._around(item, named=False) for item in data])
        if not isinstance(data, dict):
            return data
        schemas, maps = self._schemas, self._maps
        made: dict[str, Any] = {}
        for key, value in data.items():
            if named:
                made[key] = self._around(value, named=False)
            elif key in _OPAQUE or key.startswith("x-"):
                made[key] = value
            elif key == "schemas" and isinstance(value, dict):
                made[key] = _shared(value, {name: self._schema(each) for name, each in value.items()})
            elif key in schemas and isinstance(value, dict):
                made[key] = self._payload(value)
            else:
                made[key] = self._around(value, named=key in maps)
        return _shared(data, made)

    def _payload(self, raw: dict[str, Any]) -> Any:
        # AsyncAPI 3.0 wraps a schema together with the name of its format.
        if "schemaFormat" in raw and isinstance(raw.get("schema"), dict):
            return _shared(raw, {**raw, "schema": self._schema(raw["schema"])})
        return self._schema(raw)

    def _schema(self, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        if self._is_30 and isinstance(raw.get("$ref"), str):
            return raw if len(raw) == 1 else {"$ref": raw["$ref"]}
        made = {
            keyword: self._keyword(keyword, value)
            for keyword, value in raw.items()
            if keyword not in _SAYS_NOTHING and not (keyword == "pattern" and value in _MATCHES_ALL)
        }
        if self._is_30:
            _as_json_schema(raw, made)
        if self.hides:
            self._hide(raw, made)
        return _shared(raw, made)

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
                made["required"] = [name for name in raw["required"] if name not in hidden]


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
    pairs = (
        zip(given, made, strict=True)
        if isinstance(given, list)
        else ((v, made.get(k)) for k, v in given.items())
    )
    return given if all(a is b for a, b in pairs) else made

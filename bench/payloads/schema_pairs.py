# SPDX-License-Identifier: Apache-2.0
"""Pairs of contracts as people change them: an event's schema in one of five dialects, and the same with one to three edits.

Each pair has a keyword in its focus, in turn, that the old schema holds or the first edit brings in, takes out or changes.
One Random gives equal pairs.
"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from registry.dialect import DIALECTS, DRAFT_04, DRAFT_2020_12, Dialect
from registry.document import parse
from registry.example import examples
from terms.problem import ProblemError

Made = dict[str, Any]
_MOST_DRAWS = 20

NAMES = ("id", "status", "amount", "lines", "customer", "note", "tags", "due", "x_ref")
WORDS = ("", "a", "ab", "abc", "open", "paid", "A1", "2024-01-01", "x", "xyz", "EUR")
PATTERNS = ("^[a-z]+$", "^[a-z]*$", "^[a-zA-Z]+$", "^[A-Z]{3}$", "^x", "[0-9]", "^(open|paid)$", "^a")
NAME_PATTERNS = ("^x", "_", "^[a-z]+$", "^a")
NUMBERS = (-1, 0, 1, 2, 3, 5, 10, 100)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents, what was done, and the keyword in the focus."""

    old: Made
    new: Made
    dialect: Dialect
    focus: str
    edits: tuple[str, ...]


@dataclass(slots=True)
class Writer:
    """Writes schemas of one dialect."""

    random: Random
    dialect: Dialect

    def any(self, depth: int) -> Any:
        """A schema of any type."""
        kind = self.random.choice(
            ("string", "integer", "number", "boolean", "object", "array", "string", "integer")
        )
        return self.of(kind if depth > 0 or kind not in ("object", "array") else "string", depth)

    def of(self, kind: str, depth: int) -> Made:
        """A schema of one type, with some keywords that matter for it."""
        made: Made = {"type": kind if self.random.random() < 0.9 else [kind, "null"]}
        if kind == "object":
            made |= self.object(depth)
        elif kind == "array":
            made["items"] = self.any(depth - 1)
        usual = [k for k in _USUAL.get(kind, ()) if k in self.known()]
        for keyword in self.random.sample(usual, min(len(usual), self.random.choice((0, 0, 1, 1, 2)))):
            self.put(made, keyword, depth - 1)
        return made

    def object(self, depth: int) -> Made:
        """Properties, some of them required, closed or open."""
        names = self.random.sample(NAMES, self.random.randint(1, 4))
        made: Made = {"properties": {name: self.any(depth - 1) for name in names}}
        required = [name for name in names if self.random.random() < 0.4]
        if required:
            made["required"] = required
        if self.random.random() < 0.5:
            made["additionalProperties"] = False
        return made

    def known(self) -> list[str]:
        """The keywords of the table that the dialect knows."""
        return [k for k in KEYWORDS if k in self.dialect.asserting or k in _NOTES]

    def put(self, place: Made, keyword: str, depth: int) -> None:
        """Writes the keyword into a schema, anew."""
        place[keyword] = MAKERS[keyword](self, depth)
        if keyword in ("exclusiveMinimum", "exclusiveMaximum") and self.dialect is DRAFT_04:
            place[keyword] = True
            place.setdefault("m" + keyword.removeprefix("exclusiveM"), self.random.choice(NUMBERS))
        for other, value in _COMPANIONS.get(keyword, {}).items():
            place.setdefault(other, value(self, depth))

    def schema(self, depth: int) -> Any:
        """A schema where a boolean would do as well."""
        if self.dialect is not DRAFT_04 and self.random.random() < 0.15:
            return self.random.random() < 0.5
        return self.any(depth)

    def leftover(self, depth: int) -> Any:
        """What is said of everything that is left over."""
        return False if self.random.random() < 0.6 else self.any(min(depth, 0))

    def branches(self, depth: int) -> list[Any]:
        """Alternatives of different types mostly."""
        kinds = self.random.sample(
            ("string", "integer", "boolean", "object", "null", "number"), self.random.randint(2, 3)
        )
        return [self.of(kind, min(depth, 1)) for kind in kinds]

    def limits(self) -> list[Any]:
        """Schemas that ask for one thing each, to be put together."""
        return [
            {self.random.choice(("minLength", "minimum", "minItems")): self.random.randint(0, 3)},
            {self.random.choice(("maxLength", "maximum", "maxItems")): self.random.randint(3, 9)},
        ][: self.random.randint(1, 2)]

    def names(self) -> list[str]:
        """One or two names of properties."""
        return self.random.sample(NAMES, self.random.randint(1, 2))

    def condition(self) -> Made:
        """What an `if` asks."""
        name = self.random.choice(NAMES)
        value = {"enum": [self.random.choice(WORDS[3:6])]}
        return {"properties": {name: value}, "required": [name]}


def _count(low: int, high: int) -> Callable[[Writer, int], Any]:
    return lambda w, _: w.random.randint(low, high)


MAKERS: dict[str, Callable[[Writer, int], Any]] = {
    "type": lambda w, _: w.random.choice(("string", "integer", "number", ["string", "null"], ["integer", "string"], "object", "array", "boolean")),
    "enum": lambda w, _: w.random.sample(WORDS, w.random.randint(1, 3)) if w.random.random() < 0.7 else w.random.sample(NUMBERS, 2),
    "const": lambda w, _: w.random.choice((*WORDS[3:6], *NUMBERS[:4])),
    "minLength": _count(0, 4),
    "maxLength": _count(2, 8),
    "pattern": lambda w, _: w.random.choice(PATTERNS),
    "minimum": lambda w, _: w.random.choice(NUMBERS),
    "maximum": lambda w, _: w.random.choice(NUMBERS[2:]),
    "exclusiveMinimum": lambda w, _: w.random.choice(NUMBERS),
    "exclusiveMaximum": lambda w, _: w.random.choice(NUMBERS[2:]),
    "multipleOf": lambda w, _: w.random.choice((1, 2, 3, 4, 5, 10, 0.5, 0.25)),
    "minItems": _count(0, 3),
    "maxItems": _count(1, 5),
    "uniqueItems": lambda __, _: True,
    "items": lambda w, d: w.schema(d) if w.dialect is DRAFT_2020_12 or w.random.random() < 0.5 else [w.any(d) for _ in range(w.random.randint(1, 2))],
    "prefixItems": lambda w, d: [w.schema(d) for _ in range(w.random.randint(1, 2))],
    "additionalItems": lambda w, d: w.leftover(d),
    "contains": lambda w, _: w.any(0),
    "minContains": _count(0, 3),
    "maxContains": _count(1, 3),
    "minProperties": _count(0, 3),
    "maxProperties": _count(2, 6),
    "required": lambda w, _: w.names(),
    "properties": lambda w, d: {name: w.any(d) for name in w.names()},
    "patternProperties": lambda w, d: {w.random.choice(NAME_PATTERNS): w.any(min(d, 0))},
    "additionalProperties": lambda w, d: w.leftover(d),
    "propertyNames": lambda w, _: w.random.choice(({"maxLength": 6}, {"pattern": "^[a-z_]+$"}, {"minLength": 2}, {"pattern": "^[a-z]"})),
    "dependencies": lambda w, _: {w.random.choice(NAMES): w.names() if w.random.random() < 0.5 else {"required": w.names()}},
    "dependentRequired": lambda w, _: {w.random.choice(NAMES): w.names()},
    "dependentSchemas": lambda w, _: {w.random.choice(NAMES): {"required": w.names()}},
    "unevaluatedProperties": lambda w, d: w.leftover(d),
    "unevaluatedItems": lambda w, d: w.leftover(d),
    "allOf": lambda w, _: w.limits(),
    "anyOf": lambda w, d: w.branches(d),
    "oneOf": lambda w, d: w.branches(d),
    "not": lambda w, _: w.random.choice(({"type": "string"}, {"enum": ["x"]}, {"required": ["note"]}, {"type": "integer", "minimum": 3}, {"type": ["null", "boolean"]})),
    "if": lambda w, _: w.condition(),
    "then": lambda w, _: {"required": w.names()},
    "else": lambda w, _: {"required": w.names()} if w.random.random() < 0.5 else {"maxProperties": w.random.randint(2, 4)},
    "$ref": lambda w, _: w.random.choice(("#/definitions/party", "#/definitions/node")),
    "$dynamicRef": lambda __, _: "#party",
    "$recursiveRef": lambda __, _: "#",
    "format": lambda w, _: w.random.choice(("date", "email", "uuid")),
    "contentEncoding": lambda w, _: w.random.choice(("base64", "base16")),
    "contentMediaType": lambda w, _: w.random.choice(("text/html", "application/json")),
    "default": lambda w, _: w.random.choice(WORDS),
    "title": lambda w, _: w.random.choice(WORDS),
}  # fmt: skip
KEYWORDS = tuple(MAKERS)
_NOTES = ("format", "contentEncoding", "contentMediaType", "default", "title")
_USUAL = {
    "string": ("minLength", "maxLength", "pattern", "enum", "format"),
    "integer": ("minimum", "maximum", "multipleOf", "exclusiveMinimum", "enum"),
    "number": ("minimum", "maximum", "multipleOf", "exclusiveMaximum"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "propertyNames", "maxProperties"),
}
_COMPANIONS: dict[str, dict[str, Callable[[Writer, int], Any]]] = {
    "additionalItems": {"items": lambda w, _: [w.any(0)]},
    "minContains": {"contains": lambda w, _: w.any(0)},
    "maxContains": {"contains": lambda w, _: w.any(0)},
    "then": {"if": lambda w, _: w.condition()},
    "else": {"if": lambda w, _: w.condition()},
    "if": {"then": lambda w, _: {"required": w.names()}},
}
_KINDS = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"), "string"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), "integer"),
    "multipleOf": "number",
    **dict.fromkeys(
        ("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "additionalItems", "contains",
         "minContains", "maxContains", "unevaluatedItems"), "array"),
    **dict.fromkeys(
        ("minProperties", "maxProperties", "required", "properties", "patternProperties", "additionalProperties",
         "propertyNames", "dependencies", "dependentRequired", "dependentSchemas", "unevaluatedProperties",
         "if", "then", "else"), "object"),
}  # fmt: skip


def pairs(seed: int, count: int) -> Iterator[Pair]:
    """So many pairs; dialects and keywords in the focus take turns."""
    for number in range(count):
        random = Random(f"{seed}/{number}")
        dialect = DIALECTS[number % len(DIALECTS)]
        writer = Writer(random, dialect)
        # A keyword that one dialect alone knows comes twice in its turn.
        turns = [k for k in writer.known() for _ in range(2 if _knowing(k) == 1 else 1)]
        focus = turns[(number // len(DIALECTS)) % len(turns)]
        drawn = (_pair(writer, focus) for _ in range(_MOST_DRAWS))
        yield next(filter(_has_documents, drawn), None) or _pair(writer, focus)


def _has_documents(pair: Pair) -> bool:
    """Whether both contracts can be read and accept something: what accepts nothing is compatible with everything."""
    try:
        return all(
            examples(parse(json.dumps(each).encode(), "made-up").schema) for each in (pair.old, pair.new)
        )
    except ProblemError:  # an edit made a reference without end, say
        return False


def _knowing(keyword: str) -> int:
    """How many dialects know the keyword; notes are known to all."""
    return len(DIALECTS) if keyword in _NOTES else sum(keyword in d.asserting for d in DIALECTS)


def _pair(writer: Writer, focus: str) -> Pair:
    random = writer.random
    old = _document(writer)
    holder, place = _place_for(writer, old, focus)
    if random.random() < 0.7:
        writer.put(place, focus, 1)
    new = copy.deepcopy(old)
    said = [_edit_focus(writer, _at(new, holder), focus)]
    for _ in range(random.choice((0, 0, 1, 2))):
        said.append(_edit(writer, new))
    _tidy(writer, new)
    return Pair(old, new, writer.dialect, focus, tuple(said))


def _tidy(writer: Writer, value: Any) -> None:
    """Takes out what an edit left that draft-04 does not allow: a flag without its bound."""
    if isinstance(value, dict) and writer.dialect is DRAFT_04:
        for bound in ("minimum", "maximum"):
            if bound not in value:
                value.pop(f"exclusive{bound.capitalize()}", None)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _tidy(writer, item)


def _document(writer: Writer) -> Made:
    made: Made = {"$schema": writer.dialect.uri, "type": "object", **writer.object(2)}
    node: Made = {
        "type": "object",
        "properties": {"next": {"$ref": "#/definitions/node"}, "id": writer.of("integer", 0)},
    }
    made["definitions"] = {"party": writer.of("object", 1), "node": node}
    if writer.dialect is DRAFT_2020_12:
        made["definitions"]["party"]["$dynamicAnchor"] = "party"
    if writer.random.random() < 0.3:
        made["properties"]["customer"] = {"$ref": "#/definitions/party"}
    if writer.random.random() < 0.4:
        _share(writer, made)
    return made


def _share(writer: Writer, document: Made) -> None:
    """One definition in two places, in one of them beside more that is asked."""
    kind = writer.random.choice(("string", "integer", "object"))
    document["definitions"]["shared"] = writer.of(kind, 1)
    more = {"type": kind}
    for keyword in writer.random.sample(_USUAL[kind][:2], 1):
        if keyword in writer.known():
            writer.put(more, keyword, 0)
    ref = {"$ref": "#/definitions/shared"}
    one, other = writer.random.sample(NAMES, 2)
    document["properties"] |= {one: ref, other: {"allOf": [dict(ref), more]}}


def _place_for(writer: Writer, document: Made, focus: str) -> tuple[tuple[str, ...], Made]:
    """A place where the keyword matters, made if need be."""
    kind = _KINDS.get(focus)
    if kind == "object" and writer.random.random() < 0.5:
        return (), document
    if focus in (
        "type",
        "not",
        "anyOf",
        "oneOf",
        "allOf",
        "enum",
        "const",
        "$ref",
        "$dynamicRef",
        "$recursiveRef",
    ):
        kind = None
    name = writer.random.choice(NAMES)
    made = (
        writer.of(kind, 1) if kind else {} if writer.random.random() < 0.5 or "$" in focus else writer.any(1)
    )
    document["properties"][name] = made
    return ("properties", name), made


def _at(document: Made, steps: tuple[str, ...]) -> Made:
    for step in steps:
        document = document[step]
    return document


def _edit_focus(writer: Writer, place: Made, focus: str) -> str:
    if focus not in place:
        writer.put(place, focus, 1)
        return f"added {focus}"
    if writer.random.random() < 0.25 and focus not in ("properties",):
        del place[focus]
        return f"removed {focus}"
    return _retune(writer, place, focus)


def _retune(writer: Writer, place: Made, keyword: str) -> str:
    """A small change of the value: a step, an item more or less, a change inside."""
    random, value = writer.random, place[keyword]
    if isinstance(value, bool):
        place[keyword] = not value
    elif isinstance(value, int | float):
        place[keyword] = (
            value * 2
            if keyword == "multipleOf" and random.random() < 0.5
            else max(
                value + random.choice((-1, 1, 2)),
                1
                if keyword == "multipleOf"
                else 0
                if keyword[:3] in ("min", "max")
                and keyword[3].isupper()
                and keyword not in ("minimum", "maximum")
                else -9,
            )
        )
    elif isinstance(value, list) and value:
        _retune_list(writer, place, keyword)
    elif isinstance(value, dict) and keyword in (
        "properties",
        "patternProperties",
        "dependentSchemas",
        "dependentRequired",
        "dependencies",
    ):
        _retune_map(writer, value, keyword)
    elif isinstance(value, dict):
        inner = _random_place(writer, value)
        return f"{keyword}: {_edit_place(writer, inner)}"
    else:
        writer.put(place, keyword, 1)
    return f"changed {keyword}"


def _retune_list(writer: Writer, place: Made, keyword: str) -> None:
    random, value = writer.random, place[keyword]
    schemas = (
        [item for item in value if isinstance(item, dict)]
        if keyword not in ("enum", "required", "type")
        else []
    )
    if schemas and random.random() < 0.5:
        _edit_place(writer, random.choice(schemas))
    elif len(value) > 1 and random.random() < 0.5:
        value.pop(random.randrange(len(value)))
    else:
        more = MAKERS[keyword](writer, 0)
        more = [item for item in (more if isinstance(more, list) else [more]) if item not in value]
        place[keyword] = [*value, *more[:1]]


def _retune_map(writer: Writer, value: Made, keyword: str) -> None:
    random = writer.random
    name = random.choice(list(value))
    draw = random.random()
    if draw < 0.3 and len(value) > 1:
        del value[name]
    elif draw < 0.6 or not isinstance(value[name], dict):
        value.update(MAKERS[keyword](writer, 0))
    else:
        _edit_place(writer, value[name])


def _edit(writer: Writer, document: Made) -> str:
    return _edit_place(writer, _random_place(writer, document))


def _edit_place(writer: Writer, place: Made) -> str:
    """One of the edits people make: to the properties, or to a keyword that fits the type."""
    random = writer.random
    kind = place.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" and random.random() < 0.7:
        return _edit_object(writer, place)
    present = [k for k in place if k in MAKERS and k not in ("properties", "$ref")]
    if present and random.random() < 0.6:
        keyword = random.choice(present)
        if random.random() < 0.3 and keyword != "type":
            del place[keyword]
            return f"removed {keyword}"
        return _retune(writer, place, keyword)
    usual = [k for k in _USUAL.get(str(kind), ("title",)) if k in writer.known()]
    keyword = random.choice(usual or ["title"])
    writer.put(place, keyword, 0)
    return f"put {keyword}"


def _edit_object(writer: Writer, place: Made) -> str:
    random = writer.random
    properties = place.setdefault("properties", {})
    draw = random.random()
    if draw < 0.3:
        properties[random.choice(NAMES)] = writer.any(0)
        return "added a property"
    if draw < 0.45 and len(properties) > 1:
        del properties[random.choice(list(properties))]
        return "removed a property"
    if draw < 0.75:
        name = random.choice(list(properties) or ["id"])
        required = place.get("required", [])
        place["required"] = [n for n in required if n != name] if name in required else [*required, name]
        if not place["required"]:
            del place["required"]
        return "changed required"
    if draw < 0.85:
        place["additionalProperties"] = not place.get("additionalProperties", True)
        return "opened or closed"
    inner = [each for each in properties.values() if isinstance(each, dict)]
    return _edit_place(writer, random.choice(inner)) if inner else "nothing"


def _random_place(writer: Writer, document: Made) -> Made:
    """A schema somewhere in the document, nearer to its root mostly."""
    here = document
    if "definitions" in document and writer.random.random() < 0.25:
        here = writer.random.choice(list(document["definitions"].values()))
    while writer.random.random() < 0.6:
        inner = [
            item
            for keyword in ("properties", "patternProperties", "definitions")
            for item in here.get(keyword, {}).values()
            if isinstance(item, dict)
        ]
        inner += [
            here[k]
            for k in ("items", "additionalProperties", "contains", "not")
            if isinstance(here.get(k), dict)
        ]
        if not inner:
            break
        here = writer.random.choice(inner)
    return here

# SPDX-License-Identifier: Apache-2.0
"""Schemas as people write them, of one dialect, drawn from one Random: values for every keyword that the diff knows."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from registry.dialect import DRAFT_04, DRAFT_2020_12, Dialect

Made = dict[str, Any]

NAMES = ("id", "status", "amount", "lines", "customer", "note", "tags", "due", "x_ref")
WORDS = ("", "a", "ab", "abc", "open", "paid", "A1", "2024-01-01", "x", "xyz", "EUR")
PATTERNS = ("^[a-z]+$", "^[a-z]*$", "^[a-zA-Z]+$", "^[A-Z]{3}$", "^x", "[0-9]", "^(open|paid)$", "^a")
NAME_PATTERNS = ("^x", "_", "^[a-z]+$", "^a")
NUMBERS = (-1, 0, 1, 2, 3, 5, 10, 100)


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
        usual = [k for k in USUAL.get(kind, ()) if k in self.known()]
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
        return [k for k in KEYWORDS if k in self.dialect.asserting or k in NOTES]

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
NOTES = ("format", "contentEncoding", "contentMediaType", "default", "title")
USUAL = {
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

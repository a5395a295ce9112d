# SPDX-License-Identifier: Apache-2.0
"""What does a document of a contract look like? Examples that people can read, each checked to be valid.

What the contract itself gives counts first: `examples`, `default`, listed values. Then what a reader expects under a format, a
pattern or a name. What does not fit is made by the search that also makes witnesses.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from registry.claim import Claim
from registry.effort import found_within
from registry.evaluate import CANNOT_SAY, is_valid
from registry.json_value import key
from registry.schema import Node, Schema
from registry.witness.guide import Guides
from registry.witness.keyword import REFERENCES, led_to
from registry.witness.search import Search

MOST = 50
_MOST_DEPTH = 6
_STEPS = 150_000
_LIKELY = ("object", "array", "string", "integer", "fraction", "boolean", "null")

_FORMATS = {
    "date-time": ("2026-01-31T09:30:00Z", "2026-02-28T16:05:12Z", "2026-03-31T23:59:59Z"),
    "date": ("2026-01-31", "2026-02-28", "2026-03-31"),
    "time": ("09:30:00Z", "16:05:12Z"),
    "duration": ("P1M", "P1Y"),
    "email": ("ada@example.com", "grace@example.com"),
    "hostname": ("example.com",),
    "ipv4": ("192.0.2.1",),
    "ipv6": ("2001:db8::1",),
    "uri": ("https://example.com/a", "https://example.com/b"),
    "uri-reference": ("/a", "/b"),
    "uuid": ("7f1c9d2e-3b7a-4c55-9a53-0c4f6f2b8d10", "b3c0a1d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d"),
}
_FAMILIAR = (
    *("120.00", "49.90", "2026-01-31", "2026-01-31T09:30:00Z", "2026-01", "DE", "en", "ACME", "DE01", "1"),
    *("P1M", "ada@example.com", "https://example.com/a", "7f1c9d2e-3b7a-4c55-9a53-0c4f6f2b8d10"),
    *("A-1001", "INV-1001", "1.0.0", "abc", "ABC", "1001", "EUR"),
)
"""Texts that a pattern often means."""


def examples(
    schema: Schema, node: Node | None = None, *, full: bool = False, count: int = 1
) -> tuple[Any, ...]:
    """Up to `count` different valid documents of a schema, the root or one inside; empty when none is found.

    Minimal ones hold what is required; `full` ones every member the schema names, recursion cut. Equal inputs, equal examples.
    """
    root = schema.root if node is None else node
    found: dict[Any, Any] = {}
    for variant in range(min(count, MOST)):
        for value in _Sketch(schema, variant, full=full).documents(root):
            if key(value) not in found:
                found[key(value)] = value
                break
    return tuple(found.values())


class _Sketch:
    """One example on its way. `variant` turns the lists that values are taken from, so that examples differ."""

    def __init__(self, schema: Schema, variant: int, *, full: bool) -> None:
        self.schema = schema
        self.variant = variant
        self.full = full

    def documents(self, root: Node) -> Iterator[Any]:
        """Valid documents, the most telling first."""
        sketched = self.value(root, "", 0)
        if self.keeps(root, sketched):
            yield sketched
        elif isinstance(sketched, dict):
            yield from self._thinned(root, sketched)
        yield from self._searched(root)

    def value(self, node: Node, name: str, depth: int) -> Any:
        """A value for a node; one that may turn out not to be valid."""
        parts = list(_parts(self.schema, node, self.variant))
        for candidate in self._given(parts):
            if self.keeps(node, candidate):
                return candidate
        kind = self._kind(parts)
        if kind == "object" and depth <= _MOST_DEPTH:
            return self._object(parts, depth)
        if kind == "array" and depth <= _MOST_DEPTH:
            return self._array(node, parts, name, depth)
        if kind == "string":
            for text in self._texts(parts, name):
                if self.keeps(node, text):
                    return text
        return next(self._searched(node), None)

    def keeps(self, node: Node, value: Any) -> bool:
        """Whether the value is valid there."""
        try:
            return is_valid(self.schema, node, value)
        except CANNOT_SAY:
            return False

    def _given(self, parts: list[Node]) -> Iterator[Any]:
        raws = [part.raw for part in parts if isinstance(part.raw, dict)]
        for raw in raws:
            yield from self._turned(raw.get("examples"))
            if "example" in raw:
                yield raw["example"]
            if "const" in raw:
                yield raw["const"]
        for raw in raws:
            yield from self._turned(raw.get("enum"))
            if "default" in raw:
                yield raw["default"]

    def _turned(self, values: Any) -> list[Any]:
        if not isinstance(values, list) or not values:
            return []
        start = self.variant % len(values)
        return values[start:] + values[:start]

    def _kind(self, parts: list[Node]) -> str:
        """The kind of value to make: a declared one, the most telling first, else what the keywords speak of."""
        said = [part.raw["type"] for part in parts if isinstance(part.raw, dict) and "type" in part.raw]
        names = {name for each in said for name in ([each] if isinstance(each, str) else each)}
        declared = next((k for k in _LIKELY if k in names or (k == "fraction" and "number" in names)), None)
        if declared is not None:
            return declared
        keywords = {k for part in parts if isinstance(part.raw, dict) for k in part.raw}
        if keywords & {"properties", "required", "additionalProperties"}:
            return "object"
        return "array" if keywords & {"items", "prefixItems"} else ""

    def _object(self, parts: list[Node], depth: int) -> dict[str, Any]:
        raws = [part.raw for part in parts if isinstance(part.raw, dict)]
        required = {name for raw in raws for name in _list(raw.get("required"))}
        places: dict[str, Node] = {}
        for part in parts:
            for name in part.raw.get("properties", {}) if isinstance(part.raw, dict) else ():
                places.setdefault(name, part.child("properties", name))
        free = {name: Node("", True) for name in sorted(required) if name not in places}
        return {
            name: self.value(place, name, depth + 1)
            for name, place in {**places, **free}.items()
            if name in required or (self.full and place.raw is not False and depth < _MOST_DEPTH)
        }

    def _array(self, node: Node, parts: list[Node], name: str, depth: int) -> Any:
        raws = [part.raw for part in parts if isinstance(part.raw, dict)]
        least = max([1 if self.full else 0, *(int(raw.get("minItems", 0)) for raw in raws)])
        items = next((p.child("items") for p in parts if isinstance(_raw(p).get("items"), dict | bool)), None)
        first = next((p for p in parts if isinstance(_raw(p).get("prefixItems"), list)), None)
        if first is None and items is not None and items.raw is not False:
            made = [self.value(items, name.removesuffix("s"), depth + 1) for _ in range(min(least, 20))]
            if self.keeps(node, made):
                return made
        return next(self._searched(node), [])

    def _texts(self, parts: list[Node], name: str) -> Iterator[str]:
        raws = [_raw(part) for part in parts]
        for raw in raws:
            yield from self._turned(list(_FORMATS.get(str(raw.get("format")), ())))
        if any("pattern" in raw for raw in raws):
            yield from self._turned(["EUR", "USD", "GBP"] if "currency" in name else [])
            yield from _FAMILIAR
        elif name:
            words = name.replace("_", " ").replace("-", " ")
            yield f"{words} {self.variant + 1}" if self.variant else words
            yield from (words[:length] for length in (32, 16, 8, 3, 2, 1))

    def _thinned(self, root: Node, value: dict[str, Any]) -> Iterator[Any]:
        """The document without members that do not go together, as far as leaving some out helps."""
        kept = dict(value)
        for name in value:
            less = {n: v for n, v in kept.items() if n != name}
            if self._errors(root, less) < self._errors(root, kept):
                kept = less
        if self.keeps(root, kept):
            yield kept

    def _errors(self, root: Node, value: Any) -> int:
        from registry.evaluate import validator

        return sum(1 for _ in validator(self.schema).evolve(schema=root.raw).iter_errors(value))

    def _searched(self, node: Node) -> Iterator[Any]:
        found = Search(Guides(), order=_LIKELY).values((Claim(self.schema, node, holds=True),), 12)
        yield from islice(found_within(_STEPS, found), self.variant, self.variant + 3)


def _parts(schema: Schema, node: Node, variant: int, depth: int = 0) -> Iterator[Node]:
    """The node, what it refers to, its allOf members and one of its alternatives: all that may describe a value."""
    yield node
    if depth > 2 * _MOST_DEPTH or not isinstance(node.raw, dict):
        return
    for keyword in REFERENCES:
        target = led_to(schema, node, keyword)
        if target is not None:
            yield from _parts(schema, target, variant, depth + 1)
    for index in range(len(_list(node.raw.get("allOf")))):
        yield from _parts(schema, node.child("allOf", index), variant, depth + 1)
    for keyword in ("oneOf", "anyOf"):
        branches = _list(node.raw.get(keyword))
        if branches:
            yield from _parts(schema, node.child(keyword, variant % len(branches)), variant, depth + 1)


def _raw(node: Node) -> dict[str, Any]:
    return node.raw if isinstance(node.raw, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

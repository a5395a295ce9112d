# SPDX-License-Identifier: Apache-2.0
"""Which fields does a contract promise? A flat list for pages and search, read from the schema without running it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry import constraints
from registry.json_lines import escape
from registry.schema import Node, Schema

_MAX_DEPTH = 12
_MOST_VISITS = 5_000  # definitions that refer to each other many times over would else be walked for ever
MOST = 500
"""Nobody reads a longer table."""


@dataclass(frozen=True, slots=True)
class ContractField:
    """One field. `pointer` leads to it in a document, `*` standing for any item or name: `/lines/*/account`.

    `type` is in words: string, money, one of 3 values, list of journal line. `required` means: within what holds it.
    `classification` is None where the contract states none, here or around it. `depth` counts what it lies in, from 0.
    `constraints` are in words, the alternatives it belongs to first; `examples` are JSON texts.
    """

    pointer: str
    type: str
    required: bool
    classification: str | None
    description: str | None
    depth: int = 0
    deprecated: bool = False
    constraints: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


def fields(schema: Schema, node: Node | None = None) -> tuple[ContractField, ...]:
    """The fields of a contract in the order of the document, those inside others right after them; at most 500.

    `node` is where to begin in an API document, else the schema itself. Recursion is cut. What is malformed is left out.
    """
    walk = _Walk(schema)
    walk.inside(node or schema.root, _Place())
    return tuple(walk.found)


def one(schema: Schema, node: Node, name: str, *, required: bool) -> ContractField:
    """A single value that stands under a name of its own, such as a parameter; what is inside it is left out."""
    walk = _Walk(schema)
    stated = walk.stated(node)
    return ContractField(
        name,
        walk.kind(node),
        required,
        _text(stated, "x-classification"),
        _text(stated, "description"),
        0,
        stated.get("deprecated") is True,
        constraints.words(stated),
        constraints.examples(stated),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is: in the value, under which classification, in which alternatives, and on which way through the schema."""

    pointer: str = ""
    classification: str | None = None
    depth: int = 0
    only: tuple[str, ...] = ()
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    schema: Schema
    found: list[ContractField] = field(default_factory=list)
    visits: int = 0

    def inside(self, node: Node, place: _Place) -> None:
        """The fields inside the value that the node describes."""
        body = self.settled(node)
        self.visits += 1
        if not isinstance(body.raw, dict) or body.pointer in place.path or len(place.path) > _MAX_DEPTH:
            return
        if self.visits > _MOST_VISITS or len(self.found) >= MOST:
            return
        on_path = (*place.path, body.pointer)
        here = _Place(place.pointer, place.classification, place.depth, place.only, on_path)
        required = body.raw.get("required")
        names = required if isinstance(required, list) else []
        for name, child in _named(body):
            self.add(child, here, escape(name), name in names)
        for step, child in _items(body):
            self.inside(child, _at(here, f"{here.pointer}/{step}"))
        for part, words in _parts(self, body):
            self.inside(
                part, _Place(here.pointer, here.classification, here.depth, (*here.only, *words), on_path)
            )

    def add(self, child: Node, place: _Place, step: str, required: bool) -> None:
        """One field, then what is inside it."""
        if len(self.found) >= MOST:
            return
        pointer = f"{place.pointer}/{step}"
        stated = self.stated(child)
        classification = _text(stated, "x-classification") or place.classification
        self.found.append(
            ContractField(
                pointer,
                self.kind(child),
                required,
                classification,
                _text(stated, "description"),
                place.depth,
                stated.get("deprecated") is True,
                (*place.only, *constraints.words(stated)),
                constraints.examples(stated),
            )
        )
        self.inside(child, _Place(pointer, classification, place.depth + 1, (), place.path))

    def settled(self, node: Node) -> Node:
        """The node its references lead to."""
        for _ in range(_MAX_DEPTH):
            ref = node.raw.get("$ref") if isinstance(node.raw, dict) else None
            target = self.schema.target(ref) if isinstance(ref, str) else None
            if target is None:
                break
            node = target
        return node

    def stated(self, node: Node) -> Mapping[str, Any]:
        """The keywords that hold; what is said beside a reference wins over what is said where it leads."""
        body = self.settled(node)
        far = body.raw if isinstance(body.raw, dict) else {}
        near = node.raw if isinstance(node.raw, dict) else {}
        return {**far, **{key: value for key, value in near.items() if key != "$ref"}}

    def kind(self, node: Node) -> str:
        """The type in words."""
        body = self.settled(node)
        if not isinstance(body.raw, dict):
            return "anything" if body.raw else "nothing"
        if isinstance(body.raw.get("enum"), list):
            return f"one of {len(body.raw['enum'])} values"
        if "const" in body.raw:
            return f"always {constraints.short(body.raw['const'])}"
        if isinstance(body.raw.get("items"), dict):
            return f"list of {self.name(body.child('items'))}"
        return self.name(body)

    def name(self, node: Node) -> str:
        """What one value of it is called: the title, else the type with its format."""
        body = self.settled(node)
        raw: dict[str, Any] = body.raw if isinstance(body.raw, dict) else {}
        if isinstance(raw.get("title"), str):
            return str(raw["title"]).lower()
        kind = raw.get("type", "one of several" if {"oneOf", "anyOf"} & raw.keys() else "anything")
        word = " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)
        shape = raw.get("format")
        return f"{word} ({shape})" if isinstance(shape, str) else word


def _at(place: _Place, pointer: str) -> _Place:
    return _Place(pointer, place.classification, place.depth, place.only, place.path)


def _named(body: Node) -> Iterator[tuple[str, Node]]:
    properties = body.raw.get("properties") if isinstance(body.raw, dict) else None
    for name in properties if isinstance(properties, dict) else ():
        yield name, body.child("properties", name)


def _items(body: Node) -> Iterator[tuple[str, Node]]:
    assert isinstance(body.raw, dict)
    for keyword in ("items", "additionalProperties"):
        if isinstance(body.raw.get(keyword), dict):
            yield "*", body.child(keyword)
    leading = body.raw.get("prefixItems")
    for index in range(len(leading)) if isinstance(leading, list) else ():
        yield str(index), body.child("prefixItems", index)


def _parts(walk: _Walk, body: Node) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """The schemas that speak of the same value, each with the words that say when it counts."""
    assert isinstance(body.raw, dict)
    for keyword in ("allOf", "oneOf", "anyOf"):
        listed = body.raw.get(keyword)
        for index in range(len(listed)) if isinstance(listed, list) else ():
            part = body.child(keyword, index)
            title = _text(walk.stated(part), "title") or f"alternative {index + 1}"
            yield part, () if keyword == "allOf" else (f"in {title}",)
    for keyword, words in (("then", "when a condition holds"), ("else", "when a condition does not hold")):
        if isinstance(body.raw.get(keyword), dict):
            yield body.child(keyword), (words,)


def _text(stated: Mapping[str, Any], keyword: str) -> str | None:
    value = stated.get(keyword)
    return value if isinstance(value, str) and value else None

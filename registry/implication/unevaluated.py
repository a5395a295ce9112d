# SPDX-License-Identifier: Apache-2.0
"""Which members and items does `unevaluated*` speak for? Two answers that can be relied on: at least these, at most these.

What is evaluated depends on which branches a value satisfies. So the keyword is stood in for by an ordinary one beside names
and positions that may be evaluated (where it holds), or surely are (where it fails).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from registry import domain
from registry.schema import Node, Schema

_MOST_NODES = 200
_IN_PLACE = ("allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas")


@dataclass(slots=True)
class _Evaluated:
    names: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    positions: int = 0
    all_members: bool = False
    all_items: bool = False
    seen: set[str] = field(default_factory=set)


def evaluated_at_most(schema: Schema, node: Node, names: frozenset[str]) -> Iterator[Node]:
    """Stand-ins that hold wherever the node's `unevaluated*` keywords do: they spare all that might be evaluated."""
    if not names & {"unevaluatedProperties", "unevaluatedItems"}:
        return
    raw: dict[str, Any] = node.raw if isinstance(node.raw, dict) else {}
    found = _Evaluated()
    _gather(schema, node, found, sure=False, root=True)
    if "unevaluatedProperties" in names and not found.all_members:
        yield _members(node, found, raw["unevaluatedProperties"], "at most")
    if "unevaluatedItems" in names and not found.all_items:
        yield _items(schema, node, found, raw["unevaluatedItems"], "at most")


def evaluated_at_least(schema: Schema, node: Node, keyword: str) -> Iterator[tuple[Node, str]]:
    """A stand-in that fails wherever the keyword does, and the keyword of it that fails; none where it cannot fail."""
    raw: dict[str, Any] = node.raw if isinstance(node.raw, dict) else {}
    found = _Evaluated()
    _gather(schema, node, found, sure=True, root=True)
    if keyword == "unevaluatedProperties" and not found.all_members:
        yield _members(node, found, raw[keyword], "at least"), "additionalProperties"
    if keyword == "unevaluatedItems" and not found.all_items:
        rest = "additionalItems" if schema.dialect.tuple_items and found.positions else "items"
        yield _items(schema, node, found, raw[keyword], "at least"), rest


def _members(node: Node, found: _Evaluated, rule: Any, how: str) -> Node:
    stand_in = {
        "properties": dict.fromkeys(sorted(found.names), True),
        "patternProperties": dict.fromkeys(sorted(found.patterns), True),
        "additionalProperties": rule,
    }
    return Node(node.pointer, stand_in, f"{node.part} unevaluated {how}")


def _items(schema: Schema, node: Node, found: _Evaluated, rule: Any, how: str) -> Node:
    part = f"{node.part} unevaluated items {how}"
    first = [True] * found.positions
    if not first:
        return Node(node.pointer, {"items": rule}, part)
    if schema.dialect.tuple_items:
        return Node(node.pointer, {"items": first, "additionalItems": rule}, part)
    return Node(node.pointer, {"prefixItems": first, "items": rule}, part)


def _gather(schema: Schema, node: Node, found: _Evaluated, *, sure: bool, root: bool = False) -> None:
    """Adds what the node evaluates. `sure`: whatever the value is, as long as it satisfies the node around."""
    if not isinstance(node.raw, dict) or node.pointer in found.seen or len(found.seen) > _MOST_NODES:
        found.all_members = found.all_members or (len(found.seen) > _MOST_NODES and not sure)
        found.all_items = found.all_items or (len(found.seen) > _MOST_NODES and not sure)
        return
    found.seen.add(node.pointer)
    names, raw = domain.assertions(schema, node), node.raw
    found.names |= raw.get("properties", {}).keys() if "properties" in names else set()
    found.patterns |= raw.get("patternProperties", {}).keys() if "patternProperties" in names else set()
    inner = set() if root else {"unevaluatedProperties"}
    found.all_members = found.all_members or bool(names & ({"additionalProperties"} | inner))
    _gather_items(schema, names, raw, found, sure=sure, root=root)
    for keyword in names & domain.REFERENCES:
        target = domain.referred(schema, node, keyword)
        if target is not None:
            _gather(schema, target, found, sure=sure)
        elif not sure:
            found.all_members = found.all_items = True
    for keyword in names & set(_IN_PLACE):
        if sure and keyword != "allOf":
            continue
        for child in _children(node, keyword, raw[keyword]):
            _gather(schema, child, found, sure=sure)


def _gather_items(
    schema: Schema, names: frozenset[str], raw: dict[str, Any], found: _Evaluated, *, sure: bool, root: bool
) -> None:
    listed = raw.get("items") if schema.dialect.tuple_items else raw.get("prefixItems")
    if isinstance(listed, list) and ("items" in names or "prefixItems" in names):
        found.positions = max(found.positions, len(listed))
    every = "additionalItems" if isinstance(raw.get("items"), list) else "items"
    found.all_items = found.all_items or every in names or (not root and "unevaluatedItems" in names)
    # Since 2020-12 what `contains` found counts as evaluated, at whatever place.
    found.all_items = found.all_items or (not sure and "contains" in names)


def _children(node: Node, keyword: str, value: Any) -> Iterator[Node]:
    if keyword == "dependentSchemas":
        yield from (node.child(keyword, name) for name in value)
    elif isinstance(value, list):
        yield from (node.child(keyword, index) for index in range(len(value)))
    else:
        yield node.child(keyword)

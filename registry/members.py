# SPDX-License-Identifier: Apache-2.0
"""How do the members of an object and the items of an array differ? Each name and position is compared under the schema that
really applies to it on either side: its own, or what the side says of all others."""

from typing import TYPE_CHECKING, Any

from registry import domain
from registry.alike import common_text
from registry.change import ABSENT
from registry.schema import Node, Schema

if TYPE_CHECKING:
    from registry.diff import Walk


_MEMBERS = frozenset(("properties", "patternProperties", "additionalProperties"))


def properties(walk: "Walk", a: Node, b: Node) -> None:
    """Records changes of required, properties, patternProperties and additionalProperties."""
    _required(walk, a, b)
    named_old, named_new = _map(a, "properties"), _map(b, "properties")
    patterns_old, patterns_new = _map(a, "patternProperties"), _map(b, "patternProperties")
    if patterns_old.keys() != patterns_new.keys():
        _by_pattern(walk, a, b)
        return
    for text in patterns_old:
        walk.compare(a.child("patternProperties", text), b.child("patternProperties", text))
    for name in {**named_old, **named_new}:
        if name in named_old and name in named_new:
            written = common_text(named_old[name], named_new[name])
            if written is not None and (walk.same(written) or walk.alike.says(written)):
                continue
            walk.compare(a.child("properties", name), b.child("properties", name))
        elif patterns_old:
            # A pattern may cover the name, or not; the verdict must hold either way.
            _appeared_or_left(walk, a, b, name, covered=True)
            _appeared_or_left(walk, a, b, name, covered=False)
        else:
            _appeared_or_left(walk, a, b, name, covered=False)
    _others(walk, a.child("additionalProperties"), b.child("additionalProperties"))


def _by_pattern(walk: "Walk", a: Node, b: Node) -> None:
    """Different patterns: who speaks for which name is for the prover to find out."""
    proven = walk.proof_of(a, b, _MEMBERS)
    patterns = (_map(a, "patternProperties") or ABSENT, _map(b, "patternProperties") or ABSENT)
    places = (f"{a.pointer}/patternProperties", f"{b.pointer}/patternProperties")
    walk.say_group("pattern-properties", *places, proven, *patterns)
    if not (proven.keeps_old and proven.keeps_new):
        for name in _map(a, "properties"):
            if name in _map(b, "properties"):
                walk.compare(a.child("properties", name), b.child("properties", name))


def _required(walk: "Walk", a: Node, b: Node) -> None:
    before, after = _names(a), _names(b)
    for name in after:
        if name not in before:
            kind = f"required-{'with-default-' if _has_default(walk.new, b, name) else ''}added"
            place = f"{b.pointer}/required/{after.index(name)}"
            walk.say(kind, f"{a.pointer}/required", place, ABSENT, name)
    for name in before:
        if name not in after:
            kind = f"required-{'with-default-' if _has_default(walk.old, a, name) else ''}removed"
            walk.say(kind, f"{a.pointer}/required/{before.index(name)}", f"{b.pointer}/required", name)


def _has_default(schema: Schema, node: Node, name: str) -> bool:
    if name not in _map(node, "properties"):
        return False
    own = node.child("properties", name)
    return any(isinstance(n.raw, dict) and "default" in n.raw for n in (own, domain.settle(schema, own)))


def _appeared_or_left(walk: "Walk", a: Node, b: Node, name: str, *, covered: bool) -> None:
    """A member named on one side only. `covered`: on the other side a pattern speaks for it, so nothing else does."""
    appeared = name not in _map(a, "properties")
    own = (b if appeared else a).child("properties", name)
    rest = (a if appeared else b).child("additionalProperties")
    if covered:
        rest = Node(f"{rest.pointer.rpartition('/')[0]}/patternProperties", True)
    pointers = (rest.pointer, own.pointer) if appeared else (own.pointer, rest.pointer)
    values = (ABSENT, own.raw) if appeared else (own.raw, ABSENT)
    own_schema, rest_schema = (walk.new, walk.old) if appeared else (walk.old, walk.new)
    how = "added" if appeared else "removed"
    if not domain.kinds(rest_schema, rest):
        if domain.kinds(own_schema, own):
            walk.say(f"property-{how}-{'to' if appeared else 'from'}-closed", *pointers, *values)
            return
    elif domain.says_nothing(rest_schema, rest):
        proven = walk.proof(rest, own) if appeared else walk.proof(own, rest)
        if not (proven.keeps_old and proven.keeps_new):
            walk.say(f"property-{how}-{'to' if appeared else 'from'}-open", *pointers, *values)
            return
    elif appeared:
        walk.compare(rest, own)
    else:
        walk.compare(own, rest)
    walk.say(f"property-{how}", *pointers, *values)


def _others(walk: "Walk", a: Node, b: Node) -> None:
    """The schema of all names that nothing else speaks for."""
    before, now = _openness(walk.old, a), _openness(walk.new, b)
    if before == now:
        walk.compare(a, b)
    elif "closed" in (before, now):
        how = "closed" if now == "closed" else "opened"
        walk.say(f"additional-properties-{how}", a.pointer, b.pointer, a.raw, b.raw)
    else:
        proven = walk.proof(a, b)
        if not (proven.keeps_old and proven.keeps_new):
            how = "narrowed" if before == "open" else "widened"
            walk.say(f"additional-properties-{how}", a.pointer, b.pointer, a.raw, b.raw)


def _openness(schema: Schema, node: Node) -> str:
    if not domain.kinds(schema, node):
        return "closed"
    return "open" if domain.says_nothing(schema, domain.settle(schema, node)) else "partial"


def items(walk: "Walk", a: Node, b: Node) -> None:
    """Records changes of items and prefixItems, position by position, then of the rest."""
    first_old, rest_old = _tuple(walk.old, a)
    first_new, rest_new = _tuple(walk.new, b)
    for index in range(max(len(first_old), len(first_new))):
        x = first_old[index] if index < len(first_old) else rest_old
        y = first_new[index] if index < len(first_new) else rest_new
        walk.compare(x, y)
    walk.compare(rest_old, rest_new)


def _tuple(schema: Schema, node: Node) -> tuple[list[Node], Node]:
    """The schemas of the first positions, and the one of all later items, whichever way the dialect writes them."""
    raw = node.raw if isinstance(node.raw, dict) else {}
    if not schema.dialect.tuple_items:
        count = len(raw.get("prefixItems", ()))
        return [node.child("prefixItems", i) for i in range(count)], node.child("items")
    if isinstance(raw.get("items"), list):
        return [node.child("items", i) for i in range(len(raw["items"]))], node.child("additionalItems")
    return [], node.child("items")


def _map(node: Node, keyword: str) -> dict[str, Any]:
    found: dict[str, Any] = node.raw.get(keyword, {}) if isinstance(node.raw, dict) else {}
    return found


def _names(node: Node) -> list[str]:
    names: list[str] = node.raw.get("required", []) if isinstance(node.raw, dict) else []
    return names

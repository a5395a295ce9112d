# SPDX-License-Identifier: Apache-2.0
"""How do two schema objects differ keyword by keyword? Called by the walk for parts that hold no `$ref` and no `allOf`."""

from typing import TYPE_CHECKING, Any

from registry import alternatives, domain, members
from registry.change import ABSENT
from registry.json_value import is_multiple, key
from registry.schema import Node, Schema

if TYPE_CHECKING:
    from registry.diff import Walk

_TEXT_SIZE, _ARRAY_SIZE = ("minLength", "maxLength"), ("minItems", "maxItems")
_KEBAB = {
    "minLength": "min-length",
    "maxLength": "max-length",
    "minItems": "min-items",
    "maxItems": "max-items",
    "minProperties": "min-properties",
    "maxProperties": "max-properties",
}

_EDGES = {"minimum": ("exclusiveMinimum", 1), "maximum": ("exclusiveMaximum", -1)}

# Keywords that are judged together, by the fact that tells a difference of them.
_JUDGED = {
    "not": ("not",),
    "condition": ("if", "then", "else"),
    "contains": ("contains", "minContains", "maxContains"),
    "property-names": ("propertyNames",),
    "dependencies": ("dependentRequired", "dependentSchemas", "dependencies"),
    "reference": ("$ref", "$dynamicRef", "$recursiveRef"),
}


def compare(walk: "Walk", a: Node, b: Node) -> None:
    """Records the differences of two schema objects, each keyword on its own.

    Sound because an object is the conjunction of its keywords: the new one is implied when each of its keywords is.
    """
    if alternatives.instead_of_keywords(walk, a, b):
        return
    shared = _kinds(walk, a, b)
    if "string" in shared:
        _sizes(walk, a, b, *_TEXT_SIZE)
        _pattern(walk, a, b)
    if shared & {"integer", "fraction"}:
        _bounds(walk, a, b)
        _multiple_of(walk, a, b)
    if "array" in shared:
        _sizes(walk, a, b, *_ARRAY_SIZE)
        _unique(walk, a, b)
        members.items(walk, a, b)
    if "object" in shared:
        _property_counts(walk, a, b)
        members.properties(walk, a, b)
    alternatives.compare(walk, a, b)
    _judged(walk, a, b)


def value(node: Node, keyword: str, default: Any = ABSENT) -> Any:
    """The node's value for a keyword."""
    return node.raw.get(keyword, default) if isinstance(node.raw, dict) else default


def differ(before: Any, after: Any) -> bool:
    """Whether two keyword values differ; ABSENT equals only itself."""
    if before is ABSENT or after is ABSENT:
        return before is not after
    return key(before) != key(after)


def _kinds(walk: "Walk", a: Node, b: Node) -> frozenset[str]:
    """Records a change of `type`; returns the kinds both sides may hold, the only ones other keywords matter for."""
    before, after = domain.kinds(walk.old, a), domain.kinds(walk.new, b)
    lost, gained = before - domain.declared_kinds(b), after - domain.declared_kinds(a)
    if lost or gained:
        kind = "type-changed" if lost and gained else "type-narrowed" if lost else "type-widened"
        walk.say(kind, f"{a.pointer}/type", f"{b.pointer}/type", value(a, "type"), value(b, "type"))
    return before & after


def _say(walk: "Walk", a: Node, b: Node, keyword: str, kind: str) -> None:
    walk.say(kind, f"{a.pointer}/{keyword}", f"{b.pointer}/{keyword}", value(a, keyword), value(b, keyword))


def _sizes(walk: "Walk", a: Node, b: Node, floor: str, bound: str) -> None:
    _floor(walk, a, b, floor, value(a, floor, 0), value(b, floor, 0))
    _bound(walk, a, b, bound)


def _floor(walk: "Walk", a: Node, b: Node, keyword: str, implied_old: Any, implied_new: Any) -> None:
    """`implied` is the least the side accepts, whichever keyword says so."""
    before, after = value(a, keyword, 0), value(b, keyword, 0)
    if implied_old < after:
        _say(walk, a, b, keyword, f"{_KEBAB[keyword]}-{'raised' if before else 'added'}")
    elif implied_new < before:
        _say(walk, a, b, keyword, f"{_KEBAB[keyword]}-{'lowered' if after else 'removed'}")


def _bound(walk: "Walk", a: Node, b: Node, keyword: str) -> None:
    before, after = value(a, keyword), value(b, keyword)
    if after is not ABSENT and (before is ABSENT or before > after):
        _say(walk, a, b, keyword, f"{_KEBAB[keyword]}-{'added' if before is ABSENT else 'lowered'}")
    elif before is not ABSENT and (after is ABSENT or after > before):
        _say(walk, a, b, keyword, f"{_KEBAB[keyword]}-{'removed' if after is ABSENT else 'raised'}")


def _property_counts(walk: "Walk", a: Node, b: Node) -> None:
    least_old = max(value(a, "minProperties", 0), len(value(a, "required", ())))
    least_new = max(value(b, "minProperties", 0), len(value(b, "required", ())))
    _floor(walk, a, b, "minProperties", least_old, least_new)
    _bound(walk, a, b, "maxProperties")


def _bounds(walk: "Walk", a: Node, b: Node) -> None:
    for keyword, (exclusive, sign) in _EDGES.items():
        before, after = edge(walk.old, a, keyword), edge(walk.new, b, keyword)
        if before == after:
            continue
        places = tuple(
            f"{n.pointer}/{exclusive if edge and edge[1] else keyword}"
            for n, edge in ((a, before), (b, after))
        )
        shown = tuple(ABSENT if edge is None else edge[0] * sign for edge in (before, after))
        tighter = after is not None and (before is None or after > before)
        if before is None or after is None:
            how = "added" if before is None else "removed"
        else:
            how = "raised" if tighter == (sign == 1) else "lowered"
        walk.say(f"{keyword}-{how}", *places, *shown)


def edge(schema: Schema, node: Node, keyword: str) -> tuple[Any, bool] | None:
    """The stronger bound of a number at its `minimum` or `maximum` end, and whether it is exclusive; None without one.

    It is turned so that greater is tighter; an exclusive bound is tighter than its equal.
    """
    exclusive, sign = _EDGES[keyword]
    limit, strict = value(node, keyword), value(node, exclusive)
    if schema.dialect.flag_bounds:
        return None if limit is ABSENT else (limit * sign, strict is True)
    edges = [(each * sign, own) for each, own in ((limit, False), (strict, True)) if each is not ABSENT]
    return max(edges, default=None)


def _multiple_of(walk: "Walk", a: Node, b: Node) -> None:
    before, after = value(a, "multipleOf"), value(b, "multipleOf")
    if not differ(before, after):
        return
    whole_old = "fraction" not in domain.kinds(walk.old, a)
    whole_new = "fraction" not in domain.kinds(walk.new, b)
    keeps_old = _implies(before, after, whole_old)
    keeps_new = _implies(after, before, whole_new)
    if keeps_old and keeps_new:
        return
    if before is ABSENT or after is ABSENT:
        how = "added" if before is ABSENT else "removed"
    else:
        how = "widened" if keeps_old else "narrowed" if keeps_new else "changed"
    _say(walk, a, b, "multipleOf", f"multiple-of-{how}")


def _implies(step: Any, wanted: Any, whole: bool) -> bool:
    """Whether all multiples of `step` (or all whole numbers) are multiples of `wanted`."""
    if wanted is ABSENT:
        return True
    return (step is not ABSENT and is_multiple(step, wanted)) or (whole and is_multiple(1, wanted))


def _pattern(walk: "Walk", a: Node, b: Node) -> None:
    before, after = value(a, "pattern"), value(b, "pattern")
    if differ(before, after):
        proven = walk.proof_of(a, b, frozenset(("pattern",)))
        if before is ABSENT or after is ABSENT:
            how = "added" if before is ABSENT else "removed"
        else:
            how = {(True, False): "widened", (False, True): "narrowed"}.get(
                (proven.keeps_old, proven.keeps_new), "changed"
            )
        if not (proven.keeps_old and proven.keeps_new):
            _say(walk, a, b, "pattern", f"pattern-{how}")


def _unique(walk: "Walk", a: Node, b: Node) -> None:
    before, after = value(a, "uniqueItems", False), value(b, "uniqueItems", False)
    if before != after:
        _say(walk, a, b, "uniqueItems", f"unique-items-{'added' if after else 'removed'}")


def _judged(walk: "Walk", a: Node, b: Node) -> None:
    """Keywords that are judged as a whole: where they are the same nothing changed, else the prover is asked."""
    names = domain.assertions(walk.old, a) | domain.assertions(walk.new, b)
    for group, members_ in _JUDGED.items():
        if names.isdisjoint(members_):
            continue
        if not walk.built_same(_only(a, members_), _only(b, members_)):
            keyword = next(k for k in members_ if k in names)
            proven = walk.proof_of(a, b, frozenset(members_))
            places = (f"{a.pointer}/{keyword}", f"{b.pointer}/{keyword}")
            walk.say_group(group, *places, proven, value(a, keyword), value(b, keyword))


def _only(node: Node, names: tuple[str, ...]) -> Node:
    raw = node.raw if isinstance(node.raw, dict) else {}
    return Node(node.pointer, {k: v for k, v in raw.items() if k in names}, f"{node.part} {','.join(names)}")

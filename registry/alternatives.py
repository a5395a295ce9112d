# SPDX-License-Identifier: Apache-2.0
"""How do anyOf and oneOf differ? A side is kept when each of its branches lies inside one branch of the other; what needs more
than that to decide stays unproven."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry import domain
from registry.schema import Node, Schema

if TYPE_CHECKING:
    from registry.diff import Proof, Walk

_KEYWORDS = ("anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class _Side:
    """Branches of which a value must satisfy one; exactly one when `exclusive`."""

    schema: Schema
    branches: tuple[Node, ...]
    exclusive: bool
    pointer: str


def instead_of_keywords(walk: "Walk", a: Node, b: Node) -> bool:
    """Compares as alternatives where one side is nothing but anyOf or oneOf and the other is not the same; True if so.

    Keyword by keyword, `{"type": ["string", "null"]}` and an anyOf of both would look unlike.
    """
    pure_old, pure_new = _pure(walk.old, a), _pure(walk.new, b)
    if pure_old == pure_new:
        return False
    _compare_sides(walk, _side(walk.old, a, pure_old), _side(walk.new, b, pure_new))
    return True


def compare(walk: "Walk", a: Node, b: Node) -> None:
    """Records changes of anyOf and oneOf that stand beside other keywords, or are all there is on both sides."""
    for keyword in _KEYWORDS:
        in_old, in_new = (isinstance(n.raw, dict) and keyword in n.raw for n in (a, b))
        if not in_old and not in_new:
            continue
        old, new = (
            _side(walk.old, a, keyword if in_old else None),
            _side(walk.new, b, keyword if in_new else None),
        )
        if in_old and in_new:
            _compare_sides(walk, old, new)
            continue
        # The side without the keyword asks for nothing here; the other must hold all that side's values.
        walk.say("alternatives-changed", old.pointer, new.pointer)
        proven = _proof(walk, old, new)
        walk.say_combination(
            old.pointer, new.pointer, type(proven)(proven.keeps_old or in_old, proven.keeps_new or in_new)
        )


def _pure(schema: Schema, node: Node) -> str | None:
    names = domain.assertions(schema, node)
    return next((keyword for keyword in _KEYWORDS if names == {keyword}), None)


def _side(schema: Schema, node: Node, keyword: str | None) -> _Side:
    if keyword is None:
        return _Side(schema, (node,), False, node.pointer)
    assert isinstance(node.raw, dict)
    branches = tuple(node.child(keyword, index) for index in range(len(node.raw[keyword])))
    return _Side(schema, branches, keyword == "oneOf", f"{node.pointer}/{keyword}")


def _compare_sides(walk: "Walk", old: _Side, new: _Side) -> None:
    if _rearranged(old, new):
        return
    if _apart(old, new):
        # Branch i can only be answered by branch i, so the branches' own differences are the whole truth.
        for x, y in zip(old.branches, new.branches, strict=True):
            walk.compare(x, y)
        return
    walk.say("alternatives-changed", old.pointer, new.pointer)
    proven = _proof(walk, old, new)
    if not proven.keeps_old:
        _lonely(walk, "alternative-removed", old, new)
    if not proven.keeps_new:
        _lonely(walk, "alternative-added", new, old)
    walk.say_combination(old.pointer, new.pointer, proven)


def _rearranged(old: _Side, new: _Side) -> bool:
    """Both sides hold the same branches, in whatever order."""
    if len(old.branches) != len(new.branches) or old.exclusive != new.exclusive:
        return False
    left = list(new.branches)
    for x in old.branches:
        match = next((y for y in left if domain.same(old.schema, x, new.schema, y)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _apart(old: _Side, new: _Side) -> bool:
    """As many branches on both sides, and none overlaps another one but that of its own number; so it is for one each."""
    count = len(old.branches)
    if count != len(new.branches):
        return False
    return (
        all(
            domain.disjoint(old.schema, old.branches[i], new.schema, new.branches[j])
            for i in range(count)
            for j in range(count)
            if i != j
        )
        and _exact(old)
        and _exact(new)
    )


def _exact(side: _Side) -> bool:
    """Whether `one of` and `any of` are the same for this side: its branches never overlap, or it does not mind."""
    if not side.exclusive:
        return True
    return all(
        domain.disjoint(side.schema, x, side.schema, y)
        for i, x in enumerate(side.branches)
        for y in side.branches[i + 1 :]
    )


def _proof(walk: "Walk", old: _Side, new: _Side) -> "Proof":
    trials = [[walk.try_out(x, y) for y in new.branches] for x in old.branches]
    keeps_old = _exact(new) and all(any(trial.keeps_old for trial in row) for row in trials)
    keeps_new = _exact(old) and all(any(row[j].keeps_new for row in trials) for j in range(len(new.branches)))
    return type(trials[0][0])(keeps_old, keeps_new)


def _lonely(walk: "Walk", kind: str, side: _Side, other: _Side) -> None:
    """Branches that overlap nothing on the other side: all their values really are lost (or new)."""
    for branch in side.branches:
        if not domain.kinds(side.schema, branch):
            continue
        if all(domain.disjoint(side.schema, branch, other.schema, y) for y in other.branches):
            if kind == "alternative-removed":
                walk.say(kind, branch.pointer, other.pointer, branch.raw)
            else:
                walk.say(kind, other.pointer, branch.pointer, after=branch.raw)

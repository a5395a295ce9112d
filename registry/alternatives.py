# SPDX-License-Identifier: Apache-2.0
"""How do anyOf and oneOf differ? Branches that can only answer each other are compared in pairs; else the prover says which
branch the other side as a whole does not cover."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from registry import domain
from registry.change import ABSENT
from registry.effort import ENDLESS, QUESTION, spend, within
from registry.schema import Node, Schema
from registry.structure import outline

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
    whole: Node


def instead_of_keywords(walk: "Walk", a: Node, b: Node) -> bool:
    """Compares as alternatives where one side is nothing but anyOf or oneOf and the other is not the same; True if so.

    Keyword by keyword, `{"type": ["string", "null"]}` and an anyOf of both would look unlike.
    """
    pure_old, pure_new = _pure(walk.old, a), _pure(walk.new, b)
    if pure_old == pure_new:
        return False
    _compare_sides(walk, _side(walk.old, a, pure_old), _side(walk.new, b, pure_new), walk.proof(a, b))
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
        if in_old and in_new and _told_apart(walk, old, new):
            continue
        proven = walk.proof_of(a, b, frozenset((keyword,)))
        if in_old and in_new:
            _say(walk, old, new, proven)
        else:
            # The side without the keyword asks for nothing here; the other must hold all that side's values.
            walk.say("alternatives-changed", old.pointer, new.pointer)
            walk.say_group("combination", old.pointer, new.pointer, proven)


def _pure(schema: Schema, node: Node) -> str | None:
    names = domain.assertions(schema, node)
    return next((keyword for keyword in _KEYWORDS if names == {keyword}), None)


def _side(schema: Schema, node: Node, keyword: str | None) -> _Side:
    if keyword is None:
        return _Side(schema, (node,), False, node.pointer, node)
    assert isinstance(node.raw, dict)
    branches = tuple(node.child(keyword, index) for index in range(len(node.raw[keyword])))
    whole = Node(node.pointer, {keyword: node.raw[keyword]}, f"{node.part} {keyword}")
    return _Side(schema, branches, keyword == "oneOf", f"{node.pointer}/{keyword}", whole)


def _compare_sides(walk: "Walk", old: _Side, new: _Side, proven: "Proof") -> None:
    if not _told_apart(walk, old, new):
        _say(walk, old, new, proven)


def _told_apart(walk: "Walk", old: _Side, new: _Side) -> bool:
    """Whether the branches answer each other one by one, so that their own differences are the whole truth."""
    if within(QUESTION, partial(_rearranged, walk, old, new), otherwise=False):
        return True
    partners = within(ENDLESS, partial(_partners, walk, old, new), None)
    if partners is None:
        return False
    for x, y in partners:
        walk.compare(x, y)
    return True


def _rearranged(walk: "Walk", old: _Side, new: _Side) -> bool:
    """Both sides hold the same branches, in whatever order."""
    if len(old.branches) != len(new.branches) or old.exclusive != new.exclusive:
        return False
    left: dict[frozenset[Any], list[Node]] = {}
    for y in new.branches:
        left.setdefault(outline(new.schema, y), []).append(y)
    for x in old.branches:
        alike = left.get(outline(old.schema, x), [])
        same = walk.prover.structure.same
        match = next((y for y in alike if same(old.schema, x, new.schema, y)), None)
        if match is None:
            return False
        alike.remove(match)
    return True


def _partners(walk: "Walk", old: _Side, new: _Side) -> list[tuple[Node, Node]] | None:
    """The branches in pairs, when each can only be answered by its own partner; None when it is not so simple."""
    if len(old.branches) != len(new.branches) or not (_exclusive(walk, old) and _exclusive(walk, new)):
        return None
    left = list(new.branches)
    pairs: list[tuple[Node, Node]] = []
    for x in old.branches:
        spend(len(new.branches))
        near = [y for y in new.branches if not walk.prover.apart(old.schema, x, new.schema, y)]
        if len(near) > 1 or (near and near[0] not in left):
            return None
        pairs.append((x, near[0] if near else x))
        if near:
            left.remove(near[0])
    # Those without anything in common are left for each other, in order.
    return [(x, left.pop(0) if y is x else y) for x, y in pairs]


def _exclusive(walk: "Walk", side: _Side) -> bool:
    """Whether `one of` and `any of` are the same for this side: its branches never overlap, or it does not mind."""
    if not side.exclusive:
        return True
    for index, x in enumerate(side.branches):
        spend(len(side.branches))
        if not all(walk.prover.apart(side.schema, x, side.schema, y) for y in side.branches[index + 1 :]):
            return False
    return True


def _say(walk: "Walk", old: _Side, new: _Side, proven: "Proof") -> None:
    """Records what was done to the branches, and which of them the other side does not cover."""
    walk.say("alternatives-changed", old.pointer, new.pointer)
    if not proven.keeps_old:
        _uncovered(walk, "removed", old, new)
    if not proven.keeps_new:
        _uncovered(walk, "added", new, old)


def _uncovered(walk: "Walk", how: str, side: _Side, other: _Side) -> None:
    """The branches of a side that the other one as a whole is not proven to accept.

    Those that overlap nothing there are lost (or new) with all their values; of the rest it is not known.
    """
    found = False
    for branch in side.branches:
        if walk.prover.implies(side.schema, branch, other.schema, other.whole):
            continue
        found = True
        lonely = all(walk.prover.apart(side.schema, branch, other.schema, y) for y in other.branches)
        narrows = how == "removed"
        kind = f"alternative-{how}" if lonely else f"combination-{'narrowed' if narrows else 'widened'}"
        places = (branch.pointer, other.pointer) if narrows else (other.pointer, branch.pointer)
        walk.say(kind, *places, *((branch.raw, ABSENT) if narrows else (ABSENT, branch.raw)))
    if not found and how == "removed":
        walk.say("combination-narrowed", side.pointer, other.pointer)
    elif not found:
        walk.say("combination-widened", other.pointer, side.pointer)

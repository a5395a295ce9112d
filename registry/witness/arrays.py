# SPDX-License-Identifier: Apache-2.0
"""Which arrays keep some facts? As few items as will do, each with the first value that all schemas of its position allow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from registry.claim import Claim
from registry.json_value import key
from registry.witness.fact import Contains, Fact, Items, Size, SomeItem, Unique
from registry.witness.scalar import size
from registry.witness.way import Found

if TYPE_CHECKING:
    from registry.witness.search import Search

_MOST_ITEMS = 2000
_LOOK_AHEAD = 6
_MOST_TRIES = 60
_VARIED = 3

Asked = dict[int, tuple[Claim, ...]]
"""Positions an item must stand at, each with what is asked of it beyond what the schemas say of the position."""


@dataclass(slots=True)
class _Shape:
    search: "Search"
    depth: int
    items: list[Items]
    some: list[SomeItem]
    contains: list[Contains]
    unique: bool
    repeats: bool
    least: int
    most: int | None

    def claims(self, position: int) -> tuple[Claim, ...]:
        """What all schemas say of the item at a position."""
        return tuple(
            each.claim
            for each in self.items
            if each.first <= position and (each.last is None or position <= each.last)
        )


def arrays(search: "Search", facts: Sequence[Fact], depth: int) -> Iterator[list[Any]]:
    """Arrays that keep the facts, few items first. None when the facts contradict each other."""
    least, most = size([fact for fact in facts if isinstance(fact, Size) and fact.kind == "array"])
    shape = _Shape(
        search,
        depth,
        [fact for fact in facts if isinstance(fact, Items)],
        [fact for fact in facts if isinstance(fact, SomeItem)],
        [fact for fact in facts if isinstance(fact, Contains)],
        any(isinstance(fact, Unique) and fact.holds for fact in facts),
        any(isinstance(fact, Unique) and not fact.holds for fact in facts),
        least,
        most,
    )
    if shape.least > _MOST_ITEMS:
        return
    for asked in _assigned(shape, shape.some, {}):
        for complete in _containing(shape, asked):
            for twins in _twins(shape) if shape.repeats else [()]:
                yield from _made(shape, complete, twins)


def _assigned(shape: _Shape, some: list[SomeItem], asked: Asked) -> Iterator[Asked]:
    """Every item that must exist gets a position."""
    if not some:
        yield asked
        return
    wanted, *rest = some
    last = wanted.first + _LOOK_AHEAD if wanted.last is None else wanted.last
    for position in range(wanted.first, last + 1):
        claims = (*asked.get(position, ()), wanted.claim)
        if shape.search.first((*claims, *shape.claims(position)), shape.depth - 1) is not None:
            yield from _assigned(shape, rest, {**asked, position: claims})


def _containing(shape: _Shape, asked: Asked) -> Iterator[Asked]:
    """Items that `contains` wants are put where they can stand; where no more are wanted, the others are kept out."""
    complete = dict(asked)
    for wanted in shape.contains:
        placed, position = 0, 0
        end = wanted.least + len(shape.items) + _LOOK_AHEAD
        while placed < wanted.least and position < end:
            claims = (*complete.get(position, ()), wanted.claim)
            if shape.search.first((*claims, *shape.claims(position)), shape.depth - 1) is not None:
                complete[position] = claims
                placed += 1
            position += 1
        if placed < wanted.least:
            return
        if wanted.most is not None:
            _keep_out(shape, complete, wanted, wanted.most - placed)
    yield complete


def _keep_out(shape: _Shape, complete: Asked, wanted: Contains, free: int) -> None:
    """All other items must fail the claim, but for as many as may satisfy it still: those that have to be something first."""
    others = [
        position
        for position in range(max(shape.least, max(complete, default=-1) + 1))
        if wanted.claim not in complete.get(position, ())
    ]
    for position in sorted(others, key=lambda each: each not in complete)[max(free, 0) :]:
        complete[position] = (*complete.get(position, ()), wanted.claim.contrary)


def _twins(shape: _Shape) -> Iterator[tuple[int, ...]]:
    """Two positions that are to hold equal items."""
    firsts = max((each.first for each in shape.items), default=0)
    end = max(2, firsts + 2) if shape.most is None else min(shape.most, firsts + 2)
    yield from sorted(combinations(range(end), 2), key=lambda pair: pair[1])


def _made(shape: _Shape, asked: Asked, twins: tuple[int, ...]) -> Iterator[list[Any]]:
    length = max(shape.least, max(asked, default=-1) + 1, max(twins, default=-1) + 1)
    if shape.most is not None and length > shape.most:
        return
    made = _filled(shape, asked, twins, length)
    if made is None:
        return
    yield made
    for position in range(min(length, _VARIED)):
        goal = (*asked.get(position, ()), *shape.claims(position))
        for value in islice(shape.search.values(goal, shape.depth - 1), 1, 1 + _VARIED):
            yield [*made[:position], value, *made[position + 1 :]]
    for longer in range(length + 1, length + 1 + _VARIED):
        if shape.most is None or longer <= shape.most:
            more = _filled(shape, asked, twins, longer)
            if more is not None:
                yield more


def _filled(shape: _Shape, asked: Asked, twins: tuple[int, ...], length: int) -> list[Any] | None:
    shared = [claim for position in twins for claim in (*asked.get(position, ()), *shape.claims(position))]
    made: list[Any] = []
    seen: set[Any] = set()
    for position in range(length):
        own = (*asked.get(position, ()), *shape.claims(position))
        goal = tuple(shared) if position in twins else own
        found = _different(shape, goal, seen) if shape.unique else shape.search.first(goal, shape.depth - 1)
        if found is None:
            return None
        made.append(found.value)
    return made


def _different(shape: _Shape, goal: tuple[Claim, ...], seen: set[Any]) -> Found | None:
    """A value that no item before has; None when none is found."""
    for value in islice(shape.search.values(goal, shape.depth - 1), _MOST_TRIES + len(seen)):
        if key(value) not in seen:
            seen.add(key(value))
            return Found(value)
    return None

# SPDX-License-Identifier: Apache-2.0
"""Is no array left of these sizes whose items keep what is asked of each position?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.claim import Claim
from registry.implication.goal import Failed, Goal, Part
from registry.json_value import key

if TYPE_CHECKING:
    from registry.implication.prover import Prover


@dataclass(slots=True)
class _Items:
    """What is known of the items: claims about each of the first positions and about all later ones, and the sizes."""

    first: list[tuple[Claim, ...]]
    rest: tuple[Claim, ...]
    least: int
    most: int | None

    def at(self, index: int) -> tuple[Claim, ...]:
        return self.first[index] if index < len(self.first) else self.rest

    def places(self) -> list[tuple[Claim, ...]]:
        """The claims of each position that may be there; those after the first ones count as one."""
        if self.most is not None and self.most <= len(self.first):
            return self.first[: self.most]
        return [*self.first, self.rest]


def none_left(prover: "Prover", goal: Goal, failing: tuple[Failed, ...]) -> bool:
    """Whether no array is left."""
    every = tuple(_contained(each, holds=False) for each in failing if _fails_to_hold_any(each))
    length = max((_positions(part) for part in (*goal.parts, *failing)), default=0)
    items = _Items(
        [(*_asked(goal.parts, index), *every) for index in range(length)],
        (*_asked(goal.parts, length), *every),
        *_sizes(goal, failing),
    )
    _cut(prover, items)
    _spread(prover, goal, items)
    if items.most is not None and items.least > items.most:
        return True
    if items.most == 0:
        return prover.none_of([[]], goal)
    return any(_contains_nothing(prover, part, items) for part in goal.parts) or any(
        _cannot_fail(prover, goal, each, items) for each in failing
    )


def _positions(part: Part) -> int:
    """How many positions the part speaks of one by one."""
    listed = part.value("items") if part.schema.dialect.tuple_items else part.value("prefixItems")
    return len(listed) if isinstance(listed, list) else 0


def _asked(parts: tuple[Part, ...], index: int) -> tuple[Claim, ...]:
    """What the parts ask of the item at the index."""
    found = []
    for part in parts:
        count = _positions(part)
        if index < count:
            keyword = "items" if part.schema.dialect.tuple_items else "prefixItems"
            found.append(part.child(keyword, index))
        elif (rest := _rest(part)) is not None:
            found.append(part.child(rest))
    return tuple(found)


def _rest(part: Part) -> str | None:
    """The keyword for all items after the listed ones; None when nothing is said of them."""
    listed = part.schema.dialect.tuple_items and isinstance(part.value("items"), list)
    keyword = "additionalItems" if listed else "items"
    return keyword if isinstance(part.value(keyword), dict | bool) else None


def _sizes(goal: Goal, failing: tuple[Failed, ...]) -> tuple[int, int | None]:
    least = [int(part.value("minItems", 0)) for part in goal.parts]
    least += [_counts(part)[0] for part in goal.parts if part.value("contains") is not None]
    most = [int(part.value("maxItems")) for part in goal.parts if part.value("maxItems") is not None]
    for each in failing:
        match each.keyword:
            case "minItems":
                most.append(int(each.value("minItems")) - 1)
            case "maxItems":
                least.append(int(each.value("maxItems")) + 1)
            case "uniqueItems":
                least.append(2)
    return max(least, default=0), min(most, default=None)


def _cut(prover: "Prover", items: _Items) -> None:
    """Where no item can stand, no array reaches."""
    for index, claims in enumerate(items.places()):
        if items.most is not None and index >= items.most:
            return
        if claims and prover.empty(claims):
            items.most = index
            return


def _spread(prover: "Prover", goal: Goal, items: _Items) -> None:
    """No array of different items is longer than there are values for them."""
    if not any(part.value("uniqueItems") is True for part in goal.parts):
        return
    found: set[Any] = set()
    for claims in items.places():
        values = prover.few(claims)
        if values is None:
            return
        found.update(key(value) for value in values)
    items.most = len(found) if items.most is None else min(items.most, len(found))


def _counts(part: Part) -> tuple[int, int | None]:
    """How many items must satisfy `contains`, at least and at most."""
    if not part.schema.dialect.counts_contains:
        return 1, None
    most = part.value("maxContains")
    return int(part.value("minContains", 1)), None if most is None else int(most)


def _contained(part: Part, *, holds: bool) -> Claim:
    return part.child("contains", holds=holds)


def _fails_to_hold_any(each: Failed) -> bool:
    """Whether the keyword fails only by no item at all satisfying `contains`."""
    return each.keyword == "contains" and _counts(each) == (1, None)


def _contains_nothing(prover: "Prover", part: Part, items: _Items) -> bool:
    """The part wants an item that no position can hold."""
    if part.value("contains") is None or _counts(part)[0] == 0:
        return False
    wanted = _contained(part, holds=True)
    return all(prover.empty((*claims, wanted)) for claims in items.places())


def _cannot_fail(prover: "Prover", goal: Goal, each: Failed, items: _Items) -> bool:
    match each.keyword:
        case "uniqueItems":
            unique = any(part.value("uniqueItems") is True for part in goal.parts)
            return unique or each.value("uniqueItems") is not True
        case "items" | "prefixItems" | "additionalItems":
            return _every_item_fits(prover, each, items)
        case "contains":
            return _must_contain(prover, goal, each, items) and _may_not_contain_more(
                prover, goal, each, items
            )
        case _:
            return False


def _every_item_fits(prover: "Prover", each: Failed, items: _Items) -> bool:
    count, rest = _positions(each), _rest(each)
    for index, claims in enumerate(items.places()):
        listed = index < count
        if listed and each.keyword == ("items" if each.schema.dialect.tuple_items else "prefixItems"):
            wanted = each.child(each.keyword, index, holds=False)
        elif not listed and rest == each.keyword:
            wanted = each.child(rest, holds=False)
        else:
            continue
        if not prover.empty((*claims, wanted)):
            return False
    return True


def _must_contain(prover: "Prover", goal: Goal, each: Failed, items: _Items) -> bool:
    """Too few items cannot be the reason."""
    least, _ = _counts(each)
    if least == 0:
        return True
    unwanted = _contained(each, holds=False)
    surely = [
        index
        for index in range(min(items.least, len(items.first) + 1))
        if prover.empty((*items.at(index), unwanted))
    ]
    if surely and surely[-1] == len(items.first):  # all later items are like this one
        surely += range(len(surely), len(surely) + items.least - len(items.first) - 1)
    if len(surely) >= least:
        return True
    for part in goal.parts:
        if part.value("contains") is not None and _counts(part)[0] >= least:
            had = _contained(part, holds=True)
            if all(prover.empty((*claims, had, unwanted)) for claims in items.places()):
                return True
    return False


def _may_not_contain_more(prover: "Prover", goal: Goal, each: Failed, items: _Items) -> bool:
    """Too many items cannot be the reason."""
    _, most = _counts(each)
    if most is None or (items.most is not None and items.most <= most):
        return True
    wanted = _contained(each, holds=True)
    possible = [claims for claims in items.places() if not prover.empty((*claims, wanted))]
    if items.rest not in possible and len(possible) <= most:
        return True
    for part in goal.parts:
        limit = _counts(part)[1] if part.value("contains") is not None else None
        if limit is not None and limit <= most:
            outside = _contained(part, holds=False)
            if all(prover.empty((*claims, wanted, outside)) for claims in items.places()):
                return True
    return False

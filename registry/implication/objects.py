# SPDX-License-Identifier: Apache-2.0
"""Is no object left with these names, whose members keep what is asked of each?"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from registry.claim import Claim
from registry.effort import spend
from registry.evaluate import CANNOT_SAY, is_valid, pattern
from registry.implication.goal import Failed, Goal, Part
from registry.schema import Node

if TYPE_CHECKING:
    from registry.implication.prover import Prover

_MOST_NAMES = 2_000
_MOST_WAYS = 64
_MOST_PATTERNS = 4
_SPEAKING = frozenset(("properties", "patternProperties", "additionalProperties", "propertyNames"))


@dataclass(slots=True)
class _Members:
    """What is known of the members. `names` are all that some schema mentions; every other name is like every other.

    `parts` are those that speak of members and their names.
    """

    goal: Goal
    parts: tuple[Part, ...]
    names: list[str]
    required: set[str]
    full: bool = False  # no object has room for more than the required names
    possible: dict[str, bool] = field(default_factory=dict)


def none_left(prover: "Prover", goal: Goal, failing: tuple[Failed, ...]) -> bool:
    """Whether no object is left."""
    required = set(goal.present).union(*(part.value("required", ()) for part in goal.parts))
    if required & goal.absent:
        return True
    parts = tuple(part for part in goal.parts if _speaks(part))
    members = _Members(goal, parts, _names(goal, failing, required), required)
    if len(members.names) > _MOST_NAMES:
        return False
    if not all(_possible(prover, members, name) for name in sorted(required)):
        return True
    least, most = _counts(goal, failing, required)
    if most is not None and least > most:
        return True
    members.full = most is not None and most <= len(required)
    # Which other names an object can have is asked only where the answer matters.
    if least > len(required) and not _room_for(prover, members, least):
        return True
    return any(_cannot_fail(prover, members, each) for each in failing)


def _speaks(part: Part) -> bool:
    return isinstance(part.node.raw, dict) and not _SPEAKING.isdisjoint(part.node.raw)


def _names(goal: Goal, failing: tuple[Failed, ...], required: set[str]) -> list[str]:
    found = required | goal.absent
    for part in (*goal.parts, *failing):
        found |= part.value("properties", {}).keys()
    return sorted(found)


def _counts(goal: Goal, failing: tuple[Failed, ...], required: set[str]) -> tuple[int, int | None]:
    least = [len(required), *(int(part.value("minProperties", 0)) for part in goal.parts)]
    most = [int(m) for part in goal.parts if (m := part.value("maxProperties")) is not None]
    least += [int(e.value("maxProperties")) + 1 for e in failing if e.keyword == "maxProperties"]
    most += [int(e.value("minProperties")) - 1 for e in failing if e.keyword == "minProperties"]
    return max(least), min(most, default=None)


def _room_for(prover: "Prover", members: _Members, least: int) -> bool:
    if any(not _no_such(prover, way) for way in _others(members)):
        return True
    return sum(_possible(prover, members, name) for name in members.names) >= least


def _possible(prover: "Prover", members: _Members, name: str) -> bool:
    """Whether an object may have a member of the name, as far as it is known."""
    known = members.possible.get(name)
    if known is None:
        known = members.possible[name] = (
            name not in members.goal.absent
            and (not members.full or name in members.required)
            and _allowed(prover, members, name)
        )
    return known


def _allowed(prover: "Prover", members: _Members, name: str) -> bool:
    for part in members.parts:
        if part.value("propertyNames") is not None and _surely_bad(part, name):
            return False
    claims = _asked(members.parts, name)
    return not (claims and prover.empty(claims))


def _surely_bad(part: Part, name: str) -> bool:
    try:
        return not is_valid(part.schema, part.node.child("propertyNames"), name)
    except CANNOT_SAY:
        return False


def _asked(parts: tuple[Part, ...], name: str) -> tuple[Claim, ...]:
    """What the parts surely ask of the member of that name."""
    spend(2 * len(parts))
    return tuple(claim for part in parts for claim in _asked_by(part, name))


def _asked_by(part: Part, name: str) -> Iterator[Claim]:
    spoken_for = False
    if name in part.value("properties", {}):
        spoken_for = True
        yield part.child("properties", name)
    for text in part.value("patternProperties", {}):
        matches = _matches(text, name)
        spoken_for = spoken_for or matches is not False
        if matches:
            yield part.child("patternProperties", text)
    if not spoken_for and part.value("additionalProperties") is not None:
        yield part.child("additionalProperties")


def _matches(text: str, name: str) -> bool | None:
    """Whether the name matches the pattern; None when that cannot be found out."""
    try:
        return pattern(text).search(name) is not None
    except CANNOT_SAY:
        return None


@dataclass(frozen=True, slots=True)
class _Other:
    """A way to be a name that no schema mentions: what its text must be, and its value."""

    name: tuple[Claim, ...] = ()
    value: tuple[Claim, ...] = ()


def _others(members: _Members, name: tuple[Claim, ...] = (), value: tuple[Claim, ...] = ()) -> list[_Other]:
    """Every way to be such a name: in each part it matches some of the patterns, or none."""
    if members.full:
        return []
    ways = []
    for part in members.parts:
        if part.value("propertyNames") is not None:
            name = (*name, part.child("propertyNames"))
        found = _ways_in(part)
        if found:
            ways.append(found)
    count = 1
    for found in ways:
        count *= len(found)
    if count > _MOST_WAYS:
        return [_Other(name, value)]
    return [
        _Other(
            (*name, *(c for way in combined for c in way.name)),
            (*value, *(c for way in combined for c in way.value)),
        )
        for combined in product(*ways)
    ]


def _ways_in(part: Part) -> list[_Other]:
    """The ways of one part; none when it asks nothing of such names."""
    texts = list(part.value("patternProperties", {}))
    rest = () if part.value("additionalProperties") is None else (part.child("additionalProperties"),)
    if not texts:
        return [_Other((), rest)] if rest else []
    if len(texts) > _MOST_PATTERNS:  # which of the others it matches too is left open
        found = [_matching(part, texts, (text,), ()) for text in texts]
        return [*found, _matching(part, texts, (), rest)]
    subsets = (some for size in range(len(texts) + 1) for some in combinations(texts, size))
    return [
        replace(way, name=(*way.name, *(_text(part, t, holds=False) for t in texts if t not in some)))
        for some in subsets
        for way in (_matching(part, texts, some, () if some else rest),)
    ]


def _matching(part: Part, texts: list[str], some: tuple[str, ...], rest: tuple[Claim, ...]) -> _Other:
    """The way to match some of the patterns; of no pattern when there are none, and then the rest is said of it."""
    if not some:
        return _Other(tuple(_text(part, text, holds=False) for text in texts), rest)
    return _Other(
        tuple(_text(part, text, holds=True) for text in some),
        tuple(part.child("patternProperties", text) for text in some),
    )


def _text(part: Part, text: str, *, holds: bool) -> Claim:
    """The claim that a name matches a pattern, or does not."""
    return Claim(part.schema, Node(part.node.pointer, {"pattern": text}, f"pattern {text}"), holds)


def _no_such(prover: "Prover", way: _Other) -> bool:
    return bool(way.value and prover.empty(way.value)) or bool(
        way.name and prover.empty(way.name, frozenset(("string",)))
    )


def _cannot_fail(prover: "Prover", members: _Members, each: Failed) -> bool:
    match each.keyword:
        case "properties":
            return all(
                _fits(prover, members, name, each.child("properties", name, holds=False))
                for name in each.value("properties")
            )
        case "patternProperties":
            return all(_pattern_fits(prover, members, each, text) for text in each.value("patternProperties"))
        case "additionalProperties":
            return _rest_fits(prover, members, each)
        case "propertyNames":
            return _names_fit(prover, members, each)
        case _:
            return False


def _fits(prover: "Prover", members: _Members, name: str, wanted: Claim) -> bool:
    """A member of the name cannot keep the claim."""
    return (
        wanted.node.raw is True
        or prover.empty((*_asked(members.parts, name), wanted))
        or not _possible(prover, members, name)
    )


def _pattern_fits(prover: "Prover", members: _Members, each: Failed, text: str) -> bool:
    wanted = each.child("patternProperties", text, holds=False)
    if wanted.node.raw is True:
        return True
    if not all(_fits(prover, members, n, wanted) for n in members.names if _matches(text, n) is not False):
        return False
    ways = _others(members, (_text(each, text, holds=True),), (wanted,))
    return all(_no_such(prover, way) for way in ways)


def _rest_fits(prover: "Prover", members: _Members, each: Failed) -> bool:
    wanted = each.child("additionalProperties", holds=False)
    if wanted.node.raw is True:
        return True
    texts: dict[str, Any] = each.value("patternProperties", {})
    for name in members.names:
        own = name in each.value("properties", {}) or any(_matches(text, name) for text in texts)
        if not own and not _fits(prover, members, name, wanted):
            return False
    unmatched = tuple(_text(each, text, holds=False) for text in texts)
    return all(_no_such(prover, way) for way in _others(members, unmatched, (wanted,)))


def _names_fit(prover: "Prover", members: _Members, each: Failed) -> bool:
    wanted = each.child("propertyNames", holds=False)
    for name in members.names:
        if _possible(prover, members, name) and not _surely_good(each, name):
            return False
    return all(_no_such(prover, way) for way in _others(members, (wanted,)))


def _surely_good(part: Part, name: str) -> bool:
    try:
        return is_valid(part.schema, part.node.child("propertyNames"), name)
    except CANNOT_SAY:
        return False

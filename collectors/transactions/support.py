# SPDX-License-Identifier: Apache-2.0
"""What supports an edge between two objects: one event, or one decision of a person, that says by one rule that they belong together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from collectors.transactions.transaction import MemberRole
from terms.instant import Instant, to_datetime
from terms.object_key import ObjectKey

State = Literal["holds", "refused", "retracted"]


@dataclass(frozen=True, slots=True)
class Support:
    """One support of an edge. `at` and `source` are of the event; a decision has its own instant and no source.

    `refused` says why it takes no effect, empty where it does; `retracted_at` is set where it is said no more.
    """

    child: ObjectKey
    parent: ObjectKey
    role: MemberRole
    rule: str
    rule_version: int
    event_key: str | None
    event_type: str | None
    source: str | None
    at: Instant | None
    decision_id: str | None
    decided_by: str
    reason: str
    refused: str
    recorded_at: Instant
    retracted_at: Instant | None

    @property
    def state(self) -> State:
        """Whether it holds the edge up: what is said no more does not, nor what was refused."""
        if self.retracted_at is not None:
            return "retracted"
        return "refused" if self.refused else "holds"

    @property
    def why(self) -> str:
        """Who says what, in words; and why it takes no effect, where it takes none."""
        says = {
            "same_as": f"{self.child} is the same as {self.parent}",
            "child_of": f"{self.child} belongs to {self.parent}",
            "link": f"{self.child} is linked to {self.parent}",
            "succeeds": f"{self.child} is what {self.parent} has in common with those before and after it",
        }[self.role]
        if self.decision_id:
            told = f"{self.decided_by or 'a person'} decided that {says}" + (
                f": {self.reason}" if self.reason else ""
            )
        elif self.at is not None:
            told = f"{self.event_type} of {to_datetime(self.at):%d %b %H:%M} says that {says}"
        else:
            told = f"an event no longer kept said that {says}"
        return f"{told}; refused: {self.refused}" if self.refused else told


def supports_of(
    key: ObjectKey, role: MemberRole, found: Sequence[Support], same: Mapping[ObjectKey, ObjectKey]
) -> tuple[Support, ...]:
    """Those of `found`, in their order, that say where the object `key` of that role belongs.

    Another name of an object has what says that both are one; every other object has what says so of any of its names.
    `same` gives the name that stands for each other name, as `classes` does.
    """
    if role == "same_as":
        return tuple(one for one in found if one.role == "same_as" and key in (one.child, one.parent))
    stands = same.get(key, key)
    return tuple(one for one in found if one.role != "same_as" and same.get(one.child, one.child) == stands)


def classes(found: Iterable[Support]) -> dict[ObjectKey, ObjectKey]:
    """The least name of each thing that has several, by each of its names; from what says so and holds."""
    stands: dict[ObjectKey, ObjectKey] = {}

    def head(key: ObjectKey) -> ObjectKey:
        while key in stands and stands[key] != key:
            key = stands[key]
        return key

    for one in found:
        if one.role == "same_as" and one.state == "holds":
            least, other = sorted((head(one.child), head(one.parent)))
            stands[other] = least
            stands.setdefault(least, least)
    return {key: head(key) for key in stands}

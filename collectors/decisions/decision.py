# SPDX-License-Identifier: Apache-2.0
"""What a person decided about two objects, which wins over every rule: they are the same, one is part of the other, or neither."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from collectors.processes.process import Process
from collectors.stitching.alias import Pair, object_type, pair
from collectors.stitching.stitch_event import Assertion, StitchEvent
from terms.instant import Instant

DecisionKind = Literal["same", "part", "apart"]
DECISION_KINDS: tuple[DecisionKind, ...] = ("same", "part", "apart")
SOURCE = "decision"


class Decision(NamedTuple):
    """`one` is the same as, part of, or apart from `other`. Keys are texts; of `same` and `apart` either may come first."""

    decision_id: int
    kind: DecisionKind
    one: str
    other: str
    at: Instant

    def is_about(self, one: str, other: str) -> bool:
        """Whether it says something of these two, whichever way round."""
        return {self.one, self.other} == {one, other}


@dataclass(frozen=True, slots=True)
class Rulings:
    """What holds of objects whatever events say: standing decisions, and keys that join too much to join anything."""

    decisions: tuple[Decision, ...] = ()
    hubs: frozenset[str] = frozenset()

    def apart(self) -> list[Pair]:
        """The pairs that were decided not to belong together."""
        return [pair(one.one, one.other) for one in self.decisions if one.kind == "apart"]

    def asserted(self, process: Process) -> list[Assertion]:
        """What the decisions assert in a process, in the order they were made; nothing where it does not know the types."""
        return [a for one in sorted(self.decisions) if (a := _assertion(process, one)) is not None]


NO_RULINGS = Rulings()


def joins(processes: Iterable[Process], kind: DecisionKind, one: str, other: str) -> bool:
    """Whether a decision of that kind about these keys would mean anything in one of the processes."""
    decision = Decision(0, kind, one, other, Instant(0))
    return kind == "apart" or any(_assertion(process, decision) is not None for process in processes)


def contradicted(standing: Sequence[Decision], wanted: Decision) -> Decision | None:
    """The first of the standing decisions that cannot hold beside the wanted one; None when all can."""
    for one in standing:
        if one.kind != wanted.kind and one.is_about(wanted.one, wanted.other):
            return one
        if wanted.kind == one.kind == "part" and _are_two_parents(one, wanted):
            return one
    same = [pair(one.one, one.other) for one in standing if one.kind == "same"]
    if wanted.kind == "same":
        same.append(pair(wanted.one, wanted.other))
    apart = [one for one in (*standing, wanted) if one.kind == "apart"]
    for one in apart:
        if one.other in _one_with(one.one, same):
            if one is not wanted:
                return one
            return next(d for d in standing if d.kind == "same" and wanted.one in (d.one, d.other))
    return None


def _are_two_parents(one: Decision, wanted: Decision) -> bool:
    same_type = object_type(one.other) == object_type(wanted.other)
    return one.one == wanted.one and one.other != wanted.other and same_type


def _one_with(key: str, same: Sequence[Pair]) -> set[str]:
    found, waiting = {key}, [key]
    while waiting:
        one = waiting.pop()
        for names in same:
            if one in names:
                fresh = set(names) - found
                found |= fresh
                waiting.extend(fresh)
    return found


def _assertion(process: Process, decision: Decision) -> Assertion | None:
    types = object_type(decision.one), object_type(decision.other)
    if decision.kind == "same":
        if process.active_types.issuperset(types):
            return Assertion(decision.one, decision.other, "same_as", SOURCE, _event(decision))
        return None
    if decision.kind == "part":
        rules = [rule for rule in process.rules_of_child.get(types[0], ()) if rule.parent == types[1]]
        for role in ("child_of", "link"):
            for rule in rules:
                if rule.role == role:
                    return Assertion(decision.one, decision.other, role, rule.id, _event(decision))
    return None


def _event(decision: Decision) -> StitchEvent:
    keys = (decision.one, decision.other)
    return StitchEvent(
        decision.at, SOURCE, str(decision.decision_id), decision.decision_id, SOURCE, "",
        (object_type(keys[0]), object_type(keys[1])), keys, None, None, None, None,
    )  # fmt: skip

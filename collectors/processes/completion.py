# SPDX-License-Identifier: Apache-2.0
"""When is a stage reached that needs more than one event? By number, by all that is known or planned, or by amount. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from collectors.processes.process import MilestoneRule
from collectors.stitching.alias import object_type
from collectors.stitching.figures import Plan, read
from collectors.stitching.stitch_event import Membership

WHOLE_BP = 10_000


class Known(NamedTuple):
    """What a transaction is known to consist of: its `objects`, the `plan` by object type, and its amount (minor units)."""

    objects: Collection[str]
    plan: Mapping[str, Plan]
    amount_minor: int | None
    currency: str | None


class Progress(NamedTuple):
    """How far a stage is. `done` of `expected` objects, `minor` of `expected_minor`; None where that is not asked for.

    `reached` is the membership whose event completed it, None while it is not complete.
    """

    reached: Membership | None
    done: int | None = None
    expected: int | None = None
    minor: int | None = None
    expected_minor: int | None = None


def plan_of(joined: Sequence[Membership]) -> dict[str, Plan]:
    """What the events plan, by object type; of each type the last word counts."""
    plan: dict[str, Plan] = {}
    for membership in joined:
        if membership.event.figures:
            plan.update(read(membership.event.figures).planned)
    return plan


def is_planned(rule: MilestoneRule, plan: Mapping[str, Plan]) -> bool:
    """Whether the stage is to come at all: not when none of the objects it is about are planned."""
    said = plan.get(rule.object)
    return said is None or said.number != 0


def progress(rule: MilestoneRule, matching: Sequence[Membership], known: Known) -> Progress:
    """How far the stage is by the events that count for it, in judged order."""
    match rule.policy:
        case "any":
            return Progress(matching[0] if matching else None)
        case "amount":
            return _by_amount(rule, matching, known)
        case "count":
            return _by_objects(rule, matching, known, rule.count)
        case "all":
            mine = sum(object_type(key) == rule.object for key in known.objects)
            said = known.plan.get(rule.object)
            return _by_objects(rule, matching, known, max(mine, (said.number if said else None) or 0))


def _by_objects(rule: MilestoneRule, matching: Sequence[Membership], known: Known, expected: int) -> Progress:
    seen: set[str] = set()
    reached = None
    for membership in matching:
        event = membership.event
        seen.update(
            key
            for kind, key in zip(event.kinds, event.keys, strict=True)
            if kind == rule.object and key in known.objects
        )
        if reached is None and 0 < expected <= len(seen):
            reached = membership
    return Progress(reached, len(seen), expected)


def _by_amount(rule: MilestoneRule, matching: Sequence[Membership], known: Known) -> Progress:
    said = known.plan.get(rule.object)
    whole = said.minor if said and said.minor is not None else known.amount_minor
    if whole is None:
        return Progress(None, minor=0)
    total, reached = 0, None
    for membership in matching:
        if membership.event.currency == known.currency:
            total += membership.amount_minor or 0
        if reached is None and total * WHOLE_BP >= whole * rule.share_bp:
            reached = membership
    return Progress(reached, minor=total, expected_minor=whole)

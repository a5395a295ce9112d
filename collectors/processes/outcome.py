# SPDX-License-Identifier: Apache-2.0
"""Memberships -> milestones, status and money of one transaction: pure, and the last thing derived before the commit."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from collectors.processes.completion import Known, is_planned, plan_of, progress
from collectors.processes.process import MilestoneRule, Process
from collectors.stitching.stitch_event import Membership, StitchEvent
from collectors.transactions.transaction import WHOLE_PPM, Status


class Reached(NamedTuple):
    """When a milestone was reached, and by which event."""

    at: int
    event_id: int


class Outcome(NamedTuple):
    """How a transaction stands, by its events alone. Instants are business time, microseconds."""

    status: Status
    started_at: int
    ended_at: int | None
    last_event_at: int
    amount_minor: int | None
    currency: str | None
    customer: str | None
    legal_entity: str | None
    region: str | None
    waiting_for: str | None
    waiting_since: int | None
    due_at: int | None
    not_planned: str | None
    milestones: dict[str, Reached]


def outcome(process: Process, joined: Sequence[Membership], objects: Collection[str] = ()) -> Outcome:
    """The outcome of at least one membership, in judged order. `objects` are those that belong to the transaction.

    Completed when every milestone of `completed_when` that is planned is reached; else cancelled by a cancelling event;
    else failed while an exception is open; else open. `not_planned` are names of milestones, a comma between.
    """
    events = [membership.event for membership in joined]
    own = [m.event for m in joined if m.role == "member" and m.share_ppm == WHOLE_PPM] or events
    amount_minor, currency = _amount(process, own)
    plan = plan_of(joined)
    milestones = _milestones(process, joined, Known(objects, plan, amount_minor, currency))
    not_planned = [
        m.name for m in process.milestones if plan and m.name not in milestones and not is_planned(m, plan)
    ]
    started_at = min(event.at for event in own)
    if process.milestones[0].name in milestones:
        started_at = milestones[process.milestones[0].name].at
    status, ended_at = _status(process, events, milestones, not_planned)
    waiting = None if ended_at is not None else _waiting(process, milestones, not_planned)
    since, due_at = _due(waiting, milestones, started_at)
    return Outcome(
        status=status,
        started_at=started_at,
        ended_at=ended_at,
        last_event_at=events[-1].at,
        amount_minor=amount_minor,
        currency=currency,
        customer=_customer(process, own),
        legal_entity=next((event.legal_entity for event in own if event.legal_entity), None),
        region=next((event.region for event in own if event.region), None),
        waiting_for=waiting.name if waiting else None,
        waiting_since=since,
        due_at=due_at,
        not_planned=",".join(not_planned) or None,
        milestones=milestones,
    )


def due_of(rule: MilestoneRule, reached: Mapping[str, int]) -> int | None:
    """When a milestone is due, given when others were reached; None without a limit, or before it begins to run."""
    if rule.sla_from is None or rule.sla_from not in reached:
        return None
    return rule.due_after(reached[rule.sla_from])


def counting(process: Process, joined: Sequence[Membership]) -> dict[str, list[Membership]]:
    """The memberships whose events count for each milestone, by its name, in judged order."""
    found: dict[str, list[Membership]] = {}
    rules = process.milestones_of_event
    for membership in joined:
        for rule in rules.get(membership.event.type, ()):
            if not rule.names or not rule.names.isdisjoint(membership.event.kinds):
                found.setdefault(rule.name, []).append(membership)
    return found


def _milestones(process: Process, joined: Sequence[Membership], known: Known) -> dict[str, Reached]:
    reached: dict[str, Reached] = {}
    rules = process.milestones_of_event
    for membership in joined:
        event = membership.event
        for rule in rules.get(event.type, ()):
            if rule.name in reached or rule.policy != "any":
                continue
            if not rule.names or not rule.names.isdisjoint(event.kinds):
                reached[rule.name] = Reached(event.at, event.event_id)
    if process.has_policies:
        counted = counting(process, joined)
        for rule in process.milestones:
            if rule.policy != "any" and rule.name in counted:
                completed = progress(rule, counted[rule.name], known).reached
                if completed is not None:
                    reached[rule.name] = Reached(completed.event.at, completed.event.event_id)
    return reached


def _status(
    process: Process,
    events: Sequence[StitchEvent],
    milestones: Mapping[str, Reached],
    not_planned: Collection[str],
) -> tuple[Status, int | None]:
    needed = [name for name in process.completed_when if name not in not_planned]
    if needed and all(name in milestones for name in needed):
        return "completed", max(milestones[name].at for name in needed)
    cancelled = next((event.at for event in events if event.type in process.cancelled_by), None)
    if cancelled is not None:
        return "cancelled", cancelled
    return ("failed" if _has_failed(process, events) else "open"), None


def _has_failed(process: Process, events: Sequence[StitchEvent]) -> bool:
    if process.failure is None:
        return False
    is_open: dict[str, bool] = {}
    for event in events:
        if event.type in process.failure.opened or event.type in process.failure.resolved:
            for kind, key in zip(event.kinds, event.keys, strict=True):
                if kind == process.failure.object:
                    is_open[key] = event.type in process.failure.opened
    return any(is_open.values())


def _waiting(
    process: Process, milestones: Mapping[str, Reached], not_planned: Collection[str]
) -> MilestoneRule | None:
    return next(
        (rule for rule in process.milestones if rule.name not in milestones and rule.name not in not_planned),
        None,
    )


def _due(
    waiting: MilestoneRule | None, milestones: Mapping[str, Reached], started_at: int
) -> tuple[int | None, int | None]:
    """(since when, until when) the milestone is waited for."""
    if waiting is None:
        return None, None
    reached = {name: milestone.at for name, milestone in milestones.items()}
    since = reached.get(waiting.sla_from or "", max(reached.values(), default=started_at))
    return since, due_of(waiting, reached)


def _amount(process: Process, events: Sequence[StitchEvent]) -> tuple[int | None, str | None]:
    priced = [event for event in events if event.amount_minor is not None]
    for name in process.amount_from:
        for event in priced:
            if event.type == name:
                return event.amount_minor, event.currency
    return (priced[0].amount_minor, priced[0].currency) if priced else (None, None)


def _customer(process: Process, events: Sequence[StitchEvent]) -> str | None:
    for event in events:
        if process.customer in event.kinds:
            return event.keys[event.kinds.index(process.customer)].partition(":")[2]
    return None

# SPDX-License-Identifier: Apache-2.0
"""What came in at each stage of one transaction: its amounts, one a currency, and how much of what is to come is there."""

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.processes.completion import Known, plan_of, progress
from collectors.processes.outcome import counting
from collectors.processes.process import Process
from collectors.stitching.alias import object_type
from collectors.stitching.stitch_event import Membership, StitchEvent
from collectors.transactions.transaction import EventView, MemberView, TransactionView
from terms.money import Money


@dataclass(frozen=True, slots=True)
class StageProgress:
    """`amounts` are the transaction's parts of the amounts of the events that count, each currency once, by currency.

    `done` of `expected` objects, and the amount that is `expected_amount`; None where the stage does not ask for that.
    """

    amounts: tuple[Money, ...] = ()
    done: int | None = None
    expected: int | None = None
    expected_amount: Money | None = None


def stage_progress(
    process: Process, view: TransactionView, events: Sequence[EventView], members: Sequence[MemberView]
) -> dict[str, StageProgress]:
    """The progress of every stage at which something came in or is expected, by the milestone's name."""
    joined = [_membership(event) for event in events]
    objects = {str(one.object) for one in members if one.role != "annotate"}
    currency = view.amount.currency if view.amount else None
    known = Known(objects, plan_of(joined), view.amount.minor if view.amount else None, currency)
    counted = counting(process, joined)
    found: dict[str, StageProgress] = {}
    for rule in process.milestones:
        matching = counted.get(rule.name, [])
        sums: dict[str, int] = {}
        for one in matching:
            if one.amount_minor is not None and one.event.currency:
                sums[one.event.currency] = sums.get(one.event.currency, 0) + one.amount_minor
        stands = progress(rule, matching, known)
        if matching or stands.expected:
            whole = stands.expected_minor
            found[rule.name] = StageProgress(
                tuple(Money(minor, code) for code, minor in sorted(sums.items())),
                stands.done,
                stands.expected,
                None if whole is None or currency is None else Money(whole, currency),
            )
    return found


def _membership(view: EventView) -> Membership:
    keys = tuple(str(key) for key in view.objects)
    amount = view.amount
    event = StitchEvent(
        view.at, view.source, view.source_event_id, int(view.event_key), view.type, view.system,
        tuple(object_type(key) for key in keys), keys, amount.minor if amount else None,
        amount.currency if amount else None, view.legal_entity, view.region, view.figures,
    )  # fmt: skip
    part = view.part.minor if view.part else None
    return Membership(event, view.role, str(view.via), view.share_ppm, part)

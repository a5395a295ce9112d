# SPDX-License-Identifier: Apache-2.0
"""How each stage of a transaction stands at an instant: reached in time, late, waited for, overdue, failed, or not its turn."""

from dataclasses import dataclass
from typing import Literal

from collectors.processes.outcome import due_of
from collectors.processes.process import Process, Responsible
from collectors.sources.watermark import NOTHING_HELD, Watermarks
from collectors.transactions.transaction import TransactionView
from terms.instant import Instant

State = Literal["reached", "late", "waiting", "overdue", "source_lagging", "failed", "pending", "not_planned"]


@dataclass(frozen=True, slots=True)
class MilestoneState:
    """One stage. `sla` and `elapsed` are microseconds of the limit's time; `elapsed` runs from its start to the milestone or `now`."""

    name: str
    title: str
    system: str
    responsible: Responsible
    state: State
    reached_at: Instant | None
    due_at: Instant | None
    sla: int | None
    elapsed: int | None
    event_key: str | None


def milestone_states(
    process: Process, transaction: TransactionView, now: Instant, watermarks: Watermarks = NOTHING_HELD
) -> tuple[MilestoneState, ...]:
    """The stages in the process's order. The stage waited for carries the transaction's failure, if it has failed.

    A stage past its limit is overdue only when the source of its system has told past the limit as well.
    """
    reached = {m.name: m.reached_at for m in transaction.milestones if m.reached_at is not None}
    keys = {m.name: m.event_key for m in transaction.milestones}
    states = []
    for rule in process.milestones:
        due = due_of(rule, reached)
        at = reached.get(rule.name)
        begun = reached.get(rule.sla_from) if rule.sla_from else None
        until = at if at is not None else (now if transaction.ended_at is None else None)
        states.append(
            MilestoneState(
                name=rule.name,
                title=rule.title,
                system=rule.system,
                responsible=rule.responsible,
                state=_state(rule.name, at, due, transaction, now, watermarks),
                reached_at=at,
                due_at=None if due is None else Instant(due),
                sla=rule.sla,
                elapsed=rule.elapsed(begun, until) if until is not None and begun is not None else None,
                event_key=keys.get(rule.name),
            )
        )
    return tuple(states)


def _state(
    name: str,
    at: Instant | None,
    due: int | None,
    transaction: TransactionView,
    now: Instant,
    watermarks: Watermarks,
) -> State:
    if at is not None:
        return "late" if due is not None and at > due else "reached"
    if name in transaction.not_planned:
        return "not_planned"
    if transaction.ended_at is not None:
        return "pending"
    if name == transaction.waiting_for and transaction.status == "failed":
        return "failed"
    if due is not None and due < watermarks.until(transaction.process, name, now):
        return "source_lagging" if watermarks.lagging_source(transaction.process, name) else "overdue"
    return "waiting" if name == transaction.waiting_for or due is not None else "pending"

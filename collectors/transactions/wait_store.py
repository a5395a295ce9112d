# SPDX-License-Identifier: Apache-2.0
"""How long is waited for one stage of a process, of late: what still waits counts as well, or the figure would flatter."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from collectors import tables
from collectors.kpis.figure import MIN_N
from collectors.kpis.observe import SKEW
from collectors.kpis.survival import CANCELLED, OPEN, REACHED, Observed, quantiles
from collectors.labels import label_no_of, label_of
from collectors.processes.process import Process
from terms.instant import Instant
from terms.tenant import TENANT

NEWEST = 2_000
"""Of so many transactions, the newest, the wait is told: a map is looked at often, and a year of deals tells no more."""

_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_milestone: Any = tables.MilestoneRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Wait:
    """Microseconds that half, and nine of ten, waited at most; None where fewer than 20 did or will have, or too few are through.

    `n` transactions are counted, `open` of them wait still.
    """

    p50: int | None
    p90: int | None
    n: int
    open: int


def wait(session: Session, process: Process, stage: str, started_from: Instant, until: Instant) -> Wait:
    """The wait for a stage since the stage its limit runs from, or the one before it; since the start for the first.

    `until` is up to when it is known that what is open is open. What is not planned is left out, and so is what ends
    before it begins, by more than two clocks differ.
    """
    before = _before(process, stage)
    newest = (
        select(_txn.c.txn_id, _txn.c.started_at, _txn.c.ended_at, _txn.c.not_planned)
        .where(_txn.c.tenant == TENANT, _txn.c.started_at >= started_from, _txn.c.process == process.id)
        .order_by(_txn.c.started_at.desc(), _txn.c.txn_id.desc())
        .limit(NEWEST)
        .subquery()
    )
    names = [label_no_of(name) for name in (stage, before) if name is not None]
    rows = session.execute(
        select(
            newest,
            label_of(_milestone.c.name_label).label("name"),
            func.min(_milestone.c.reached_at).label("at"),
        )
        .select_from(newest)
        .outerjoin(
            _milestone,
            (_milestone.c.tenant == TENANT)
            & (_milestone.c.txn_id == newest.c.txn_id)
            & _milestone.c.retracted_at.is_(None)
            & _milestone.c.name_label.in_(names),
        )
        .group_by(*newest.c, _milestone.c.name_label)
    )
    begun: dict[int, int] = {}
    ended: dict[int, tuple[int, int]] = {}
    reached: dict[int, int] = {}
    left_out: set[int] = set()
    for row in rows:
        if before is None:
            begun[row.txn_id] = row.started_at
        elif row.name == before:
            begun[row.txn_id] = row.at
        if row.name == stage:
            reached[row.txn_id] = row.at
        if stage in (row.not_planned or "").split(","):
            left_out.add(row.txn_id)
        ended[row.txn_id] = (until, OPEN) if row.ended_at is None else (row.ended_at, CANCELLED)
    observed = []
    for txn_id, since in begun.items():
        if txn_id in left_out and txn_id not in reached:
            continue
        at, kind = (reached[txn_id], REACHED) if txn_id in reached else ended[txn_id]
        if at - since >= -SKEW:
            observed.append((max(at - since, 0), kind))
    return _wait(sorted(observed))


def _wait(observed: list[Observed]) -> Wait:
    n, waiting = len(observed), sum(kind == OPEN for _, kind in observed)
    if n < MIN_N:
        return Wait(None, None, n, waiting)
    p50, p90 = quantiles(observed, (0.5, 0.9))
    return Wait(p50, p90, n, waiting)


def _before(process: Process, stage: str) -> str | None:
    """The stage from which the wait for another runs; None for one that nothing comes before."""
    rule = process.milestone(stage)
    if rule is not None and rule.sla_from is not None:
        return rule.sla_from
    names = [one.name for one in process.milestones]
    place = names.index(stage)
    return names[place - 1] if place else None

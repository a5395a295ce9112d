# SPDX-License-Identifier: Apache-2.0
"""How long is waited for one stage of a process, of late: what still waits counts as well, or the figure would flatter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import Session

from collectors import tables
from collectors.kpis.figure import MIN_N
from collectors.kpis.observe import SKEW
from collectors.kpis.survival import Waits, quantiles
from collectors.labels import label_no_of
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


def waits(
    session: Session, process: Process, until: Mapping[str, Instant], started_from: Instant
) -> dict[str, Wait]:
    """The wait for each stage since the stage its limit runs from, or the one before it; since the start for the first.

    `until` names the stages, each with up to when it is known that what is open is open. What is not planned is left out, and so
    is what ends before it begins, by more than two clocks differ.
    """
    before = {stage: _before(process, stage) for stage in until}
    names = sorted({*until, *(stage for stage in before.values() if stage is not None)})
    place = {None: _STARTED} | {name: index for index, name in enumerate(names, _REACHED)}
    rows = _newest(session, process, names, started_from)
    return {
        stage: _wait(_observed(rows, stage, place[before[stage]], place[stage], known))
        for stage, known in until.items()
    }


_STARTED, _ENDED, _NOT_PLANNED, _REACHED = range(
    4
)  # where these stand in a row; of _REACHED one for each name


def _newest(session: Session, process: Process, names: Sequence[str], started_from: Instant) -> list[Any]:
    """The newest transactions, a row each, with when they reached the milestones of these names."""
    newest = (
        select(_txn.c.txn_id, _txn.c.started_at, _txn.c.ended_at, _txn.c.not_planned)
        .where(_txn.c.tenant == TENANT, _txn.c.started_at >= started_from, _txn.c.process == process.id)
        .order_by(_txn.c.started_at.desc(), _txn.c.txn_id.desc())
        .limit(NEWEST)
        .subquery()
    )
    reached = [
        func.min(case((_milestone.c.name_label == label_no_of(name), _milestone.c.reached_at)))
        for name in names
    ]
    query = (
        select(newest.c.started_at, newest.c.ended_at, newest.c.not_planned, *reached)
        .select_from(newest)
        .outerjoin(
            _milestone,
            (_milestone.c.tenant == TENANT)
            & (_milestone.c.txn_id == newest.c.txn_id)
            & _milestone.c.retracted_at.is_(None),
        )
        .group_by(*newest.c)
    )
    return list(session.execute(query))


def _observed(rows: Sequence[Any], stage: str, begun: int, reached: int, until: Instant) -> Waits:
    """How long each waited for the stage: from what stands at `begun` in its row to what stands at `reached`."""
    through: list[int] = []
    lost: list[int] = []
    waiting: list[int] = []
    for row in rows:
        since, at = row[begun], row[reached]
        if since is None:
            continue
        times = through
        if at is None:
            if stage in (row[_NOT_PLANNED] or "").split(","):
                continue
            at, times = (until, waiting) if row[_ENDED] is None else (row[_ENDED], lost)
        if at - since >= -SKEW:
            times.append(max(at - since, 0))
    return Waits(sorted(through), sorted(lost), sorted(waiting))


def _wait(waits: Waits) -> Wait:
    n, waiting = waits.n, len(waits.open)
    if n < MIN_N:
        return Wait(None, None, n, waiting)
    p50, p90 = quantiles(waits, (0.5, 0.9))
    return Wait(p50, p90, n, waiting)


def _before(process: Process, stage: str) -> str | None:
    """The stage from which the wait for another runs; None for one that nothing comes before."""
    rule = process.milestone(stage)
    if rule is not None and rule.sla_from is not None:
        return rule.sla_from
    names = [one.name for one in process.milestones]
    place = names.index(stage)
    return names[place - 1] if place else None

# SPDX-License-Identifier: Apache-2.0
"""Jobs that derive history anew, as rows: written with what they change, so that a kill loses no progress and repeats none."""

from dataclasses import asdict, replace
from typing import Any

import orjson
from sqlalchemy import insert, select, update
from sqlmodel import Session

from collectors.rederivation.job import Kind, Phase, Rederivation
from collectors.rederivation.tables import RederivationRow
from terms.instant import Instant
from terms.row_id import next_row_id
from terms.tenant import TENANT

_row: Any = RederivationRow.__table__  # type: ignore[attr-defined]


def running(session: Session, kind: Kind) -> Rederivation | None:
    """The job of that kind that is not through, stopped or not; None when there is none."""
    found = session.execute(
        select(_row).where(
            _row.c.tenant == TENANT, _row.c.kind == kind, _row.c.state.in_(("running", "stopped"))
        )
    ).first()
    return _job(found) if found else None


def in_force(session: Session, kind: Kind) -> frozenset[str]:
    """The names of the definitions that are in force for all that is stored: those whose last job is through.

    One whose last job was overtaken, or is on its way, is not; nor is a process whose transactions were taken out.
    """
    last = _last(session, (kind, "removal") if kind == "process" else (kind,))
    return frozenset(name for name, of, state in last.values() if (of, state) == (kind, "done"))


def ever(session: Session) -> frozenset[str]:
    """The names of the processes that may have transactions: of each the last that any job, through or not, was for."""
    return frozenset(
        name for name, of, _ in _last(session, ("process", "removal")).values() if of == "process"
    )


def _last(session: Session, kinds: tuple[Kind, ...]) -> dict[str, tuple[str, Kind, str]]:
    """(name, kind, state) by id of a definition, of the last job that names it."""
    rows = session.execute(
        select(_row.c.names, _row.c.kind, _row.c.state)
        .where(_row.c.tenant == TENANT, _row.c.kind.in_(kinds))
        .order_by(_row.c.job_id)
    )
    return {
        name.partition("@")[0]: (name, row.kind, row.state)
        for row in rows
        for name in orjson.loads(row.names)
    }


def job(session: Session, job_id: int) -> Rederivation | None:
    """The job of that id; None when there is none."""
    found = session.execute(select(_row).where(_row.c.tenant == TENANT, _row.c.job_id == job_id)).first()
    return _job(found) if found else None


def jobs(session: Session, limit: int = 20) -> tuple[Rederivation, ...]:
    """The newest jobs of both kinds, newest first."""
    rows = session.execute(
        select(_row).where(_row.c.tenant == TENANT).order_by(_row.c.job_id.desc()).limit(limit)
    )
    return tuple(_job(row) for row in rows)


def begin(
    session: Session, kind: Kind, names: tuple[str, ...], phase: Phase, total: int, now: Instant
) -> Rederivation:
    """Stores a new job and returns it. One with nothing to look at is through at once."""
    job = Rederivation(
        job_id=next_row_id(),
        kind=kind,
        names=names,
        state="running" if total else "done",
        phase=phase,
        cursor=0,
        done=0,
        total=total,
        changed=0,
        added=0,
        removed=0,
        days_left={},
        started_at=now,
        ended_at=None if total else now,
    )
    session.execute(insert(_row).values(tenant=TENANT, **_values(job)))
    return job


def keep(session: Session, job: Rederivation) -> None:
    """Stores how far the job is."""
    session.execute(
        update(_row).where(_row.c.tenant == TENANT, _row.c.job_id == job.job_id).values(**_values(job))
    )


def turn(session: Session, job_id: int, is_stopped: bool) -> Rederivation | None:
    """The job, stopped or going on; None for one that is not there, or is through. Again it changes nothing."""
    found = job(session, job_id)
    if found is None or found.state not in ("running", "stopped"):
        return None
    turned = replace(found, state="stopped" if is_stopped else "running")
    keep(session, turned)
    return turned


def _values(job: Rederivation) -> dict[str, Any]:
    return asdict(job) | {
        "names": orjson.dumps(job.names).decode(),
        "days_left": orjson.dumps(dict(job.days_left)).decode(),
    }


def _job(row: Any) -> Rederivation:
    return Rederivation(
        job_id=row.job_id,
        kind=row.kind,
        names=tuple(orjson.loads(row.names)),
        state=row.state,
        phase=row.phase,
        cursor=row.cursor,
        done=row.done,
        total=row.total,
        changed=row.changed,
        added=row.added,
        removed=row.removed,
        days_left=orjson.loads(row.days_left),
        started_at=Instant(row.started_at),
        ended_at=None if row.ended_at is None else Instant(row.ended_at),
    )

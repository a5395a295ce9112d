# SPDX-License-Identifier: Apache-2.0
"""Who pulls a source until when, and how its passes went. A lease keeps two processes from pulling one source."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, and_, func, or_, select, update
from sqlmodel import Session

from collectors.pull.failure import SourceFailure
from collectors.pull.ledger import Outcome
from collectors.sources import tables
from collectors.sources.source import PULLED
from collectors.span import without_nul
from terms.instant import Instant
from terms.problem import Problem
from terms.tenant import TENANT

_LONGEST = 500

_source: Any = tables.SourceRow.__table__  # type: ignore[attr-defined]
_pull: Any = tables.SourcePullRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class PullState:
    """How pulling a source goes. `is_running`: a pass is under way. `error` is that of the last pass, None when it went well."""

    api: str
    is_running: bool
    next_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    ok_at: Instant | None
    windows: int
    traces: int
    spans: int
    service: str
    failures: int
    error_at: Instant | None
    error_kind: str
    error: Problem | None


def due(session: Session, now: Instant) -> tuple[str, ...]:
    """The sources whose turn it is and which nobody pulls, the one that waits longest first."""
    rows = session.execute(
        select(_source.c.name)
        .outerjoin(_pull, and_(_pull.c.tenant == TENANT, _pull.c.source == _source.c.name))
        .where(
            _source.c.tenant == TENANT,
            _source.c.enabled.is_(True),
            _source.c.kind.in_(PULLED),
            func.coalesce(_pull.c.next_at, 0) <= now,
            func.coalesce(_pull.c.held_until, 0) <= now,
        )
        .order_by(func.coalesce(_pull.c.next_at, 0), _source.c.name)
    )
    return tuple(row.name for row in rows)


def hold(session: Session, source: str, holder: str, now: Instant, until: Instant) -> bool:
    """Takes the source for a pass until then. False when another holds it: one statement decides between two that come at once."""
    return changed(
        session,
        update(_pull)
        .where(*of(_pull, source), or_(_pull.c.held_until <= now, _pull.c.holder == holder))
        .values(
            holder=holder,
            held_until=until,
            started_at=now,
            ended_at=None,
            windows=0,
            traces=0,
            spans=0,
            service="",
        ),
    )


def renew(session: Session, source: str, holder: str, until: Instant) -> bool:
    """Holds it longer. False when it is not ours any more, or was paused or removed meanwhile."""
    enabled = select(_source.c.name).where(*of(_source, source, "name"), _source.c.enabled.is_(True))
    return changed(
        session,
        update(_pull)
        .where(*of(_pull, source), _pull.c.holder == holder, enabled.exists())
        .values(held_until=until),
    )


def release(
    session: Session, source: str, holder: str, outcome: Outcome, api: str, next_at: Instant, now: Instant
) -> None:
    """Ends a pass: what became of it, and when the source is asked next. Nothing when another holds it by now."""
    values: dict[str, Any] = {"holder": "", "held_until": 0, "ended_at": now, "next_at": next_at}
    failure = outcome.failure
    if failure is not None:
        # An API that went away is looked for anew.
        values |= _error(failure, now) | {
            "failures": _pull.c.failures + 1,
            "api": "" if failure.kind in ("missing", "garbage") else api,
        }
    elif outcome.more or not outcome.is_ours:
        values |= {"api": api}
    else:
        values |= {
            "api": api,
            "failures": 0,
            "error_kind": "",
            "error_what": "",
            "error_where": "",
            "error_next": "",
        }
        values |= {"ok_at": now}
    session.execute(update(_pull).where(*of(_pull, source), _pull.c.holder == holder).values(**values))


def release_all(session: Session) -> None:
    """At the start of the only process there is: whoever held a source is no more."""
    session.execute(update(_pull).where(_pull.c.tenant == TENANT).values(holder="", held_until=0))


def ask_now(session: Session, source: str) -> None:
    """Has the source asked at once, whatever pause it was to make."""
    session.execute(update(_pull).where(*of(_pull, source)).values(next_at=0))


def state(session: Session, source: str, now: Instant) -> PullState | None:
    """How pulling it goes; None when it was never pulled."""
    return states(session, now).get(source)


def states(session: Session, now: Instant) -> dict[str, PullState]:
    """How pulling goes, of every source that was ever pulled."""
    rows = session.execute(select(_pull).where(_pull.c.tenant == TENANT))
    return {row.source: _state(row, now) for row in rows}


def _error(failure: SourceFailure, now: Instant) -> dict[str, Any]:
    problem = failure.problem
    return {
        "error_at": now,
        "error_kind": failure.kind,
        "error_what": without_nul(problem.what)[:_LONGEST],
        "error_where": without_nul(problem.where)[:_LONGEST],
        "error_next": without_nul(problem.do)[:_LONGEST],
    }


def _state(row: Any, now: Instant) -> PullState:
    problem = Problem(row.error_what, row.error_where, row.error_next) if row.error_kind else None
    return PullState(
        api=row.api,
        is_running=row.held_until > now,
        next_at=Instant(row.next_at),
        started_at=row.started_at,
        ended_at=row.ended_at,
        ok_at=row.ok_at,
        windows=row.windows,
        traces=row.traces,
        spans=row.spans,
        service=row.service,
        failures=row.failures,
        error_at=row.error_at if problem else None,
        error_kind=row.error_kind,
        error=problem,
    )


def changed(session: Session, statement: Any) -> bool:
    """Whether the statement met its one row."""
    result: CursorResult[Any] = session.execute(statement)  # type: ignore[assignment]
    return result.rowcount == 1


def of(table: Any, name: str, column: str = "source") -> tuple[Any, ...]:
    """The rows of a table that are a source's, as a condition."""
    return (table.c.tenant == TENANT, table.c[column] == name)

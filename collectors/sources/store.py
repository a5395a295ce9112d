# SPDX-License-Identifier: Apache-2.0
"""Sources as they were set up: added, changed, paused, removed. Credentials come and go sealed; nothing here can read them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import delete, func, select, update
from sqlmodel import Session, SQLModel

from collectors.sources import tables
from collectors.sources.source import Kind, Source
from terms.instant import Instant
from terms.problem import Problem, ProblemError
from terms.tenant import TENANT

MOST_SOURCES = 200

_source: Any = tables.SourceRow.__table__  # type: ignore[attr-defined]
_cursor: Any = tables.SourceCursorRow.__table__  # type: ignore[attr-defined]
_pull: Any = tables.SourcePullRow.__table__  # type: ignore[attr-defined]
_BY_NAME = select(_source).where(_source.c.tenant == TENANT).order_by(_source.c.name)
# What is known of a source, and goes with it. Spans stay: what happened has happened.
_OF_A_SOURCE: tuple[Any, ...] = tuple(
    SQLModel.metadata.tables[str(row.__tablename__)]
    for row in (
        tables.SourcePullRow,
        tables.SourceCursorRow,
        tables.SourceTraceRow,
        tables.SourceFileRow,
        tables.SourceTruncationRow,
        tables.SourceTrafficRow,
        tables.SourceRejectionRow,
        tables.SourceSystemRow,
    )
)


_NEVER_PULLED: Mapping[str, Any] = {
    **dict.fromkeys(
        ("api", "holder", "service", "error_kind", "error_what", "error_where", "error_next"), ""
    ),
    **dict.fromkeys(("held_until", "next_at", "windows", "traces", "spans", "failures"), 0),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A source with what only the books know: who set it up when, and which headers are sent along (never their values)."""

    source: Source
    header_names: tuple[str, ...]
    created_at: Instant
    created_by: str


@dataclass(frozen=True, slots=True)
class Headers:
    """Headers sent along with every request: their names, and all of them sealed. None for `sealed`: there are none."""

    names: tuple[str, ...] = ()
    sealed: bytes | None = None


def add(session: Session, source: Source, headers: Headers, now: Instant, by: str) -> Kept:
    """The source as it was taken. Raises ProblemError when its name is in use, or there are too many sources."""
    if kept(session, source.name) is not None:
        raise ProblemError(
            f"there is a source '{source.name}' already", "name", "choose another name, or change that one"
        )
    count = session.execute(
        select(func.count()).select_from(_source).where(_source.c.tenant == TENANT)
    ).scalar_one()
    if count >= MOST_SOURCES:
        raise ProblemError((Problem(f"there are {MOST_SOURCES} sources", "", "remove one first"),))
    session.execute(
        _source.insert().values(
            tenant=TENANT,
            **_columns(source),
            header_names=json.dumps(headers.names),
            credentials=headers.sealed,
            created_at=now,
            created_by=by,
        )
    )
    if source.is_pulled:
        session.execute(_pull.insert().values(tenant=TENANT, source=source.name, **_NEVER_PULLED))
    return Kept(source, headers.names, now, by)


def change(session: Session, source: Source, headers: Headers | None) -> Kept | None:
    """The source as it is now; its headers stay where none are given. None when there is no such source.

    Services that are asked for no more lose their cursor; what a change of the address finds there is found anew.
    """
    before = kept(session, source.name)
    if before is None:
        return None
    values = _columns(source)
    if headers is not None:
        values |= {"header_names": json.dumps(headers.names), "credentials": headers.sealed}
    session.execute(update(_source).where(*_of(_source, source.name, "name")).values(**values))
    if source.services:
        session.execute(
            delete(_cursor).where(*_of(_cursor, source.name), _cursor.c.service.not_in(source.services))
        )
    if (source.address, source.kind) != (before.source.address, before.source.kind):
        session.execute(update(_pull).where(*_of(_pull, source.name)).values(api=""))
    session.execute(update(_pull).where(*_of(_pull, source.name)).values(next_at=0))
    return kept(session, source.name)


def set_enabled(session: Session, name: str, enabled: bool) -> Kept | None:
    """Pauses or resumes; doing it twice is doing it once. None when there is no such source."""
    session.execute(update(_source).where(*_of(_source, name, "name")).values(enabled=enabled))
    if enabled:
        session.execute(update(_pull).where(*_of(_pull, name)).values(next_at=0))
    return kept(session, name)


def remove(session: Session, name: str) -> bool:
    """Forgets the source, its credentials and how far it was pulled. The spans it brought stay. False when there was none."""
    there = kept(session, name) is not None
    session.execute(delete(_source).where(*_of(_source, name, "name")))
    for table in _OF_A_SOURCE:
        session.execute(delete(table).where(*_of(table, name)))
    return there


def kept(session: Session, name: str) -> Kept | None:
    """The source of that name; None when there is none."""
    row = session.execute(select(_source).where(*_of(_source, name, "name"))).first()
    return None if row is None else _kept(row)


def all_kept(session: Session) -> tuple[Kept, ...]:
    """Every source that was set up, by name."""
    return tuple(_kept(row) for row in session.execute(_BY_NAME))


def sealed_headers(session: Session, name: str) -> bytes | None:
    """The sealed headers of a source, for whoever can open them; None when it has none."""
    found: bytes | None = session.execute(
        select(_source.c.credentials).where(*_of(_source, name, "name"))
    ).scalar_one_or_none()
    return found


def _columns(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "kind": source.kind,
        "address": source.address,
        "services": json.dumps(source.services),
        "systems": json.dumps(source.systems),
        "begin_at": source.begin_at,
        "every": source.every,
        "settle": source.settle,
        "overlap": source.overlap,
        "quiet_after": source.quiet_after,
        "most": source.limit,
        "max_silence": source.max_silence,
        "allow_private": source.allow_private,
        "span_url": source.span_url,
        "enabled": source.enabled,
    }


def _kept(row: Any) -> Kept:
    source = Source(
        name=row.name,
        kind=cast(Kind, row.kind),
        address=row.address,
        services=_names(row.services),
        systems=_names(row.systems),
        begin_at=Instant(row.begin_at),
        every=row.every,
        settle=row.settle,
        overlap=row.overlap,
        quiet_after=row.quiet_after,
        limit=row.most,
        max_silence=row.max_silence,
        allow_private=bool(row.allow_private),
        span_url=row.span_url,
        enabled=bool(row.enabled),
    )
    return Kept(source, _names(row.header_names), Instant(row.created_at), row.created_by)


def _names(text: str) -> tuple[str, ...]:
    listed: Sequence[str] = json.loads(text)
    return tuple(listed)


def _of(table: Any, name: str, column: str = "source") -> tuple[Any, ...]:
    return (table.c.tenant == TENANT, table.c[column] == name)

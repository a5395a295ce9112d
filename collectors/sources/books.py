# SPDX-License-Identifier: Apache-2.0
"""The books of pulling: how far each service came, and each part stored in one transaction.

Whoever lost the lease of a source (`leases`) can store nothing more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlmodel import Session

from collectors.intake import IngestResult
from collectors.pull.freshness import Known
from collectors.pull.ledger import FileMark, Part
from collectors.pull.window import LONGEST, Cursor
from collectors.sources import tables
from collectors.sources import traffic as source_traffic
from collectors.sources.leases import of, renew
from collectors.sources.source import Source
from collectors.span import Decoded, without_nul
from terms.instant import DAY, Instant
from terms.tenant import TENANT

MOST_RESTLESS = 200
_CHUNK = 500
_LONGEST = 500

_source: Any = tables.SourceRow.__table__  # type: ignore[attr-defined]
_pull: Any = tables.SourcePullRow.__table__  # type: ignore[attr-defined]
_cursor: Any = tables.SourceCursorRow.__table__  # type: ignore[attr-defined]
_trace: Any = tables.SourceTraceRow.__table__  # type: ignore[attr-defined]
_file: Any = tables.SourceFileRow.__table__  # type: ignore[attr-defined]
_truncation: Any = tables.SourceTruncationRow.__table__  # type: ignore[attr-defined]

Ingest = Callable[[Session, Decoded], IngestResult]


@dataclass(frozen=True, slots=True)
class Truncation:
    """A stretch of time of one service in which its source has more than the limit allows to ask for."""

    service: str
    from_at: Instant
    to_at: Instant
    limit: int
    recorded_at: Instant


def cursors(session: Session, source: str) -> dict[str, Cursor]:
    """Where each service stands."""
    rows = session.execute(select(_cursor).where(*of(_cursor, source)))
    return {row.service: Cursor(Instant(row.watermark), row.width) for row in rows}


def known(session: Session, source: str, trace_ids: Sequence[str]) -> dict[str, Known]:
    """What was kept of these traces; absent: never fetched, or so long ago that it was forgotten."""
    wanted = {_key(one): one for one in trace_ids}
    keys = sorted(wanted)
    found: dict[str, Known] = {}
    for start in range(0, len(keys), _CHUNK):
        some = _trace.c.trace_id.in_(keys[start : start + _CHUNK])
        for row in session.execute(select(_trace).where(*of(_trace, source), some)):
            found[wanted[bytes(row.trace_id)]] = _known(row)
    return found


def restless(session: Session, source: str, quiet_after: int, now: Instant) -> dict[str, Known]:
    """Traces fetched while they were young that have had time to end, at most 200, the oldest first."""
    too_early, ended = _trace.c.fetched_at - quiet_after, now - quiet_after
    rows = session.execute(
        select(_trace)
        .where(
            *of(_trace, source),
            # Known.is_restless, and by now it is quiet: of its end and its last change the earlier counts.
            and_(too_early < _trace.c.end_at, too_early < _trace.c.changed_at),
            or_(_trace.c.end_at <= ended, _trace.c.changed_at <= ended),
        )
        .order_by(_trace.c.fetched_at, _trace.c.trace_id)
        .limit(MOST_RESTLESS)
    )
    return {bytes(row.trace_id).hex(): _known(row) for row in rows}


def files(session: Session, source: str) -> dict[str, FileMark]:
    """Every file that was taken, by its path."""
    rows = session.execute(select(_file).where(*of(_file, source)))
    return {row.path: FileMark(row.stamp, row.head, row.offset, row.problem) for row in rows}


def keep(
    session: Session, source: Source, holder: str, part: Part, ingest: Ingest, now: Instant, until: Instant
) -> bool:
    """Stores a part: its spans and all that follows from them, and the marks that say so. Storing it twice is storing it once.

    False, and nothing stored, when the source is not ours any more.
    """
    if not renew(session, source.name, holder, until):
        return False
    decoded = part.decoded
    if decoded.spans or decoded.rejected:
        result = ingest(session, decoded)
        source_traffic.count(
            session, source.name, result.accepted, result.duplicates, result.rejected, result.flagged, now
        )
        source_traffic.tell_systems(session, source.name, result.systems)
    _put_traces(session, source.name, part.traces)
    _put_files(session, source.name, part.files, part.gone, now)
    if part.window is not None:
        _put_truncation(session, source, part, now)
    if part.cursor is not None:
        _put_cursor(session, source, part.service, part.cursor, now)
    session.execute(
        update(_pull)
        .where(*of(_pull, source.name))
        .values(
            windows=_pull.c.windows + (1 if part.window else 0),
            traces=_pull.c.traces + len(part.traces),
            spans=_pull.c.spans + len(decoded.spans),
            service=part.service,
        )
    )
    return True


def truncations(session: Session, source: str | None = None) -> dict[str, tuple[Truncation, ...]]:
    """The stretches of which something may be missing, by source, the newest first."""
    query = select(_truncation).where(_truncation.c.tenant == TENANT)
    if source is not None:
        query = query.where(_truncation.c.source == source)
    found: dict[str, list[Truncation]] = {}
    for row in session.execute(query.order_by(_truncation.c.from_at.desc(), _truncation.c.service)):
        one = Truncation(
            row.service, Instant(row.from_at), Instant(row.to_at), row.most, Instant(row.recorded_at)
        )
        found.setdefault(row.source, []).append(one)
    return {name: tuple(listed) for name, listed in found.items()}


def file_problems(session: Session, source: str) -> dict[str, str]:
    """Files that could not be taken, with the reason, by path."""
    rows = session.execute(
        select(_file.c.path, _file.c.problem).where(*of(_file, source), _file.c.problem != "").limit(_CHUNK)
    )
    return {row.path: row.problem for row in rows}


def _put_cursor(session: Session, source: Source, service: str, cursor: Cursor, now: Instant) -> None:
    here = (*of(_cursor, source.name), _cursor.c.service == service)
    values = {"watermark": cursor.watermark, "width": cursor.width}
    before = session.execute(select(_cursor.c.watermark).where(*here)).scalar_one_or_none()
    if before is None:
        session.execute(_cursor.insert().values(tenant=TENANT, source=source.name, service=service, **values))
    else:
        # A clock that was set back must not take back what is known.
        session.execute(
            update(_cursor).where(*here).values(**values | {"watermark": max(before, cursor.watermark)})
        )
    # What lies far behind every window is not asked about again; met all the same, it is fetched once more.
    horizon = now - max(2 * (source.overlap + source.quiet_after), LONGEST) - DAY
    session.execute(delete(_trace).where(*of(_trace, source.name), _trace.c.fetched_at < horizon))


def _put_traces(session: Session, source: str, traces: Mapping[str, Known]) -> None:
    if not traces:
        return
    keys = sorted(map(_key, traces))
    for start in range(0, len(keys), _CHUNK):
        some = _trace.c.trace_id.in_(keys[start : start + _CHUNK])
        session.execute(delete(_trace).where(*of(_trace, source), some))
    session.execute(
        _trace.insert(),
        [
            {"tenant": TENANT, "source": source, "trace_id": _key(one), **mark._asdict()}
            for one, mark in sorted(traces.items())
        ],
    )


def _put_files(
    session: Session, source: str, marks: Mapping[str, FileMark], gone: Iterable[str], now: Instant
) -> None:
    paths = sorted({*marks, *gone})
    for start in range(0, len(paths), _CHUNK):
        some = _file.c.path.in_(paths[start : start + _CHUNK])
        session.execute(delete(_file).where(*of(_file, source), some))
    rows = [
        {
            "tenant": TENANT,
            "source": source,
            "path": path,
            **mark._asdict(),
            "problem": without_nul(mark.problem)[:_LONGEST],
            "taken_at": now,
        }
        for path, mark in sorted(marks.items())
    ]
    if rows:
        session.execute(_file.insert(), rows)


def _put_truncation(session: Session, source: Source, part: Part, now: Instant) -> None:
    """A window that came whole ends what was truncated within it; one that did not is told."""
    window = part.window
    assert window is not None
    here = (
        *of(_truncation, source.name),
        _truncation.c.service == part.service,
        _truncation.c.from_at >= window.from_at,
        _truncation.c.to_at <= window.to_at,
    )
    session.execute(delete(_truncation).where(*here))
    if part.truncated:
        session.execute(delete(_truncation).where(*here[:3], _truncation.c.from_at == window.from_at))
        session.execute(
            _truncation.insert().values(
                tenant=TENANT,
                source=source.name,
                service=part.service,
                from_at=window.from_at,
                to_at=window.to_at,
                most=source.limit,
                recorded_at=now,
            )
        )


def _known(row: Any) -> Known:
    return Known(Instant(row.end_at), row.spans, Instant(row.changed_at), Instant(row.fetched_at))


def _key(trace_id: str) -> bytes:
    """A trace id as it is stored; what is none is remembered as it was written, so that it is told once."""
    try:
        raw = bytes.fromhex(trace_id)
    except ValueError:
        raw = b""
    return raw if len(raw) == 16 else trace_id.encode()[:100]

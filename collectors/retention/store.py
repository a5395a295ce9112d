# SPDX-License-Identifier: Apache-2.0
"""Which spans are to go, what they hold, and their removal. Whole blocks of attributes go, the oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.numbers import numbering
from collectors.retention.keep import ROW_BYTES, Keep
from collectors.retention.tables import SpanArchiveRow
from collectors.spans import search_tables
from collectors.spans.block import BLOCK, place, span_keys, unpack
from terms.instant import Instant
from terms.tenant import TENANT

BLOCKS = 40
"""Blocks to one file: some 20,000 spans, a few MB of memory and a commit of a fraction of a second."""

_SWEPT = 20_000  # mentions looked at in one transaction

_span: Any = tables.SpanRow.__table__  # type: ignore[attr-defined]
_block: Any = tables.SpanBlockRow.__table__  # type: ignore[attr-defined]
_trace: Any = tables.TraceRow.__table__  # type: ignore[attr-defined]
_operation: Any = tables.OperationRow.__table__  # type: ignore[attr-defined]
_resource: Any = tables.ResourceRow.__table__  # type: ignore[attr-defined]
_mention: Any = tables.SpanObjectRow.__table__  # type: ignore[attr-defined]
_zone: Any = search_tables.SpanZoneRow.__table__  # type: ignore[attr-defined]
_value: Any = search_tables.SpanAttributeRow.__table__  # type: ignore[attr-defined]
_archive: Any = SpanArchiveRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class OldSpan:
    """A span on its way out, with all that was kept of it. `attributes` and `resource` hold JSON values."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    kind: int
    name: str
    service: str
    scope: str
    start_ns: int
    end_ns: int
    status: int
    status_message: str | None
    attributes: dict[str, Any]
    resource: str


@dataclass(frozen=True, slots=True)
class Archived:
    """One removal: the file and what is in it. Instants are nanoseconds of spans, `removed_at` microseconds."""

    archive_id: int
    path: str
    sha256: str
    bytes: int
    spans: int
    from_ns: int
    to_ns: int
    removed_at: Instant


def outdated(session: Session, keep: Keep, now: Instant) -> tuple[int, ...]:
    """The blocks to remove next, oldest first, at most BLOCKS: those that are too old, then those that are too many."""
    found = session.execute(
        select(_block.c.block_id, _block.c.arrived_at)
        .where(_block.c.tenant == TENANT)
        .order_by(_block.c.block_id)
        .limit(BLOCKS)
    ).all()
    oldest = [int(row.block_id) for row in found]
    before = keep.arrived_before(now)
    old = sum(row.arrived_at < before for row in found)
    return tuple(oldest[: max(old, _too_many(session, keep, oldest))])


def _too_many(session: Session, keep: Keep, oldest: Sequence[int]) -> int:
    if not keep.mib or not oldest:
        return 0
    excess = keep.excess(size(session))
    if not excess:
        return 0
    bodies = {
        int(row.block_id): int(row.size)
        for row in session.execute(
            select(_block.c.block_id, func.length(_block.c.body).label("size")).where(
                _block.c.tenant == TENANT, _block.c.block_id.in_(oldest)
            )
        )
    }
    for count, block_id in enumerate(oldest, start=1):
        excess -= bodies[block_id] + BLOCK * ROW_BYTES
        if excess <= 0:
            return count
    return len(oldest)


def size(session: Session) -> int:
    """Bytes that spans take, within a few per cent: their attributes as they are stored, and what a row costs."""
    count, bodies = session.execute(
        select(func.count(), func.coalesce(func.sum(func.length(_block.c.body)), 0)).where(
            _block.c.tenant == TENANT
        )
    ).one()
    return int(bodies) + int(count) * BLOCK * ROW_BYTES


def spans(session: Session, blocks: Sequence[int]) -> tuple[OldSpan, ...]:
    """Every span of the blocks, by start, then by id."""
    bodies = {
        row.block_id: unpack(row.body)
        for row in session.execute(
            select(_block).where(_block.c.tenant == TENANT, _block.c.block_id.in_(blocks))
        )
    }
    found = session.execute(
        select(
            _span,
            _trace.c.trace_id,
            _operation.c.name,
            _resource.c.service,
            _resource.c.scope,
            _resource.c.attributes,
        )
        .join(_trace, (_trace.c.tenant == TENANT) & (_trace.c.trace_no == _span.c.trace_no))
        .join(
            _operation,
            (_operation.c.tenant == TENANT) & (_operation.c.operation_no == _span.c.operation_no),
        )
        .join(
            _resource,
            (_resource.c.tenant == TENANT) & (_resource.c.resource_id == _operation.c.resource_id),
        )
        .where(*_in(blocks))
        .order_by(_span.c.start_ns, _span.c.span_key)
    )
    return tuple(
        OldSpan(
            row.trace_id.hex(),
            row.span_id.hex(),
            row.parent_span_id.hex() if row.parent_span_id else None,
            row.kind,
            row.name,
            row.service,
            row.scope,
            row.start_ns,
            row.end_ns,
            row.status,
            row.status_message,
            _entry(bodies, row.span_key),
            row.attributes,
        )
        for row in found
    )


def remove(session: Session, blocks: Sequence[int], archived: Archived) -> None:
    """Removes the spans of the blocks and records where they went. Doing it again changes nothing but the record."""
    # Nobody numbers meanwhile: a span that comes in must not bear the number of a trace that goes.
    with numbering(Bulk(session)) as numbers:
        _remove(session, blocks)
        numbers.forget()
    session.add(
        SpanArchiveRow(
            archive_id=archived.archive_id, path=archived.path, sha256=archived.sha256, bytes=archived.bytes,
            spans=archived.spans, from_ns=archived.from_ns, to_ns=archived.to_ns, removed_at=archived.removed_at,
        )
    )  # fmt: skip
    session.flush()


def _remove(session: Session, blocks: Sequence[int]) -> None:
    leaving = select(_span.c.span_key).where(*_in(blocks))
    session.execute(delete(_value).where(_value.c.tenant == TENANT, _value.c.span_key.in_(leaving)))
    traces = sorted(session.execute(select(_span.c.trace_no).where(*_in(blocks)).distinct()).scalars())
    session.execute(delete(_span).where(*_in(blocks)))
    _remove_empty(session, traces)
    session.execute(delete(_block).where(_block.c.tenant == TENANT, _block.c.block_id.in_(blocks)))
    session.execute(delete(_zone).where(_zone.c.tenant == TENANT, _zone.c.block_id.in_(blocks)))


def sweep(session: Session, after: int) -> int | None:
    """Removes which object is named by spans that are gone, a stretch of objects at a time.

    `after` is 0 at first, then what the last call answered, until that is None.
    """
    end = session.execute(
        select(_mention.c.object_id)
        .where(_mention.c.tenant == TENANT, _mention.c.object_id > after)
        .order_by(_mention.c.object_id)
        .offset(_SWEPT)
        .limit(1)
    ).scalar()
    stretch = [_mention.c.tenant == TENANT, _mention.c.object_id > after]
    if end is not None:
        stretch.append(_mention.c.object_id <= end)
    there = select(_span.c.span_key).where(_span.c.tenant == TENANT, _span.c.span_key == _mention.c.span_key)
    session.execute(delete(_mention).where(*stretch, ~there.exists()))
    return end


def archives(session: Session, limit: int, before: int | None = None) -> tuple[Archived, ...]:
    """The removals, newest first, older than the one with the id `before`."""
    query = (
        select(_archive)
        .where(_archive.c.tenant == TENANT)
        .order_by(_archive.c.archive_id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(_archive.c.archive_id < before)
    return tuple(
        Archived(
            row.archive_id, row.path, row.sha256, row.bytes, row.spans, row.from_ns, row.to_ns, Instant(row.removed_at)
        )
        for row in session.execute(query)
    )  # fmt: skip


def _remove_empty(session: Session, traces: Sequence[int]) -> None:
    """Removes those of the traces that have no spans any more."""
    there = select(_span.c.trace_no).where(_span.c.tenant == TENANT, _span.c.trace_no == _trace.c.trace_no)
    for start in range(0, len(traces), 500):
        session.execute(
            delete(_trace).where(
                _trace.c.tenant == TENANT, _trace.c.trace_no.in_(traces[start : start + 500]), ~there.exists()
            )
        )


def _entry(bodies: dict[int, list[dict[str, Any]]], span_key: int) -> dict[str, Any]:
    block_id, position = place(span_key)
    return bodies[block_id][position]


def _in(blocks: Sequence[int]) -> tuple[Any, ...]:
    """The spans of the blocks."""
    stretches = (span_keys(block_id) for block_id in blocks)
    return (
        _span.c.tenant == TENANT,
        or_(*(_span.c.span_key.between(one[0], one[-1]) for one in stretches)),
    )

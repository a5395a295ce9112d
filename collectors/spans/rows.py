# SPDX-License-Identifier: Apache-2.0
"""Rows of spans as they are shown: with the service that sent them and their attributes, out of their blocks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import Session

from collectors import tables
from collectors.spans.block import place, unpack_some
from collectors.spans.view import SpanView
from terms.instant import Instant
from terms.tenant import TENANT

MAX_SPANS = 5_000

_span: Any = tables.SpanRow.__table__  # type: ignore[attr-defined]
_trace: Any = tables.TraceRow.__table__  # type: ignore[attr-defined]
_operation: Any = tables.OperationRow.__table__  # type: ignore[attr-defined]
_block: Any = tables.SpanBlockRow.__table__  # type: ignore[attr-defined]
_resource: Any = tables.ResourceRow.__table__  # type: ignore[attr-defined]


def shown() -> Select[Any]:
    """The rows of spans with the id of their trace, their name and their resource. Whoever asks narrows it."""
    return (
        select(_span, _trace.c.trace_id, _operation.c.name, _operation.c.resource_id)
        .join(_trace, (_trace.c.tenant == TENANT) & (_trace.c.trace_no == _span.c.trace_no))
        .join(
            _operation,
            (_operation.c.tenant == TENANT) & (_operation.c.operation_no == _span.c.operation_no),
        )
    )


def numbers_of_traces(session: Session, trace_ids: Iterable[bytes]) -> set[int]:
    """The numbers of these traces; those of which nothing is stored have none."""
    ids = sorted(trace_ids)
    return {
        number
        for start in range(0, len(ids), 500)
        for number in session.execute(
            select(_trace.c.trace_no).where(
                _trace.c.tenant == TENANT, _trace.c.trace_id.in_(ids[start : start + 500])
            )
        ).scalars()
    }


def trace_rows(session: Session, traces: set[int]) -> list[Any]:
    """The spans of the traces with these numbers by start, of each some hundred traces at most 20,000."""
    rows: list[Any] = []
    ordered = sorted(traces)
    for start in range(0, len(ordered), 500):
        rows += session.execute(
            shown()
            .where(_span.c.tenant == TENANT, _span.c.trace_no.in_(ordered[start : start + 500]))
            .order_by(_span.c.start_ns, _span.c.span_key)
            .limit(4 * MAX_SPANS)
        ).all()
    return sorted(rows, key=lambda row: (row.start_ns, row.span_key))


def attributes_of(session: Session, rows: Sequence[Any]) -> dict[int, dict[str, Any]]:
    """The attributes of each span, by its key."""
    keys: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        block_id, position = place(row.span_key)
        keys[block_id][position] = row.span_key
    blocks = session.execute(select(_block).where(_block.c.tenant == TENANT, _block.c.block_id.in_(keys)))
    return {
        keys[block.block_id][position]: attributes
        for block in blocks
        for position, attributes in unpack_some(block.body, keys[block.block_id]).items()
    }


def services_of(session: Session, resource_ids: set[int]) -> dict[int, str]:
    """Who sent spans, by the id of the resource."""
    rows = session.execute(
        select(_resource.c.resource_id, _resource.c.service).where(
            _resource.c.tenant == TENANT, _resource.c.resource_id.in_(resource_ids)
        )
    )
    return {row.resource_id: row.service for row in rows}


def span_views(session: Session, rows: Sequence[Any], reasons: Mapping[int, str]) -> tuple[SpanView, ...]:
    """The spans of these rows in their order, each with the reason why it is shown."""
    said, sent_by = attributes_of(session, rows), services_of(session, {row.resource_id for row in rows})
    came = _arrivals(session, {place(row.span_key)[0] for row in rows})
    return tuple(
        _view(
            row,
            sent_by[row.resource_id],
            said[row.span_key],
            reasons[row.span_key],
            came.get(place(row.span_key)[0]),
        )
        for row in rows
    )


def _arrivals(session: Session, blocks: set[int]) -> dict[int, Instant]:
    """When the spans of each block came."""
    rows = session.execute(
        select(_block.c.block_id, _block.c.arrived_at).where(
            _block.c.tenant == TENANT, _block.c.block_id.in_(blocks)
        )
    )
    return {row.block_id: Instant(row.arrived_at) for row in rows}


def _view(
    row: Any, service: str, attributes: dict[str, Any], why: str, arrived_at: Instant | None
) -> SpanView:
    return SpanView(
        trace_id=row.trace_id.hex(),
        span_id=row.span_id.hex(),
        parent_span_id=row.parent_span_id.hex() if row.parent_span_id else None,
        name=row.name,
        kind=row.kind,
        service=service,
        start_ns=row.start_ns,
        end_ns=row.end_ns,
        status=row.status,
        message=row.status_message,
        attributes=attributes,
        why=why,
        arrived_at=arrived_at,
    )

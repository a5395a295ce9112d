# SPDX-License-Identifier: Apache-2.0
"""Spans that a query asks for, the newest start first. Through an index where one helps, else by walking the blocks of a time.

A walk looks at a bounded number of spans and says how many; where it stopped, the next page goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, tuple_
from sqlmodel import Session

from collectors import tables
from collectors.spans import promotion_store, search_tables
from collectors.spans.promotion import values_of
from collectors.spans.query import KINDS, STATUSES, SpanCondition, SpanQuery
from collectors.spans.rows import attributes_of, numbers_of_traces, shown, span_views
from collectors.spans.view import SpanView
from collectors.transactions.condition import object_of
from terms.problem import ProblemError
from terms.tenant import TENANT

MAX_PAGE = 200
MOST_SCANNED = 100_000
"""Spans that one page may look at: a fraction of a second."""
MOST_UNPACKED = 20_000
"""The same where their attributes have to be unpacked."""
_MOST_NAMED = 20_000
_ZONES = 500  # read at once

_span: Any = tables.SpanRow.__table__  # type: ignore[attr-defined]
_trace: Any = tables.TraceRow.__table__  # type: ignore[attr-defined]
_operation: Any = tables.OperationRow.__table__  # type: ignore[attr-defined]
_event: Any = tables.EventRow.__table__  # type: ignore[attr-defined]
_event_object: Any = tables.EventObjectRow.__table__  # type: ignore[attr-defined]
_object: Any = tables.ObjectRow.__table__  # type: ignore[attr-defined]
_resource: Any = tables.ResourceRow.__table__  # type: ignore[attr-defined]
_span_object: Any = tables.SpanObjectRow.__table__  # type: ignore[attr-defined]
_zone: Any = search_tables.SpanZoneRow.__table__  # type: ignore[attr-defined]
_value: Any = search_tables.SpanAttributeRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ends: what comes behind starts earlier, or at the same time with a smaller key."""

    start_ns: int
    span_key: int

    def __str__(self) -> str:
        return f"{self.start_ns}.{self.span_key}"


@dataclass(frozen=True, slots=True)
class Found:
    """One page. `scanned` spans were looked at. `end` is where to go on, None where nothing is left.

    A page may be short, or empty, and still not the last: it ends where as many were looked at as one page may. `is_cut`:
    a key or value has more spans than are looked for, and the oldest of them are left out.
    """

    spans: tuple[SpanView, ...]
    cursors: tuple[Position, ...]
    scanned: int
    end: Position | None
    is_cut: bool = False


def search(
    session: Session, query: SpanQuery, first: int, after: Position | None = None, budget: int = MOST_SCANNED
) -> Found:
    """At most `first` (<= 200) spans that the query asks for, behind `after`."""
    size = min(first, MAX_PAGE)
    met = _conditions(session, query, after)
    late = [one for one in query.conditions if one.field.startswith("@")]
    indexed = _indexed(session, query, after)
    if indexed is not None:
        return _of_keys(session, indexed, met, late, size)
    most = min(budget, MOST_UNPACKED) if late else budget
    return _walk(session, query, met, late, size, after, most)


def position(text: str) -> Position:
    """The position of a cursor. Raises ProblemError for what is none."""
    start, _, key = text.partition(".")
    if not (start.isdecimal() and key.isdecimal() and len(text) < 45):
        raise ProblemError(f"'{text[:60]}' is not a cursor", "after", "hand back a cursor of the page before")
    return Position(int(start), int(key))


def _conditions(session: Session, query: SpanQuery, after: Position | None) -> list[ColumnElement[bool]]:
    """What SQL can tell of a span's row."""
    met: list[Any] = [_span.c.tenant == TENANT]
    if after is not None:
        met.append(tuple_(_span.c.start_ns, _span.c.span_key) < tuple_(after.start_ns, after.span_key))
    if query.started_from is not None:
        met.append(_span.c.start_ns >= query.started_from * 1_000)
    if query.started_before is not None:
        met.append(_span.c.start_ns < query.started_before * 1_000)
    if query.shortest:
        met.append(_span.c.end_ns - _span.c.start_ns >= query.shortest * 1_000)
    if query.longest is not None:
        met.append(_span.c.end_ns - _span.c.start_ns <= query.longest * 1_000 + 999)
    for one in query.conditions:
        condition = _condition(session, one)
        if condition is not None:
            met.append(not_(condition) if one.negated else condition)
    return met


def _condition(session: Session, one: SpanCondition) -> Any:
    match one.field:
        case "service":
            return _operation.c.resource_id.in_(_resources(session, one.values))
        case "status":
            return _span.c.status.in_([STATUSES.index(value) for value in one.values])
        case "kind":
            return _span.c.kind.in_([KINDS.index(value) for value in one.values])
        case "name":
            return or_(*(_named(value) for value in one.values))
        case "text":
            return func.lower(_operation.c.name).contains(one.values[0].lower(), autoescape=True)
        case "trace":
            return _trace.c.trace_id.in_([bytes.fromhex(value) for value in one.values])
        case "key" if one.negated:
            return _span.c.span_key.in_(_keys_of_objects(session, one.values))
    return None


def _named(value: str) -> Any:
    if value.endswith("*"):
        # Not LIKE: SQLite's takes capitals and small letters for the same.
        return func.substr(_operation.c.name, 1, len(value) - 1) == value[:-1]
    return _operation.c.name == value


def _resources(session: Session, services: Sequence[str]) -> Sequence[int]:
    rows = select(_resource.c.resource_id).where(
        _resource.c.tenant == TENANT, _resource.c.service.in_(services)
    )
    return session.execute(rows).scalars().all()


def _indexed(session: Session, query: SpanQuery, after: Position | None) -> list[set[int]] | None:
    """For each condition that has an index the keys it leaves; None where no condition has one."""
    found = [_of_traces(session, values) for values in query.values("trace")]
    found += [_keys_of_objects(session, values) for values in query.values("key")]
    promoted = {one.name: one.attribute_no for one in promotion_store.promoted(session) if one.finished_at}
    for one in query.conditions:
        number = promoted.get(one.field[1:]) if one.field.startswith("@") and not one.negated else None
        if number is not None:
            found.append(set(session.execute(_with_value(query, number, one.values, after)).scalars()))
    return found or None


def _of_traces(session: Session, values: Sequence[str]) -> set[int]:
    traces = numbers_of_traces(session, [bytes.fromhex(value) for value in values])
    rows = select(_span.c.span_key).where(_span.c.tenant == TENANT, _span.c.trace_no.in_(traces))
    return set(session.execute(rows.limit(_MOST_NAMED)).scalars())


def _with_value(query: SpanQuery, number: int, values: Sequence[str], after: Position | None) -> Select[Any]:
    """The newest spans with one of these values of a promoted attribute."""
    rows = select(_value.c.span_key).where(
        _value.c.tenant == TENANT, _value.c.attribute_no == number, _value.c.value.in_(values)
    )
    if query.started_from is not None:
        rows = rows.where(_value.c.start_ns >= query.started_from * 1_000)
    if query.started_before is not None:
        rows = rows.where(_value.c.start_ns < query.started_before * 1_000)
    if after is not None:
        rows = rows.where(_value.c.start_ns <= after.start_ns)
    return rows.order_by(_value.c.start_ns.desc()).limit(_MOST_NAMED)


def _keys_of_objects(session: Session, keys: Sequence[str]) -> set[int]:
    """Spans that name one of these objects, themselves or by the event they carry."""
    wanted = select(_object.c.object_id).where(
        _object.c.tenant == TENANT, or_(*(object_of(key) for key in keys))
    )
    objects = session.execute(wanted.limit(_MOST_NAMED)).scalars().all()
    naming = select(_span_object.c.span_key).where(
        _span_object.c.tenant == TENANT, _span_object.c.object_id.in_(objects)
    )
    telling = (
        select(_event.c.trace_id, _event.c.span_id)
        .join(
            _event_object,
            (_event_object.c.tenant == TENANT) & (_event_object.c.event_id == _event.c.event_id),
        )
        .where(
            _event.c.tenant == TENANT, _event_object.c.object_id.in_(objects), _event.c.trace_id.is_not(None)
        )
    )
    found = set(session.execute(naming.limit(_MOST_NAMED)).scalars())
    told = [(row.trace_id, row.span_id) for row in session.execute(telling.limit(_MOST_NAMED))]
    for start in range(0, len(told), 500):
        carriers = (
            select(_span.c.span_key)
            .join(_trace, (_trace.c.tenant == TENANT) & (_trace.c.trace_no == _span.c.trace_no))
            .where(
                _span.c.tenant == TENANT,
                tuple_(_trace.c.trace_id, _span.c.span_id).in_(told[start : start + 500]),
            )
        )
        found.update(session.execute(carriers).scalars())
    return found


def _of_keys(
    session: Session, keys: list[set[int]], met: Sequence[Any], late: Sequence[SpanCondition], size: int
) -> Found:
    rows: list[Any] = []
    ordered = sorted(set.intersection(*keys))
    for start in range(0, len(ordered), 500):
        some = _span.c.span_key.in_(ordered[start : start + 500])
        rows += session.execute(shown().where(*met, some)).all()
    rows.sort(key=_place, reverse=True)
    kept = _keep(session, rows, late, size + 1)
    found = _found(session, kept[:size], len(rows), _end(kept[:size]) if len(kept) > size else None)
    return replace(found, is_cut=any(len(one) >= _MOST_NAMED for one in keys))


def _walk(
    session: Session,
    query: SpanQuery,
    met: Sequence[Any],
    late: Sequence[SpanCondition],
    size: int,
    after: Position | None,
    budget: int,
) -> Found:
    """Block by block, the latest start first, until the page is full and no block left can hold a newer span."""
    kept: list[Any] = []
    scanned = 0
    for zone in _zones(session, query, after):
        if len(kept) > size and kept[size].start_ns > zone.last_start_ns:
            break
        limit_ns = zone.last_start_ns + 1
        if scanned >= budget and (after is None or limit_ns < after.start_ns):
            # What starts later than the next block's last is final; below it the next page goes on.
            final = [row for row in kept if row.start_ns >= limit_ns]
            if len(final) > size:
                break
            return _found(session, final, scanned, Position(limit_ns, 0))
        inside = and_(
            _span.c.span_key >= zone.first_key,
            _span.c.span_key <= zone.last_key,
            _operation.c.resource_id == zone.resource_id,
        )
        rows = session.execute(shown().where(*met, inside)).all()
        scanned += zone.spans
        kept = sorted([*kept, *_keep(session, rows, late, len(rows))], key=_place, reverse=True)[: size + 1]
    return _found(session, kept[:size], scanned, _end(kept[:size]) if len(kept) > size else None)


def _zones(session: Session, query: SpanQuery, after: Position | None) -> Iterator[Any]:
    """The stretches of blocks that may hold what is asked for, the one with the latest start first."""
    zones = select(_zone).where(_zone.c.tenant == TENANT)
    if query.started_from is not None:
        zones = zones.where(_zone.c.last_start_ns >= query.started_from * 1_000)
    if query.started_before is not None:
        zones = zones.where(_zone.c.first_start_ns < query.started_before * 1_000)
    if after is not None:
        zones = zones.where(_zone.c.first_start_ns <= after.start_ns)
    if query.shortest:
        zones = zones.where(_zone.c.longest_ns >= query.shortest * 1_000)
    for services in query.values("service"):
        zones = zones.where(_zone.c.resource_id.in_(_resources(session, services)))
    if any(values == ("error",) for values in query.values("status")):
        zones = zones.where(_zone.c.errors > 0)
    ordered = zones.order_by(_zone.c.last_start_ns.desc(), _zone.c.block_id.desc(), _zone.c.resource_id)
    for start in count(0, _ZONES):
        some = session.execute(ordered.offset(start).limit(_ZONES)).all()
        yield from some
        if len(some) < _ZONES:
            return


def _keep(session: Session, rows: Sequence[Any], late: Sequence[SpanCondition], most: int) -> list[Any]:
    """The first of these rows whose attributes are as asked."""
    if not late:
        return list(rows[:most])
    kept: list[Any] = []
    for start in range(0, len(rows), 500):
        some = rows[start : start + 500]
        said = attributes_of(session, some)
        kept += [row for row in some if all(_says(said[row.span_key], one) for one in late)]
        if len(kept) >= most:
            break
    return kept[:most]


def _says(attributes: dict[str, Any], one: SpanCondition) -> bool:
    return bool(set(values_of(attributes, one.field[1:])) & set(one.values)) != one.negated


def _place(row: Any) -> tuple[int, int]:
    return row.start_ns, row.span_key


def _end(rows: Sequence[Any]) -> Position | None:
    return Position(*_place(rows[-1])) if rows else None


def _found(session: Session, rows: Sequence[Any], scanned: int, end: Position | None) -> Found:
    views = span_views(session, rows, dict.fromkeys((row.span_key for row in rows), "is as asked for"))
    return Found(views, tuple(Position(*_place(row)) for row in rows), scanned, end)

# SPDX-License-Identifier: Apache-2.0
"""Counts samples where they are stored: the database puts those that stand alike together, and tells of each cell in a row."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, false, func, literal, select
from sqlmodel import Session

from collectors.kpis.definition import KpiDefinition
from collectors.kpis.observe import SKEW, SUSPECT, Cell, Window
from collectors.kpis.survival import CANCELLED, FAILED, OPEN, REACHED
from collectors.kpis.tables import KpiSampleRow
from terms.instant import DAY, Instant
from terms.tenant import TENANT

_sample: Any = KpiSampleRow.__table__  # type: ignore[attr-defined]


def cells(
    session: Session,
    definition: KpiDefinition,
    window: Window,
    cuts: Sequence[Instant] = (),
    legal_entity: str | None = None,
) -> list[Cell]:
    """The KPI's samples that started in the window, as known at its `as_of`, parted by day of start, cut, and legal entity.

    `cuts` are ascending. In no order.
    """
    one = _standing(definition, window, cuts, legal_entity).subquery()
    alike = (one.c.day, one.c.cut, one.c.entity, one.c.kind, one.c.is_mature)
    # Of a rate only who waits longest is told of.
    is_rate = definition.kind == "rate"
    times = func.max(one.c.time) if is_rate else func.aggregate_strings(cast(one.c.time, String), ",")
    rows = session.execute(select(*alike, func.count(), times).group_by(*alike))
    return [
        Cell(day, cut, entity, kind, bool(is_mature), n, [max(told, 0)] if is_rate else _times(told))
        for day, cut, entity, kind, is_mature, n, told in rows
    ]


def _times(told: str) -> list[int]:
    """The times of a cell, ascending. Two clocks that differ a little are no wait."""
    times = sorted(map(int, told.split(",")))
    return times if times[0] >= 0 else [max(time, 0) for time in times]


def _standing(
    definition: KpiDefinition, window: Window, cuts: Sequence[Instant], legal_entity: str | None
) -> Select[Any]:
    """Each sample of the window: where it belongs, how it stood at its `as_of`, and after how long."""
    cohort_at, as_of, seen_until = _sample.c.cohort_at, window.as_of, window.seen_until
    # The first that holds says how it stands. What is NULL did not happen.
    cancelled = _sample.c.cancelled_at <= as_of
    reached = _sample.c.end_at <= as_of
    failed = _sample.c.failed_at <= as_of
    suspect = and_(reached, _sample.c.end_at < cohort_at - SKEW)
    counts_failed = definition.counts == "failed"
    kind = case(
        (cancelled, CANCELLED),
        (suspect, SUSPECT),
        (reached, REACHED),
        *([(failed, FAILED)] if counts_failed else []),
        else_=OPEN,
    )
    at = case(
        (cancelled, _sample.c.cancelled_at),
        (reached, _sample.c.end_at),
        *([(failed, _sample.c.failed_at)] if counts_failed else []),
        else_=seen_until,
    )
    is_mature = seen_until - cohort_at >= definition.after_us if definition.kind == "rate" else false()
    found = select(
        ((cohort_at - window.from_at) // DAY).label("day"),
        _cut(cohort_at, cuts).label("cut"),
        func.coalesce(_sample.c.legal_entity, "").label("entity"),
        kind.label("kind"),
        is_mature.label("is_mature"),
        (at - cohort_at).label("time"),
    ).where(
        _sample.c.tenant == TENANT,
        _sample.c.kpi == definition.id,
        _sample.c.version == definition.version,
        cohort_at >= window.from_at,
        cohort_at <= as_of,
    )
    return found if legal_entity is None else found.where(_sample.c.legal_entity == legal_entity)


def _cut(cohort_at: Any, cuts: Sequence[Instant]) -> ColumnElement[int]:
    """How many of the cuts lie before the start, or at it."""
    if not cuts:
        return literal(0)
    return case(*((cohort_at < at, place) for place, at in enumerate(cuts)), else_=len(cuts))

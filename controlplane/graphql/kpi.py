# SPDX-License-Identifier: Apache-2.0
"""KPIs in the schema: each figure with its target, its n and its open items, by day and by legal entity, and what changed."""

from collections.abc import Sequence
from enum import Enum

import strawberry
from sqlmodel import Session

from collectors.kpis import store as kpi_store
from collectors.kpis.definition import KpiDefinition
from collectors.kpis.result import KpiResult
from collectors.sources.watermark import Watermarks
from collectors.transactions import line_store
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.kpi_series import (
    KpiBreakdown,
    KpiMarker,
    KpiSeries,
    breakdown_of,
    marker_of,
    markers_of,
    series_of,
)
from controlplane.graphql.value import window_days
from terms.instant import DAY, Instant
from terms.problem import ProblemError


@strawberry.enum(description="The unit of a KPI's value and target.")
class KpiUnit(Enum):
    SECONDS = "seconds"
    RATIO = strawberry.enum_value("ratio", description="A share of 1.")


@noun
class Kpi:
    """A KPI as of an instant. Open items count with the time they have waited (censored); cancelled ones compete.

    With `valueIsLowerBound` fewer than the quantile have reached the end: the true value is at least `value`.
    `sourcesLagging` names sources that are so far behind that the figure may change when they have told.
    `n` is the population: every start for a duration, the denominator for a rate. `clockSuspect` were left out, because they
    end before they start.
    """

    id: strawberry.ID
    version: int
    title: str
    description: str
    formula: str
    owner: str
    unit: KpiUnit
    statistic: str
    as_of: Instant
    days: int
    value: float | None
    value_is_lower_bound: bool
    p50_seconds: float | None
    p90_seconds: float | None
    p95_seconds: float | None
    rate: float | None
    rate_low: float | None
    rate_high: float | None
    target: float
    target_met: bool | None
    n: int
    open: int
    cancelled: int
    clock_suspect: int
    oldest_open_seconds: float | None
    previous_value: float | None
    better: str
    series: KpiSeries
    by_legal_entity: KpiBreakdown
    markers: list[KpiMarker]
    changed: str | None
    process: str
    start_milestone: str
    end_milestone: str
    sources_lagging: list[str]


async def kpis(
    info: Info, as_of: Instant | None = None, days: int = 30, legal_entity: str | None = None
) -> list[Kpi]:
    """Every KPI as of an instant (now, when none is given) over the last `days` UTC days, of one legal entity or all."""
    return await _kpis(info, info.context.sources.criteria.kpis, as_of, days, legal_entity)


async def kpi(
    info: Info,
    id: strawberry.ID,  # noqa: A002
    as_of: Instant | None = None,
    days: int = 30,
    legal_entity: str | None = None,
) -> Kpi | None:
    """The KPI of that id; null when there is none."""
    chosen = [definition for definition in info.context.sources.criteria.kpis if definition.id == id]
    found = await _kpis(info, chosen, as_of, days, legal_entity)
    return found[0] if found else None


async def _kpis(
    info: Info,
    definitions: Sequence[KpiDefinition],
    as_of: Instant | None,
    days: int,
    legal_entity: str | None,
) -> list[Kpi]:
    at, length = as_of if as_of is not None else info.context.now, window_days(days)
    if at < 2 * length * DAY:
        raise ProblemError("the window begins before 1970", "asOf", "ask for a later instant")

    def read(session: Session) -> tuple[KpiResult, ...]:
        markers = markers_of(line_store.contract_traffic(session))
        return kpi_store.results(
            session, definitions, at, length, legal_entity, markers, info.context.watermarks
        )

    found = await info.context.read_shared(("kpis", tuple(definitions), as_of, length, legal_entity), read)
    return [_kpi(result, found.watermarks) for result in found.answer]


def _lagging(definition: KpiDefinition, known: Watermarks) -> list[str]:
    """The sources that lag and would tell of the KPI's start or end."""
    stages = [(p, m) for p in definition.processes for m in (definition.start, definition.end)]
    return sorted({source for p, m in stages if (source := known.lagging_source(p, m))})


def _kpi(result: KpiResult, known: Watermarks) -> Kpi:
    definition, figure = result.definition, result.figure
    return Kpi(
        id=strawberry.ID(definition.id),
        version=definition.version,
        title=definition.title,
        description=definition.description,
        formula=definition.formula,
        owner=definition.owner,
        unit=KpiUnit(definition.unit),
        statistic=definition.statistic,
        as_of=result.window.as_of,
        days=result.window.days,
        value=figure.value,
        value_is_lower_bound=figure.is_lower_bound,
        p50_seconds=figure.p50_s,
        p90_seconds=figure.p90_s,
        p95_seconds=figure.p95_s,
        rate=figure.rate,
        rate_low=figure.rate_low,
        rate_high=figure.rate_high,
        target=definition.target,
        target_met=result.target_met,
        n=figure.n,
        open=figure.open,
        cancelled=figure.cancelled,
        clock_suspect=result.clock_suspect,
        oldest_open_seconds=figure.oldest_open_s,
        previous_value=result.previous_value,
        better=definition.better,
        series=series_of(result.series),
        by_legal_entity=breakdown_of(result.by_legal_entity),
        markers=[marker_of(marker) for marker in result.markers],
        changed=result.changed,
        process=definition.process,
        start_milestone=definition.start,
        end_milestone=definition.end,
        sources_lagging=_lagging(definition, known),
    )


@strawberry.type
class KpiQuery:
    kpis: list[Kpi] = answer(kpis)
    kpi: Kpi | None = answer(kpi)

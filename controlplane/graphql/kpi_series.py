# SPDX-License-Identifier: Apache-2.0
"""The columns beside a KPI's figure: its days, its legal entities, and the contract releases that may explain a change."""

from collections.abc import Sequence

from collectors.kpis.change import Marker
from collectors.kpis.result import Breakdown, Series
from collectors.transactions.line_store import ContractTraffic
from controlplane.graphql.described import noun
from terms.instant import Instant


@noun
class KpiSeries:
    """A point for each UTC day of start; all columns are equally long. `value` is null where too few are known."""

    day: list[str]
    value: list[float | None]
    p90: list[float | None]
    n: list[int]
    open: list[int]


@noun
class KpiBreakdown:
    """The same figure for each legal entity, a column each, by name."""

    name: list[str]
    value: list[float | None]
    n: list[int]
    open: list[int]
    series: list[KpiSeries]


@noun
class KpiMarker:
    """A contract version that was first seen inside the window, in a legal entity."""

    at: Instant
    title: str
    subject: str
    version: str
    legal_entity: str | None


def markers_of(traffic: Sequence[ContractTraffic]) -> tuple[Marker, ...]:
    """Where a contract version came after another of its subject, in each legal entity: the instant it was first seen."""
    first: dict[tuple[str, str], Instant] = {}
    for seen in traffic:
        key = (seen.subject, seen.legal_entity)
        first[key] = min(first.get(key, seen.first_seen), seen.first_seen)
    return tuple(
        Marker(seen.first_seen, seen.subject, seen.version, seen.legal_entity or None)
        for seen in traffic
        if seen.first_seen > first[seen.subject, seen.legal_entity]
    )


def series_of(of: Series) -> KpiSeries:
    """A series for the schema."""
    return KpiSeries(
        day=list(of.day), value=list(of.value), p90=list(of.p90), n=list(of.n), open=list(of.open)
    )


def breakdown_of(groups: Breakdown) -> KpiBreakdown:
    """The legal entities for the schema."""
    return KpiBreakdown(
        name=list(groups.name),
        value=list(groups.value),
        n=list(groups.n),
        open=list(groups.open),
        series=[series_of(of_one) for of_one in groups.series],
    )


def marker_of(marker: Marker) -> KpiMarker:
    """A release for the schema."""
    return KpiMarker(
        at=marker.at,
        title=marker.title,
        subject=marker.subject,
        version=marker.version,
        legal_entity=marker.legal_entity,
    )

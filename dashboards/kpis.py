# SPDX-License-Identifier: Apache-2.0
"""How well does the line run? The KPI board: cards, trends with releases, legal entities side by side, tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from dashboards import charts, contract_address, kpi_card, queries
from dashboards.asking import NothingHere, Page, Visit
from dashboards.charts import Figure
from dashboards.format import count, duration, instant, quantity, ratio
from dashboards.kpi_card import KpiCard, Multiple
from dashboards.rendering import CONTENT_SECURITY_POLICY
from terms.instant import parse

RANGES = ("7", "30", "90")


@dataclass(frozen=True, slots=True)
class Definition:
    """What is measured, by which formula, from where to where, and who answers for it."""

    description: str
    formula: str
    owner: str
    population: str
    version: int


@dataclass(frozen=True, slots=True)
class KpiPanel:
    """One KPI in full. `rows` is the table twin of `figure`: day, value, p90, n, open."""

    card: KpiCard
    figure: Figure
    summary: str
    figure_address: str
    changed: tuple[str, ...]
    multiples: tuple[Multiple, ...]
    releases: tuple[tuple[str, str, str], ...]
    value_header: str
    has_p90: bool
    rows: tuple[tuple[str, str, str, str, str], ...]
    also: tuple[tuple[str, str], ...]
    definition: Definition


@dataclass(frozen=True, slots=True)
class Board:
    """`days` and `entity` are the filters in force; `as_of` is the instant every figure is counted at."""

    days: str
    ranges: tuple[str, ...]
    entity: str
    entities: tuple[str, ...]
    as_of: str
    panels: tuple[KpiPanel, ...]


async def show(visit: Visit) -> Page:
    """The board for the days and the legal entity that the address names."""
    days, entity = visit.asked_among("days", RANGES, "30"), visit.asked("entity")
    data = await visit.answer(queries.KPIS, days=int(days), legalEntity=entity or None)
    known = tuple(data["instance"]["legalEntities"])
    view = Board(
        days=days,
        ranges=RANGES,
        entity=entity,
        entities=known if not entity or entity in known else (*known, entity),
        as_of=instant(data["kpis"][0]["asOf"]) if data["kpis"] else "",
        panels=tuple(_panel(kpi, days, entity) for kpi in data["kpis"]),
    )
    return Page("kpis.html", "KPIs", view, data)


async def figure(visit: Visit) -> Response:
    """The trend of one KPI as a plotly figure in JSON: the very figure the board draws."""
    days, entity = visit.asked_among("days", RANGES, "30"), visit.asked("entity")
    identity = visit.request.path_params["kpi"]
    data = await visit.answer(queries.KPI, id=identity, days=int(days), legalEntity=entity or None)
    if data["kpi"] is None:
        raise NothingHere("KPI", identity, "/kpis")
    headers = {"Cache-Control": "no-store", "Vary": "Cookie", "X-Content-Type-Options": "nosniff"}
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return JSONResponse(charts.trend(data["kpi"]), headers=headers)


def _panel(kpi: Mapping[str, Any], days: str, entity: str) -> KpiPanel:
    unit, series = kpi["unit"], kpi["series"]
    query = urlencode({"days": days} | ({"entity": entity} if entity else {}))
    has_p90 = kpi["statistic"] != "p90" and any(value is not None for value in series["p90"])
    columns = (series["day"], series["value"], series["p90"], series["n"], series["open"])
    return KpiPanel(
        card=kpi_card.card(kpi),
        figure=charts.trend(kpi),
        summary=charts.summary(kpi),
        figure_address=f"/kpis/{kpi['id']}.json?{query}",
        changed=kpi_card.what_changed(kpi),
        multiples=kpi_card.multiples(kpi, _release_places(kpi)),
        releases=tuple(
            (title, instant(at), contract_address.contract(subject)) for at, title, subject in _releases(kpi)
        ),
        value_header="Rate" if unit == "RATIO" else kpi["statistic"],
        has_p90=has_p90,
        rows=tuple(
            (day, quantity(value, unit), quantity(p90, unit), count(n), count(still_open))
            for day, value, p90, n, still_open in reversed(list(zip(*columns, strict=True)))
        ),
        also=_also(kpi),
        definition=Definition(
            description=kpi["description"],
            formula=kpi["formula"],
            owner=kpi["owner"],
            population=f"{kpi['process']}, from {kpi['startMilestone']} to {kpi['endMilestone']}",
            version=kpi["version"],
        ),
    )


def _releases(kpi: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    subjects = {marker["at"]: marker["subject"] for marker in kpi["markers"]}
    return [(at, title, subjects[at]) for at, title in charts.releases(kpi)]


def _release_places(kpi: Mapping[str, Any]) -> dict[str, list[float]]:
    """Where along each legal entity's line a release stands, 0 to 1; a release without an entity counts for all."""
    days = kpi["series"]["day"]
    if len(days) < 2:
        return {}
    first, last = parse(f"{days[0]}T00:00:00Z"), parse(f"{days[-1]}T00:00:00Z")
    places: dict[str, list[float]] = {}
    for marker in kpi["markers"]:
        place = (parse(marker["at"]) - first) / (last - first)
        for name in kpi["byLegalEntity"]["name"]:
            if 0 <= place <= 1 and marker["legalEntity"] in (None, name):
                places.setdefault(name, []).append(place)
    return places


def _also(kpi: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The figures beside the headline: other percentiles, or the interval a rate lies in."""
    cancelled = ("cancelled", count(kpi["cancelled"]))
    if kpi["unit"] == "RATIO":
        if kpi["rateLow"] is None:
            return (cancelled,)
        return (("95 % interval", f"{ratio(kpi['rateLow'])} to {ratio(kpi['rateHigh'])}"), cancelled)
    named = (("p50", kpi["p50Seconds"]), ("p90", kpi["p90Seconds"]), ("p95", kpi["p95Seconds"]))
    return (*((name, duration(value)) for name, value in named if value is not None), cancelled)

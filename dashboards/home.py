# SPDX-License-Identifier: Apache-2.0
"""Is money moving? The first screen: one sentence, the line as a picture, the KPIs, and what needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import exception_item, kpi_card, queries
from dashboards.asking import Page, Visit
from dashboards.exception_item import ExceptionItem
from dashboards.format import count, duration, instant, moneys
from dashboards.kpi_card import KpiCard
from dashboards.line_picture import LinePicture, picture

DAYS = 30
CI_COMMAND = (
    "throughline contracts check examples/drafts/invoice-issued-breaking.json --against invoice-issued"
)


@dataclass(frozen=True, slots=True)
class Tour:
    """Where the four stops lead. `story` and `slow` are `` when the demo's history is not there yet."""

    slow: str
    slow_title: str
    story: str
    sandbox: str
    command: str


@dataclass(frozen=True, slots=True)
class Home:
    """`healthy` when nothing is stuck. `as_of` is when the sentence and the line are of; `stuck_money` holds one figure per currency."""

    sentence: str
    healthy: bool
    days: int
    as_of: str
    total: str
    stuck: str
    stuck_money: tuple[tuple[str, str], ...]
    oldest: tuple[str, str] | None
    line: LinePicture
    cards: tuple[KpiCard, ...]
    items: tuple[ExceptionItem, ...]
    waiting: str
    waiting_money: str
    tour: Tour | None


async def show(visit: Visit) -> Page:
    """The first screen over the last 30 days."""
    data = await visit.answer(queries.HOME, days=DAYS)
    line, exceptions, instance = data["line"], data["exceptions"], data["instance"]
    items = tuple(exception_item.item(node, instance["now"]) for node in exceptions["nodes"])
    view = Home(
        sentence=line["sentence"],
        healthy=not line["stuckCount"],
        days=line["days"],
        as_of=instant(line["asOf"]),
        total=count(line["transactions"]),
        stuck=count(line["stuckCount"]),
        stuck_money=tuple((moneys([entry["money"]]), count(entry["count"])) for entry in line["stuckMoney"]),
        oldest=_oldest(line),
        line=picture(line["hops"], instance["systems"]),
        cards=tuple(kpi_card.card(kpi) for kpi in data["kpis"]),
        items=items,
        waiting=count(exceptions["totalCount"]),
        waiting_money=moneys(exceptions["moneyAtRisk"]),
        tour=_tour(data, items) if instance["demo"] else None,
    )
    return Page("home.html", "Is money moving?", view, data)


def _oldest(line: Mapping[str, Any]) -> tuple[str, str] | None:
    oldest = line["oldest"]
    if oldest is None:
        return None
    return f"/transactions/{oldest['id']}", f"{oldest['anchor']['value']}, {duration(line['oldestSeconds'])}"


def _tour(data: Mapping[str, Any], items: tuple[ExceptionItem, ...]) -> Tour:
    """The stops point at what this very installation shows now: its slowest KPI and its largest failure."""
    missed = [kpi for kpi in data["kpis"] if kpi["targetMet"] is False]
    slow = next((kpi for kpi in missed if kpi["unit"] == "SECONDS"), missed[0] if missed else None)
    return Tour(
        slow=f"/kpis?days={DAYS}#{slow['id']}" if slow else "/kpis",
        slow_title=slow["title"] if slow else "",
        story=next((item.story for item in items if item.story), ""),
        sandbox=data["instance"]["sandboxUrl"] or "",
        command=CI_COMMAND,
    )

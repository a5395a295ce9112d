# SPDX-License-Identifier: Apache-2.0
"""Which spans? A search over all that came in, whether or not it belongs to a transaction; the address holds the question."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboards import queries, query_bar, status
from dashboards.asking import Page, Visit
from dashboards.format import count, duration, precise_instant

PAGE_SIZE = 50
PATH = "/traces"


@dataclass(frozen=True, slots=True)
class SpanLine:
    """One span found; `address` is its place on the page of its trace."""

    address: str
    name: str
    system: status.System
    service: str
    badge: status.Badge
    message: str
    started: str
    started_at: str
    took: str
    short_trace_id: str


@dataclass(frozen=True, slots=True)
class Promoted:
    """An attribute found at any time; `progress` tells how far it is filled in, `` when it is ready."""

    name: str
    progress: str


@dataclass(frozen=True, slots=True)
class SpanSearch:
    """`scanned` says how much was looked at; `is_short`: the page ended there and not because it was full."""

    text: str
    problems: tuple[query_bar.Trouble, ...]
    rows: tuple[SpanLine, ...]
    scanned: str
    is_short: bool
    is_cut: bool
    promoted: tuple[Promoted, ...]
    first_page: str
    next_page: str


async def show(visit: Visit) -> Page:
    """One page of the spans that `?q=` asks for, behind `?after=`, the newest start first."""
    text, after = visit.asked("q"), visit.asked("after")
    data = await visit.answer(queries.SPAN_QUERY, text=text)
    promoted = tuple(_promoted(one) for one in data["promotedAttributes"] if one["name"] != "span.links")
    problems = query_bar.troubles(text, data["spanQuery"]["problems"])
    if problems:
        return Page(
            "traces.html", "Spans", SpanSearch(text, problems, (), "", False, False, promoted, "", ""), data
        )
    found = (await visit.answer(queries.SPANS, query=text, first=PAGE_SIZE, after=after or None))["spans"]
    info = found["pageInfo"]
    view = SpanSearch(
        text=text,
        problems=(),
        rows=tuple(_line(node) for node in found["nodes"]),
        scanned=count(found["scanned"]),
        is_short=info["hasNextPage"] and len(found["nodes"]) < PAGE_SIZE,
        is_cut=found["isCut"],
        promoted=promoted,
        first_page=address(text) if after else "",
        next_page=address(text, info["endCursor"]) if info["hasNextPage"] else "",
    )
    return Page("traces.html", "Spans", view, data)


def address(query: str, after: str = "") -> str:
    """The search of a query, behind a cursor."""
    words = urlencode([(name, value) for name, value in (("q", query), ("after", after)) if value])
    return f"{PATH}?{words}" if words else PATH


def _line(span: Mapping[str, Any]) -> SpanLine:
    return SpanLine(
        address=f"{PATH}/{span['traceId']}",
        name=span["name"],
        system=status.system(span["system"]),
        service=span["service"],
        badge=status.span(span["status"]),
        message=span["message"] or "",
        started=precise_instant(span["startedAt"]),
        started_at=span["startedAt"],
        took=duration(span["durationSeconds"]),
        short_trace_id=span["traceId"][:10],
    )


def _promoted(one: Mapping[str, Any]) -> Promoted:
    told = "" if one["isReady"] else f"{count(one['lookedAt'])} of {count(one['blocks'])} blocks filled in"
    return Promoted(one["name"], told)

# SPDX-License-Identifier: Apache-2.0
"""What came in under this trace id? The spans alone, for what belongs to no transaction and for who looks at the raw."""

from dataclasses import dataclass

from dashboards import queries, waterfall
from dashboards.asking import NothingHere, Page, Visit
from dashboards.format import counted
from dashboards.span_links import SpanLink, span_links


@dataclass(frozen=True, slots=True)
class TracePage:
    """The page: one run for one trace."""

    id: str
    runs: tuple[waterfall.Run, ...]
    links: tuple[SpanLink, ...]
    suspects: int
    span_count: str


async def show(visit: Visit) -> Page:
    """The trace of that id."""
    identity = visit.request.path_params["id"]
    data = await visit.answer(queries.TRACE, id=identity)
    spans = data["trace"]
    if not spans["count"]:
        raise NothingHere("trace", identity, "/transactions")
    view = TracePage(
        identity,
        waterfall.runs(spans),
        span_links(spans),
        sum(spans["clockSuspect"]),
        counted(spans["count"], "span"),
    )
    return Page("trace.html", f"Trace {identity[:8]}", view, data)

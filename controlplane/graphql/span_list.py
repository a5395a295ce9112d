# SPDX-License-Identifier: Apache-2.0
"""Spans in the schema: a search over all that are kept, with what it looked at, and the attributes it finds at any time."""

from collections.abc import Sequence

import orjson
import strawberry
from sqlmodel import Session

from collectors.spans import promotion_store
from collectors.spans import query as span_query
from collectors.spans import search as span_search
from collectors.spans.promotion_store import Promoted
from collectors.spans.query import SpanQuery
from collectors.spans.search import Found
from collectors.spans.view import SpanView
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.story import kind_word, status_word, system_of
from controlplane.graphql.transaction_query import QueryProblem, query_problems
from controlplane.graphql.value import PageInfo, page_size
from terms.instant import SECOND, Instant, from_nanoseconds
from terms.problem import Problem, ProblemError


@noun
class Span:
    """One span. `attributes` is JSON text."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    system: str
    service: str
    kind: str
    status: str
    message: str | None
    started_at: Instant
    duration_seconds: float
    attributes: str


@noun
class SpanEdge:
    """A span in a list, with the cursor that continues behind it."""

    cursor: str
    node: Span


@noun
class SpanConnection:
    """A page of spans, the newest start first. `scanned` of them were looked at to find these.

    A page ends early where as many were looked at as one page may; `hasNextPage` is true then, and `endCursor` goes on
    from there. `isCut`: a key or a value has more spans than are looked for, and the oldest of them are left out.
    """

    edges: list[SpanEdge]
    nodes: list[Span]
    page_info: PageInfo
    scanned: int
    is_cut: bool


@noun
class SpanQueryReading:
    """A query over spans as understood. With `problems` it cannot be asked."""

    text: str
    problems: list[QueryProblem]


@noun
class PromotedAttribute:
    """An attribute that spans are looked for by at any time. While it is filled in, `lookedAt` of `blocks` blocks of spans are done."""

    name: str
    is_ready: bool
    blocks: int
    looked_at: int
    declared_at: Instant
    finished_at: Instant | None


async def spans(info: Info, query: str = "", first: int = 50, after: str | None = None) -> SpanConnection:
    """Spans that the query asks for: `service:kong status:error duration>2s @http.route:/orders key:INV-7 post`.

    `@name` is an attribute: a promoted one is found at any time, any other only inside a stretch of time (`started>-1d`).
    """
    size, now = page_size(first), info.context.now
    behind = None if after is None else span_search.position(after)

    def look(session: Session) -> Found:
        reading = span_query.read(query, now, _ready(promotion_store.promoted(session)))
        return span_search.search(session, _asked_of(reading), size, behind)

    found = await info.context.read(look)
    nodes = [_span_of(view) for view in found.spans]
    cursors = [str(one) for one in found.cursors]
    return SpanConnection(
        edges=[SpanEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=found.end is not None,
            end_cursor=str(found.end) if found.end else cursors[-1] if cursors else None,
            has_previous_page=after is not None,
            start_cursor=cursors[0] if cursors else None,
        ),
        scanned=found.scanned,
        is_cut=found.is_cut,
    )


async def span_query_reading(info: Info, text: str) -> SpanQueryReading:
    """What is wrong in a query over spans, without asking it."""
    promoted = await info.context.read(promotion_store.promoted)
    reading = span_query.read(text, info.context.now, _ready(promoted))
    return SpanQueryReading(text=text, problems=query_problems(reading.problems))


async def promoted_attributes(info: Info) -> list[PromotedAttribute]:
    """The attributes that spans are looked for by, by name."""
    return [
        PromotedAttribute(
            name=one.name,
            is_ready=one.finished_at is not None,
            blocks=one.blocks,
            looked_at=one.looked_at,
            declared_at=one.declared_at,
            finished_at=one.finished_at,
        )
        for one in await info.context.read(promotion_store.promoted)
    ]


def _ready(promoted: Sequence[Promoted]) -> tuple[str, ...]:
    return tuple(one.name for one in promoted if one.finished_at is not None)


def _asked_of(reading: SpanQuery) -> SpanQuery:
    if reading.problems:
        raise ProblemError(
            tuple(Problem(one.what, f"query, character {one.at + 1}", one.do) for one in reading.problems)
        )
    return reading


def _span_of(view: SpanView) -> Span:
    return Span(
        trace_id=view.trace_id,
        span_id=view.span_id,
        parent_span_id=view.parent_span_id,
        name=view.name,
        system=system_of(view),
        service=view.service,
        kind=kind_word(view),
        status=status_word(view),
        message=view.message,
        started_at=from_nanoseconds(view.start_ns),
        duration_seconds=(view.end_ns - view.start_ns) / (1_000 * SECOND),
        attributes=orjson.dumps(view.attributes, default=str).decode(),
    )


@strawberry.type
class SpanQueryRoot:
    spans: SpanConnection = answer(spans)
    span_query: SpanQueryReading = answer(span_query_reading)
    promoted_attributes: list[PromotedAttribute] = answer(promoted_attributes)

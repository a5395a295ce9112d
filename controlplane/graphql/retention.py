# SPDX-License-Identifier: Apache-2.0
"""Retention in the schema: how long spans are kept, and where the removed ones are."""

import strawberry

from collectors.retention import store
from collectors.retention.store import Archived
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import PageInfo, page_info, page_size
from terms.instant import Instant, from_nanoseconds
from terms.problem import ProblemError


@noun
class SpanArchive:
    """Spans that were removed from the database. `path` is null when they were removed without a file.

    `startedFrom` and `startedTo` are the first start of a span in it and the last one. To bring them back:
    `throughline traces import PATH`.
    """

    id: strawberry.ID
    path: str | None
    sha256: str | None
    megabytes: float
    spans: int
    started_from: Instant
    started_to: Instant
    removed_at: Instant


@noun
class SpanArchiveConnection:
    """A page of archives, the newest first."""

    nodes: list[SpanArchive]
    page_info: PageInfo


@noun
class Retention:
    """How long spans are kept; null is without end. Events, transactions and decisions are never removed.

    `spanMegabytes` is what spans take now, within a few per cent.
    """

    keep_days: int | None
    keep_megabytes: int | None
    span_megabytes: float

    @answer
    async def archives(self, info: Info, first: int = 50, after: str | None = None) -> SpanArchiveConnection:
        """Where the removed spans are."""
        size, before = page_size(first), None if after is None else _position(after)
        found = await info.context.read(lambda session: store.archives(session, size + 1, before))
        nodes = [_archive_of(each) for each in found[:size]]
        return SpanArchiveConnection(
            nodes=nodes,
            page_info=page_info(tuple(str(node.id) for node in nodes), len(found) > size, after),
        )


async def retention(info: Info) -> Retention:
    """How long spans are kept, and what was removed."""
    keep = info.context.sources.keep
    size = await info.context.read(store.size)
    return Retention(
        keep_days=keep.days or None, keep_megabytes=keep.mib or None, span_megabytes=_megabytes(size)
    )


def _archive_of(of: Archived) -> SpanArchive:
    return SpanArchive(
        id=strawberry.ID(str(of.archive_id)),
        path=of.path or None,
        sha256=of.sha256 or None,
        megabytes=_megabytes(of.bytes),
        spans=of.spans,
        started_from=from_nanoseconds(of.from_ns),
        started_to=from_nanoseconds(of.to_ns),
        removed_at=of.removed_at,
    )


def _megabytes(size: int) -> float:
    return round(size / (1 << 20), 3)


def _position(cursor: str) -> int:
    if not cursor.isdecimal() or len(cursor) > 19:
        raise ProblemError("is not a cursor of this list", "after", "use an endCursor as it came")
    return int(cursor)


@strawberry.type
class RetentionQuery:
    retention: Retention = answer(retention)

# SPDX-License-Identifier: Apache-2.0
"""One trace in the schema: what was sent, whether or not any of it belongs to a transaction."""

import strawberry

from collectors.transactions import story_store
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer
from controlplane.graphql.story import Spans, spans_of


async def trace(
    info: Info,
    id: strawberry.ID,  # noqa: A002
) -> Spans:
    """The spans of the trace of that id (32 hex digits) by start, at most 5,000; none when it is not known."""
    return spans_of(await info.context.read(lambda session: story_store.trace(session, str(id).lower())))


@strawberry.type
class TraceQuery:
    trace: Spans = answer(trace)

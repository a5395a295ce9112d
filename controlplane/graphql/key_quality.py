# SPDX-License-Identifier: Apache-2.0
"""The quality of business keys in the schema: what was not taken for a key, and what is one and joins less than it should."""

from enum import Enum

import strawberry

from collectors.keys import quality
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import PageInfo, page_info, page_size
from terms.instant import Instant


@strawberry.enum(description="What became of keys of which something is wrong.")
class KeyVerdict(Enum):
    REJECTED = strawberry.enum_value("rejected", description="They are none: nothing is joined by them.")
    DEMOTED = strawberry.enum_value(
        "demoted", description="They are keys, and some or all of what they would join is not joined."
    )


@noun
class KeyExample:
    """One key, masked where its type is classified. `what` names the other keys concerned; `uses` counts it alone."""

    key: str
    what: str
    uses: int


@noun
class KeyQuality:
    """What the keys of one type from one source have wrong in one way, in `uses` events. `keys` of them are known by name;
    with `moreKeys` there are others that are only counted. Instants are those of the events.
    """

    type: str
    source: str
    reason: str
    sentence: str
    verdict: KeyVerdict
    uses: int
    keys: int
    more_keys: bool
    first_seen_at: Instant
    last_seen_at: Instant
    examples: list[KeyExample]


@noun
class KeyQualityEdge:
    """An entry in a list, with the cursor that continues behind it."""

    cursor: str
    node: KeyQuality


@noun
class KeyQualityConnection:
    """A page of entries. `totalCount` counts all pages."""

    edges: list[KeyQualityEdge]
    nodes: list[KeyQuality]
    page_info: PageInfo
    total_count: int


async def key_quality(
    info: Info,
    first: int = 50,
    after: str | None = None,
    object_type: str | None = None,
    source_name: str | None = None,
) -> KeyQualityConnection:
    """What is wrong with business keys, by object type, source and reason."""
    size = page_size(first)
    classified = quality.classified_types(info.context.sources.definitions)
    page = await info.context.read(
        lambda session: quality.report(session, classified, size, after, object_type, source_name)
    )
    nodes = [_quality_of(item) for item in page.items]
    return KeyQualityConnection(
        edges=[
            KeyQualityEdge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)
        ],
        nodes=nodes,
        page_info=page_info(page.cursors, page.has_next, after),
        total_count=page.total,
    )


def _quality_of(item: quality.KeyQuality) -> KeyQuality:
    return KeyQuality(
        type=item.type,
        source=item.source,
        reason=item.reason,
        sentence=item.sentence,
        verdict=KeyVerdict("rejected" if item.is_rejected else "demoted"),
        uses=item.uses,
        keys=item.keys,
        more_keys=item.more_keys,
        first_seen_at=item.first_seen,
        last_seen_at=item.last_seen,
        examples=[KeyExample(key=one.key, what=one.what, uses=one.uses) for one in item.examples],
    )


@strawberry.type
class KeyQualityQuery:
    key_quality: KeyQualityConnection = answer(key_quality)

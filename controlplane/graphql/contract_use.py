# SPDX-License-Identifier: Apache-2.0
"""Who was seen with a contract in the schema: how much of late, and each application with each version, declared or not."""

import strawberry

from controlplane import contract_use
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import PageInfo, page_info, page_size
from registry.usage import Use
from terms.instant import DAY, Instant

MOST_NAMED = 10


@noun
class VersionUse:
    """One version within the window: how often it was used, by how many applications, and when last."""

    version: str
    uses: int
    applications: int
    last_seen_at: Instant


@noun
class DayUse:
    """How often a contract was used on one UTC day (`2026-03-01`)."""

    day: str
    uses: int


@noun
class ContractUse:
    """What spans and events told of a contract within its window of `days` UTC days, today included: `since` is the first.
    `versions` are those used within it, the most used first; `lastSeenAt` is the last use of all, null where there was none.
    """

    days: int
    since: str
    uses: int
    applications: int
    last_seen_at: Instant | None
    versions: list[VersionUse]
    subject: strawberry.Private[str]

    @answer
    async def daily(self, info: Info) -> list[DayUse]:
        """Each day with a use, oldest first."""
        found = await info.context.loaders.days_since(self.since).load(self.subject)
        return [DayUse(day=day, uses=uses) for day, uses in found]


@noun
class ObservedUse:
    """A version seen with an application: how often, since when and until when. `lifecycle` is null where no such version is
    registered; `declared`: the application said that it uses this contract.
    """

    application: str
    version: str
    uses: int
    first_seen_at: Instant
    last_seen_at: Instant
    lifecycle: str | None
    declared: bool


@noun
class ObservedUseEdge:
    """One thing seen, with the cursor that continues behind it."""

    cursor: str
    node: ObservedUse


@noun
class ObservedUseConnection:
    """A page of what was seen. `totalCount` counts all pages."""

    edges: list[ObservedUseEdge]
    nodes: list[ObservedUse]
    page_info: PageInfo
    total_count: int


async def use_of(info: Info, subject: str, days: int) -> ContractUse:
    """What was seen of the subject of late; many subjects of one request are read together."""
    since = contract_use.window(info.context.now, days)
    seen = await info.context.loaders.seen_since(since).load(subject)
    versions = seen.versions if seen else ()
    return ContractUse(
        days=days,
        since=since,
        uses=seen.uses if seen else 0,
        applications=seen.applications if seen else 0,
        last_seen_at=seen.last_seen if seen else None,
        versions=[
            VersionUse(
                version=one.version,
                uses=one.uses,
                applications=one.applications,
                last_seen_at=one.last_seen,
            )
            for one in versions
        ],
        subject=subject,
    )


@noun
class StillUsed:
    """A version on its way out that somebody was seen with in the last two weeks: who stands against its end.

    `applications` counts them, `most` names those with the most uses, at most ten.
    """

    version: str
    applications: int
    most: list[ObservedUse]


async def still_used_of(info: Info, subject: str) -> list[StillUsed]:
    """The subject's versions that are on their way out and used all the same, by version."""
    since = Instant(info.context.now - contract_use.STILL_DAYS * DAY)
    found = await info.context.read(lambda session: contract_use.observed(session, subject, since))
    by_version: dict[str, list[Use]] = {}
    for use in found:
        if use.is_leaving:
            by_version.setdefault(use.seen.version, []).append(use)
    return [
        StillUsed(
            version=version,
            applications=len(uses),
            most=[
                _observed(use)
                for use in sorted(uses, key=lambda use: (-use.seen.uses, use.seen.application))[:MOST_NAMED]
            ],
        )
        for version, uses in by_version.items()
    ]


async def observed_of(
    info: Info, subject: str, days: int, first: int, after: str | None
) -> ObservedUseConnection:
    """A page of who was seen with which version of the subject."""
    size, since = page_size(first), contract_use.window(info.context.now, days)
    page = await info.context.read(lambda session: contract_use.used_by(session, subject, since, size, after))
    nodes = [_observed(use) for use in page.uses]
    cursors = tuple(contract_use.cursor(use) for use in page.uses)
    return ObservedUseConnection(
        edges=[
            ObservedUseEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)
        ],
        nodes=nodes,
        page_info=page_info(cursors, page.has_more, after),
        total_count=page.total,
    )


def _observed(use: Use) -> ObservedUse:
    return ObservedUse(
        application=use.seen.application,
        version=use.seen.version,
        uses=use.seen.uses,
        first_seen_at=use.seen.first_seen,
        last_seen_at=use.seen.last_seen,
        lifecycle=use.lifecycle or None,
        declared=use.is_declared,
    )

# SPDX-License-Identifier: Apache-2.0
"""Sources in the schema: where spans come from, how far each has told, what came of it and what is wrong with it."""

from enum import Enum

import strawberry

from collectors.sources.leases import PullState
from collectors.sources.traffic import BUCKET
from collectors.sources.view import SourceView
from controlplane import source_watermarks
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import PageInfo, page_info, page_size, seconds
from terms.instant import Instant
from terms.problem import ProblemError


@strawberry.enum(description="How spans come from a source.")
class SourceKind(Enum):
    JAEGER = "jaeger"
    TEMPO = "tempo"
    ZIPKIN = "zipkin"
    FILES = strawberry.enum_value("files", description="A folder of trace files.")
    PUSH = strawberry.enum_value("push", description="It sends by itself, under a token.")
    RUNTIME = strawberry.enum_value("runtime", description="The embedded sync runtime.")


@strawberry.enum(description="How a source is, in a word.")
class SourceState(Enum):
    OK = strawberry.enum_value("ok", description="It has told up to now, but for what settles.")
    BEGINNING = strawberry.enum_value("beginning", description="Its first pull has not ended yet.")
    BEHIND = strawberry.enum_value("behind", description="It is being caught up with.")
    FAILING = strawberry.enum_value("failing", description="The last pull met an error.")
    SILENT = strawberry.enum_value("silent", description="It is behind for longer than it may be.")
    LAGGING = strawberry.enum_value(
        "lagging", description="Twice as long: the clock judges without it, and what hangs on it is marked."
    )
    PAUSED = strawberry.enum_value("paused", description="A person paused it.")
    QUIET = strawberry.enum_value("quiet", description="It sends by itself, and has not for a while.")


@noun
class SourceError:
    """What the last pull met, where, and what to do next. `failures` counts the pulls that failed in a row."""

    kind: str
    what: str
    where: str
    next: str
    at: Instant | None
    failures: int


@noun
class SourceRejection:
    """How much was not taken for one reason, and the last of it in a sentence. What is sent again is not counted again."""

    reason: str
    count: int
    last_at: Instant
    last_what: str


@noun
class SourceFlag:
    """How many spans were taken of which something cannot be, and the last of them in a sentence. No percentile counts them.

    `ends_before_start`; `clock_off`: years before it came, or ahead of us; `two_contents`: one id, two contents, one is kept.
    """

    reason: str
    count: int
    last_at: Instant
    last_what: str


@noun
class SourceTruncation:
    """A stretch of time of one service with more traces than `limit`: some are missing."""

    service: str
    from_at: Instant
    to_at: Instant
    limit: int
    recorded_at: Instant


@noun
class SourceService:
    """A service that is pulled, and up to when everything of it is here."""

    name: str
    watermark: Instant


@noun
class SourceProgress:
    """The pull under way, or the last one. `service` is the one it is at, empty for all of them."""

    running: bool
    started_at: Instant | None
    ended_at: Instant | None
    windows: int
    traces: int
    spans: int
    service: str
    next_at: Instant | None


@noun
class SourceThroughput:
    """What came, by when it came. `accepted` counts spans and events of each `bucketSeconds`, the oldest first, the last to now.

    The totals are of seven days.
    """

    bucket_seconds: float
    accepted: list[int]
    total_accepted: int
    total_duplicates: int
    total_rejected: int


@noun
class SourceFileProblem:
    """A file of a folder that could not be taken, and why."""

    path: str
    problem: str


@noun
class Source:
    """Where spans come from. Everything up to `watermark` is here; `behindSeconds` is from there to now.

    `maxSilenceSeconds` null: nobody waits for it. `setUp`: by a person; else it sends unasked, or is the runtime.
    `systems` are those whose stages wait for it. Of headers only the names can be asked for.
    """

    id: strawberry.ID
    name: str
    kind: SourceKind
    state: SourceState
    set_up: bool
    enabled: bool
    address: str
    services: list[str]
    systems: list[str]
    header_names: list[str]
    allow_private: bool
    span_url: str
    begin_at: Instant
    every_seconds: float
    settle_seconds: float
    overlap_seconds: float
    quiet_after_seconds: float
    limit: int
    max_silence_seconds: float | None
    created_at: Instant | None
    created_by: str
    api: str
    watermark: Instant
    behind_seconds: float
    last_contact_at: Instant | None
    throughput: SourceThroughput
    rejections: list[SourceRejection]
    flags: list[SourceFlag]
    truncation_count: int
    truncations: list[SourceTruncation]
    file_problems: list[SourceFileProblem]
    pulled: list[SourceService]
    error: SourceError | None
    progress: SourceProgress | None


@noun
class SourceEdge:
    """A source in a list, with the cursor that continues behind it."""

    cursor: str
    node: Source


@noun
class SourceConnection:
    """A page of sources. `totalCount` is of all pages."""

    edges: list[SourceEdge]
    nodes: list[Source]
    page_info: PageInfo
    total_count: int


def source_of(view: SourceView) -> Source:
    """A source for the schema."""
    source, traffic, pull = view.source, view.traffic, view.pull
    return Source(
        id=strawberry.ID(source.name),
        name=source.name,
        kind=SourceKind(source.kind),
        state=SourceState(view.state),
        set_up=view.created_at is not None,
        enabled=source.enabled,
        address=source.address,
        services=list(source.services),
        systems=list(view.systems),
        header_names=list(view.header_names),
        allow_private=source.allow_private,
        span_url=source.span_url,
        begin_at=source.begin_at,
        every_seconds=seconds(source.every),
        settle_seconds=seconds(source.settle),
        overlap_seconds=seconds(source.overlap),
        quiet_after_seconds=seconds(source.quiet_after),
        limit=source.limit,
        max_silence_seconds=None if source.max_silence is None else seconds(source.max_silence),
        created_at=view.created_at,
        created_by=view.created_by,
        api=pull.api if pull else "",
        watermark=view.watermark,
        behind_seconds=seconds(view.behind),
        last_contact_at=traffic.last_at if traffic else None,
        throughput=SourceThroughput(
            bucket_seconds=seconds(BUCKET),
            accepted=list(traffic.counts) if traffic else [],
            total_accepted=traffic.accepted if traffic else 0,
            total_duplicates=traffic.duplicates if traffic else 0,
            total_rejected=traffic.rejected if traffic else 0,
        ),
        rejections=[
            SourceRejection(reason=o.reason, count=o.count, last_at=o.last_at, last_what=o.last_what)
            for o in view.rejections
        ],
        flags=[
            SourceFlag(reason=o.reason, count=o.count, last_at=o.last_at, last_what=o.last_what)
            for o in view.flags
        ],
        truncation_count=view.truncated,
        truncations=[
            SourceTruncation(
                service=o.service, from_at=o.from_at, to_at=o.to_at, limit=o.limit, recorded_at=o.recorded_at
            )
            for o in view.truncations
        ],
        file_problems=[SourceFileProblem(path=path, problem=why) for path, why in view.file_problems.items()],
        pulled=[SourceService(name=name, watermark=at) for name, at in sorted(view.services.items())],
        error=_error(pull),
        progress=_progress(pull) if source.is_pulled and pull else None,
    )


def _error(pull: PullState | None) -> SourceError | None:
    if pull is None or pull.error is None:
        return None
    problem = pull.error
    return SourceError(
        kind=pull.error_kind,
        what=problem.what,
        where=problem.where,
        next=problem.do,
        at=pull.error_at,
        failures=pull.failures,
    )


def _progress(pull: PullState) -> SourceProgress:
    return SourceProgress(
        running=pull.is_running,
        started_at=pull.started_at,
        ended_at=pull.ended_at,
        windows=pull.windows,
        traces=pull.traces,
        spans=pull.spans,
        service=pull.service.strip("*"),
        next_at=pull.next_at if pull.next_at else None,
    )


async def views(info: Info) -> tuple[SourceView, ...]:
    """Every source as of the request's instant."""
    now = info.context.now
    return await info.context.read(lambda session: source_watermarks.views(session, now))


async def source_named(info: Info, name: str) -> Source | None:
    """The source of that name, read anew; None when there is none."""
    found = {view.source.name: view for view in await views(info)}
    return source_of(found[name]) if name in found else None


async def sources(info: Info, first: int = 50, after: str | None = None) -> SourceConnection:
    """Every source by name: those set up, those that send unasked, and the embedded runtime."""
    size, found = page_size(first), await views(info)
    names = [view.source.name for view in found]
    if after is not None and after not in names:
        raise ProblemError(
            f"'{after[:80]}' is not a cursor", "after", "hand back the endCursor of the page before"
        )
    start = 0 if after is None else names.index(after) + 1
    shown = found[start : start + size]
    nodes, cursors = [source_of(view) for view in shown], tuple(view.source.name for view in shown)
    return SourceConnection(
        edges=[SourceEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, start + size < len(found), after),
        total_count=len(found),
    )


async def source(info: Info, name: str) -> Source | None:
    """The source of that name; null when there is none."""
    return await source_named(info, name)


@strawberry.type
class SourceQuery:
    sources: SourceConnection = answer(sources)
    source: Source | None = answer(source)

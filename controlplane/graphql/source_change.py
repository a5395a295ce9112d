# SPDX-License-Identifier: Apache-2.0
"""The mutations of sources: set one up, change it, try it, pause it, have it pulled, remove it. Expected refusals are answers."""

import time
from dataclasses import replace
from typing import Annotated

import strawberry

from collectors.pull.failure import SourceFailure
from collectors.pull.opening import Tried
from collectors.sources.source import Kind
from collectors.sources.source import Source as Kept
from controlplane.graphql.context import Info
from controlplane.graphql.described import asked, change, noun
from controlplane.graphql.problem import Problem, problems_of
from controlplane.graphql.source import Source, SourceKind, source_named
from controlplane.source_desk import Absent, Refused, SourceDesk
from terms.instant import DAY, HOUR, SECOND, Instant
from terms.problem import ProblemError

LONGEST_KEY = 200
LONGEST_SECONDS = 366 * DAY / SECOND


@asked
class SourceHeader:
    """A header sent along with every request, such as a credential or a tenant. It is kept sealed and can never be read back."""

    name: str
    value: str


@asked
class SourceInput:
    """A source as it is to be. What is not given is as the docs say. `maxSilenceSeconds` 0: nobody waits for it.

    `beginAt`: from when on it is pulled; an hour ago without it. `allowPrivate` allows a private or a plain http address.
    """

    name: str
    kind: SourceKind
    address: str = ""
    services: list[str] | None = None
    systems: list[str] | None = None
    headers: list[SourceHeader] | None = None
    begin_at: Instant | None = None
    every_seconds: float | None = None
    settle_seconds: float | None = None
    overlap_seconds: float | None = None
    quiet_after_seconds: float | None = None
    limit: int | None = None
    max_silence_seconds: float | None = None
    allow_private: bool = False
    span_url: str = ""


@asked
class AddSourceInput:
    """Adding the same source again, with the same key or another, changes nothing."""

    source: SourceInput
    idempotency_key: str


@asked
class ChangeSourceInput:
    """The fields that are given are changed, the others stay. A list replaces the one there was; empty headers take all away."""

    name: str
    idempotency_key: str
    address: str | None = None
    services: list[str] | None = None
    systems: list[str] | None = None
    headers: list[SourceHeader] | None = None
    every_seconds: float | None = None
    settle_seconds: float | None = None
    overlap_seconds: float | None = None
    quiet_after_seconds: float | None = None
    limit: int | None = None
    max_silence_seconds: float | None = None
    allow_private: bool | None = None
    span_url: str | None = None


@asked
class SourceNameInput:
    """Names a source that was set up. Asking again is asking once."""

    name: str
    idempotency_key: str


@noun
class SourceKept:
    """The source as it is now."""

    source: Source


@noun
class SourceRefused:
    """Nothing was done; each problem names the field it is about."""

    problems: list[Problem]


@noun
class SourceNotFound:
    """No such source was set up. One that sends unasked is added first: then its limits can be set."""

    message: str


@noun
class SourceRemoved:
    """It is forgotten, with its credentials. The spans it brought stay."""

    name: str


@noun
class SourceAnswered:
    """What the source answered when it was tried; nothing was stored. `traces` are of the last hour of its first service.

    `isFull`: there may be more than the limit allows to ask for at once.
    """

    api: str
    services: list[str]
    traces: int
    spans: int
    is_full: bool
    elapsed_seconds: float


@noun
class SourceFailed:
    """The source could not be asked: a word for programs, what happened where, and what to do next."""

    kind: str
    what: str
    where: str
    next: str


AddSourceResult = Annotated[
    SourceKept | SourceRefused,
    strawberry.union("AddSourceResult", description="What became of adding a source."),
]
ChangeSourceResult = Annotated[
    SourceKept | SourceRefused | SourceNotFound,
    strawberry.union(
        "ChangeSourceResult", description="What became of changing a source, or of asking for it."
    ),
]
PauseSourceResult = Annotated[
    SourceKept | SourceNotFound,
    strawberry.union("PauseSourceResult", description="What became of pausing or resuming."),
]
RemoveSourceResult = Annotated[
    SourceRemoved | SourceNotFound,
    strawberry.union("RemoveSourceResult", description="What became of removing a source."),
]
TrySourceResult = Annotated[
    SourceAnswered | SourceFailed | SourceRefused | SourceNotFound,
    strawberry.union("TrySourceResult", description="What became of trying a source."),
]


async def add_source(info: Info, input: AddSourceInput) -> AddSourceResult:  # noqa: A002
    """Sets a source up; it is pulled within a second."""
    _check_key(input.idempotency_key)
    given = _source(input.source, info.context.now)
    answer = await _desk(info).add(given, _headers(input.source.headers), info.context.caller)
    if isinstance(answer, Refused):
        return SourceRefused(problems=problems_of(answer.problems))
    return SourceKept(source=await _named(info, given.name))


async def change_source(info: Info, input: ChangeSourceInput) -> ChangeSourceResult:  # noqa: A002
    """Changes what is given. An address that is new needs its headers given again."""
    _check_key(input.idempotency_key)
    before = await _desk(info).kept(input.name)
    if before is None:
        return _absent(input.name)
    headers = None if input.headers is None else _headers(input.headers)
    answer = await _desk(info).change(_changed(before.source, input), headers, info.context.caller)
    if isinstance(answer, Absent):
        return _absent(input.name)
    if isinstance(answer, Refused):
        return SourceRefused(problems=problems_of(answer.problems))
    return SourceKept(source=await _named(info, input.name))


async def pause_source(info: Info, input: SourceNameInput) -> PauseSourceResult:  # noqa: A002
    """Stops pulling it, in the middle of a pull as well; what it has told stays, and deadlines of its systems wait."""
    return await _set_enabled(info, input, False)


async def resume_source(info: Info, input: SourceNameInput) -> PauseSourceResult:  # noqa: A002
    """Goes on pulling where it stood."""
    return await _set_enabled(info, input, True)


async def remove_source(info: Info, input: SourceNameInput) -> RemoveSourceResult:  # noqa: A002
    """Forgets a source, its credentials, and how far it was pulled. The spans it brought stay."""
    _check_key(input.idempotency_key)
    if not await _desk(info).remove(input.name, info.context.caller):
        return _absent(input.name)
    return SourceRemoved(name=input.name)


async def pull_source(info: Info, input: SourceNameInput) -> ChangeSourceResult:  # noqa: A002
    """Has a source asked at once, whatever pause it was to make."""
    _check_key(input.idempotency_key)
    answer = await _desk(info).pull(input.name, info.context.caller)
    if isinstance(answer, Absent):
        return _absent(input.name)
    if isinstance(answer, Refused):
        return SourceRefused(problems=problems_of(answer.problems))
    return SourceKept(source=await _named(info, input.name))


async def test_source(info: Info, input: SourceNameInput) -> TrySourceResult:  # noqa: A002
    """Asks a source that was set up for its services and a trace. Nothing is stored."""
    _check_key(input.idempotency_key)
    kept = await _desk(info).kept(input.name)
    if kept is None:
        return _absent(input.name)
    return await _tried(info, kept.source, None)


async def try_source(info: Info, input: AddSourceInput) -> TrySourceResult:  # noqa: A002
    """Asks a source as it would be set up. Nothing is stored, of the source neither."""
    _check_key(input.idempotency_key)
    given = _source(input.source, info.context.now)
    return await _tried(info, given, _headers(input.source.headers))


async def _tried(info: Info, source: Kept, headers: dict[str, str] | None) -> TrySourceResult:
    began = time.monotonic()
    answer: Tried | SourceFailure | Refused = await _desk(info).attempt(source, headers)
    if isinstance(answer, Refused):
        return SourceRefused(problems=problems_of(answer.problems))
    if isinstance(answer, SourceFailure):
        problem = answer.problem
        return SourceFailed(kind=answer.kind, what=problem.what, where=problem.where, next=problem.do)
    return SourceAnswered(
        api=answer.api,
        services=list(answer.services),
        traces=answer.traces,
        spans=answer.spans,
        is_full=answer.is_full,
        elapsed_seconds=time.monotonic() - began,
    )


async def _set_enabled(info: Info, input: SourceNameInput, enabled: bool) -> PauseSourceResult:  # noqa: A002
    _check_key(input.idempotency_key)
    answer = await _desk(info).set_enabled(input.name, enabled, info.context.caller)
    if isinstance(answer, Absent):
        return _absent(input.name)
    return SourceKept(source=await _named(info, input.name))


def _source(given: SourceInput, now: Instant) -> Kept:
    kind: Kind = given.kind.value
    default = Kept(given.name, kind, max_silence=None if kind == "push" else HOUR)
    return replace(
        default,
        name=given.name.strip(),
        address=given.address.strip(),
        services=_names(given.services),
        systems=_names(given.systems),
        begin_at=given.begin_at if given.begin_at is not None else Instant(now - HOUR),
        every=_duration(given.every_seconds, default.every, "everySeconds"),
        settle=_duration(given.settle_seconds, default.settle, "settleSeconds"),
        overlap=_duration(given.overlap_seconds, default.overlap, "overlapSeconds"),
        quiet_after=_duration(given.quiet_after_seconds, default.quiet_after, "quietAfterSeconds"),
        limit=default.limit if given.limit is None else given.limit,
        max_silence=_silence(given.max_silence_seconds, default.max_silence),
        allow_private=given.allow_private,
        span_url=given.span_url.strip(),
    )


def _changed(before: Kept, given: ChangeSourceInput) -> Kept:
    return replace(
        before,
        address=before.address if given.address is None else given.address.strip(),
        services=before.services if given.services is None else _names(given.services),
        systems=before.systems if given.systems is None else _names(given.systems),
        every=_duration(given.every_seconds, before.every, "everySeconds"),
        settle=_duration(given.settle_seconds, before.settle, "settleSeconds"),
        overlap=_duration(given.overlap_seconds, before.overlap, "overlapSeconds"),
        quiet_after=_duration(given.quiet_after_seconds, before.quiet_after, "quietAfterSeconds"),
        limit=before.limit if given.limit is None else given.limit,
        max_silence=_silence(given.max_silence_seconds, before.max_silence),
        allow_private=before.allow_private if given.allow_private is None else given.allow_private,
        span_url=before.span_url if given.span_url is None else given.span_url.strip(),
    )


def _silence(given: float | None, otherwise: int | None) -> int | None:
    if given is None:
        return otherwise
    return _duration(given, 0, "maxSilenceSeconds") or None


def _duration(given: float | None, otherwise: int, where: str) -> int:
    if given is None:
        return otherwise
    if not 0 <= given <= LONGEST_SECONDS:
        raise ProblemError(f"{where} is {given}", where, "give seconds, from 0 to a year")
    return round(given * SECOND)


def _names(given: list[str] | None) -> tuple[str, ...]:
    return tuple(sorted({name.strip() for name in given or () if name.strip()}))


def _headers(given: list[SourceHeader] | None) -> dict[str, str]:
    return {header.name.strip(): header.value for header in given or ()}


def _absent(name: str) -> SourceNotFound:
    return SourceNotFound(message=f"there is no source '{name[:200]}' that was set up")


async def _named(info: Info, name: str) -> Source:
    found = await source_named(info, name)
    assert found is not None, "it was stored a moment ago"
    return found


def _desk(info: Info) -> SourceDesk:
    desk = info.context.sources.desk
    assert desk is not None, "the app makes one"
    return desk


def _check_key(key: str) -> None:
    if not 0 < len(key.strip()) <= LONGEST_KEY:
        raise ProblemError(
            "an idempotency key has 1 to 200 characters", "idempotencyKey", "make one for each press"
        )


@strawberry.type
class SourceMutation:
    add_source: AddSourceResult = change(add_source)
    change_source: ChangeSourceResult = change(change_source)
    pause_source: PauseSourceResult = change(pause_source)
    resume_source: PauseSourceResult = change(resume_source)
    remove_source: RemoveSourceResult = change(remove_source)
    pull_source: ChangeSourceResult = change(pull_source)
    test_source: TrySourceResult = change(test_source)
    try_source: TrySourceResult = change(try_source)

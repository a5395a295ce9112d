# SPDX-License-Identifier: Apache-2.0
"""One pass over a tracer: every service window by window, each window's traces and the cursor in one commit.

A failed window is not passed: its service stands where it stood, and the next pass begins there. The spans that a killed
pass had stored are met again and change nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from collectors.pull.failure import OF_THE_WHOLE, SourceFailure
from collectors.pull.freshness import Known, fetched, needs_fetch
from collectors.pull.ledger import LISTED, Ledger, Outcome, Part
from collectors.pull.tracer import ALL, Found, Seen, Trace, Tracer
from collectors.pull.window import (
    FIRST,
    FLOOR,
    Cursor,
    Window,
    advanced,
    came_whole,
    halved,
    next_window,
    sweep,
)
from collectors.sources.source import MOST_SERVICES, Source
from collectors.span import Decoded, Rejected, Span
from terms.instant import Clock, Instant
from terms.problem import Problem

MOST_WINDOWS = 500  # of a pass; then others have their turn
AT_ONCE = 8  # traces fetched side by side
MOST_HELD = 5_000  # spans held before they are stored


@dataclass
class _Pass:
    source: Source
    tracer: Tracer
    ledger: Ledger
    clock: Clock
    is_stopping: Callable[[], bool]
    done: Outcome = field(default_factory=Outcome)

    @property
    def may_go_on(self) -> bool:
        return self.done.is_ours and not self.is_stopping() and not self.done.more


async def pull(
    source: Source, tracer: Tracer, ledger: Ledger, clock: Clock, is_stopping: Callable[[], bool]
) -> Outcome:
    """Pulls what is new, and again what may have changed. Whatever it stored stays stored, however it ends."""
    this = _Pass(source, tracer, ledger, clock, is_stopping)
    try:
        now = clock()
        cursors = await ledger.cursors()
        services = _services(source, await tracer.services(), cursors)
        for service in services:
            if not this.may_go_on:
                break
            await _service(this, service, cursors.get(service), now)
        if this.may_go_on:
            await _listed(this, services, now)
            await _restless(this)
    except SourceFailure as failure:
        this.done.failure = failure
    return this.done


def _services(source: Source, listed: Sequence[str], cursors: dict[str, Cursor]) -> list[str]:
    """The services to ask for, the one furthest behind first. One that is listed no more may still have spans to come."""
    wanted = set(source.services) or {*listed, *cursors} - {LISTED}
    if ALL in listed:
        wanted = {ALL}
    if len(wanted) > MOST_SERVICES:
        what = f"knows {len(wanted):,} services; at most {MOST_SERVICES} are pulled"
        raise SourceFailure("too_large", Problem(what, source.name, "name those that matter (services)"))
    return sorted(wanted, key=lambda name: (cursors[name].watermark if name in cursors else 0, name))


async def _service(this: _Pass, service: str, cursor: Cursor | None, now: Instant) -> None:
    """All windows of one service; what only this one met does not keep the others from going on."""
    try:
        await _windows(this, service, cursor or Cursor(this.source.begin_at, FIRST), now)
    except SourceFailure as failure:
        if failure.kind in OF_THE_WHOLE:
            raise
        this.done.failure = failure


async def _windows(this: _Pass, service: str, cursor: Cursor, now: Instant) -> None:
    source = this.source
    through = sweep(cursor, source.begin_at, now, source.settle, source.overlap)
    while this.may_go_on and (window := next_window(through)) is not None:
        found = await _search(this.tracer, service, window, source.limit)
        if found.is_full and (shorter := halved(through, window)) is not None:
            through = shorter
            continue
        through = came_whole(through, window, len(found.traces), source.limit)
        cursor = Cursor(advanced(cursor.watermark, window), through.width)
        await _keep_window(this, service, found, window, cursor)
        this.done.windows += 1
        this.done.more = this.done.windows >= MOST_WINDOWS and next_window(through) is not None


async def _search(tracer: Tracer, service: str, window: Window, limit: int) -> Found:
    """A search. An answer larger than we read is one that holds too much: half of the time, then fewer traces."""
    try:
        return await tracer.search(service, window, limit)
    except SourceFailure as failure:
        if failure.kind != "too_large":
            raise
        if window.length > FLOOR:
            return Found((), True)
        return (await tracer.search(service, window, max(1, limit // 10)))._replace(is_full=True)


async def _keep_window(this: _Pass, service: str, found: Found, window: Window, cursor: Cursor) -> None:
    """Fetches what must be and stores it; the cursor moves with the last of it."""
    known = await this.ledger.known([seen.trace_id for seen in found.traces])
    wanted = [
        seen for seen in found.traces if needs_fetch(seen, known.get(seen.trace_id), this.source.quiet_after)
    ]
    held = _Held()
    for start in range(0, len(wanted), AT_ONCE):
        await _fetch(this, wanted[start : start + AT_ONCE], known, held)
        if len(held.spans) >= MOST_HELD and not await _store(this, held.part(service)):
            return
    part = held.part(service, window, cursor, found.is_full)
    await _store(this, part)


@dataclass
class _Held:
    """What was fetched and is not stored yet."""

    spans: list[Span] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    traces: dict[str, Known] = field(default_factory=dict)

    def part(
        self,
        service: str,
        window: Window | None = None,
        cursor: Cursor | None = None,
        truncated: bool = False,
    ) -> Part:
        """Everything held, as a part; then nothing is held."""
        part = Part(
            Decoded(self.spans, rejected=self.rejected), service, self.traces, window, cursor, truncated
        )
        self.spans, self.rejected, self.traces = [], [], {}
        return part


async def _fetch(this: _Pass, wanted: Sequence[Seen], known: dict[str, Known], held: _Held) -> None:
    """Fetches traces side by side. All of them end before the first failure is raised, so that nothing runs on unseen."""
    answers = await asyncio.gather(*(_one(this.tracer, seen) for seen in wanted), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    now, quiet_after = this.clock(), this.source.quiet_after
    for seen, answer in zip(wanted, answers, strict=True):
        if not isinstance(answer, Trace):
            continue  # gone between the search and now: its source keeps it no longer
        before = known.get(seen.trace_id)
        mark = fetched(seen, before, now)
        held.spans += answer.decoded.spans
        if before is None:  # what is wrong in a trace is counted once, however often it is fetched
            held.rejected += answer.decoded.rejected
        if answer.is_partial:
            mark = mark._replace(end_at=mark.changed_at)  # young until it had time to become whole
            if not mark.is_restless(quiet_after):
                held.rejected.append(
                    Rejected("partial", f"trace {seen.trace_id}: its source has only a part of it")
                )
        held.traces[seen.trace_id] = mark
        this.done.traces += 1


async def _one(tracer: Tracer, seen: Seen) -> Trace | None:
    if len(seen.trace_id) != 32 or any(c not in "0123456789abcdef" for c in seen.trace_id):
        return Trace(
            Decoded(rejected=[Rejected("bad_trace_id", f"trace {seen.trace_id[:80]!r}: is no trace id")])
        )
    try:
        return await tracer.fetch(seen)
    except SourceFailure as failure:
        if failure.kind != "too_large":
            raise
        # One trace that is too large must not hold up all that come after it.
        return Trace(
            Decoded(rejected=[Rejected("too_large", f"trace {seen.trace_id}: {failure.problem.what}")])
        )


async def _listed(this: _Pass, services: Sequence[str], now: Instant) -> None:
    """What was not listed by now did not exist then. Where all are asked for at once there is nothing to list."""
    if ALL in services or this.source.services or this.done.failure:
        return
    await _store(this, Part(service=LISTED, cursor=Cursor(Instant(now - this.source.settle))))


async def _restless(this: _Pass) -> None:
    """Fetches again what was young, though no window of this pass shows it any more."""
    known = await this.ledger.restless(this.clock())
    wanted = [Seen(trace_id, mark.end_at, mark.spans) for trace_id, mark in known.items()]
    held = _Held()
    for start in range(0, len(wanted), AT_ONCE):
        if not this.may_go_on:
            return
        await _fetch(this, wanted[start : start + AT_ONCE], known, held)
        await _store(this, held.part(""))


async def _store(this: _Pass, part: Part) -> bool:
    this.done.spans += len(part.decoded.spans)
    this.done.is_ours = await this.ledger.keep(part)
    return this.done.is_ours

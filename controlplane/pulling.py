# SPDX-License-Identifier: Apache-2.0
"""Pulling: the sources whose turn it is are asked side by side on a loop of its own, and everything they bring is stored.

A job asks every second which are due. A lease in the database lets one process pull a source; a pass that loses it stores
nothing more. Ending in the middle loses nothing: the books say where to go on.
"""

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import TypeVar

from sqlmodel import Session

from collectors.intake import IngestResult
from collectors.payloads.payload import Inspect
from collectors.pull import files, opening, traces
from collectors.pull.address import Resolve, resolved
from collectors.pull.failure import SourceFailure
from collectors.pull.freshness import Known
from collectors.pull.http import Bounds, Http
from collectors.pull.ledger import FileMark, Outcome, Part
from collectors.pull.window import Cursor
from collectors.sources import books as source_books
from collectors.sources import leases as source_leases
from collectors.sources import store as source_store
from collectors.sources.source import Source
from collectors.span import Decoded
from controlplane.database import Actor, Database
from controlplane.security.sealing import Seal
from terms.instant import MINUTE, SECOND, Clock, Instant
from terms.problem import Problem, ProblemError

LOG = logging.getLogger("throughline.pulling")
ACTOR = Actor("machine", "pulling")

LEASE = 60 * SECOND
RENEW_S = 20.0
AT_ONCE = 4
LONGEST_PAUSE = 10 * MINUTE
ENDING_S = 10.0

T = TypeVar("T")
Store = Callable[[Session, Decoded], IngestResult]


@dataclass
class Pulling:
    """What pulls. `noticed` is told after each commit, and must return at once. Made, not started: `look` starts it."""

    database: Database
    clock: Clock
    seal: Seal
    store: Store
    inspect: Inspect
    noticed: Callable[[], None]
    holder: str
    random: Random
    bounds: Bounds = field(default_factory=Bounds)
    resolve: Resolve = resolved
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _turn: asyncio.Semaphore | None = None
    _is_ending: bool = False

    def look(self) -> bool:
        """Begins a pass for every source whose turn it is. Returns at once, and always False: nothing waits here."""
        due = self.database.read(lambda session: source_leases.due(session, self.clock()))
        with self._lock:
            if due and not self._is_ending:
                loop = self._started()
                loop.call_soon_threadsafe(self._begin, due)
        return False

    def stop(self) -> None:
        """Breaks off what runs; what was stored stays, and the next start goes on behind it. Safe to call twice."""
        with self._lock:
            self._is_ending = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(self._end)
            thread.join(ENDING_S)

    async def attempt(self, source: Source, headers: Mapping[str, str]) -> opening.Tried:
        """Tries a source without storing anything, and without much patience. Raises SourceFailure."""
        bounds = replace(self.bounds, retries=1, read_s=min(self.bounds.read_s, 5.0))
        async with self._http(source, headers, bounds) as http:
            return await opening.attempt(source, http, self.clock)

    def open_headers(self, name: str, sealed: bytes | None) -> dict[str, str]:
        """The headers of a source. Raises ProblemError when they cannot be opened with the key there is."""
        if sealed is None:
            return {}
        headers: dict[str, str] = json.loads(self.seal.open(name, sealed))
        return headers

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._turn = asyncio.Semaphore(AT_ONCE)
            self._thread = threading.Thread(target=self._loop.run_forever, name="pulling", daemon=True)
            self._thread.start()
        return self._loop

    def _begin(self, names: Sequence[str]) -> None:
        """On the loop: a task for each source that has none."""
        for name in names:
            if name not in self._running and not self._is_ending:
                task = asyncio.get_running_loop().create_task(self._in_turn(name))
                self._running[name] = task
                task.add_done_callback(partial(self._forget, name))

    def _forget(self, name: str, _: object) -> None:
        self._running.pop(name, None)

    def _end(self) -> None:
        async def cancel() -> None:
            tasks = list(self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            loop = asyncio.get_running_loop()
            await loop.shutdown_default_executor()
            loop.stop()

        self._ending = asyncio.get_running_loop().create_task(cancel())

    async def _in_turn(self, name: str) -> None:
        assert self._turn is not None
        async with self._turn:
            try:
                await self.pull(name)
            except Exception as error:  # one source must not end the pulling of the others
                LOG.error("%s: %s: %s", name, type(error).__name__, error, exc_info=error)

    async def pull(self, name: str) -> None:
        """One pass over the source, its outcome in the books. Nothing when it is paused, or another process is at it."""
        now = self.clock()
        until = Instant(now + LEASE)
        kept, state, sealed = await self.database.read_async(
            lambda s: (
                source_store.kept(s, name),
                source_leases.state(s, name, now),
                source_store.sealed_headers(s, name),
            )
        )
        if kept is None or state is None or not kept.source.enabled:
            return
        if not await self._write(lambda s: source_leases.hold(s, name, self.holder, now, until), "pull"):
            return
        books = _Books(self, kept.source)
        outcome, api = Outcome(), state.api
        async with _renewed(self, name) as is_lost:
            try:
                outcome, api = await self._asked(kept.source, sealed, state.api, books, is_lost)
            except SourceFailure as failure:
                outcome.failure = failure
            except Exception as error:  # whatever it is, the page must say so and the source be tried again
                LOG.error("%s: %s: %s", name, type(error).__name__, error, exc_info=error)
                problem = Problem(
                    f"failed on our side: {type(error).__name__}", "", "see the log of the server"
                )
                outcome.failure = SourceFailure("ours", problem)
        ended = self.clock()
        next_at = self._next_at(kept.source, outcome, state.failures, ended)
        if outcome.failure:
            LOG.warning("source %s: %s", name, outcome.failure)
        await self._write(
            lambda s: source_leases.release(s, name, self.holder, outcome, api, next_at, ended), "pulled"
        )
        self.noticed()

    async def _asked(
        self, source: Source, sealed: bytes | None, api: str, books: "_Books", is_lost: threading.Event
    ) -> tuple[Outcome, str]:
        if source.kind == "files":
            return await files.pull(source, books, self.clock, is_lost.is_set), "files"
        try:
            headers = self.open_headers(source.name, sealed)
        except ProblemError as error:
            raise SourceFailure("ours", error.problems[0]) from error
        async with self._http(source, headers) as http:
            reader = opening.tracer(source, http, api)
            outcome = await traces.pull(source, reader, books, self.clock, is_lost.is_set)
            return outcome, reader.api

    def _http(self, source: Source, headers: Mapping[str, str], bounds: Bounds | None = None) -> Http:
        allowed, bounds = source.allow_private, bounds or self.bounds
        return Http(source.address, headers, allowed, self.clock, self.random, bounds, self.resolve)

    def _next_at(self, source: Source, outcome: Outcome, failures: int, now: Instant) -> Instant:
        """At once while there is more; after a failure ever later, jittered, and never before the source said."""
        if outcome.failure is None:
            return now if outcome.more else Instant(now + source.every)
        pause = min(source.every * 2 ** min(failures, 20), LONGEST_PAUSE) * (0.5 + self.random.random() / 2)
        return Instant(now + max(round(pause), round(outcome.failure.retry_after_s * SECOND)))

    async def _write(self, work: Callable[[Session], T], reason: str) -> T:
        return await self.database.write_async(work, actor=ACTOR, reason=reason)


class _Books:
    """The ledger of one pass, over the database."""

    def __init__(self, pulling: Pulling, source: Source) -> None:
        self._pulling = pulling
        self._source = source

    async def cursors(self) -> dict[str, Cursor]:
        return await self._read(partial(source_books.cursors, source=self._source.name))

    async def known(self, trace_ids: Sequence[str]) -> dict[str, Known]:
        return await self._read(lambda s: source_books.known(s, self._source.name, trace_ids))

    async def restless(self, now: Instant) -> dict[str, Known]:
        source = self._source
        return await self._read(lambda s: source_books.restless(s, source.name, source.quiet_after, now))

    async def files(self) -> dict[str, FileMark]:
        return await self._read(partial(source_books.files, source=self._source.name))

    async def keep(self, part: Part) -> bool:
        this = self._pulling
        # Off the loop, and before anything is stored: what a payload holds may be nobody's to read.
        await asyncio.to_thread(part.decoded.with_payloads, this.inspect)
        now = this.clock()
        until = Instant(now + LEASE)
        is_ours = await this._write(
            lambda s: source_books.keep(s, self._source, this.holder, part, this.store, now, until), "pull"
        )
        this.noticed()
        return is_ours

    async def _read(self, work: Callable[[Session], T]) -> T:
        return await self._pulling.database.read_async(work)


@contextlib.asynccontextmanager
async def _renewed(pulling: Pulling, name: str) -> AsyncIterator[threading.Event]:
    """Holds the lease while a pass runs, however long a fetch takes; the event is set when it is lost, or the source paused."""
    is_lost = threading.Event()

    async def renew() -> None:
        while not is_lost.is_set():
            await asyncio.sleep(RENEW_S)
            until = Instant(pulling.clock() + LEASE)
            if not await pulling._write(partial(_renew, name, pulling.holder, until), "pull"):
                is_lost.set()

    task = asyncio.get_running_loop().create_task(renew())
    try:
        yield is_lost
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _renew(name: str, holder: str, until: Instant, session: Session) -> bool:
    return source_leases.renew(session, name, holder, until)

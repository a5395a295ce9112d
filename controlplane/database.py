# SPDX-License-Identifier: Apache-2.0
"""The database: one call is one transaction. On SQLite a single writer commits several waiting calls together."""

import asyncio
import contextlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NewType, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlmodel import Session

from controlplane.audit import record
from controlplane.waiting_calls import TOGETHER, Call, WaitingCalls, WorkOfMany, runs
from controlplane.waiting_calls import Actor as Actor
from controlplane.waiting_calls import BusyError as BusyError
from controlplane.waiting_calls import Work as Work
from terms.instant import Clock
from terms.problem import ProblemError

T = TypeVar("T")
V = TypeVar("V")

READERS = 8
GROUP = 64  # calls that may share one commit; more only lengthens the wait of the first
TRIES = 5  # of a call that PostgreSQL ends in favour of another
LOST_RACE = ("40001", "40P01")  # serialization_failure, deadlock_detected: the next try may well succeed

MachineName = NewType("MachineName", str)


class Database:
    """Runs plain functions of a session. `write` answers after the commit; `read` runs in a pool of its own."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url = checked_url(url)
        self.engine = _engine(self.url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._clock = clock
        self.generation = 0
        """How many commits this process made: what was read at one generation still holds while it is the same."""
        self.decided = 0
        """How many commits of this process were of others than machines: whom a token stands for changes with no other."""
        self.trouble = ""
        """Why a write could not be stored at all (disk full, locked, unreachable). Who finds that it can be again empties
        it: a commit of nothing proves nothing."""
        event.listen(self.engine, "commit", self._committed)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database-read")
        # PostgreSQL commits calls side by side, but those that may be done at once, which wait for one another anyway, have one
        # thread. SQLite has one writer, so one thread owns all calls.
        self._together = WaitingCalls(GROUP if self.is_sqlite else TOGETHER)
        self._calls = self._together if self.is_sqlite else WaitingCalls(1)
        self._owners = [self._together, *([] if self.is_sqlite else [self._calls] * READERS)]
        self._closed = False
        self._threads = [
            threading.Thread(target=self._drain, args=(calls,), name=f"database-write-{n}", daemon=True)
            for n, calls in enumerate(self._owners)
        ]
        for thread in self._threads:
            thread.start()

    def read(self, work: Work[T]) -> T:
        """What `work` returns, on a consistent snapshot that is thrown away after. Call it from any thread but the loop."""
        with Session(self.engine, expire_on_commit=False) as session:
            return work(session)

    async def read_async(self, work: Work[T]) -> T:
        """`read`, from the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read, work)

    def write(self, work: Work[T], *, actor: Actor, reason: str) -> T:
        """What `work` returns, once it is durable. All of it is stored or none; an error of `work` is raised here.

        The audit row, where the actor leaves one, is part of the same transaction. `work` may run again when the
        shared commit fails or PostgreSQL ends it to break a deadlock, so it must have no effect outside its session. Raises BusyError when the queue is full.
        """
        return self._submit(work, actor, reason).result()

    async def write_async(self, work: Work[T], *, actor: Actor, reason: str) -> T:
        """`write`, from the event loop."""
        return await asyncio.wrap_future(self._submit(work, actor, reason))

    async def write_together_async(self, work: WorkOfMany[V, T], value: V, *, actor: Actor, reason: str) -> T:
        """`write_async` of one of many values: those that wait for the same `work` one after the other are done at once.

        `work` returns a result for each value, in their order. Where it fails for several, each of them is tried alone.
        """
        return await asyncio.wrap_future(
            self._submit(lambda session: work(session, (value,))[0], actor, reason, work, value)
        )

    def close(self) -> None:
        """Waits for the writes in the queue, then lets go of all connections. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        for calls in self._owners:
            calls.end()
        for thread in self._threads:
            thread.join()
        self._readers.shutdown()
        self.engine.dispose()

    def _committed(self, _: object) -> None:
        self.generation += 1

    def _submit(
        self,
        work: Work[T],
        actor: Actor,
        reason: str,
        of_many: WorkOfMany[Any, T] | None = None,
        value: Any = None,
    ) -> "Future[T]":
        if self._closed:
            raise RuntimeError("the database is closed")
        answer: Future[T] = Future()
        calls = self._calls if of_many is None else self._together
        calls.put(Call(work, actor, reason, answer, of_many, value))
        return answer

    def _drain(self, waiting: WaitingCalls) -> None:
        is_last = False
        while not is_last:
            calls, is_last = waiting.next()
            self._commit(calls, waiting)

    def _commit(self, calls: list[Call], waiting: WaitingCalls) -> None:
        """One transaction for all calls, a savepoint for each: a call that fails takes nothing of the others with it.

        On PostgreSQL, which may end a transaction in favour of another, calls that do not go through at once get one each.
        """
        answers: list[tuple[Call, Any]] = []
        try:
            with Session(self.engine, expire_on_commit=False) as session:
                for some in runs(calls):
                    if len(some) > 1 and self._done_at_once(session, some, answers, len(some) == len(calls)):
                        continue
                    if len(calls) > 1 and not self.is_sqlite:
                        break
                    for call in some:
                        self._do(session, call, answers, len(calls) == 1)
                session.commit()
            self.decided += any(call.actor.kind != "machine" for call in calls)
        except Exception as error:  # noqa: BLE001 nothing was stored: every caller of the group must know
            self._told(error)
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(error)
            return
        waiting.settled()
        for call, result in answers:
            call.answer.set_result(result)
        for call in calls:
            if not call.answer.done():
                self._commit([call], waiting)

    def _do(self, session: Session, call: Call, answers: list[tuple[Call, Any]], is_alone: bool) -> None:
        try:
            with contextlib.nullcontext() if is_alone else session.begin_nested():
                answers.append((call, self._run(session, call, TRIES if is_alone else 1)))
        except Exception as error:  # noqa: BLE001 the caller gets it, whatever it is
            if is_alone:
                session.rollback()
            call.answer.set_exception(self._told(error))

    def _done_at_once(
        self, session: Session, calls: list[Call], answers: list[tuple[Call, Any]], are_all: bool
    ) -> bool:
        """Whether these calls of one work went through together; else nothing of them is there."""
        work = calls[0].of_many
        assert work is not None
        try:
            with contextlib.nullcontext() if are_all else session.begin_nested():
                results = work(session, [call.value for call in calls])
                for call in calls:
                    record(session, call.actor.kind, call.actor.name, call.reason, self._clock())
        except Exception:  # noqa: BLE001 whose fault it is shows when each is tried alone
            if are_all:
                session.rollback()
            return False
        answers.extend(zip(calls, results, strict=True))
        return True

    def _run(self, session: Session, call: Call, tries: int) -> Any:
        """What the call returns. One that lost a race runs again from its beginning, so it has to be alone in its transaction."""
        for left in reversed(range(tries)):
            try:
                result = call.work(session)
                record(session, call.actor.kind, call.actor.name, call.reason, self._clock())
                return result
            except DBAPIError as error:
                if not left or getattr(error.orig, "sqlstate", "") not in LOST_RACE:
                    raise
                session.rollback()
        raise AssertionError("the last try returns or raises")

    def _told(self, error: Exception) -> Exception:
        if isinstance(error, OperationalError):
            self.trouble = str(error.orig)
        return error


def checked_url(url: str) -> URL:
    """The URL, with our driver in it. Raises ProblemError for what is none, or names a database we do not speak."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ProblemError(
            "is not a database URL",
            "THROUGHLINE_DATABASE_URL",
            "write sqlite:///file or postgresql://user@host/name",
        ) from error
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise ProblemError(
            f"'{parsed.get_backend_name()}' is not a database Throughline speaks",
            "THROUGHLINE_DATABASE_URL",
            "use sqlite:///file or postgresql://user@host/name",
        )
    return parsed


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=2 * READERS, max_overflow=0, pool_pre_ping=True)
    engine = create_engine(url, pool_size=READERS + 2, max_overflow=0, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # sqlite3's own implicit BEGIN would start transactions late; we begin each one ourselves.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=30000",
        "cache_size=-24576",
        "temp_store=MEMORY",
        # 32 MiB: at the default of 4, every large intake would copy its pages into the file right after its commit.
        "wal_autocheckpoint=8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")

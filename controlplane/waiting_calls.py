# SPDX-License-Identifier: Apache-2.0
"""Writes that wait for a thread to do them, and which of them share a commit."""

import asyncio
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sqlmodel import Session

T = TypeVar("T")
V = TypeVar("V")
Work = Callable[[Session], T]
WorkOfMany = Callable[[Session, Sequence[V]], Sequence[T]]

WAITING_WRITES = 1_000
TOGETHER = 8  # calls of one work that are done at once; more would hold too much in memory for what it saves
LINGER_S = 0.03  # how long is waited for calls to do at once, where several came in that time before


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Calls of a `machine` (our own workers, span intake) leave no audit row; all others do."""

    kind: Literal["person", "token", "machine"]
    name: str


class BusyError(RuntimeError):
    """Too many writes wait. Nothing was stored; the caller may try again after `retry_after_s`."""

    retry_after_s = 1


@dataclass(slots=True)
class Call:
    """A write that waits. One of `value` among many has the work that does several at once in `of_many`."""

    work: Work[Any]
    actor: Actor
    reason: str
    answer: Future[Any]
    of_many: WorkOfMany[Any, Any] | None = None
    value: Any = None


class WaitingCalls:
    """Calls in the order they came. At most `most` of them share a commit; with more than one, one thread takes them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: queue.Queue[Call | None] = queue.Queue(WAITING_WRITES)
        self._last = 0  # how many of the present group may be done at once with others
        self._abreast = 0  # how many are likely to call about now

    def put(self, call: Call) -> None:
        """Adds a call. Raises BusyError when too many wait."""
        try:
            self._waiting.put_nowait(call)
        except queue.Full:
            raise BusyError(f"{WAITING_WRITES} writes are waiting") from None

    def end(self) -> None:
        """Says that no call comes any more, to one thread."""
        self._waiting.put(None)

    def next(self) -> tuple[list[Call], bool]:
        """The calls of the next commit, which nobody has given up, and whether they are the last. Waits for the first."""
        first = self._waiting.get()
        if first is None:
            return [], True
        group = list(self._group(first, self._abreast))
        calls = [call for call in group if call is not None]
        if self._most > 1:
            self._last = sum(call.of_many is not None for call in calls)
        return [call for call in calls if call.answer.set_running_or_notify_cancel()], group[-1] is None

    def settled(self) -> None:
        """Says that the calls are done, before they are answered: who is answered is likely to call again, beside those that wait."""
        self._abreast = self._last + self._waiting.qsize()

    def _group(self, first: Call, abreast: int) -> Iterator[Call | None]:
        """Those that are done at once cost less together, so they are waited for a moment.

        One caller alone never waits, and nobody waits for a call of another kind.
        """
        until = time.monotonic() + LINGER_S
        expected = min(abreast, TOGETHER) if first.of_many is not None else 1
        yield first
        for count in range(1, self._most):
            left = until - time.monotonic()
            try:
                call = (
                    self._waiting.get(timeout=left)
                    if count < expected and left > 0
                    else self._waiting.get_nowait()
                )
            except queue.Empty:
                return
            yield call
            if call is None:
                return
            if call.of_many is None:
                expected = 1


class Places:
    """Room for as many values as are done at once: `async with` waits for some. Who would wait behind WAITING_WRITES others
    gets a BusyError instead."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(TOGETHER)
        self._waiting = 0

    async def __aenter__(self) -> None:
        if self._waiting >= WAITING_WRITES:
            raise BusyError(f"{WAITING_WRITES} writes are waiting")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


def runs(calls: list[Call]) -> list[list[Call]]:
    """The calls in their order; neighbours that are for one work of many stand together, TOGETHER at most."""
    found: list[list[Call]] = []
    for call in calls:
        last = found[-1] if found else []
        is_same = last and call.of_many is not None and call.of_many == last[-1].of_many
        if is_same and len(last) < TOGETHER:
            last.append(call)
        else:
            found.append([call])
    return found

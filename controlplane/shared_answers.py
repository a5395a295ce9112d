# SPDX-License-Identifier: Apache-2.0
"""Answers about much history, shared by all who ask: found out once at a time, and told again for as long as they were dear.

A board of forty thousand deals takes a second of computing, whoever looks, and live pages look again with every change. An answer
says as of when it is, so that an older one is no wrong one. What is quick to find out is found out anew each time.
"""

import asyncio
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlmodel import Session

from controlplane.database import Database
from terms.recent import Recent

T = TypeVar("T")

DEAR_S = 0.1
"""Seconds of computing below which an answer is not shared: whoever has just changed something sees it."""

LONGEST_S = 60.0
"""No answer is told again when it is older."""

_MOST = 128  # questions whose answers are held


def told_for(cost_s: float) -> float:
    """For how many seconds an answer that took so much computing is told again.

    The square of it: a question of 0.1 s takes a tenth of a core at most, and the dearer it is the less.

    >>> told_for(0.05), round(told_for(0.1), 3), round(told_for(0.5), 3), told_for(3.0)
    (0.0, 1.0, 25.0, 60.0)
    """
    return 0.0 if cost_s < DEAR_S else min(100 * cost_s * cost_s, LONGEST_S)


@dataclass(frozen=True, slots=True)
class _Told:
    answer: Any
    cost_s: float
    at: float
    good_for_s: float


class SharedAnswers:
    """Reads of one database, by what they ask. Belongs to one event loop."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._told: Recent[Hashable, _Told] = Recent(_MOST)
        self._asked: dict[Hashable, asyncio.Task[Any]] = {}

    async def read(self, key: Hashable, work: Callable[[Session], T]) -> T:
        """What `work` reads, or what it has read for the same key a while ago; `key` says all that it depends on but the time.

        Several who ask at once wait for one reading. What a reading raises is raised to each of them, and not kept.
        """
        known = self._told.peek(key)
        if known is None or not told_for(known.cost_s):
            return await self._find(key, work, known)
        if self._clock() - known.at < known.good_for_s:
            return cast(T, known.answer)
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(self._find(key, work, known))
            task.add_done_callback(lambda _: self._asked.pop(key, None))
        # Who gives up waiting takes nothing from the others.
        return cast(T, await asyncio.shield(task))

    async def _find(self, key: Hashable, work: Callable[[Session], T], known: _Told | None) -> T:
        def timed(session: Session) -> tuple[T, float]:
            begun = time.thread_time()
            return work(session), time.thread_time() - begun

        at = self._clock()
        answer, cost_s = await self._database.read_async(timed)
        # The first reading pays for what is prepared once; only the next one tells what the question costs.
        good_for_s = told_for(min(cost_s, known.cost_s)) if known is not None else 0.0
        self._told.put(key, _Told(answer if good_for_s else None, cost_s, at, good_for_s))
        return answer

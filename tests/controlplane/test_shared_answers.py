# SPDX-License-Identifier: Apache-2.0
"""Dear answers are shared for a while, cheap ones never."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlmodel import Session

from controlplane.database import Database
from controlplane.shared_answers import SharedAnswers


class Asking:
    """A question whose cost can be set, and a clock that is moved by hand. Counts how often it was found out."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.cost_s, self.found = 0.0, 0.0, 0
        self.computed = 0.0
        self.shared = SharedAnswers(database, lambda: self.now)
        self.hold: threading.Event | None = None
        monkeypatch.setattr("controlplane.shared_answers.time.thread_time", lambda: self.computed)

    def work(self, _session: Session) -> int:
        self.found += 1
        self.computed += self.cost_s
        if self.hold is not None:
            self.hold.wait(10)
        return self.found

    async def ask(self, key: str = "board") -> int:
        return await self.shared.read(key, self.work)


Case = Callable[[Asking], Coroutine[Any, Any, None]]


async def _cheap(asking: Asking) -> None:
    asking.cost_s = 0.09
    assert [await asking.ask() for _ in range(4)] == [1, 2, 3, 4]


async def _dear(asking: Asking) -> None:
    asking.cost_s = 0.2  # told again for four seconds
    assert await asking.ask() == 1
    assert await asking.ask() == 2, (
        "the first reading prepares statements, and says little of what the next will cost"
    )
    asking.now = 3.9
    assert await asking.ask() == 2
    assert await asking.ask("another board") == 3
    asking.now = 4.1
    assert await asking.ask() == 4


async def _no_longer_dear(asking: Asking) -> None:
    asking.cost_s = 0.2
    await asking.ask()
    await asking.ask()
    asking.now, asking.cost_s = 5.0, 0.01
    assert [await asking.ask() for _ in range(3)] == [3, 4, 5]


async def _at_once(asking: Asking) -> None:
    asking.cost_s = 0.2
    await asking.ask()
    asking.hold = threading.Event()
    calls = [asyncio.ensure_future(asking.ask()) for _ in range(5)]
    while asking.found < 2:
        await asyncio.sleep(0.01)
    calls[0].cancel()
    await asyncio.sleep(0)
    asking.hold.set()
    assert await asyncio.gather(*calls[1:]) == [2, 2, 2, 2]


async def _failing(asking: Asking) -> None:
    asking.cost_s = 0.2
    await asking.ask()

    def fail(_session: Session) -> int:
        raise ValueError("no disk")

    with pytest.raises(ValueError, match="no disk"):
        await asking.shared.read("board", fail)
    assert await asking.ask() == 2


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(_cheap, id="who looks again at what is quick sees what has just changed"),
        pytest.param(_dear, id="what took long is told again, the longer the dearer"),
        pytest.param(_no_longer_dear, id="a question that became cheap is answered anew"),
        pytest.param(_at_once, id="five viewers at once cost one reading, and one who leaves takes it from no other"),
        pytest.param(_failing, id="an error is told and not kept"),
    ],
)  # fmt: skip
def test_sharing(database: Database, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    """One question, asked over and over."""
    asyncio.run(case(Asking(database, monkeypatch)))


def test_what_is_computed_is_what_counts(database: Database) -> None:
    """Not the time that passes: a busy machine makes no answer dear."""

    def wait(_session: Session) -> float:
        time.sleep(0.15)
        return time.monotonic()

    async def twice() -> list[float]:
        shared = SharedAnswers(database)
        return [await shared.read("slow", wait) for _ in range(3)]

    found = asyncio.run(twice())
    assert len(set(found)) == 3

# SPDX-License-Identifier: Apache-2.0
"""What many senders at once may take of memory: requests beyond those that are stored together wait as the bytes they came in."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from sqlmodel import Session

from controlplane.database import Database
from controlplane.http.otlp import taking
from controlplane.security.caller import Caller
from controlplane.waiting_calls import TOGETHER, WAITING_WRITES, BusyError, Places


@dataclass(frozen=True)
class Stored:
    accepted: int = 1
    duplicates: int = 0
    rejected: tuple[object, ...] = ()


def test_of_fifty_requests_at_once_only_those_stored_together_are_decoded(database: Database) -> None:
    """All fifty are stored in the end, and one that cannot be decoded gives its place to the next."""
    decoded: list[bytes] = []
    stored: list[Caller] = []
    held: list[int] = []

    def decode(body: bytes, _: bool) -> bytes:
        if body == b"broken":
            raise ValueError
        decoded.append(body)
        held.append(len(decoded) - len(stored))
        return body

    def store(_: Session, some: Sequence[tuple[bytes, Caller]]) -> list[Stored]:
        stored.extend(caller for _, caller in some)
        return [Stored() for _ in some]

    async def send() -> list[Stored | BaseException]:
        take = taking(database, decode, store)
        caller = Caller("test", "machine", ())
        bodies = [b"broken" if number % 5 == 0 else b"spans" for number in range(50)]
        return await asyncio.gather(*(take(body, False, caller) for body in bodies), return_exceptions=True)

    answers = asyncio.run(send())
    assert sum(isinstance(one, ValueError) for one in answers) == 10
    assert answers.count(Stored()) == 40
    assert max(held) <= TOGETHER


def test_nobody_waits_behind_a_thousand_others() -> None:
    """Whoever comes then is told to try again, and finds room once some were stored."""

    async def walk() -> None:
        places = Places()
        stored = asyncio.Event()

        async def hold() -> None:
            async with places:
                await stored.wait()

        held = [asyncio.create_task(hold()) for _ in range(TOGETHER + WAITING_WRITES)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="1000 writes are waiting"):
            await places.__aenter__()
        held.pop().cancel()  # a client that gave up waits no more
        await asyncio.sleep(0)
        stored.set()
        async with places:
            pass
        await asyncio.gather(*held)

    asyncio.run(walk())


def test_a_process_without_a_runtime_loads_no_durable_engine() -> None:
    """The engine and the PostgreSQL driver it brings along take 20 MB of every process that only takes spans."""
    asked = "import sys, controlplane.app; print({'dbos', 'psycopg'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

# SPDX-License-Identifier: Apache-2.0
"""One call is one transaction, on both databases, alone and in a group."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from controlplane.audit import AuditRow
from controlplane.database import Actor, BusyError, Database, Work
from terms.instant import Clock
from terms.problem import ProblemError

STEWARD = Actor("person", "steward")
MACHINE = Actor("machine", "worker")


@pytest.fixture
def sqlite_database(migrated_sqlite_url: str, clock: Clock) -> Iterator[Database]:
    database = Database(migrated_sqlite_url, clock)
    yield database
    database.close()


def _reasons(database: Database) -> list[str]:
    return sorted(database.read(lambda session: [row.reason for row in session.exec(select(AuditRow))]))


def test_a_change_and_its_audit_row_are_one(database: Database) -> None:
    """A person's change leaves who, when and why; a machine's does not."""
    assert database.write(lambda session: 5, actor=STEWARD, reason="cleared") == 5
    database.write(lambda session: None, actor=MACHINE, reason="drained")
    assert _reasons(database) == ["cleared"]


def test_a_call_that_fails_stores_nothing(database: Database) -> None:
    """An error reaches the caller as it was raised, and what was written before it is gone."""

    def half(session: Session) -> None:
        session.add(AuditRow(audit_id=1, at=0, actor_kind="x", actor="x", reason="half"))
        session.flush()
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        database.write(half, actor=STEWARD, reason="whole")
    assert _reasons(database) == []


def test_a_call_is_answered_even_where_its_connection_cannot_roll_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that went away in the middle: whoever waits hears of it and may try again, and nobody waits for ever."""

    def gone(_session: Session) -> None:
        raise ConnectionError("the connection is closed")

    def fail(session: Session) -> None:
        raise ValueError("broken")

    with monkeypatch.context() as broken:
        broken.setattr("controlplane.database.Session.rollback", gone)
        call = database._submit(fail, MACHINE, "broken")
        with pytest.raises(ConnectionError, match="the connection is closed"):
            call.result(10)
    assert database.write(lambda session: 5, actor=MACHINE, reason="whole") == 5


def test_a_failing_call_takes_nothing_of_its_group_with_it(database: Database) -> None:
    """Calls that happen to share a commit stay apart: one poisoned call costs the others nothing."""
    gate = threading.Event()

    def wait(session: Session) -> None:
        gate.wait(5)

    def fail(session: Session) -> None:
        raise ValueError("poison")

    with ThreadPoolExecutor(12) as pool:
        first = pool.submit(database.write, wait, actor=MACHINE, reason="first")
        good = [pool.submit(database.write, lambda s: 1, actor=STEWARD, reason=f"good {n}") for n in range(5)]
        bad = [pool.submit(database.write, fail, actor=STEWARD, reason="bad") for _ in range(5)]
        gate.set()
        first.result()
        assert [call.result() for call in good] == [1] * 5
        for call in bad:
            with pytest.raises(ValueError, match="poison"):
                call.result()
    assert _reasons(database) == [f"good {n}" for n in range(5)]


async def _together(database: Database, values: list[int], given: list[list[int]]) -> list[object]:
    """What becomes of values that wait for one work while another write goes on; 0 cannot be stored."""
    gate = threading.Event()

    def stored(session: Session, some: Sequence[int]) -> list[int]:
        given.append(list(some))
        for value in some:
            session.add(AuditRow(audit_id=value, at=0, actor_kind="x", actor="x", reason=f"value {value}"))
        session.flush()
        if 0 in some:
            raise ValueError("zero")
        return [value * 10 for value in some]

    first = asyncio.ensure_future(database.write_async(lambda s: gate.wait(5), actor=MACHINE, reason="first"))
    await asyncio.sleep(0)
    calls = [
        asyncio.ensure_future(database.write_together_async(stored, value, actor=MACHINE, reason="value"))
        for value in values
    ]
    await asyncio.sleep(0)
    gate.set()
    await first
    return await asyncio.gather(*calls, return_exceptions=True)


def test_values_that_wait_for_one_work_each_get_their_own_answer(database: Database) -> None:
    """They are done at once, and who waits cannot tell."""
    given: list[list[int]] = []

    assert asyncio.run(_together(database, [1, 2, 3], given)) == [10, 20, 30]
    assert sorted(value for some in given for value in some) == [1, 2, 3]
    assert _reasons(database) == ["value 1", "value 2", "value 3"]
    if database.is_sqlite:
        assert [1, 2, 3] in given
    else:  # another write holds up nobody there, so the first may be done before the others come
        assert given in ([[1, 2, 3]], [[1], [2, 3]], [[1, 2], [3]])


def test_two_works_that_wait_in_turn_are_both_done(database: Database) -> None:
    """Only values of one work are done at once; all are answered, whatever stands between them."""
    gate = threading.Event()

    def first(session: Session, some: Sequence[int]) -> list[str]:
        gate.wait(5)
        return [f"first {one}" for one in some]

    def second(session: Session, some: Sequence[int]) -> list[str]:
        if len(some) > 1:
            raise ValueError("one by one, please")
        return [f"second {one}" for one in some]

    async def ask() -> list[str]:
        calls = [
            asyncio.ensure_future(database.write_together_async(work, value, actor=MACHINE, reason="value"))
            for value, work in enumerate((first, first, second, second, first))
        ]
        await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(*calls)

    assert asyncio.run(ask()) == ["first 0", "first 1", "second 2", "second 3", "first 4"]


def test_callers_that_keep_calling_are_waited_for_and_one_alone_is_not(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that called at once are likely to do so again, and cost less together. Who is alone is answered without delay."""
    monkeypatch.setattr("controlplane.waiting_calls.LINGER_S", 60.0)
    given: list[list[int]] = []

    def stored(session: Session, some: Sequence[int]) -> list[int]:
        given.append(list(some))
        return list(some)

    async def calling(value: int) -> int:
        return await sqlite_database.write_together_async(stored, value, actor=MACHINE, reason="value")

    async def alone_then_two() -> None:
        await calling(1)
        await calling(2)
        assert await _together(sqlite_database, [3, 4], []) == [30, 40]
        first = asyncio.ensure_future(calling(5))
        await asyncio.sleep(0.2)
        assert not first.done()
        assert await asyncio.gather(first, calling(6)) == [5, 6]

    asyncio.run(alone_then_two())
    assert given == [[1], [2], [5, 6]]


def test_nobody_waits_for_others_behind_a_call_of_another_kind(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's click is not held up for requests of spans that may come."""
    asyncio.run(_together(sqlite_database, [1, 2], []))
    monkeypatch.setattr("controlplane.waiting_calls.LINGER_S", 60.0)
    assert sqlite_database.write(lambda session: 7, actor=STEWARD, reason="cleared") == 7


def test_a_value_that_cannot_be_stored_takes_no_other_with_it(database: Database) -> None:
    """Where they fail together each is tried alone: one is told of its error, the others are stored, once."""
    answers = asyncio.run(_together(database, [1, 0, 3], []))

    assert [answers[0], answers[2]] == [10, 30]
    assert isinstance(answers[1], ValueError)
    assert _reasons(database) == ["value 1", "value 3"]


def test_a_full_queue_is_told_at_once(database: Database) -> None:
    """The queue of writes is bounded: who comes too many hears it, and nothing of theirs is half-stored."""
    gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        calls = [database._submit(lambda s: gate.wait(5), MACHINE, "hold") for _ in range(20)]
        with pytest.raises(BusyError):
            calls.extend(database._submit(lambda s: None, MACHINE, "one more") for _ in range(2_000))
        gate.set()
        pool.submit(lambda: [call.result(10) for call in calls]).result()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("nonsense", "is not a database URL", id="no URL"),
        pytest.param("mysql://x/y", "'mysql' is not a database Throughline speaks", id="another engine"),
    ],
)
def test_an_unknown_database_is_refused_with_what_to_write(url: str, says: str) -> None:
    """The operator sees the setting's name and the two shapes it may have."""
    with pytest.raises(ProblemError, match=says) as caught:
        Database(url, lambda: 0)  # type: ignore[arg-type,return-value]
    assert "postgresql://" in str(caught.value)


@pytest.mark.postgres
def test_a_deadlock_ends_with_both_calls_stored(migrated_postgres_url: str, clock: Clock) -> None:
    """Two writers that wait for each other: PostgreSQL ends one, which runs again; neither caller hears of it."""
    database = Database(migrated_postgres_url, clock)
    both_hold_one = threading.Barrier(2)
    runs: list[int] = []

    def lock(first: int, second: int) -> Work[None]:
        def work(session: Session) -> None:
            runs.append(first)
            session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": first})
            if runs.count(first) == 1:
                both_hold_one.wait(30)
            session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": second})

        return work

    with ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(database.write, lock(*order), actor=STEWARD, reason=reason)
            for order, reason in (((1, 2), "up"), ((2, 1), "down"))
        ]
        for call in calls:
            call.result()
    assert (_reasons(database), len(runs), database.trouble) == (["down", "up"], 3, "")
    database.close()

# SPDX-License-Identifier: Apache-2.0
"""What a process knows by heart of the numbers it gave is never wrong: not after an error, not beside another process."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import Session

from collectors import numbers as row_numbers
from collectors import tables
from collectors.bulk import Bulk
from collectors.definitions import load
from collectors.intake import ingest
from collectors.numbers import numbering
from collectors.retention import store as retention_store
from collectors.span import BusinessEvent, Decoded, Origin, Span
from controlplane.database import Actor, Database
from terms.instant import Instant
from tests.conftest import FixedClock

NOW = Instant(1_795_000_000_000_000)
MACHINE = Actor("machine", "test")
SHIPPED = load()
ORIGIN = Origin("shop", "", {"service.name": "shop"})


@pytest.fixture
def beside(database_url: str, clock: FixedClock) -> Iterator[Database]:
    """The same database, as another process sees it."""
    other = Database(database_url, clock)
    yield other
    other.close()


def of_order(number: int, trace: int = 1) -> Decoded:
    """One span of a trace, and an event about an order."""
    event = BusinessEvent(
        "shop",
        f"placed-{number}",
        "order-placed",
        Instant(number),
        "shop",
        (f"order:SO-{number}",),
        100,
        "EUR",
    )
    span = Span(
        ORIGIN, trace.to_bytes(16, "big"), number.to_bytes(8, "big"), None, "place", 1, 1, 2, 0, None, {}
    )
    return Decoded([span], [event])


def take(database: Database, decoded: Decoded) -> None:
    database.write(lambda s: ingest(s, decoded, NOW, SHIPPED), actor=MACHINE, reason="test")


def stored(database: Database) -> dict[str, set[Any]]:
    """What is stored, by what it says and not by its numbers; spans with the trace id they are found under."""
    asked = {
        "objects": "SELECT type, value FROM object",
        "traces": "SELECT s.span_id, t.trace_id FROM span s LEFT JOIN trace t ON t.trace_no = s.trace_no",
        "named": "SELECT e.source_event_id, o.value FROM event e LEFT JOIN event_object n ON n.event_id = e.event_id"
        " LEFT JOIN object o ON o.object_id = n.object_id",
        "operations": "SELECT s.span_id, p.name FROM span s LEFT JOIN operation p ON p.operation_no = s.operation_no",
    }
    found = {}
    for name, statement in asked.items():
        rows = database.read(lambda s, statement=statement: s.execute(text(statement)).all())  # type: ignore[misc]
        assert len(rows) == len(set(rows))
        found[name] = {tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows}
    return found


def expected(*numbers: int, trace: int = 1) -> dict[str, set[Any]]:
    ids = {number: number.to_bytes(8, "big") for number in numbers}
    return {
        "objects": {("order", f"SO-{number}") for number in numbers},
        "traces": {(ids[number], trace.to_bytes(16, "big")) for number in numbers},
        "named": {(f"placed-{number}", f"SO-{number}") for number in numbers},
        "operations": {(ids[number], "place") for number in numbers},
    }


def test_what_was_rolled_back_is_not_remembered(database: Database) -> None:
    """The first request fails after all of it was numbered; the next ones are stored as if it had never been."""
    take(database, of_order(1))

    def fail(session: Session) -> None:
        ingest(session, of_order(2, trace=7), NOW, SHIPPED)
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        database.write(fail, actor=MACHINE, reason="test")
    take(database, of_order(3))
    assert stored(database) == expected(1, 3)
    take(database, of_order(2))
    assert stored(database) == expected(1, 2, 3)


def test_two_processes_take_turns(database: Database, beside: Database) -> None:
    """Each numbers what the other has not seen yet, and finds what the other numbered meanwhile."""
    for number in range(1, 9):
        take((database, beside)[number % 2], of_order(number))
        take((database, beside)[number // 2 % 2], of_order(max(number - 1, 1)))
    assert stored(database) == expected(*range(1, 9))


def test_a_number_that_another_process_gave_after_a_failure_is_not_taken_for_ours(
    database: Database, beside: Database
) -> None:
    """Both are about to give the same number; ours is rolled back, theirs stays, and ours is another one then."""
    take(database, of_order(1))

    def fail(session: Session) -> None:
        ingest(session, of_order(2), NOW, SHIPPED)
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        database.write(fail, actor=MACHINE, reason="test")
    take(beside, of_order(5))
    take(database, of_order(2))
    assert stored(database) == expected(1, 2, 5)


def test_a_process_that_leaves_no_mark_is_noticed(database: Database, beside: Database) -> None:
    """While an upgrade goes from one process to the next, the earlier version stitches as well and knows of no marks."""

    def again(number: int) -> Decoded:
        (event,) = of_order(1).events
        return Decoded(
            events=[event._replace(source_event_id=f"updated-{number}", occurred_at=Instant(number))]
        )

    take(database, of_order(1))
    marked = "SELECT next_no FROM row_number WHERE series = 'mark'"
    mark = database.read(lambda s: s.execute(text(marked)).scalar_one())
    take(beside, again(9))
    take_back = text("UPDATE row_number SET next_no = :mark WHERE series = 'mark'")
    beside.write(lambda s: s.execute(take_back, {"mark": mark}), actor=MACHINE, reason="test")
    take(database, again(3))
    last = "SELECT last_event_at FROM txn"
    assert database.read(lambda s: s.execute(text(last)).scalar_one()) == 9


@pytest.mark.parametrize("by_another", [False, True], ids=["here", "in another process"])
def test_a_trace_that_retention_removed_is_numbered_anew(
    database: Database, beside: Database, by_another: bool
) -> None:
    """Its spans went, so its number did; a late span of it is found under it again."""
    take(database, of_order(1, trace=7))

    def remove(session: Session) -> None:
        blocks = session.execute(select(tables.SpanBlockRow.block_id)).scalars().all()
        retention_store.remove(session, sorted(blocks), retention_store.Archived(1, "", "", 0, 1, 0, 0, NOW))

    (beside if by_another else database).write(remove, actor=MACHINE, reason="test")
    assert stored(database)["traces"] == set()
    take(database, of_order(2, trace=7))
    assert stored(database)["traces"] == expected(2, trace=7)["traces"]


def test_only_the_last_are_remembered(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names ever new things does not fill the memory; what is not remembered is looked up."""
    monkeypatch.setattr(row_numbers, "_REMEMBERED", 4)
    for number in range(1, 12):
        take(database, of_order(number))

    def known(session: Session) -> int:
        with numbering(Bulk(session)) as numbers:
            return len(numbers.known["object"])

    assert 2 <= database.write(known, actor=MACHINE, reason="test") <= 4
    for number in (1, 11, 2):
        take(database, of_order(number))
    assert stored(database) == expected(*range(1, 12))


def test_postgresql_knows_how_much_there_is_from_the_first_minute_on(
    migrated_postgres_url: str, clock: FixedClock
) -> None:
    """A history is imported into an empty database: statements are planned for what is there, not for empty tables."""
    database = Database(migrated_postgres_url, clock)
    for first in range(1, 101, 25):
        events = [event for number in range(first, first + 25) for event in of_order(number).events]
        take(database, Decoded(events=events))
    rows = database.read(
        lambda s: s.execute(
            text("SELECT relname, reltuples FROM pg_class WHERE relname IN ('event', 'object', 'txn')")
        ).all()
    )
    database.close()
    assert {name: 25 <= count <= 100 for name, count in rows} == {"event": True, "object": True, "txn": True}

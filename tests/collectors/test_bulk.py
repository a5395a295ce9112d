# SPDX-License-Identifier: Apache-2.0
"""Many rows in one statement: none is lost or counted twice, and a driver's error is one that callers know."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from controlplane.database import Actor, Database
from controlplane.migrations import schema
from terms.instant import Clock

MACHINE = Actor("machine", "test")
PAIR = "object_id, span_key"
SPAN = "span_key, trace_no, span_id, kind, parent_span_id, operation_no, start_ns, end_ns, status, status_message"
TEXTS = ("plain", "", "\\N", "NULL", "a\tb\nc\rd", '"{quoted}", \\. and %s', "žluťoučký 🐎", None)
LARGEST = 2**63 - 1


@pytest.mark.parametrize("known", ["skip", "skip_few"])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 15, 16, 17, 40])
def test_every_row_is_stored_once_and_only_new_ones_are_counted(
    database: Database, count: int, known: Literal["skip", "skip_few"]
) -> None:
    """Sent again with three more, the first ones are left out and the three are new; what comes back is every row."""

    def twice(session: Session) -> tuple[int, int, list[tuple[int, ...]]]:
        bulk = Bulk(session)
        rows = [(one, one * 10) for one in range(count + 3)]
        first = bulk.insert(tables.SpanObjectRow, "object_id, span_key", rows[:count], known=known)
        second = bulk.insert(tables.SpanObjectRow, "object_id, span_key", rows, known=known)
        return first, second, bulk.select("object_id, span_key", "span_object", "object_id", range(count + 3))

    first, second, stored = database.write(twice, actor=MACHINE, reason="test")
    assert (first, second) == (count, 3)
    assert sorted(stored) == [(one, one * 10) for one in range(count + 3)]


@pytest.mark.parametrize(
    "statement",
    [
        lambda bulk: bulk.select("no_such_column", "span", "span_key", [1]),
        lambda bulk: bulk.insert(tables.SpanObjectRow, "object_id, no_such_column", [(1, 1)]),
        lambda bulk: bulk.insert(
            tables.SpanObjectRow, "object_id, no_such_column", [(1, 1)] * 3, known="skip"
        ),
        lambda bulk: bulk.update(tables.SpanRow, "no_such_column", "span_key", [(1, 1)] * 3),
        lambda bulk: bulk.delete(tables.SpanObjectRow, "no_such_column", [(1,)]),
        lambda bulk: bulk.delete(tables.SpanObjectRow, "no_such_column", [(1,)] * 3),
    ],
    ids=["select", "insert", "insert of new ones", "update", "delete", "delete of many"],
)
def test_a_drivers_error_is_raised_as_the_one_that_doors_know(database: Database, statement: object) -> None:
    """A door answers 503 to a database that does not work, and knows it by SQLAlchemy's errors."""
    assert callable(statement)
    with pytest.raises(DBAPIError):
        database.write(lambda session: statement(Bulk(session)), actor=MACHINE, reason="test")


def spans(count: int) -> list[tuple[object, ...]]:
    """Spans whose bytes and texts have what a format could take for its own, and whose numbers are as large as can be."""
    return [
        (key, LARGEST - key, bytes(range(key % 250, key % 250 + 6)), -1, None if key % 3 else b"", 2**31 + key, 0, LARGEST,
         2**15 - 1, TEXTS[key % len(TEXTS)])
        for key in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("known", ["refuse", "skip", "skip_few"])
@pytest.mark.parametrize("count", [1, 3, 24])
def test_what_is_stored_is_what_was_given(
    database: Database, count: int, known: Literal["refuse", "skip", "skip_few"]
) -> None:
    def stored(session: Session) -> list[tuple[object, ...]]:
        bulk = Bulk(session)
        assert bulk.insert(tables.SpanRow, SPAN, spans(count), known) == count
        return bulk.select(SPAN, "span", "span_key", range(count))

    assert sorted(database.write(stored, actor=MACHINE, reason="test")) == spans(count)


@pytest.mark.parametrize("count", [1, 2, 3, 24])
def test_rows_that_are_named_are_changed_and_removed_and_no_others(database: Database, count: int) -> None:
    """A key that nothing is stored under changes nothing."""
    keys = [*range(count), 1_000]

    def left(session: Session) -> list[list[tuple[object, ...]]]:
        bulk = Bulk(session)
        bulk.insert(tables.SpanRow, SPAN, spans(30))
        bulk.insert(tables.SpanObjectRow, PAIR, [(1, key) for key in range(30)])
        bulk.update(
            tables.SpanRow, "trace_no, status_message", "trace_no, span_key",
            [(key, TEXTS[key % len(TEXTS) - 1], LARGEST - key, key) for key in keys],
        )  # fmt: skip
        bulk.delete(tables.SpanObjectRow, PAIR, [(1, key) for key in keys])
        return [
            sorted(bulk.select("span_key, trace_no, status_message", "span", "span_key", range(30))),
            sorted(bulk.select("span_key", "span_object", "object_id", [1])),
        ]

    changed, kept = database.write(left, actor=MACHINE, reason="test")
    assert changed == [
        (key, key, TEXTS[key % len(TEXTS) - 1])
        if key < count
        else (key, LARGEST - key, TEXTS[key % len(TEXTS)])
        for key in range(30)
    ]
    assert kept == [(key,) for key in range(count, 30)]


@pytest.mark.parametrize("count", [1, 24])
def test_a_row_that_is_stored_already_is_refused_and_nothing_of_the_rest_is_kept(
    database: Database, count: int
) -> None:
    rows = [(one, 0) for one in range(count)]

    def insert(session: Session) -> int:
        return Bulk(session).insert(tables.SpanObjectRow, PAIR, rows)

    with pytest.raises(IntegrityError):
        database.write(
            lambda session: insert(session) + Bulk(session).insert(tables.SpanObjectRow, PAIR, rows[-1:]),
            actor=MACHINE, reason="test",
        )  # fmt: skip
    assert database.write(insert, actor=MACHINE, reason="test") == count


@pytest.mark.postgres
@pytest.mark.parametrize("message", ["a\0b", 7], ids=["a text with NUL", "a number that is too large"])
@pytest.mark.parametrize(
    "write",
    [
        lambda bulk, rows: bulk.insert(tables.SpanRow, SPAN, rows),
        lambda bulk, rows: bulk.insert(tables.SpanRow, SPAN, rows, known="skip"),
        lambda bulk, rows: bulk.update(tables.SpanRow, SPAN, "span_key", [(*row, row[0]) for row in rows]),
    ],
    ids=["insert", "insert of new ones", "update"],
)
@pytest.mark.parametrize("count", [1, 3])
def test_a_value_that_postgresql_cannot_hold_is_an_error_of_data(
    migrated_postgres_url: str, clock: Clock, message: str | int, write: Callable[..., object], count: int
) -> None:
    """However the rows are written, the caller sees the same kind; the connection is fit for what comes next."""
    rows = [(*row[:6], 0, 0 if isinstance(message, str) else 2**63, 0, str(message)) for row in spans(count)]
    database = Database(migrated_postgres_url, clock)
    try:
        with pytest.raises(DataError):
            database.write(lambda session: write(Bulk(session), rows), actor=MACHINE, reason="test")
        assert database.read(lambda session: Bulk(session).any_in(tables.SpanRow)) == (False,)
    finally:
        database.close()


@pytest.mark.parametrize("count", [1, 9, 65, 201, 450, 900])
@pytest.mark.parametrize(
    ("table", "by", "join", "index"),
    [
        pytest.param("object", "value", "", "", id="objects by their key"),
        pytest.param("edge", "parent_id", "", "", id="edges by their parent"),
        pytest.param("txn", "digest", "", "", id="transactions by their digest"),
        pytest.param("txn_object", "object_id", " JOIN txn ON txn.tenant = txn_object.tenant AND txn.txn_id = txn_object.txn_id", "ix_txn_object_object", id="transactions of objects"),
    ],
)  # fmt: skip
def test_however_many_are_asked_for_each_is_looked_up(
    tmp_path: Path, clock: Clock, count: int, table: str, by: str, join: str, index: str
) -> None:
    """A request asks for hundreds of keys at once: nothing may make SQLite read all that is stored, be it for a Bloom filter."""
    url = f"sqlite:///{tmp_path / 'planned.sqlite3'}"
    schema.upgrade(url)
    database = Database(url, clock)
    asked: list[str] = []

    def look(session: Session) -> list[list[str]]:
        bulk = Bulk(session)
        driver = bulk.connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(asked.append)
        bulk.select(
            f"{table}.tenant", table, by, range(count), join=join, index=index, tenant=f"{table}.tenant"
        )
        driver.set_trace_callback(None)
        return [[step[3] for step in driver.execute(f"EXPLAIN QUERY PLAN {one}")] for one in asked]

    plans = database.read(look)
    database.close()

    assert len(plans) == -(-count // 450)
    assert not [step for plan in plans for step in plan if not step.startswith("SEARCH")], plans

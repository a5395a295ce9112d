# SPDX-License-Identifier: Apache-2.0
"""How often was something written for one business key? Counted for every change of a transaction, so it must stay cheap."""

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from sqlmodel import Session

from collectors.definitions import load
from collectors.intake import ingest
from collectors.span import BusinessEvent, Decoded
from collectors.transactions import story_store
from collectors.transactions.transaction import EffectCount, transaction_id
from controlplane.database import Actor, Database
from terms.instant import Instant
from terms.object_key import ObjectKey

T = TypeVar("T")
DEFINITIONS = load()
SINGLE = (("journal", "invoice"), ("journal", "payment"))


def said(at: int, kind: str, *objects: str) -> BusinessEvent:
    return BusinessEvent("erp", f"{kind}@{at}", kind, Instant(at), "netsuite", tuple(sorted(objects)), None, None)  # fmt: skip


def deal(number: int, journals: int) -> list[BusinessEvent]:
    """An order with its invoice, and so many journals of it."""
    order, invoice, at = f"order:SO-{number}", f"invoice:INV-{number}", number * 100
    posted = [said(at + 10 + n, "journal-posted", f"journal:JE-{number}-{n}", invoice) for n in range(journals)]  # fmt: skip
    return [said(at + 1, "order-placed", order), said(at + 2, "invoice-issued", invoice, order), *posted]


def take(database: Database, *events: BusinessEvent) -> None:
    database.write(lambda session: ingest(session, Decoded(events=list(events)), Instant(1_000_000), DEFINITIONS), actor=Actor("machine", "test"), reason="test")  # fmt: skip


def ids(*numbers: int) -> list[str]:
    return [transaction_id("lead-to-cash", ObjectKey("order", f"SO-{number}")) for number in numbers]


def asked(session: Session, work: Callable[[Session], T]) -> tuple[T, list[str]]:
    """What `work` returns, and the questions the driver put to the database for it, with their values."""
    driver: Any = session.connection().connection.driver_connection
    found: list[str] = []

    class Noting(psycopg.ClientCursor[Any]):
        def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
            found.append(self.mogrify(query, params))
            return super().execute(query, params, **more)

    if session.connection().dialect.name == "postgresql":
        driver.cursor_factory = Noting
    else:
        driver.set_trace_callback(found.append)
    done = work(session)
    if session.connection().dialect.name == "postgresql":
        driver.cursor_factory = psycopg.Cursor
    else:
        driver.set_trace_callback(None)
    return done, [one for one in found if one.startswith("SELECT")]


def test_what_was_written_twice_for_one_key_is_counted_twice(database: Database) -> None:
    take(database, *deal(1, journals=1), *deal(2, journals=2), *deal(3, journals=0))
    once, twice, none = ids(1, 2, 3)

    found = database.read(lambda session: story_store.effects(session, [once, twice, none], SINGLE))

    assert found == {
        once: (EffectCount("", "journal", "invoice:INV-1", 1),),
        twice: (EffectCount("", "journal", "invoice:INV-2", 2),),
    }


def test_one_question_counts_for_all_and_reads_no_reasons(database: Database) -> None:
    """Every change asks: whatever the number of transactions, one statement, and it does not touch their events."""
    take(database, *(event for number in range(1, 30) for event in deal(number, journals=2)))
    found, (statement,) = database.read(
        lambda session: asked(session, lambda s: story_store.effects(s, ids(*range(1, 30)), SINGLE))
    )

    assert len(found) == 29
    assert "event" not in statement


def test_it_is_looked_up_by_the_transaction(database: Database) -> None:
    """SQLite: from the transaction's own key to its parts, and to each object by its number; no table is read through."""
    if not database.is_sqlite:
        return
    take(database, *deal(1, journals=1))
    _, (statement,) = database.read(
        lambda session: asked(session, lambda s: story_store.effects(s, ids(1), SINGLE))
    )

    plan = database.read(lambda session: [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")])  # fmt: skip

    looked_up = [step.partition(" USING ")[::2] for step in plan if step.startswith("SEARCH")]
    assert [(table, by.rpartition("AND ")[2]) for table, by in looked_up] == [
        ("SEARCH txn", "digest=?)"),
        ("SEARCH m", "txn_id=?)"),
        ("SEARCH thing", "object_id=?)"),
        ("SEARCH parent", "object_id=?)"),
    ], plan
    assert not [step for step in plan if step.startswith("SCAN")], plan

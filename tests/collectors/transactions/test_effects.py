# SPDX-License-Identifier: Apache-2.0
"""How often was something written for one business key? Counted for every change of a transaction, so it must stay cheap."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from collectors.definitions import load
from collectors.intake import ingest
from collectors.span import BusinessEvent, Decoded
from collectors.transactions import story_store
from collectors.transactions.transaction import EffectCount, transaction_id
from controlplane.database import Actor, Database
from terms.instant import Instant
from terms.object_key import ObjectKey

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


@contextmanager
def asked(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """The questions that are put to the database inside, with their values."""
    found: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)


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
    with asked(database) as statements:
        found = database.read(lambda session: story_store.effects(session, ids(*range(1, 30)), SINGLE))

    assert len(found) == 29
    ((statement, _),) = statements
    assert "event" not in statement


def test_it_is_looked_up_by_the_transaction(database: Database) -> None:
    """SQLite: from the transaction's own key to its parts, and to each object by its number; no table is read through."""
    if not database.is_sqlite:
        return
    take(database, *deal(1, journals=1))
    with asked(database) as statements:
        database.read(lambda session: story_store.effects(session, ids(1), SINGLE))
    ((statement, values),) = statements

    plan = database.read(lambda session: [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)])  # fmt: skip

    assert not [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step], plan

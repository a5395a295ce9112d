# SPDX-License-Identifier: Apache-2.0
"""Many rows in one statement: none is lost or counted twice, and a driver's error is one that callers know."""

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from controlplane.database import Actor, Database

MACHINE = Actor("machine", "test")


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 40])
def test_every_row_is_stored_once_and_only_new_ones_are_counted(database: Database, count: int) -> None:
    """Sent again with three more, the first ones are left out and the three are new; what comes back is every row."""

    def twice(session: Session) -> tuple[int, int, list[tuple[int, ...]]]:
        bulk = Bulk(session)
        rows = [(one, one * 10) for one in range(count + 3)]
        first = bulk.insert(tables.SpanObjectRow, "object_id, span_key", rows[:count], known="skip")
        second = bulk.insert(tables.SpanObjectRow, "object_id, span_key", rows, known="skip")
        return first, second, bulk.select("object_id, span_key", "span_object", "object_id", range(count + 3))

    first, second, stored = database.write(twice, actor=MACHINE, reason="test")
    assert (first, second) == (count, 3)
    assert sorted(stored) == [(one, one * 10) for one in range(count + 3)]


@pytest.mark.parametrize(
    "statement",
    [
        lambda bulk: bulk.select("no_such_column", "span", "span_key", [1]),
        lambda bulk: bulk.insert(tables.SpanObjectRow, "object_id, no_such_column", [(1, 1)]),
        lambda bulk: bulk.delete(tables.SpanObjectRow, "no_such_column", [(1,)]),
    ],
    ids=["select", "insert", "delete"],
)
def test_a_drivers_error_is_raised_as_the_one_that_doors_know(database: Database, statement: object) -> None:
    """A door answers 503 to a database that does not work, and knows it by SQLAlchemy's errors."""
    assert callable(statement)
    with pytest.raises(DBAPIError):
        database.write(lambda session: statement(Bulk(session)), actor=MACHINE, reason="test")

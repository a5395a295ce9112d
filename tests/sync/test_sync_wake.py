# SPDX-License-Identifier: Apache-2.0
"""A signal that looks for its run in the very moment the run ends is started, whichever of the two commits first."""

import threading
from collections.abc import Iterator

import pytest
from sqlmodel import Session, select
from sync_signals import NOW, ORDER, came, take, won, write

from controlplane.database import Database
from sync import deal as deals
from sync import exceptions, inbox, inbox_rows, runs
from sync.inbox_rows import Signal
from sync.tables import InboxRow, RunRow

pytestmark = pytest.mark.postgres  # SQLite has one writer: the two cannot meet


@pytest.fixture
def order_running(migrated_postgres_url: str) -> Iterator[Database]:
    """A deal whose order stage runs, and an activation that has just come in."""
    database = Database(migrated_postgres_url, lambda: NOW)
    take(database, won(deals.from_opportunity(ORDER)))
    write(database, lambda s: runs.take_up(s, "lead-to-cash/order/SO-7", NOW))
    write(database, lambda s: inbox_rows.receive(s, activation(), NOW))
    yield database
    database.close()


def activation() -> Signal:
    return came("subscription_activated", "SUB-7", "SO-7")


def end_order(session: Session) -> None:
    run = runs.run(session, "lead-to-cash/order/SO-7")
    assert run is not None
    exceptions.succeed(session, run, [], NOW)


def look(session: Session) -> None:
    inbox.dispatch(session, NOW)


@pytest.mark.parametrize("earlier", ["the look", "the end"])
def test_no_wake_up_is_lost(order_running: Database, earlier: str) -> None:
    """One transaction has done its work and not committed when the other begins."""
    one, other = (look, end_order) if earlier == "the look" else (end_order, look)
    with Session(order_running.engine) as session:
        one(session)
        beside = threading.Thread(target=write, args=(order_running, other))
        beside.start()
        beside.join(0.5)
        session.commit()
    beside.join(10)
    write(order_running, look)

    states = order_running.read(lambda s: {row.kind: row.state for row in s.exec(select(InboxRow))})
    assert states["subscription_activated"] == "taken"
    stages = order_running.read(lambda s: [row.stage for row in s.exec(select(RunRow))])
    assert sorted(stages) == ["activation", "order"]

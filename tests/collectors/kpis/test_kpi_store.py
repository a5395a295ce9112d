# SPDX-License-Identifier: Apache-2.0
"""Samples in both databases: refreshed from changed transactions, idempotent, loaded for a window, gone with their transaction."""

from dataclasses import replace

from collectors.kpis import store as kpi_store
from collectors.kpis.definition import load
from collectors.kpis.observe import Window
from collectors.transactions.transaction import MilestoneView, TransactionView
from controlplane.database import Actor, Database
from terms.instant import DAY, HOUR, Instant
from terms.money import Money
from terms.object_key import ObjectKey
from tests.conftest import FixedClock

MACHINE = Actor("machine", "governance")
KPIS = load()
STAGES = ("ordered", "activated", "invoiced", "posted", "paid", "cash-applied")


def deal(number: int, started: int, reached: int, entity: str = "DE") -> TransactionView:
    """A deal that has reached the first stages, an hour each."""
    stages = tuple(
        MilestoneView(name, Instant(started + index * HOUR) if index < reached else None, None)
        for index, name in enumerate(STAGES)
    )
    last = Instant(started + max(reached - 1, 0) * HOUR)
    return TransactionView(
        f"{number:032x}", "lead-to-cash", 1, ObjectKey("order", f"SO-{number}"), "open", Instant(started), None, last,
        Money(100, "EUR"), None, entity, "EMEA", None, None, None, stages,
    )  # fmt: skip


def refresh(database: Database, *views: TransactionView) -> int:
    return database.write(
        lambda session: kpi_store.refresh(session, KPIS, views), actor=MACHINE, reason="kpi"
    )


def test_samples_follow_their_transactions(database: Database, clock: FixedClock) -> None:
    """A new milestone ends a sample and begins another; the same view again writes nothing."""
    started = clock() - DAY
    assert refresh(database, deal(1, started, 1)) == 2  # quote-to-activation, failed rate
    assert refresh(database, deal(1, started, 1)) == 0
    assert refresh(database, deal(1, started, 3)) == 2  # activation reached, invoice latency begun and ended
    latency = next(kpi for kpi in KPIS if kpi.id == "invoice-latency")
    columns = database.read(lambda session: kpi_store.load(session, latency, Window(clock(), 30)))
    assert (columns.cohort_at, columns.end_at) == ([started + HOUR], [started + 2 * HOUR])
    assert refresh(database, deal(1, started, 1)) == 2  # an event was taken back
    columns = database.read(lambda session: kpi_store.load(session, latency, Window(clock(), 30)))
    assert columns.cohort_at == []


def test_a_transaction_that_is_no_more_leaves_no_sample(database: Database, clock: FixedClock) -> None:
    """It became part of another, which counts instead."""
    refresh(database, deal(1, clock() - DAY, 3), deal(2, clock() - DAY, 3))
    forgotten = database.write(
        lambda session: kpi_store.forget(session, [f"{1:032x}"]), actor=MACHINE, reason="merge"
    )
    assert forgotten == 3
    results = database.read(lambda session: kpi_store.results(session, KPIS, clock()))
    assert [result.figure.n for result in results if result.definition.kind == "duration"] == [1, 1, 0]


def test_a_new_version_of_a_definition_asks_for_all_transactions(
    database: Database, clock: FixedClock
) -> None:
    """Samples of the old version are not mistaken for the new one's."""
    refresh(database, deal(1, clock() - DAY, 3))
    newer = [replace(kpi, version=2) if kpi.id == "invoice-latency" else kpi for kpi in KPIS]
    missing = database.read(lambda session: kpi_store.unsampled(session, newer))
    assert {kpi.id for kpi in missing} == {
        "invoice-latency",
        "renewal-completion-rate",
        "payment-posting-delay",
    }
    database.write(
        lambda session: kpi_store.refresh(session, newer, [deal(1, clock() - DAY, 3)]),
        actor=MACHINE,
        reason="kpi",
    )
    assert "invoice-latency" not in {
        kpi.id for kpi in database.read(lambda session: kpi_store.unsampled(session, newer))
    }


def test_a_board_of_a_month_filters_by_entity(database: Database, clock: FixedClock) -> None:
    """2,000 deals: all figures with their entity series; one entity alone is a fourth of it."""
    entities = ("US", "CA", "DE", "UK")
    views = [
        deal(number, clock() - 29 * DAY + number * 20 * 60_000_000, 6, entities[number % 4])
        for number in range(2_000)
    ]
    refresh(database, *views)
    results = database.read(lambda session: kpi_store.results(session, KPIS, clock()))
    assert results[0].figure.n == 2_000
    assert results[0].by_legal_entity.n == (500, 500, 500, 500)
    german = database.read(lambda session: kpi_store.results(session, KPIS, clock(), legal_entity="DE"))
    assert (german[0].figure.n, german[0].by_legal_entity.name) == (500, ("DE",))

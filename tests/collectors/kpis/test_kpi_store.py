# SPDX-License-Identifier: Apache-2.0
"""Samples in both databases: refreshed from changed transactions, idempotent, loaded for a window, gone with their transaction."""

import random
from dataclasses import replace
from functools import partial

import pytest

from collectors.kpis import store as kpi_store
from collectors.kpis.change import Marker
from collectors.kpis.counting import cells
from collectors.kpis.definition import load
from collectors.kpis.observe import Cell, Window
from collectors.kpis.sample import samples_of
from collectors.kpis.survival import REACHED
from collectors.sources.watermark import Watermarks
from collectors.transactions.transaction import MilestoneView, TransactionView
from controlplane.database import Actor, Database
from terms.instant import DAY, HOUR, MINUTE, Instant
from terms.money import Money
from terms.object_key import ObjectKey
from tests.collectors.kpis import plain
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
    (told,) = database.read(lambda session: cells(session, latency, Window(clock(), 30)))
    assert told == Cell(28, 0, "DE", REACHED, False, 1, [HOUR])
    assert refresh(database, deal(1, started, 1)) == 2  # an event was taken back
    assert database.read(lambda session: cells(session, latency, Window(clock(), 30))) == []


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


def told_of(draw: random.Random, number: int, now: Instant) -> TransactionView:
    """A deal as it may stand at some time: stages that are missing, ahead of the one before, or yet to come."""
    at, stages = Instant(now - draw.randrange(9 * DAY)), []
    for name in STAGES:
        at = Instant(at + draw.choice((-HOUR, -MINUTE, HOUR, HOUR, 5 * HOUR, draw.randrange(2 * DAY))))
        stages.append(MilestoneView(name, at if draw.random() < 0.8 else None, None))
    known = [one.reached_at for one in stages if one.reached_at is not None] or [at]
    status = draw.choice(("open", "completed", "completed", "completed", "cancelled", "failed"))
    return replace(
        deal(number, min(known), 0),
        process=draw.choice(("lead-to-cash", "lead-to-cash", "renewal-amendment")),
        status=status,
        ended_at=max(known) if status in ("completed", "cancelled") else None,
        last_event_at=max(known),
        legal_entity=draw.choice(("DE", "DE", "US", "UK", None)),
        milestones=tuple(stages),
        not_planned=frozenset(draw.choice(((), (), (), ("paid",), ("invoiced",)))),
    )


@pytest.mark.parametrize("seed", range(4))
def test_what_is_counted_in_the_database_is_what_looking_at_each_deal_says(
    database: Database, clock: FixedClock, seed: int
) -> None:
    """Deals told of again and again, some of them taken back: whatever is asked, every figure is that of the deals as they stand."""
    draw = random.Random(seed)
    standing: dict[str, TransactionView] = {}
    for _ in range(3):
        views = [told_of(draw, number, clock()) for number in draw.sample(range(500), 400)]
        refresh(database, *views)
        standing |= {view.transaction_id: view for view in views}
        gone = draw.sample(sorted(standing), 40)
        forget = partial(kpi_store.forget, transaction_ids=gone)
        database.write(forget, actor=MACHINE, reason="merge")
        for one in gone:
            del standing[one]
    samples = [one for view in standing.values() for one in samples_of(KPIS, view)]
    assert len(samples) > 1_000
    for _ in range(12):
        as_of, days = Instant(clock() - draw.randrange(3 * DAY)), draw.choice((1, 3, 7, 30))
        entity = draw.choice((None, None, "DE", "nobody"))
        instants = [Instant(as_of - draw.randrange(8 * DAY)) for _ in range(3)]
        markers = [
            Marker(at, f"s{at}", "2", of)
            for at in instants
            for of in draw.sample((None, "DE", "US", "UK"), 2)
        ]
        held = Watermarks({("lead-to-cash", kpi.end): Instant(as_of - draw.randrange(DAY)) for kpi in KPIS})
        read = partial(kpi_store.results, definitions=KPIS, as_of=as_of, days=days, legal_entity=entity, markers=markers, watermarks=held)  # fmt: skip
        found = database.read(read)
        for kpi, result in zip(KPIS, found, strict=True):
            asked = [s for s in samples if s.kpi == kpi.id and entity in (None, s.legal_entity)]
            near = [m for m in markers if entity is None or m.legal_entity in (None, entity)]
            window = Window(as_of, days, min(held.until(p, kpi.end, as_of) for p in kpi.processes))
            assert result == plain.measure(kpi, asked, window, near)
            instants = sorted({marker.at for marker in result.markers})
            count = partial(cells, definition=kpi, window=window, cuts=instants, legal_entity=entity)
            told = database.read(count)
            assert sorted(told) == plain.cells(kpi, asked, window, instants)

# SPDX-License-Identifier: Apache-2.0
"""The first screen's counts against the plain way: every transaction and every milestone looked at by itself."""

import random
from collections import Counter, defaultdict
from typing import Any

import pytest
from sqlmodel import Session, select

from collectors import tables
from collectors.bulk import Bulk
from collectors.definitions import load
from collectors.intake import ingest
from collectors.kpis.observe import SKEW
from collectors.kpis.survival import CANCELLED, OPEN, REACHED
from collectors.labels import labels_of
from collectors.processes.process import Process
from collectors.span import BusinessEvent, Decoded
from collectors.transactions import line_store, wait_store
from controlplane.database import Actor, Database
from terms.instant import DAY, HOUR, MINUTE, Instant
from tests.collectors.kpis import plain

DEFINITIONS = load()
START = Instant(1_763_000_000_000_000)
NOW = Instant(START + 10 * DAY)


def events(draw: random.Random, number: int) -> list[BusinessEvent]:
    """A deal, or as much of it as has happened; stages come late, out of order, twice, or by two clocks."""
    order, invoice, payment = f"order:SO-{number}", f"invoice:INV-{number}", f"payment:pi-{number}"
    told = (
        ("order-placed", order),
        ("subscription-activated", order, f"subscription:SUB-{number}"),
        ("invoice-issued", order, invoice),
        ("invoice-issued", order, f"{invoice}-2"),
        ("journal-posted", invoice, f"journal:JE-{number}"),
        ("journal-posted", f"{invoice}-2", f"journal:JE-{number}-2"),
        ("payment-settled", payment, invoice),
        ("order-cancelled", order),
    )
    at, found = START + draw.randrange(8 * DAY), []
    for place, (kind, *objects) in enumerate(told):
        at += draw.choice((HOUR, 5 * HOUR, -MINUTE, -HOUR, draw.randrange(DAY)))
        if draw.random() < (0.1 if kind == "order-cancelled" else 0.85):
            key = f"{number}/{place}"
            found.append(BusinessEvent("t", key, kind, Instant(at), "chargebee", tuple(sorted(objects)), 100, "EUR"))  # fmt: skip
    return found


def told(database: Database, seed: int) -> None:
    """Two hundred deals in any order; then some of their events again, with another time."""
    draw = random.Random(seed)
    once = [event for number in range(200) for event in events(draw, number)]
    draw.shuffle(once)
    again = [event._replace(occurred_at=Instant(event.occurred_at - 2 * HOUR)) for event in draw.sample(once, 200)]  # fmt: skip
    for some in (once[:500], once[500:], again):
        database.write(
            lambda session, some=some: ingest(session, Decoded(events=some), NOW, DEFINITIONS),  # type: ignore[misc]
            actor=Actor("machine", "test"),
            reason="test",
        )


def rows(session: Session) -> list[tuple[tables.TxnRow, dict[str, list[int]]]]:
    """Every transaction, with when it reached each milestone that it has not taken back."""
    reached: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    stones = session.exec(select(tables.MilestoneRow).where(tables.MilestoneRow.retracted_at.is_(None))).all()  # type: ignore[union-attr]  # fmt: skip
    names = labels_of(Bulk(session), {one.name_label for one in stones})
    for one in stones:
        reached[one.txn_id][names[one.name_label]].append(one.reached_at)
    return [(txn, reached[txn.txn_id]) for txn in session.exec(select(tables.TxnRow)).all()]


@pytest.mark.parametrize("seed", range(3))
def test_counts_and_waits_are_those_of_the_transactions_one_by_one(database: Database, seed: int) -> None:
    """Of events told late, twice and with another time: what is counted by the database is what looking at each says."""
    told(database, seed)
    every = database.read(rows)
    taken_back = database.read(lambda s: s.exec(select(tables.MilestoneRow).where(tables.MilestoneRow.retracted_at.is_not(None))).first())  # type: ignore[union-attr]  # fmt: skip
    assert taken_back is not None
    for since in (START, Instant(START + 4 * DAY)):
        young = [(txn, reached) for txn, reached in every if txn.started_at >= since]
        came = database.read(lambda s, since=since: line_store.came(s, since))  # type: ignore[misc]
        counted = Counter(
            (txn.process, name) for txn, reached in young for name in reached for _ in reached[name]
        )
        stages = database.read(lambda s, asked=(came, since, NOW): line_store.stages(s, *asked))  # type: ignore[misc]
        assert {(s.process, s.milestone): s.reached for s in stages if s.reached} == counted
        for left_out in ((), ("invoice-to-posting",)):
            posted = sum("posted" in reached and txn.process not in left_out for txn, reached in young)
            assert line_store.reached(came, "posted", left_out) == posted > 20
        for process in DEFINITIONS.processes:
            until = {hop.milestone: Instant(NOW - place * HOUR) for place, hop in enumerate(process.hops)}
            waits = database.read(lambda s, asked=(process, until, since): wait_store.waits(s, *asked))  # type: ignore[misc]  # fmt: skip
            assert waits == {stage: wait(young, process, stage, until[stage]) for stage in until}


def wait(every: list[tuple[Any, dict[str, list[int]]]], process: Process, stage: str, until: Instant) -> Any:
    """How long is waited for the stage, deal by deal."""
    before = wait_store._before(process, stage)
    observed = []
    for txn, reached in every:
        if txn.process != process.id or (before is not None and before not in reached):
            continue
        since = txn.started_at if before is None else min(reached[before])
        at, kind = (until, OPEN) if txn.ended_at is None else (txn.ended_at, CANCELLED)
        if stage in reached:
            at, kind = min(reached[stage]), REACHED
        elif stage in (txn.not_planned or "").split(","):
            continue
        if at - since >= -SKEW:
            observed.append((max(at - since, 0), kind))
    observed.sort()
    p50, p90 = plain.quantiles(observed, (0.5, 0.9)) if len(observed) >= 20 else (None, None)
    return wait_store.Wait(p50, p90, len(observed), sum(kind == OPEN for _, kind in observed))

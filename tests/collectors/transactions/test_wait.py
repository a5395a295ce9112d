# SPDX-License-Identifier: Apache-2.0
"""How long is waited for a stage: those still waiting count, those that need not come do not, and clocks that differ tell nothing."""

from collectors.definitions import load
from collectors.intake import ingest
from collectors.span import BusinessEvent, Decoded
from collectors.transactions import wait_store
from collectors.transactions.wait_store import Wait
from controlplane.database import Actor, Database
from terms.instant import HOUR, MINUTE, Instant

DEFINITIONS = load()
PROCESS = next(one for one in DEFINITIONS.processes if one.id == "lead-to-cash")
START = Instant(1_763_000_000_000_000)
NOW = Instant(START + 240 * HOUR)


def said(number: int, kind: str, at: int, *objects: str) -> BusinessEvent:
    return BusinessEvent("t", f"{number}/{kind}", kind, Instant(at), "chargebee", tuple(sorted(objects)))


def deal(number: int, posted_after: int | None) -> list[BusinessEvent]:
    """An order whose invoice is posted so many microseconds after it was issued; None: not yet."""
    order, invoice = f"order:SO-{number}", f"invoice:INV-{number}"
    events = [
        said(number, "order-placed", START, order),
        said(number, "subscription-activated", START + HOUR, order, f"subscription:SUB-{number}"),
        said(number, "invoice-issued", START + 2 * HOUR, order, invoice),
    ]
    if posted_after is not None:
        at = START + 2 * HOUR + posted_after
        events.append(said(number, "journal-posted", at, invoice, f"journal:JE-{number}"))
    return events


def waited(database: Database, *posted_after: int | None) -> Wait:
    events = [one for number, after in enumerate(posted_after) for one in deal(number, after)]
    database.write(
        lambda session: ingest(session, Decoded(events=events), NOW, DEFINITIONS),
        actor=Actor("machine", "test"),
        reason="test",
    )
    found = database.read(lambda session: wait_store.waits(session, PROCESS, {"posted": NOW}, START))
    return found["posted"]


def test_those_that_still_wait_are_counted(database: Database) -> None:
    """Ten posted within the hour, ten not at all: half waited an hour at most, and for nine of ten nobody knows yet."""
    found = waited(database, *([HOUR] * 10), *([None] * 10))
    assert (found.p50, found.p90, found.n, found.open) == (HOUR, None, 20, 10)


def test_the_tail_is_told(database: Database) -> None:
    """Eighteen within ten minutes, two after five hours."""
    found = waited(database, *([10 * MINUTE] * 17), *([5 * HOUR] * 3))
    assert (found.p50, found.p90, found.n, found.open) == (10 * MINUTE, 5 * HOUR, 20, 0)


def test_of_a_handful_nothing_is_said(database: Database) -> None:
    """Nineteen are too few."""
    assert waited(database, *([HOUR] * 19)) == Wait(None, None, 19, 0)


def test_what_was_posted_before_it_was_issued_is_left_out(database: Database) -> None:
    """By minutes it is two clocks, and no time at all; by an hour it tells nothing."""
    found = waited(database, *([-MINUTE] * 20), *([-HOUR] * 5))
    assert (found.p50, found.n) == (0, 20)

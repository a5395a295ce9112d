# SPDX-License-Identifier: Apache-2.0
"""What a story shows beside its own: links between spans read both ways, and a good one to compare with, on both databases."""

from dataclasses import replace
from typing import Any

from sqlmodel import Session

from collectors.definitions import load
from collectors.intake import ingest
from collectors.span import BusinessEvent, Decoded, Origin, Span
from collectors.spans import link as span_link
from collectors.spans import promotion_store
from collectors.spans.promotion import LINKS
from collectors.transactions import comparison, story_store
from collectors.transactions.store import transaction
from collectors.transactions.transaction import TransactionView, transaction_id
from controlplane.database import Actor, Database
from terms.instant import DAY, HOUR, MINUTE, Instant, parse
from terms.object_key import ObjectKey

DEFINITIONS = load()
NOW = parse("2026-11-20T12:00:00Z")
MACHINE = Actor("machine", "test")
STAGES = (
    ("order-placed", {}), ("customer-created", {}), ("subscription-activated", {}), ("invoice-issued", {"invoice": "INV"}),
    ("journal-posted", {"invoice": "INV", "journal": "JE"}), ("payment-settled", {"invoice": "INV", "payment": "PI"}),
    ("journal-posted", {"payment": "PI", "journal": "JP"}), ("crm-updated", {}),
)  # fmt: skip


def take(database: Database, *items: Span | BusinessEvent) -> None:
    request = Decoded(
        spans=[one for one in items if isinstance(one, Span)],
        events=[one for one in items if isinstance(one, BusinessEvent)],
    )
    database.write(lambda s: ingest(s, request, NOW, DEFINITIONS), actor=MACHINE, reason="test")


def linking(number: int, *targets: int) -> Span:
    """A span of a trace of its own that links to the spans of these numbers."""
    links = [{"trace_id": f"{one:032x}", "span_id": f"{one:016x}", "attributes": {}} for one in targets]
    attributes: dict[str, Any] = {LINKS: links} if links else {}
    return Span(
        Origin("worker", "", {}), number.to_bytes(16, "big"), number.to_bytes(8, "big"), None, f"step {number}", 5, number,
        number + 5, 0, None, attributes,
    )  # fmt: skip


def test_links_are_read_both_ways(database: Database) -> None:
    """Whoever arrives first: a span tells what it links to and who links to it, and says which of them have not come."""
    take(database, linking(1, 2, 9))

    def fill_in() -> None:
        now = NOW
        for _ in range(5):
            now = Instant(now + HOUR)
            database.write(
                lambda s, now=now: promotion_store.step(s, (LINKS,), now), actor=MACHINE, reason="t"
            )  # type: ignore[misc]

    fill_in()
    take(database, linking(2), linking(3, 2))

    def read(session: Session) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for number in (1, 2, 3):
            spans = story_store.trace(session, f"{number:032x}")
            found += [
                (number, one.is_outgoing, int(one.other_span_id, 16), one.other_name)
                for one in span_link.span_links(session, spans)
            ]
        return found

    assert database.read(read) == [
        (1, True, 2, "step 2"), (1, True, 9, None), (2, False, 1, "step 1"), (2, False, 3, "step 3"), (3, True, 2, "step 2"),
    ]  # fmt: skip


def deal(
    number: int, hours: int, *, entity: str = "DE", until: int = len(STAGES), started: int = NOW - 20 * DAY
) -> list[BusinessEvent]:
    """A deal whose every stage takes so many hours."""
    events = []
    for place, (kind, names) in enumerate(STAGES[:until]):
        order = {} if kind in ("journal-posted", "payment-settled") else {"order": "SO"}
        objects = tuple(sorted(f"{one}:{value}-{number}" for one, value in {**order, **names}.items()))
        at = Instant(started + number * MINUTE + place * hours * HOUR)
        events.append(
            BusinessEvent("test", f"{kind}-{place}-{number}", kind, at, "test", objects, 100, "EUR", entity)
        )
    return events


def view(database: Database, number: int) -> TransactionView:
    identity = transaction_id("lead-to-cash", ObjectKey("order", f"SO-{number}"))
    found = database.read(lambda s: transaction(s, DEFINITIONS.milestone_names, identity))
    assert found is not None
    return found


def test_the_good_one_is_the_median_of_its_kind(database: Database) -> None:
    """Of five completed ones of the entity the third by length; of the process alone where the entity has none; never itself."""
    for number, hours in enumerate((5, 1, 3, 2, 4), 1):
        take(database, *deal(number, hours))
    take(database, *deal(6, 9, entity="US"), *deal(7, 1, until=4), *deal(8, 1, entity="UK", until=2))

    def good(like: TransactionView) -> str:
        found = database.read(lambda s: comparison.good_one(s, like))
        assert found is not None
        other = database.read(lambda s: transaction(s, DEFINITIONS.milestone_names, found))
        assert other is not None
        return other.anchor.value

    assert good(view(database, 7)) == "SO-3"
    assert good(view(database, 3)) == "SO-4", "of the four others the shorter of the two in the middle"
    assert good(view(database, 6)) == "SO-3", "no other of its entity has completed"
    assert good(view(database, 8)) == "SO-3"
    alone = replace(view(database, 7), process="renewal-amendment")
    assert database.read(lambda s: comparison.good_one(s, alone)) is None


def test_each_hop_is_held_against_the_good_ones(database: Database) -> None:
    """Slower, faster, not reached, still waited for: each by its own length, and nothing for a difference of minutes."""
    process = DEFINITIONS.process("lead-to-cash")
    assert process is not None
    take(database, *deal(1, 2), *deal(2, 6), *deal(3, 2, until=4, started=NOW - 12 * HOUR))
    one, two, three = (view(database, number) for number in (1, 2, 3))
    same = comparison.compared(process, one, one, NOW)
    assert {pair.verdict for pair in same} == {"same"}
    slower = comparison.compared(process, two, one, NOW)
    assert [(pair.took, pair.other_took) for pair in slower[1:]] == [(6 * HOUR, 2 * HOUR)] * 7
    assert {pair.verdict for pair in slower[1:]} == {"slower"}
    assert {pair.verdict for pair in comparison.compared(process, one, two, NOW)[1:]} == {"faster"}
    told = {pair.name: pair.verdict for pair in comparison.compared(process, three, one, NOW)}
    assert (told["invoiced"], told["posted"], told["paid"]) == ("same", "slower", "missing")
    assert {p.name: p.verdict for p in comparison.compared(process, one, three, NOW)}["paid"] == "extra"

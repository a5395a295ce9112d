# SPDX-License-Identifier: Apache-2.0
"""Observed use: each span that names a contract counts once, for its application and day."""

from typing import Any

from collectors import contract_use
from collectors.definitions import load
from collectors.intake import ingest
from collectors.span import BusinessEvent, Decoded, Origin, Span
from controlplane.database import Actor, Database
from terms.instant import DAY, HOUR, Instant, parse

DEFINITIONS = load()
NOON = parse("2026-03-01T12:00:00Z")
API: dict[str, Any] = {
    "throughline.contract.subject": "invoices-api",
    "throughline.contract.version": "1.0.0",
}


def a_call(number: int, at: Instant, application: str = "partner-portal", **attributes: Any) -> Span:
    said = {**API, **{f"throughline.contract.{name}": value for name, value in attributes.items()}}
    ids = number.to_bytes(16, "big"), number.to_bytes(8, "big")
    return Span(
        Origin(application, "http", {}), *ids, None, "GET", 3, at * 1000, at * 1000 + 5, 0, None, said
    )


def take(database: Database, *items: Span | BusinessEvent) -> None:
    request = Decoded(
        spans=[one for one in items if isinstance(one, Span)],
        events=[one for one in items if isinstance(one, BusinessEvent)],
    )
    database.write(
        lambda session: ingest(session, request, NOON, DEFINITIONS),
        actor=Actor("machine", "test"),
        reason="test",
    )


def test_calls_are_counted_by_application_and_day(database: Database) -> None:
    """Two days, two applications, two versions; the last time is the latest span's, whatever came last."""
    later = Instant(NOON + HOUR)
    take(database, a_call(1, later), a_call(2, NOON), a_call(3, Instant(NOON + DAY)))
    take(database, a_call(4, NOON, "collections-desk", version="2.0.0"), a_call(5, Instant(NOON - HOUR)))
    found = database.read(lambda s: contract_use.daily(s, "invoices-api"))
    assert [(one.day, one.version, one.application, one.uses) for one in found] == [
        ("2026-03-01", "1.0.0", "partner-portal", 3),
        ("2026-03-01", "2.0.0", "collections-desk", 1),
        ("2026-03-02", "1.0.0", "partner-portal", 1),
    ]
    assert (found[0].first_seen, found[0].last_seen) == (NOON - HOUR, later)
    together = database.read(lambda s: contract_use.uses(s, "invoices-api", "1.0.0"))
    assert [(one.application, one.uses, one.last_seen) for one in together] == [
        ("partner-portal", 4, NOON + DAY)
    ]
    since = database.read(lambda s: contract_use.uses(s, since=Instant(NOON + DAY)))
    assert [(one.application, one.uses) for one in since] == [("partner-portal", 1)]


def test_a_span_sent_again_counts_once(database: Database) -> None:
    """A sender that lost the answer sends the same request again, alone or among new ones."""
    take(database, a_call(1, NOON))
    take(database, a_call(1, NOON), a_call(2, NOON))
    (one,) = database.read(contract_use.uses)
    assert one.uses == 2


def test_events_that_came_without_a_span_count_for_their_source(database: Database) -> None:
    """A CloudEvent names its source; sent again it counts once, and a span that carries an event is one use."""
    event = BusinessEvent(
        "/billing", "e-1", "invoice-issued", NOON, "billing", ("invoice:INV-1",),
        contract_subject="invoice-issued", contract_version="1.1.0",
    )  # fmt: skip
    take(database, event)
    take(database, event)
    carries = {"cloudevents.event_type": "invoice-issued", "cloudevents.event_id": "e-2", "throughline.object.invoice": "INV-2"}  # fmt: skip
    span = a_call(9, NOON, "throughline", subject="invoice-issued", version="1.1.0")
    take(database, span._replace(attributes={**span.attributes, **carries}))
    found = database.read(lambda s: contract_use.uses(s, "invoice-issued"))
    assert [(one.application, one.uses) for one in found] == [("/billing", 1), ("throughline", 1)]


def test_half_a_name_is_no_use(database: Database) -> None:
    """A contract without a version, or one that is no text, is kept with its span and counted for nobody."""
    bare = a_call(3, NOON)
    take(database, a_call(1, NOON, version=3), a_call(2, NOON, subject=""), bare._replace(attributes={}))
    take(database, a_call(4, NOON, "", subject="x" * 900), a_call(5, NOON, subject=["a", "b"]))
    (one,) = database.read(contract_use.uses)
    assert (one.application, len(one.subject)) == ("unknown", 200)

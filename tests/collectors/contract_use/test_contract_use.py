# SPDX-License-Identifier: Apache-2.0
"""Observed use: each span that names a contract counts once, for its application and day."""

from itertools import chain
from typing import Any

from collectors.contract_use import counting as contract_use
from collectors.contract_use import seen as contract_seen
from collectors.contract_use.seen import SubjectSeen, VersionSeen
from collectors.definitions import load
from collectors.intake import ingest
from collectors.span import BusinessEvent, Decoded, Origin, Span
from collectors.transactions import line_store
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


def calls(number: int, *seen: tuple[str, str, str, int]) -> list[Span]:
    """A call for each (subject, version, application, days ago)."""
    return [
        a_call(number + place, Instant(NOON - ago * DAY), application, subject=subject, version=version)
        for place, (subject, version, application, ago) in enumerate(seen)
    ]


def test_what_was_seen_of_late_is_told_for_many_subjects_at_once(database: Database) -> None:
    """The window counts today as one of its days; what was used before it is told by its last time alone; what never was, not."""
    take(
        database,
        *calls(1, ("a", "1.0.0", "x", 0), ("a", "1.0.0", "y", 29), ("a", "2.0.0", "x", 29), ("a", "2.0.0", "x", 30)),
        *calls(9, ("b", "1.0.0", "x", 30), ("b", "1.0.0", "x", 400)),
    )  # fmt: skip
    since = contract_seen.window(NOON, 30)
    found = database.read(lambda s: contract_seen.lately(s, ["a", "b", "c"], since))
    assert set(found) == {"a", "b"}
    assert (found["a"].uses, found["a"].applications, found["a"].last_seen) == (3, 2, NOON)
    assert found["a"].versions == (
        VersionSeen("1.0.0", 2, 2, NOON),
        VersionSeen("2.0.0", 1, 1, Instant(NOON - 29 * DAY)),
    )
    assert found["b"] == SubjectSeen(0, 0, (), Instant(NOON - 30 * DAY))
    assert database.read(lambda s: contract_seen.lately(s, [], since)) == {}
    by_day = database.read(lambda s: contract_seen.days(s, ["a", "b"], since))
    assert by_day == {"a": (("2026-01-31", 2), ("2026-03-01", 1))}


def test_who_uses_a_contract_comes_in_pages_without_gaps(database: Database) -> None:
    """By application and version; a use that is counted between two pages moves nobody across the cut."""
    seen = [("a", version, f"app-{n}", 1) for n in range(4) for version in ("1.0.0", "2.0.0")]
    take(database, *calls(1, *seen, ("a", "1.0.0", "long-ago", 99), ("b", "1.0.0", "other", 1)))
    since, pages, after, number = contract_seen.window(NOON, 30), [], None, 50
    while True:
        page = database.read(lambda s, at=after: contract_seen.page(s, "a", since, 3, at))
        pages.append([(one.application, one.version) for one in page.seen])
        assert page.total == 8
        if not page.has_more:
            break
        after = pages[-1][-1]
        take(database, *calls(number, *seen))
        number += 20
    assert [len(page) for page in pages] == [3, 3, 2]
    assert list(chain(*pages)) == [(application, version) for _, version, application, _ in seen]


def test_traffic_is_told_by_legal_entity_on_every_database(database: Database) -> None:
    """Events of a contract by version and legal entity, those without one together; of all subjects or of those asked for."""
    seen = [
        BusinessEvent("/billing", f"e-{n}", "call", NOON, "billing", (f"invoice:INV-{n}",), legal_entity=entity,
                      contract_subject=subject, contract_version="1.0.0")
        for n, (subject, entity) in enumerate([("a", "DE"), ("a", None), ("a", None), ("b", "US"), ("c", "US")])
    ]  # fmt: skip
    take(database, *seen)
    found = database.read(lambda s: line_store.contract_traffic(s, ["a", "b"]))
    assert [(one.subject, one.legal_entity, one.events) for one in found] == [
        ("a", "", 2),
        ("a", "DE", 1),
        ("b", "US", 1),
    ]
    assert len(database.read(line_store.contract_traffic)) == 4

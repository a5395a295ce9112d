# SPDX-License-Identifier: Apache-2.0
"""One request is one transaction: stored, stitched, listed as changed, and idempotent."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import migrated
import orjson
import pytest
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from collectors import tables
from collectors.bulk import Bulk
from collectors.decoding.cloudevents import decode
from collectors.definitions import Definitions, load
from collectors.intake import IngestResult, ingest, ingest_all
from collectors.keys.tables import KeyFindingRow
from collectors.labels import label_of
from collectors.payloads.payload import Payload
from collectors.payloads.tables import PayloadRow
from collectors.span import BusinessEvent, Decoded, Origin, Rejected, Span
from collectors.stitching.event_intake import keys_of
from collectors.transactions.store import (
    changed_transactions,
    forget_changed,
    transaction,
)
from collectors.transactions.story_store import spans
from collectors.transactions.transaction import TransactionView, transaction_id
from controlplane.database import Actor, Database
from terms.instant import DAY, Clock, Instant
from terms.object_key import ObjectKey

DEFINITIONS = load()
MACHINE = Actor("machine", "test")
ORIGIN = Origin("flows", "throughline", {"service.name": "flows"})
ORDER = transaction_id("lead-to-cash", ObjectKey("order", "SO-1"))


def said(at: int, kind: str, *objects: str, event_id: str = "", amount: int | None = None) -> BusinessEvent:
    """An event without a span."""
    return BusinessEvent(
        "test", event_id or f"{kind}@{at}", kind, Instant(at), "test", tuple(sorted(objects)), amount, "EUR"
    )


def a_span(number: int, attributes: dict[str, Any], parent: int | None = None, trace: int = 1) -> Span:
    parent_id = parent.to_bytes(8, "big") if parent else None
    return Span(
        ORIGIN, trace.to_bytes(16, "big"), number.to_bytes(8, "big"), parent_id, f"step {number}", 1, number * 1_000,
        number * 1_000 + 500, 0, None, attributes,
    )  # fmt: skip


def take(
    database: Database, *items: BusinessEvent | Span, definitions: Definitions = DEFINITIONS
) -> IngestResult:
    """One request with these spans and events."""
    request = Decoded(
        spans=[item for item in items if isinstance(item, Span)],
        events=[item for item in items if isinstance(item, BusinessEvent)],
    )
    return database.write(
        lambda session: ingest(session, request, Instant(1_000), definitions), actor=MACHINE, reason="test"
    )


def view(database: Database, one: str = ORDER) -> TransactionView:
    found = database.read(lambda session: transaction(session, DEFINITIONS.milestone_names, one))
    assert found is not None
    return found


def count(database: Database, table: type[SQLModel]) -> int:
    return database.read(
        lambda session: session.execute(select(func.count()).select_from(table)).scalar_one()
    )


def test_a_request_is_queryable_once_it_is_taken(database: Database) -> None:
    """Spans, their event, the transaction and its first milestone are there when the call returns."""
    words = {
        "cloudevents.event_type": "order-placed", "cloudevents.event_id": "e1", "cloudevents.event_source": "crm",
        "throughline.object.order": "SO-1", "throughline.amount_minor": 5_000, "throughline.currency": "EUR",
    }  # fmt: skip
    result = take(database, a_span(1, words), a_span(2, {"throughline.object.order": "SO-1"}, parent=1))
    assert (result.accepted, result.duplicates, result.changed) == (2, 0, (ORDER,))
    found = view(database)
    assert (found.status, found.waiting_for, found.reached_at("ordered")) == ("open", "customer-ready", 1)
    assert str(found.amount) == "EUR 50.00"
    told = database.read(lambda session: spans(session, ORDER))
    assert [(span.name, span.why) for span in told] == [
        ("step 1", "carries the event order-placed"),
        ("step 2", "names order:SO-1"),
    ]
    assert told[0].attributes == words


def test_a_request_sent_again_changes_nothing(database: Database) -> None:
    """A client that repeats a request it got no answer to finds everything stored once, and nothing changed."""
    request = (
        a_span(1, {"cloudevents.event_type": "order-placed", "throughline.object.order": "SO-1"}),
        said(2, "crm-updated", "order:SO-1"),
    )
    take(database, *request)
    before = view(database)
    again = take(database, *request)
    assert (again.accepted, again.duplicates, again.changed) == (0, 2, ())
    assert view(database) == before
    assert (count(database, tables.SpanRow), count(database, tables.SpanBlockRow)) == (1, 1)


def test_half_a_request_that_was_known_stores_the_other_half(database: Database) -> None:
    """A repeated span among new ones is a duplicate; the attributes of each stay its own."""
    take(database, a_span(1, {"n": 1, "throughline.object.order": "SO-1"}))
    result = take(
        database,
        a_span(1, {"n": 1, "throughline.object.order": "SO-1"}),
        a_span(2, {"n": 2, "throughline.object.order": "SO-1"}),
        said(1, "order-placed", "order:SO-1"),
    )
    assert (result.accepted, result.duplicates) == (2, 1)
    told = database.read(lambda session: spans(session, ORDER))
    assert [span.attributes["n"] for span in told] == [1, 2]


def test_requests_stored_at_once_are_answered_as_one_after_the_other(
    database: Database, tmp_path: Path, clock: Clock
) -> None:
    """Each sender is told what became of its own request, and what several sent is new with the first of them."""
    order = {"cloudevents.event_type": "order-placed", "throughline.object.order": "SO-1"}
    requests = [
        Decoded([a_span(1, order), a_span(2, {"n": 1})], [said(5, "crm-updated", "order:SO-1")]),
        Decoded([a_span(3, {}), a_span(2, {"n": 1}), a_span(1, order)], [said(5, "crm-updated", "order:SO-1")]),
        Decoded([], [], [Rejected("bad_span_id", "span 'x'")]),
        Decoded([], [said(5, "crm-updated", "order:SO-1"), said(6, "crm-updated", "order:SO-2"), said(6, "crm-updated", "order:SO-2")]),
        Decoded([a_span(4, {"throughline.event_time": "x", "cloudevents.event_type": "order-placed"}), a_span(3, {}), a_span(5, {})]),
    ]  # fmt: skip
    now = Instant(10 * 366 * DAY)  # so that every clock is off, and each sender hears of its own spans
    at_once = database.write(
        lambda session: ingest_all(session, requests, now, DEFINITIONS), actor=MACHINE, reason="test"
    )
    other = Database(migrated.sqlite(tmp_path / "other.sqlite3"), clock)
    one_by_one = [
        other.write(
            lambda session, one=one: ingest(session, one, now, DEFINITIONS),  # type: ignore[misc]
            actor=MACHINE,
            reason="test",
        )
        for one in requests
    ]
    tables_of_both = (tables.SpanRow, tables.EventRow, tables.TxnRow, tables.MilestoneRow, tables.EdgeRow)
    counts = [[count(one, table) for table in tables_of_both] for one in (database, other)]
    assert view(database) == view(other)
    other.close()
    assert [replace(one, changed=()) for one in at_once] == [replace(one, changed=()) for one in one_by_one]
    assert counts[0] == counts[1]
    assert [(one.accepted, one.duplicates) for one in at_once] == [(3, 0), (1, 3), (0, 0), (1, 2), (1, 1)]
    assert {one.changed for one in at_once} == {
        tuple(sorted({*one_by_one[0].changed, *one_by_one[3].changed}))
    }


def test_the_payload_that_is_kept_is_that_of_the_content_that_stays(database: Database) -> None:
    """Two requests that tell one event differently, stored at once: the payload is of the same request as the event."""
    for number, kinds in enumerate(permutations(("order-placed", "order-changed"))):
        events = [said(5, kind, "order:SO-1", event_id=f"e{number}") for kind in kinds]
        requests = [
            Decoded(
                events=[one], payloads=[Payload(one.source, one.source_event_id, None, None, one.type, None)]
            )
            for one in events
        ]
        database.write(
            lambda session, some=requests: ingest_all(session, some, Instant(1), DEFINITIONS),  # type: ignore[misc]
            actor=MACHINE,
            reason="test",
        )
    query = (
        select(label_of(tables.EventRow.type_label), PayloadRow.body)
        .select_from(tables.EventRow)
        .join(PayloadRow, col(PayloadRow.event_id) == tables.EventRow.event_id)
    )
    kept = database.read(lambda session: session.execute(query).all())
    assert len(kept) == 2
    assert all(kind == body for kind, body in kept)


def test_rejected_spans_are_told_and_the_rest_is_kept(database: Database) -> None:
    """What the decoder and the extraction rejected comes back with the result; nothing of it is stored."""
    request = Decoded(
        spans=[
            a_span(1, {"throughline.event_time": "x", "cloudevents.event_type": "order-placed"}),
            a_span(2, {}),
        ],
        rejected=[Rejected("bad_span_id", "span 'x'")],
    )
    result = database.write(
        lambda session: ingest(session, request, Instant(1), DEFINITIONS), actor=MACHINE, reason="test"
    )
    assert [one.reason for one in result.rejected] == ["bad_span_id", "bad_event_time"]
    assert count(database, tables.SpanRow) == 1


def test_an_event_remembers_the_rule_that_read_it(database: Database) -> None:
    """The version of a rule stands once, under a small number that its events bear; an event no rule read bears none."""
    take(database, a_span(1, {"cloudevents.event_type": "order-placed", "throughline.object.order": "SO-1"}))
    take(database, a_span(2, {"cloudevents.event_type": "crm-updated", "throughline.object.order": "SO-1"}))
    take(database, said(3, "order-placed", "order:SO-2"))
    rules = database.read(lambda session: session.exec(select(tables.ExtractionRuleRow)).all())
    assert [(one[0].id, one[0].version, one[0].rule_no) for one in rules] == [("throughline", 2, 1)]
    events = database.read(
        lambda session: session.execute(
            select(label_of(tables.EventRow.type_label), tables.EventRow.rule_no).order_by(
                tables.EventRow.occurred_at  # type: ignore[arg-type]
            )
        ).all()
    )
    assert [tuple(row) for row in events] == [("order-placed", 1), ("crm-updated", 1), ("order-placed", None)]


def test_what_rules_taken_away_meanwhile_have_read_is_read_again(database: Database, tmp_path: Path) -> None:
    """The definitions may be replaced between the decoding of a CloudEvent and its storing: one state does both."""

    def shop(version: int, attribute: str) -> Definitions:
        (tmp_path / "shop.yaml").write_text(
            f"kind: extraction\nid: shop\nversion: {version}\ntitle: Shop\nspans: {{service: [shop]}}\nreadings:\n"
            f"  - {{id: a, event: paid, objects: [{{type: order, from: {attribute}}}]}}\nexamples:\n  - {{name: a, span: "
            f"{{service: shop, attributes: {{{attribute}: S-1}}}}, gives: {{event: paid, objects: ['order:S-1']}}}}\n"
        )
        return load((tmp_path,))

    before, after = shop(1, "cart"), shop(2, "order")
    sent = {
        "specversion": "1.0",
        "id": "e",
        "source": "shop",
        "type": "paid",
        "data": {"cart": "C", "order": "SO-1"},
    }
    decoded = decode(orjson.dumps(sent), before.extractor, Instant(5))
    assert decoded.events[0].objects == ("order:C",)

    database.write(
        lambda session: ingest(session, decoded, Instant(1_000), after), actor=MACHINE, reason="test"
    )

    stored = database.read(lambda session: session.execute(select(tables.EventRow)).one())[0]
    rule = database.read(lambda session: session.execute(select(tables.ExtractionRuleRow)).one())[0]
    named = database.read(lambda session: keys_of(Bulk(session), orjson.loads(stored.objects)))
    assert ([*named.values()], stored.rule_no) == (["order:SO-1"], rule.rule_no)
    assert (rule.id, rule.version) == ("shop", 2)


def test_a_bad_key_is_counted_once_for_each_span_however_often_it_is_sent(database: Database) -> None:
    """A client that repeats a request does not make its keys look worse than they are; events on their own count alike."""
    words = {"cloudevents.event_type": "order-placed", "throughline.object.order": "n/a"}
    event = {
        "specversion": "1.0",
        "id": "e1",
        "source": "shop",
        "type": "paid",
        "data": {"throughline.object.order": "0"},
    }
    for _ in range(2):
        take(database, a_span(1, words), a_span(2, words))
        decoded = decode(orjson.dumps(event), DEFINITIONS.extractor, Instant(5))
        database.write(
            lambda session, one=decoded: ingest(session, one, Instant(9), DEFINITIONS),
            actor=MACHINE,
            reason="test",
        )
    rows = database.read(lambda session: session.exec(select(KeyFindingRow)).all())
    found = [(row[0].source, row[0].type, row[0].reason, row[0].key, row[0].uses) for row in rows]
    assert sorted(found) == [
        ("flows", "order", "null-like", "n/a", 2),
        ("shop", "order", "null-like", "0", 1),
    ]


def test_a_failure_in_the_middle_stores_nothing(database: Database) -> None:
    """Spans, events and transactions are one transaction: an error after the intake leaves no half of it."""

    def fail(session: Session) -> None:
        ingest(session, Decoded(events=[said(1, "order-placed", "order:SO-1")]), Instant(1), DEFINITIONS)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        database.write(fail, actor=MACHINE, reason="test")
    assert [count(database, table) for table in (tables.EventRow, tables.TxnRow, tables.ChangedTxnRow)] == [
        0,
        0,
        0,
    ]


def test_changes_wait_on_a_list_until_they_are_forgotten(database: Database) -> None:
    """Each commit lists what it changed; a worker that takes an entry off leaves what came after it."""
    take(database, said(1, "order-placed", "order:SO-1"))
    first = database.read(lambda session: changed_transactions(session, 10))
    take(database, said(2, "customer-created", "order:SO-1"))
    database.write(lambda session: forget_changed(session, first), actor=MACHINE, reason="test")
    left = database.read(lambda session: changed_transactions(session, 10))
    assert [change.transaction_id for change in (*first, *left)] == [ORDER, ORDER]

# SPDX-License-Identifier: Apache-2.0
"""What stitching promises whatever comes first: the same transactions, edges, shares and milestones."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text
from sqlmodel import Session, SQLModel

from collectors import tables
from collectors.bulk import Bulk
from collectors.decisions import store as decision_store
from collectors.decisions import tables as decision_tables
from collectors.definitions import Definitions, load
from collectors.intake import ingest_all
from collectors.keys import tables as key_tables
from collectors.numbers import numbering
from collectors.role import ROLE_CODES
from collectors.span import BusinessEvent, Decoded
from controlplane.database import Actor, Database
from terms import object_key
from terms.instant import SECOND, Instant
from tests.collectors.stitching import known_by_heart

# A process in which one thing has several names, so that transactions join and their ids change on the way.
ALIASES = """kind: process
id: with-aliases
version: 1
title: Orders under several names
anchor: order
edges:
  - {id: amendment-is-order, child: amendment, parent: order, role: same_as}
  - {id: credit-memo-is-amendment, child: credit-memo, parent: amendment, role: same_as}
  - {id: credit-memo-is-invoice, child: credit-memo, parent: invoice, role: same_as}
  - {id: invoice-of-order, child: invoice, parent: order, role: child_of}
  - {id: journal-of-invoice, child: journal, parent: invoice, role: child_of}
  - {id: payment-of-invoice, child: payment, parent: invoice, role: link}
  - {id: journal-of-payment, child: journal, parent: payment, role: link}
  - {id: receipt-is-payment, child: receipt, parent: payment, role: same_as}
milestones: [{name: ordered, event: order-placed}, {name: posted, event: journal-posted}]
completed_when: [posted]
hubs:
  - {object: invoice, joins: 2, within: 2s}
  - {object: credit-memo, joins: 1, within: 1s}
"""


@cache
def with_aliases() -> Definitions:
    """All shipped definitions, those on request too, and one more. No argument of the property: a failing case must stay readable."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "aliases.yaml").write_text(ALIASES)
        return load((Path(folder),), ("invoice-to-posting", "payment-to-reconciliation"))


MACHINE = Actor("machine", "test")
TABLES: tuple[type[SQLModel], ...] = (
    tables.EventRow, tables.EventObjectRow, tables.ObjectRow, tables.EdgeRow, tables.TxnRow, tables.TxnEventRow,
    tables.TxnObjectRow, tables.MilestoneRow, tables.TxnRedirectRow, tables.ChangedTxnRow,
    key_tables.KeyFindingRow, decision_tables.DecisionRow, decision_tables.HubRow,
)  # fmt: skip
OBJECTS = [
    "order:SO-1", "order:SO-2", "order:SO-3", "invoice:INV-1", "invoice:INV-2", "invoice:INV-3", "payment:pi_1",
    "payment:pi_2", "journal:JE-1", "journal:JE-2", "journal:JE-3", "amendment:AMD-1", "amendment:AMD-2",
    "credit-memo:CM-1", "receipt:R-1", "subscription:SUB-1", "customer:CUST-1", "exception:E-1", "exception:E-2",
]  # fmt: skip
TYPES = [
    "order-placed", "invoice-issued", "payment-settled", "journal-posted", "crm-updated", "renewal-amended",
    "credit-memo-posted", "throughline.exception-opened", "throughline.exception-resolved", "order-cancelled",
]  # fmt: skip

# Numbers are given in the order of arrival: what they stand for is compared.
LABEL = "(SELECT l.label FROM label l WHERE l.label_no = {})"
DIGEST = {
    "transactions": "SELECT process, anchor, status, started_at, ended_at, last_event_at, amount_minor, currency, "
    "customer, waiting_for, waiting_since, due_at FROM txn",
    "events": "SELECT t.process, t.anchor, e.source_event_id, m.role, o.value, m.share_ppm, m.part_minor FROM txn_event m "
    "JOIN txn t ON t.txn_id = m.txn_id JOIN event e ON e.event_id = m.event_id "
    "JOIN object o ON o.object_id = m.via_id",
    "objects": "SELECT t.process, t.anchor, o.type, o.value, m.role, p.value, "
    + LABEL.format("m.rule_label")
    + ", e.source_event_id, d.reason "
    "FROM txn_object m JOIN txn t ON t.txn_id = m.txn_id JOIN object o ON o.object_id = m.object_id "
    "LEFT JOIN event e ON e.event_id = m.event_id LEFT JOIN decision d ON d.decision_id = m.event_id "
    "LEFT JOIN object p ON p.object_id = m.parent_id",
    "milestones": "SELECT t.process, t.anchor, "
    + LABEL.format("m.name_label")
    + ", m.reached_at, e.source_event_id FROM milestone m "
    "JOIN txn t ON t.txn_id = m.txn_id JOIN event e ON e.event_id = m.event_id WHERE m.retracted_at IS NULL",
    "edges": "SELECT "
    + LABEL.format("g.definition_label")
    + ", c.value, p.value, g.role, "
    + LABEL.format("g.rule_label")
    + ", g.refused, e.source_event_id, d.reason FROM edge g "
    "JOIN object c ON c.object_id = g.child_id JOIN object p ON p.object_id = g.parent_id "
    "LEFT JOIN event e ON e.event_id = g.event_id LEFT JOIN decision d ON d.decision_id = g.event_id "
    "WHERE g.retracted_at IS NULL",
    "findings": "SELECT reason, type, source, key, what, uses, first_seen, last_seen FROM key_finding "
    "WHERE reason <> 'hub'",
    "hubs": "SELECT o.type, o.value, f.reason FROM hub h JOIN object o ON o.object_id = h.object_id "
    "LEFT JOIN key_finding f ON f.key = o.type || ':' || o.value AND f.reason = 'hub'",
}


def digest(database: Database) -> dict[str, list[Any]]:
    """All that stitching made, without row ids and without the times at which it was recorded."""

    def read(session: Session) -> dict[str, list[Any]]:
        return {
            name: sorted((tuple(row) for row in session.execute(text(query))), key=repr)
            for name, query in DIGEST.items()
        }

    return database.read(read)


def empty(database: Database) -> None:
    def forget(session: Session) -> None:
        with numbering(Bulk(session)) as numbers:
            for table in TABLES:
                session.execute(delete(table))
            numbers.forget()

    database.write(forget, actor=MACHINE, reason="test")


def take(database: Database, events: Sequence[BusinessEvent], definitions: Definitions) -> None:
    take_at_once(database, [events], definitions)


def take_at_once(
    database: Database, batches: Sequence[Sequence[BusinessEvent]], definitions: Definitions
) -> None:
    """Each batch is a request of its own, and all are judged together."""
    requests = [Decoded(events=list(events)) for events in batches]
    database.write(
        lambda session: ingest_all(session, requests, Instant(1), definitions), actor=MACHINE, reason="test"
    )


@st.composite
def words(draw: st.DrawFn, objects: list[str]) -> str | None:
    """What of the amount goes to which of the objects, and what is what to which, where that is said."""
    said: dict[str, Any] = {}
    if draw(st.booleans()):
        said["throughline.allocated"] = {
            key: draw(st.sampled_from([0, 10, 25, 50])) for key in objects if draw(st.booleans())
        }
    if draw(st.integers(0, 2)) == 0:
        pairs = draw(st.lists(st.tuples(st.sampled_from(objects), st.sampled_from(objects)), max_size=3))
        roles = st.sampled_from(["child_of", "parent_of", "same_as", "link", "succeeds"])
        said["throughline.related"] = [f"{one} {draw(roles)} {other}" for one, other in pairs]
        said["throughline.related"] += [f"{key} annotate" for key in objects if draw(st.integers(0, 5)) == 0]
    return orjson.dumps(said).decode() if said else None


@st.composite
def histories(draw: st.DrawFn) -> list[BusinessEvent]:
    """Events that name objects wildly: several parents, ties in time, carriers of carriers, orders beside orders."""
    count = draw(st.integers(1, 9))
    events = []
    for number in range(count):
        objects = draw(st.sets(st.sampled_from(OBJECTS), min_size=1, max_size=4))
        events.append(
            BusinessEvent(
                source="test",
                source_event_id=f"e{number}",
                type=draw(st.sampled_from(TYPES)),
                occurred_at=Instant(draw(st.integers(0, 4)) * SECOND),
                system="test",
                objects=tuple(sorted(objects)),
                amount_minor=draw(st.sampled_from([None, 100, 200])),
                currency="EUR",
                data=draw(words(sorted(objects))),
            )
        )
    return events


class Ruling(NamedTuple):
    """A decision to take, or (kind "revoke") the number of one to take back."""

    number: int
    kind: str
    one: str
    other: str


@st.composite
def decisions(draw: st.DrawFn) -> list[Ruling]:
    count = draw(st.integers(0, 3))
    made = []
    for number in range(count):
        kind = draw(st.sampled_from(["same", "part", "apart", "apart", "revoke"]))
        one, other = draw(st.lists(st.sampled_from(OBJECTS), min_size=2, max_size=2, unique=True))
        made.append(Ruling(number, kind, one, other))
    return made


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[list[BusinessEvent] | Ruling], list[Ruling]]:
    """A history in batches, with decisions in between; some events come twice, and some of those tell it differently."""
    history = draw(histories())
    again = draw(st.lists(st.sampled_from(history), max_size=3))
    otherwise = [
        event._replace(
            objects=draw(st.sampled_from(history)).objects,
            occurred_at=Instant(draw(st.integers(0, 4)) * SECOND),
        )
        for event in draw(st.lists(st.sampled_from(history), max_size=2))
    ]
    arriving = draw(st.permutations(history + again + otherwise))
    cuts = sorted(draw(st.lists(st.integers(0, len(arriving)), max_size=5)))
    steps: list[list[BusinessEvent] | Ruling] = [
        arriving[a:b] for a, b in zip([0, *cuts], [*cuts, len(arriving)], strict=True) if a < b
    ]
    made = draw(decisions())
    places = sorted(draw(st.lists(st.integers(0, len(steps)), min_size=len(made), max_size=len(made))))
    for place, ruling in reversed(list(zip(places, made, strict=True))):
        steps.insert(place, ruling)
    return steps, made


def rule(database: Database, ruling: Ruling, definitions: Definitions) -> None:
    """Takes the decision, or takes one back; what cannot be taken is left."""

    def work(session: Session) -> object:
        if ruling.kind == "revoke":
            known = decision_store.decisions(session, 200, standing=True).items
            if not known:
                return None
            return decision_store.revoke(
                session, definitions.processes, known[-1].decision_id, "ann", "", Instant(3)
            )
        wanted = decision_store.Wanted(
            ruling.kind,  # type: ignore[arg-type]
            object_key.parse(ruling.one),
            object_key.parse(ruling.other),
            f"d{ruling.number}",
            "ann",
            f"k{ruling.number}",
        )
        return decision_store.decide(session, definitions.processes, wanted, Instant(2))

    database.write(work, actor=MACHINE, reason="test")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arriving=arrivals(), are_together=st.booleans())
def test_arrival_order_batches_repeats_and_when_it_was_decided_change_nothing(
    database: Database,
    arriving: tuple[list[list[BusinessEvent] | Ruling], list[Ruling]],
    are_together: bool,
) -> None:
    """Any order of arrival, batch size, duplication and place of decisions end in the same transactions, edges and milestones.

    So do requests that are judged together, one that repeats or contradicts another among them. What is known by heart on the
    way is what is stored.
    """
    definitions = with_aliases()
    steps, made = arriving
    empty(database)
    take(
        database, [event for batch in steps if not isinstance(batch, Ruling) for event in batch], definitions
    )
    for ruling in made:
        rule(database, ruling, definitions)
    at_once = digest(database)
    empty(database)
    for is_ruling, some in groupby(steps, lambda step: isinstance(step, Ruling)):
        listed = list(some)
        if is_ruling or not are_together:
            for step in listed:
                if isinstance(step, Ruling):
                    rule(database, step, definitions)
                else:
                    take(database, step, definitions)
                    database.write(
                        lambda session: known_by_heart.compare(session, definitions),
                        actor=MACHINE,
                        reason="test",
                    )
        else:
            take_at_once(database, [step for step in listed if not isinstance(step, Ruling)], definitions)
    assert digest(database) == at_once


def test_intakes_at_the_same_time_end_as_one_after_the_other(database: Database) -> None:
    """Parts of the same deals arriving through many hands at once are stitched as if they had queued up."""
    definitions = with_aliases()
    history = [
        BusinessEvent("test", f"{kind}-{at}-{n}", kind, Instant(at), "test", objects, 100, "EUR")
        for n in range(12)
        for at, (kind, objects) in enumerate(
            (
                ("order-placed", ("customer:C-1", f"order:SO-{n}")),
                ("invoice-issued", (f"invoice:INV-{n}", f"order:SO-{n}")),
                ("journal-posted", (f"invoice:INV-{n}", f"journal:JE-{n}")),
                ("payment-settled", (f"invoice:INV-{n}", f"invoice:INV-{(n + 1) % 12}", f"payment:pi_{n}")),
                ("journal-posted", (f"journal:JE-P-{n}", f"payment:pi_{n}")),
            )
        )
    ]
    take(database, history, definitions)
    one_after_the_other = digest(database)
    empty(database)
    with ThreadPoolExecutor(8) as hands:
        list(hands.map(lambda part: take(database, history[part::16], definitions), range(16)))
    assert digest(database) == one_after_the_other


def test_a_key_that_only_a_decision_names_stays_where_its_other_name_is_linked(database: Database) -> None:
    """A payment that a person said is this journal; the journal is of two invoices, and one of them is told of again."""
    definitions = with_aliases()
    first = BusinessEvent(
        "test", "e1", "journal-posted", Instant(4), "test", ("invoice:INV-1", "invoice:INV-3", "journal:JE-1"), 100, "EUR"
    )  # fmt: skip
    later = BusinessEvent("test", "e2", "payment-settled", Instant(1), "test", ("invoice:INV-3",), 200, "EUR")
    decided = Ruling(0, "same", "payment:pi_1", "journal:JE-1")
    take(database, [first, later], definitions)
    rule(database, decided, definitions)
    at_once = digest(database)
    empty(database)

    take(database, [first], definitions)
    rule(database, decided, definitions)
    take(database, [later], definitions)

    assert digest(database) == at_once
    assert ("invoice-to-posting", "invoice:INV-3", "payment", "pi_1") in {
        row[:4] for row in at_once["objects"]
    }


def test_what_is_only_shown_is_shown_whatever_comes_first(database: Database) -> None:
    """An invoice that an event only shows beside another's is no transaction by that, and shown there before and after one."""
    definitions = with_aliases()
    shown = BusinessEvent(
        "test", "e1", "invoice-issued", Instant(0), "test", ("invoice:INV-1", "invoice:INV-3", "journal:JE-1"),
        data='{"throughline.related": ["invoice:INV-1 annotate"]}',
    )  # fmt: skip
    later = BusinessEvent("test", "e2", "journal-posted", Instant(0), "test", ("invoice:INV-3",))
    own = BusinessEvent("test", "e3", "journal-posted", Instant(0), "test", ("invoice:INV-1",))
    digests = []
    for batches in ([shown, later, own],), ([shown], [later], [own]), ([own], [shown], [later]):
        empty(database)
        for batch in batches:
            take(database, batch, definitions)
        digests.append(digest(database))
    assert digests[0] == digests[1] == digests[2]
    places = {row[:5] for row in digests[0]["objects"] if row[0] == "invoice-to-posting"}
    assert ("invoice-to-posting", "invoice:INV-3", "invoice", "INV-1", ROLE_CODES["annotate"]) in places
    assert ("invoice-to-posting", "invoice:INV-1", "invoice", "INV-1", ROLE_CODES["anchor"]) in places

# SPDX-License-Identifier: Apache-2.0
"""What comes late, or says something else than before: the transactions end as if all had come at once."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.decisions.ruling_store import RulingStore
from collectors.definitions import load
from collectors.labels import label_no_of
from collectors.span import BusinessEvent
from collectors.stitching.memory import Memory
from collectors.stitching.neighbourhood import Neighbourhood
from collectors.stitching.records import Records
from collectors.transactions.store import (
    transactions_by_id,
)
from collectors.transactions.transaction import transaction_id
from controlplane.database import Database
from terms.instant import HOUR, Instant
from terms.object_key import ObjectKey
from tests.collectors.test_collectors_intake import (
    DEFINITIONS,
    said,
    take,
    view,
)


def test_a_milestone_reached_earlier_than_thought_is_recorded_anew(database: Database) -> None:
    """An event that happened before the one that reached a milestone takes its place; the old row is retracted, not lost."""
    take(database, said(1, "order-placed", "order:SO-1"), said(9, "customer-created", "order:SO-1"))
    take(database, said(5, "customer-created", "order:SO-1"))
    assert view(database).reached_at("customer-ready") == 5
    rows = database.read(
        lambda session: session.execute(
            select(tables.MilestoneRow.reached_at, tables.MilestoneRow.retracted_at)  # type: ignore[call-overload]
            .where(tables.MilestoneRow.name_label == label_no_of("customer-ready"))
            .order_by(tables.MilestoneRow.reached_at)
        ).all()
    )
    assert [tuple(row) for row in rows] == [(5, None), (9, 1_000)]


def test_one_identity_with_two_contents_ends_the_same_either_way(database: Database) -> None:
    """Two tellings of one event that differ: the same one is kept whichever came first."""
    one = said(1, "order-placed", "order:SO-1", event_id="e1", amount=100)
    other = said(1, "order-placed", "order:SO-1", event_id="e1", amount=200)
    take(database, one)
    take(database, other)
    kept = view(database).amount
    other_way = tuple(replace_order(event) for event in (other, one))
    for event in other_way:
        take(database, event)
    assert view(database, transaction_id("lead-to-cash", ObjectKey("order", "SO-2"))).amount == kept


def replace_order(event: BusinessEvent) -> BusinessEvent:
    """The same event of another order: the hash compares contents, so both must differ in the same way."""
    return event._replace(source="other", objects=("order:SO-2",))


def test_a_late_anchor_adopts_what_came_before_it(database: Database) -> None:
    """Fragments make no transaction; the event that names the order makes one of all of them."""
    fragments = take(
        database,
        said(3, "journal-posted", "journal:JE-1", "invoice:INV-1"),
        said(4, "payment-settled", "payment:P-1", "invoice:INV-1"),
    )
    assert fragments.changed == ()
    take(database, said(5, "journal-posted", "journal:JE-2", "payment:P-1"))
    take(database, said(2, "invoice-issued", "invoice:INV-1", "order:SO-1"))
    found = view(database)
    assert [m.name for m in found.milestones if m.reached_at] == [
        "invoiced",
        "posted",
        "paid",
        "cash-applied",
    ]


ALIASES = """kind: process
id: with-aliases
version: 1
title: Orders under two names
anchor: order
edges:
  - {id: same, child: sales-order, parent: order, role: same_as}
  - {id: also, child: sales-order, parent: web-order, role: same_as}
  - {id: web, child: web-order, parent: order, role: same_as}
milestones: [{name: placed, event: order-placed}]
completed_when: [placed]
"""


def test_a_transaction_that_turns_out_to_be_another_leaves_a_redirect(
    database: Database, tmp_path: Path
) -> None:
    """Two ids of one order: what was seen under the id that is not kept is found under the one that is."""
    (tmp_path / "aliases.yaml").write_text(ALIASES)
    definitions = load((tmp_path,))
    old = transaction_id("with-aliases", ObjectKey("order", "SO-9", namespace="web"))
    new = transaction_id("with-aliases", ObjectKey("order", "SO-1"))
    take(database, said(1, "order-placed", "web/order:SO-9"), definitions=definitions)
    take(database, said(2, "order-placed", "order:SO-1"), definitions=definitions)
    take(database, said(3, "linked", "sales-order:S-1", "order:SO-1"), definitions=definitions)
    result = take(database, said(4, "linked", "sales-order:S-1", "web/order:SO-9"), definitions=definitions)
    assert {old, new} <= set(result.changed)
    names = definitions.milestone_names
    found = database.read(lambda session: transactions_by_id(session, names, [old, new]))
    assert found[old] == found[new]
    assert found[old].transaction_id == new


def test_a_customer_with_many_orders_is_never_followed(database: Database) -> None:
    """A hub costs nothing: what is read around one order of a customer holds none of the customer's other orders."""
    take(database, *(said(n, "order-placed", f"order:SO-{n}", "customer:C-1") for n in range(100)))

    def read(session: Session) -> set[str]:
        rows = session.execute(
            select(tables.ObjectRow.type, tables.ObjectRow.value, tables.ObjectRow.object_id)
        )  # type: ignore[call-overload]
        bulk, ids = Bulk(session), {f"{k}:{v}": one for k, v, one in rows}
        near = Neighbourhood(Records(bulk, ids, Memory()), DEFINITIONS.processes, RulingStore(bulk))
        asked = {"order:SO-7", "customer:C-1"}
        near.fetch_ahead(asked)
        return near.closure(near.closure(asked) | near.reached(asked - {"customer:C-1"}))

    assert database.read(read) == {"order:SO-7"}


def test_history_is_judged_in_business_time(database: Database) -> None:
    """Events months old make transactions that started then, and are due then."""
    take(database, said(-90 * 24 * HOUR, "order-placed", "order:SO-1"))
    found = view(database)
    assert (found.started_at, found.is_overdue(Instant(0))) == (-90 * 24 * HOUR, True)
    assert replace(found, due_at=None).is_overdue(Instant(0)) is False

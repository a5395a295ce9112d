# SPDX-License-Identifier: Apache-2.0
"""What stands beside a transaction: the chain it is a link of, the whole it is a part of, and those it shares something with."""

from pathlib import Path

import pytest

from collectors.definitions import Definitions, load
from collectors.intake import ingest
from collectors.span import BusinessEvent, Decoded
from collectors.transactions.related_store import related
from collectors.transactions.transaction import transaction_id
from controlplane.database import Actor, Database
from terms import object_key
from terms.instant import Instant

INVOICES = """kind: process
id: invoices
version: 1
title: Invoices
anchor: invoice
edges: [{id: payment-of-invoice, child: payment, parent: invoice, role: link}]
milestones: [{name: issued, event: invoice-issued}]
completed_when: [issued]
"""
TERMS = """kind: process
id: terms
version: 1
title: Terms
anchor: term
edges: [{id: renews, child: previous-term, parent: term, role: succeeds, names: term}]
milestones: [{name: begun, event: term-begun}]
completed_when: [begun]
"""


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    folder: Path = tmp_path_factory.mktemp("definitions")
    (folder / "invoices.yaml").write_text(INVOICES)
    (folder / "terms.yaml").write_text(TERMS)
    return load((folder,))


def said(at: int, kind: str, *objects: str) -> BusinessEvent:
    return BusinessEvent(
        "test", f"{kind}@{at}", kind, Instant(at), "test", tuple(sorted(objects)), None, None
    )


def beside(
    database: Database, definitions: Definitions, process: str, key: str, *events: BusinessEvent
) -> list[tuple[str, str, str]]:
    """(relation, which transaction, through what) of the transaction of that key, after these events."""
    database.write(
        lambda s: ingest(s, Decoded(events=list(events)), Instant(1), definitions),
        actor=Actor("machine", "test"),
        reason="test",
    )
    names = {
        transaction_id(p.id, object_key.parse(one)): f"{p.id} {one}"
        for p in definitions.processes
        for event in events
        for one in event.objects
    }
    mine = transaction_id(process, object_key.parse(key))
    found = database.read(lambda s: related(s, definitions.processes, mine))
    return [(view.relation, names[view.transaction_id], str(view.through)) for view in found]


def test_renewals_of_a_subscription_are_a_chain(database: Database, definitions: Definitions) -> None:
    """The order that began it comes first, then each amendment in the order they started, whatever process they are of."""
    events = (
        said(1, "order-placed", "order:SO-1", "subscription:SUB-1"),
        said(9, "renewal-amended", "amendment:AMD-2", "subscription:SUB-1"),
        said(5, "renewal-amended", "amendment:AMD-1", "subscription:SUB-1"),
        said(6, "renewal-amended", "amendment:AMD-9", "subscription:SUB-9"),
    )
    assert beside(database, definitions, "renewal-amendment", "amendment:AMD-1", *events) == [
        ("before", "lead-to-cash order:SO-1", "subscription:SUB-1"),
        ("after", "renewal-amendment amendment:AMD-2", "subscription:SUB-1"),
    ]


def test_the_one_before_may_be_named_by_its_own_key(database: Database, definitions: Definitions) -> None:
    """A term that says which term it renews stands behind that one, and that one knows it."""
    events = (
        said(1, "term-begun", "term:T-1"),
        said(5, "term-begun", "previous-term:T-1", "term:T-2"),
        said(9, "term-begun", "previous-term:T-2", "term:T-3"),
    )
    assert beside(database, definitions, "terms", "term:T-2", *events) == [
        ("before", "terms term:T-1", "term:T-1"),
        ("after", "terms term:T-3", "previous-term:T-2"),
    ]


def test_a_payment_of_two_deals_makes_them_siblings(database: Database, definitions: Definitions) -> None:
    """Neither is part of the other: they have the payment in common, and say so."""
    events = (
        said(1, "invoice-issued", "invoice:INV-1", "order:SO-1"),
        said(2, "invoice-issued", "invoice:INV-2", "order:SO-2"),
        said(3, "payment-settled", "invoice:INV-1", "invoice:INV-2", "payment:P-1"),
    )
    assert beside(database, definitions, "lead-to-cash", "order:SO-1", *events) == [
        ("part", "invoices invoice:INV-1", "invoice:INV-1"),
        ("sibling", "lead-to-cash order:SO-2", "payment:P-1"),
    ]
    mine = transaction_id("invoices", object_key.parse("invoice:INV-1"))
    found = database.read(lambda s: related(s, definitions.processes, mine))
    assert [(view.relation, str(view.through)) for view in found] == [
        ("whole", "invoice:INV-1"),
        ("sibling", "payment:P-1"),
    ]


def test_what_does_not_exist_stands_beside_nothing(database: Database, definitions: Definitions) -> None:
    """An unknown id and one that is none have no relations."""
    for one in ("0" * 32, "none"):
        assert database.read(lambda s, one=one: related(s, definitions.processes, one)) == ()

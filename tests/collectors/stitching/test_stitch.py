# SPDX-License-Identifier: Apache-2.0
"""Which objects and events make one transaction, judged from events alone."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.definitions import load
from collectors.processes.process import Process
from collectors.stitching.contradiction import findings
from collectors.stitching.figures import figures_text
from collectors.stitching.stitch import Stitched, shares, stitch
from collectors.stitching.stitch_event import StitchEvent
from collectors.stitching.tree import object_type

LEAD = load().process("lead-to-cash")
assert LEAD is not None


def said(at: int, kind: str, *objects: str, source: str = "test") -> StitchEvent:
    """An event at a business time, known by its type and time."""
    keys = tuple(sorted(objects))
    kinds = tuple(object_type(key) for key in keys)
    return StitchEvent(at, source, f"{kind}@{at}", at, kind, "test", kinds, keys, None, None, None, None)


def lead_to_cash(*events: StitchEvent, seed: int = 0) -> Stitched:
    """The events stitched as lead-to-cash, whatever order they come in."""
    arrived = list(events)
    random.Random(seed).shuffle(arrived)
    assert LEAD is not None
    return stitch(LEAD, arrived)


def types(stitched: Stitched, anchor: str) -> list[str]:
    return [membership.event.type for membership in stitched.memberships[anchor]]


@pytest.mark.parametrize("seed", range(4))
def test_an_order_whose_invoice_arrives_before_its_activation_is_one_transaction(seed: int) -> None:
    """Arrival does not matter: business time orders the events, and the order is one transaction."""
    stitched = lead_to_cash(
        said(1, "order-placed", "order:SO-1", "customer:C-1"),
        said(3, "invoice-issued", "invoice:INV-1", "order:SO-1", "customer:C-1"),
        said(2, "subscription-activated", "subscription:SUB-1", "order:SO-1"),
        said(4, "journal-posted", "journal:JE-1", "invoice:INV-1"),
        seed=seed,
    )
    assert list(stitched.memberships) == ["order:SO-1"]
    assert types(stitched, "order:SO-1") == [
        "order-placed", "subscription-activated", "invoice-issued", "journal-posted",
    ]  # fmt: skip
    journal = stitched.members["order:SO-1"]["journal:JE-1"]
    assert (journal.role, journal.parent, journal.rule, journal.event.type) == (
        "child_of", "invoice:INV-1", "journal-of-invoice", "journal-posted",
    )  # fmt: skip


def test_a_payment_of_40_orders_merges_none() -> None:
    """Each order stays its own transaction; the run belongs to each with a share, and the shares are one whole."""
    orders = [f"order:SO-{n}" for n in range(40)]
    invoices = [said(n, "invoice-issued", f"invoice:INV-{n}", orders[n]) for n in range(40)]
    run = said(99, "payment-settled", "payment:RUN-1", *(f"invoice:INV-{n}" for n in range(40)))
    receipt = said(100, "journal-posted", "journal:JE-9", "payment:RUN-1")
    stitched = lead_to_cash(*invoices, run, receipt)
    assert sorted(stitched.memberships) == sorted(orders)
    for event in (run, receipt):
        parts = [m.share_ppm for joined in stitched.memberships.values() for m in joined if m.event is event]
        assert (len(parts), sum(parts)) == (40, 1_000_000)
    assert {m.role for m in stitched.memberships["order:SO-7"] if m.event is receipt} == {"linked"}


def test_a_customer_and_a_trace_merge_nothing() -> None:
    """Two orders of one customer, told by one source, are two transactions that the customer only annotates."""
    stitched = lead_to_cash(
        said(1, "order-placed", "order:SO-1", "customer:C-1"),
        said(2, "order-placed", "order:SO-2", "customer:C-1"),
    )
    assert sorted(stitched.memberships) == ["order:SO-1", "order:SO-2"]
    assert stitched.members["order:SO-1"]["customer:C-1"].role == "annotate"


def test_a_late_anchor_adopts_its_fragments() -> None:
    """Without an order an invoice and its journal make no transaction; once the order is named, both belong to it."""
    fragment = (
        said(2, "journal-posted", "journal:JE-1", "invoice:INV-1"),
        said(3, "payment-settled", "payment:P-1", "invoice:INV-1"),
    )
    assert lead_to_cash(*fragment).memberships == {}
    adopted = lead_to_cash(*fragment, said(1, "invoice-issued", "invoice:INV-1", "order:SO-1"))
    assert types(adopted, "order:SO-1") == ["invoice-issued", "journal-posted", "payment-settled"]


@pytest.mark.parametrize("seed", range(4))
def test_of_two_parents_the_first_by_event_time_wins_whatever_came_first(seed: int) -> None:
    """An invoice that two orders claim belongs to the one that claimed it first; the other claim is kept as refused."""
    stitched = lead_to_cash(
        said(2, "invoice-issued", "invoice:INV-1", "order:SO-2"),
        said(1, "invoice-issued", "invoice:INV-1", "order:SO-1"),
        seed=seed,
    )
    assert stitched.members["order:SO-1"]["invoice:INV-1"].role == "child_of"
    assert "invoice:INV-1" not in stitched.members["order:SO-2"]
    refused = [(edge.parent, edge.refused) for edge in stitched.edges if edge.refused]
    assert refused == [("order:SO-2", "invoice:INV-1 already belongs to order:SO-1")]


def test_an_invoice_of_two_orders_is_linked_to_both() -> None:
    """A consolidated invoice is nobody's child: it and its journal are shared by the orders it names."""
    stitched = lead_to_cash(
        said(1, "invoice-issued", "invoice:INV-1", "order:SO-1", "order:SO-2"),
        said(2, "journal-posted", "journal:JE-1", "invoice:INV-1"),
    )
    for anchor in ("order:SO-1", "order:SO-2"):
        assert stitched.members[anchor]["invoice:INV-1"].role == "link"
        assert [(m.event.type, m.role, m.share_ppm) for m in stitched.memberships[anchor]] == [
            ("invoice-issued", "member", 500_000),
            ("journal-posted", "linked", 500_000),
        ]


def test_several_of_both_sides_say_nothing_of_who_belongs_to_whom() -> None:
    """An event that names two orders and two invoices joins none of the four."""
    stitched = lead_to_cash(said(1, "batch", "order:SO-1", "order:SO-2", "invoice:INV-1", "invoice:INV-2"))
    assert stitched.edges == []


def test_a_subscription_does_not_drag_later_events_into_its_order() -> None:
    """What happens to a subscription years later is not part of the order that began it."""
    stitched = lead_to_cash(
        said(1, "subscription-activated", "subscription:SUB-1", "order:SO-1"),
        said(900, "renewal-amended", "amendment:AMD-1", "subscription:SUB-1"),
    )
    assert types(stitched, "order:SO-1") == ["subscription-activated"]
    assert stitched.members["order:SO-1"]["subscription:SUB-1"].role == "succeeds"


ALIASES = """kind: process
id: with-aliases
version: 1
title: Orders under two names
anchor: order
edges:
  - {id: quote-is-order, child: quote, parent: order, role: same_as}
  - {id: line-of-quote, child: line, parent: quote, role: child_of}
  - {id: erp-order-is-order, child: sales-order, parent: order, role: same_as}
milestones: [{name: placed, event: order-placed}]
completed_when: [placed]
"""


@pytest.fixture(scope="module")
def aliased(tmp_path_factory: pytest.TempPathFactory) -> Process:
    folder = tmp_path_factory.mktemp("definitions")
    (folder / "aliases.yaml").write_text(ALIASES)
    process = load((folder,)).process("with-aliases")
    assert process is not None
    return process


def test_what_hangs_on_an_alias_hangs_on_the_anchor(aliased: Process) -> None:
    """A line of a quote belongs to the order that the quote became, and so does what is known under the ERP's number."""
    stitched = stitch(
        aliased,
        [
            said(3, "quoted", "line:L-1", "quote:Q-1"),
            said(2, "won", "quote:Q-1", "order:SO-1"),
            said(4, "booked", "erp/sales-order:7", "order:SO-1"),
        ],
    )
    members = stitched.members["order:SO-1"]
    assert {key: (member.role, member.parent) for key, member in members.items()} == {
        "order:SO-1": ("anchor", None),
        "quote:Q-1": ("same_as", "order:SO-1"),
        "erp/sales-order:7": ("same_as", "order:SO-1"),
        "line:L-1": ("child_of", "order:SO-1"),
    }
    assert stitched.contradictions == []


@pytest.mark.parametrize("seed", range(4))
def test_two_quotes_of_one_order_are_a_conflict_and_neither_is_believed(aliased: Process, seed: int) -> None:
    """Which of them came first, or happened first, says nothing of which is right: both are kept, shown, and join nothing."""
    events = [
        said(2, "won", "quote:Q-1", "order:SO-1"),
        said(3, "quoted", "line:L-1", "quote:Q-1"),
        said(4, "won", "quote:Q-2", "order:SO-1"),
        said(5, "booked", "erp/sales-order:7", "order:SO-1"),
        said(6, "won", "quote:Q-3", "order:SO-3"),
    ]
    random.Random(seed).shuffle(events)
    stitched = stitch(aliased, events)
    assert {key: member.role for key, member in stitched.members["order:SO-1"].items()} == {
        "order:SO-1": "anchor", "quote:Q-1": "annotate", "quote:Q-2": "annotate", "erp/sales-order:7": "same_as",
    }  # fmt: skip
    assert sorted((edge.child, edge.refused) for edge in stitched.edges if edge.refused) == [
        (quote, "quote:Q-1 and quote:Q-2 would be one, and are two of one kind")
        for quote in ("quote:Q-1", "quote:Q-2")
    ]
    (found,) = findings(stitched.contradictions)
    assert (found.reason, found.key, found.what, found.uses) == (
        "conflict", "quote:Q-1", "cannot be the same as quote:Q-2", 2,
    )  # fmt: skip
    assert stitched.members["order:SO-3"]["quote:Q-3"].role == "same_as"


def test_a_number_that_restarts_each_year_is_still_one_kind(aliased: Process) -> None:
    """Two ERP numbers of different years cannot be one order: the scope makes an id unique, it does not make another kind."""
    stitched = stitch(
        aliased,
        [
            said(1, "booked", "erp/sales-order@2025:7", "order:SO-1"),
            said(2, "booked", "erp/sales-order@2026:7", "order:SO-1"),
        ],
    )
    assert [edge.refused for edge in stitched.edges] == [
        "erp/sales-order@2025:7 and erp/sales-order@2026:7 would be one, and are two of one kind"
    ] * 2


def test_a_conflict_at_the_end_of_a_chain_leaves_the_rest_of_the_chain(aliased: Process) -> None:
    """Only the assertions between the two that cannot be one are put aside."""
    stitched = stitch(
        aliased,
        [
            said(1, "won", "quote:Q-1", "order:SO-1"),
            said(2, "booked", "erp/sales-order:7", "order:SO-1"),
            said(3, "booked", "erp/sales-order:7", "order:SO-2"),
            said(4, "won", "quote:Q-2", "order:SO-2"),
        ],
    )
    assert {edge.child: bool(edge.refused) for edge in stitched.edges} == {
        "quote:Q-1": True, "quote:Q-2": True, "erp/sales-order:7": True,
    }  # fmt: skip
    without_quotes = [
        said(2, "booked", "erp/sales-order:7", "order:SO-1"),
        said(3, "booked", "erp/sales-order:7", "order:SO-2"),
        said(4, "won", "quote:Q-2", "order:SO-2"),
    ]
    assert {edge.child: bool(edge.refused) for edge in stitch(aliased, without_quotes).edges} == {
        "quote:Q-2": False, "erp/sales-order:7": True,
    }  # fmt: skip


LINES = """kind: process
id: with-lines
version: 1
title: Orders by their lines
anchor: order
edges:
  - {id: line-of-order, child: order-line, parent: order, role: child_of}
  - {id: invoice-of-order, child: invoice, parent: order, role: child_of}
  - {id: line-of-order-line, child: invoice-line, parent: order-line, role: child_of}
  - {id: line-of-invoice, child: invoice-line, parent: invoice, role: child_of}
milestones: [{name: placed, event: order-placed}]
completed_when: [placed]
"""


def test_an_object_has_one_parent_of_each_type_and_one_anchor(tmp_path: Path) -> None:
    """An invoice line belongs to its invoice and to its order line; a second order through either is refused."""
    (tmp_path / "lines.yaml").write_text(LINES)
    process = load((tmp_path,)).process("with-lines")
    assert process is not None
    stitched = stitch(
        process,
        [
            said(1, "ordered", "order-line:OL-1", "order:SO-1"),
            said(2, "invoiced", "invoice:INV-1", "order:SO-1"),
            said(3, "invoiced", "invoice:INV-2", "order:SO-2"),
            said(4, "detailed", "invoice-line:IL-1", "order-line:OL-1"),
            said(5, "detailed", "invoice-line:IL-1", "invoice:INV-1"),
            said(6, "detailed", "invoice-line:IL-2", "order-line:OL-1"),
            said(7, "detailed", "invoice-line:IL-2", "invoice:INV-2"),
        ],
    )
    refused = {(edge.child, edge.parent): edge.refused for edge in stitched.edges if edge.refused}
    assert refused == {
        ("invoice-line:IL-2", "invoice:INV-2"): "invoice-line:IL-2 already belongs to order:SO-1"
    }
    assert "invoice-line:IL-2" not in stitched.members["order:SO-2"]
    assert [(one.reason, one.key) for one in findings(stitched.contradictions)] == [
        ("two-parents", "invoice-line:IL-2")
    ]


def test_a_payment_is_shared_as_it_was_allocated() -> None:
    """30 of a payment of 100 went to one order's invoice and 60 to another's; its receipt in the ledger is shared alike."""
    figures = figures_text('{"throughline.allocated": {"invoice:INV-1": 30, "invoice:INV-2": 60}}')
    stitched = lead_to_cash(
        said(1, "invoice-issued", "invoice:INV-1", "order:SO-1"),
        said(2, "invoice-issued", "invoice:INV-2", "order:SO-2"),
        said(3, "payment-settled", "payment:P-1", "invoice:INV-1", "invoice:INV-2")._replace(
            amount_minor=100, figures=figures
        ),
        said(4, "journal-posted", "journal:JE-1", "payment:P-1")._replace(amount_minor=100),
    )
    parts = {
        anchor: [(m.event.type, m.share_ppm, m.part_minor) for m in stitched.memberships[anchor][1:]]
        for anchor in ("order:SO-1", "order:SO-2")
    }
    assert parts == {
        "order:SO-1": [("payment-settled", 333_334, 30), ("journal-posted", 333_334, 30)],
        "order:SO-2": [("payment-settled", 666_666, 60), ("journal-posted", 666_666, 60)],
    }


def test_what_is_not_allocated_to_all_is_shared_equally() -> None:
    """An allocation that says nothing of one of the orders says nothing of shares; the parts add up to the amount."""
    stitched = lead_to_cash(
        *(said(n, "invoice-issued", f"invoice:INV-{n}", f"order:SO-{n}") for n in (1, 2, 3)),
        said(4, "payment-settled", "payment:P-1", "invoice:INV-1", "invoice:INV-2", "invoice:INV-3")._replace(
            amount_minor=100, figures=figures_text('{"throughline.allocated": {"invoice:INV-1": 30}}')
        ),
    )
    assert [stitched.memberships[f"order:SO-{n}"][1].part_minor for n in (1, 2, 3)] == [34, 33, 33]


def test_part_of_a_payment_for_a_stranger_is_not_this_orders() -> None:
    """Of a payment of 100, 40 went to the invoice of an order that is known; the rest went elsewhere."""
    stitched = lead_to_cash(
        said(1, "invoice-issued", "invoice:INV-1", "order:SO-1"),
        said(2, "payment-settled", "payment:P-1", "invoice:INV-1")._replace(
            amount_minor=100,
            figures=figures_text('{"throughline.allocated": {"invoice:INV-1": 40, "invoice:X": 60}}'),
        ),
    )
    (payment,) = stitched.memberships["order:SO-1"][1:]
    assert (payment.share_ppm, payment.part_minor, payment.amount_minor) == (1_000_000, 40, 40)


def test_two_systems_numbers_of_one_type_may_be_one_thing(tmp_path: Path) -> None:
    """Salesforce and Zuora both number orders: an event that names one of each says they are the same; two of one say nothing."""
    (tmp_path / "orders.yaml").write_text(
        """kind: process
id: numbered
version: 1
title: Orders by two systems
anchor: order
edges: [{id: numbers, child: order, parent: order, role: same_as}]
milestones: [{name: placed, event: order-placed}]
completed_when: [placed]
"""
    )
    process = load((tmp_path,)).process("numbered")
    assert process is not None
    stitched = stitch(
        process,
        [
            said(1, "order-placed", "sf/order:1", "zuora/order:A-1"),
            said(2, "order-placed", "sf/order:2", "sf/order:3"),
        ],
    )
    assert sorted(stitched.memberships) == ["sf/order:1", "sf/order:2", "sf/order:3"]
    assert stitched.members["sf/order:1"]["zuora/order:A-1"].role == "same_as"
    assert stitched.contradictions == []


@given(st.sets(st.text(min_size=1, max_size=4), max_size=60))
def test_shares_are_one_whole(anchors: set[str]) -> None:
    """However many transactions share an event, the shares are a million, the parts the amount, and each differs by one at most."""
    for amount in (-7, 0, 12_345_678):
        found = shares(amount, anchors, {}) if anchors else []
        for column, whole in ((1, 1_000_000), (2, amount)):
            parts = [row[column] for row in found]
            if len(anchors) > 1 or column == 1:
                assert sum(parts) == (whole if anchors else 0)  # type: ignore[arg-type]
                assert not parts or max(parts) - min(parts) <= 1  # type: ignore[type-var, operator]


@pytest.mark.parametrize(
    ("key", "kind"),
    [("order:SO-1", "order"), ("sap/journal@2026:1:7", "journal"), ("credit-memo:CM-1", "credit-memo")],
)
def test_the_type_of_a_key_stands_before_its_value(key: str, kind: str) -> None:
    """Namespace, scope and value do not belong to the type."""
    assert object_type(key) == kind

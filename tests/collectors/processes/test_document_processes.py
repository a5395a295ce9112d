# SPDX-License-Identifier: Apache-2.0
"""Invoices and payments as transactions of their own, beside the deals they are of: nothing joins two of them."""

from pathlib import Path

import pytest

from collectors.definitions import SHIPPED, Definitions, load
from collectors.processes.outcome import outcome
from collectors.processes.process import Process
from collectors.span import BusinessEvent
from collectors.stitching.stitch import Stitched, stitch
from collectors.stitching.stitch_event import StitchEvent
from collectors.stitching.tree import object_type
from collectors.transactions import line_store
from controlplane.database import Database
from controlplane.settings import from_environment
from terms.instant import DAY, Instant
from terms.problem import ProblemError
from tests.collectors.stitching.test_stitching_order import take

ON_REQUEST = ("invoice-to-posting", "payment-to-reconciliation")
ALL = load((), ON_REQUEST)


def process(name: str, of: Definitions = ALL) -> Process:
    found = of.process(name)
    assert found is not None
    return found


def said(at: int, kind: str, *objects: str) -> StitchEvent:
    keys = tuple(sorted(objects))
    kinds = tuple(object_type(key) for key in keys)
    return StitchEvent(at, "test", f"{kind}@{at}", at, kind, "test", kinds, keys, None, None, None, None)


# One order with two invoices, one payment for both, posted; a payout that holds this payment and another one.
MONTH = (
    said(1, "order-placed", "order:SO-1", "customer:C-1"),
    said(2, "invoice-issued", "invoice:INV-1", "order:SO-1", "customer:C-1"),
    said(3, "invoice-issued", "invoice:INV-2", "order:SO-1", "customer:C-1"),
    said(4, "journal-posted", "journal:JE-1", "invoice:INV-1"),
    said(5, "payment-settled", "payment:pi_1", "invoice:INV-1", "invoice:INV-2", "customer:C-1"),
    said(6, "payment-settled", "payment:pi_2", "invoice:INV-9", "customer:C-2"),
    said(7, "journal-posted", "journal:JE-2", "payment:pi_1"),
    said(8, "payment-reconciled", "payout:po_1", "payment:pi_1", "payment:pi_2"),
)  # fmt: skip


def of(name: str) -> Stitched:
    return stitch(process(name), list(MONTH))


def test_two_invoices_of_one_order_are_two_transactions_and_the_payment_of_both_joins_none() -> None:
    made = of("invoice-to-posting")

    assert sorted(made.memberships) == ["invoice:INV-1", "invoice:INV-2", "invoice:INV-9"]
    assert made.members["invoice:INV-1"]["journal:JE-1"].role == "child_of"
    assert {made.members[one]["payment:pi_1"].role for one in ("invoice:INV-1", "invoice:INV-2")} == {"link"}
    assert "order:SO-1" in made.members["invoice:INV-2"]


def test_a_payout_of_two_payments_reconciles_both_and_joins_none() -> None:
    made = of("payment-to-reconciliation")

    assert sorted(made.memberships) == ["payment:pi_1", "payment:pi_2"]
    for payment in made.memberships:
        types = [membership.event.type for membership in made.memberships[payment]]
        assert "payment-reconciled" in types
        assert made.members[payment]["payout:po_1"].role == "link"


def test_the_deal_is_what_it_was_without_them() -> None:
    """Processes read the same events at once, and none hears of another."""
    alone = stitch(process("lead-to-cash", load()), list(MONTH))

    assert of("lead-to-cash") == alone


def test_the_first_screen_counts_a_deal_once_however_many_processes_look_at_its_parts(
    database: Database,
) -> None:
    """An invoice that waits for the ledger is stuck once, in its deal, though invoices are transactions of their own as well."""
    took = [
        BusinessEvent("test", e.source_event_id, e.type, Instant(e.at * DAY), "test", e.keys, 100, "EUR")
        for e in MONTH
    ]
    take(database, took, ALL)
    now = Instant(90 * DAY)

    def counted(left_out: tuple[str, ...]) -> tuple[int, int, int]:
        totals = database.read(lambda s: line_store.totals(s, Instant(0), now, left_out=left_out))
        came = database.read(lambda s: line_store.came(s, Instant(0)))
        reached = line_store.reached(came, "posted", left_out)
        return totals.transactions, reached, totals.stuck

    assert counted(ON_REQUEST) == (1, 1, 1)
    assert counted(()) == (6, 3, 3)


@pytest.mark.parametrize(
    ("name", "anchor", "status", "waiting"),
    [
        ("invoice-to-posting", "invoice:INV-1", "completed", None),
        ("invoice-to-posting", "invoice:INV-2", "open", "posted"),
        ("payment-to-reconciliation", "payment:pi_1", "completed", None),
        ("payment-to-reconciliation", "payment:pi_2", "open", "posted"),
    ],
)
def test_each_says_how_it_stands(name: str, anchor: str, status: str, waiting: str | None) -> None:
    found = outcome(process(name), of(name).memberships[anchor])

    assert (found.status, found.waiting_for) == (status, waiting)


def test_they_hold_only_where_somebody_asks() -> None:
    assert {p.id for p in load().processes} == {"lead-to-cash", "renewal-amendment"}
    assert {p.id for p in ALL.processes} == {"lead-to-cash", "renewal-amendment", *ON_REQUEST}
    assert from_environment({"THROUGHLINE_PROCESSES": "invoice-to-posting, payment-to-reconciliation"}).processes == ON_REQUEST  # fmt: skip


def test_an_unknown_name_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(ProblemError, match="did you mean 'invoice-to-posting'"):
        load((), ("invoice-to-post",))


@pytest.mark.parametrize("name", [p.id for p in ALL.processes])
def test_every_stage_says_who_answers_for_it(name: str) -> None:
    for milestone in process(name).milestones:
        who = milestone.responsible
        assert all((who.owner, who.steward, who.exception_team, who.runbook)), milestone.name


def test_a_process_of_ones_own_may_be_on_request_too(tmp_path: Path) -> None:
    text = "kind: process\nid: refunds\nversion: 1\ntitle: Refunds\non_request: yes please\nanchor: refund\nmilestones: [{name: made, event: refunded}]\ncompleted_when: [made]\n"
    (tmp_path / "refunds.yaml").write_text(text)
    with pytest.raises(ProblemError, match="on_request is neither true nor false"):
        load((tmp_path,))

    (tmp_path / "refunds.yaml").write_text(text.replace("yes please", "true"))
    assert load((tmp_path,)).process("refunds") is None
    assert load((tmp_path,), ("refunds",)).process("refunds") is not None


def test_a_replacement_of_ones_own_holds_whether_it_is_asked_for_or_not(tmp_path: Path) -> None:
    shipped = (SHIPPED / "processes" / "invoice-to-posting.yaml").read_text()
    (tmp_path / "own.yaml").write_text(
        shipped.replace("version: 1", "version: 2").replace("on_request: true\n", "")
    )

    for asked in ((), ("invoice-to-posting",)):
        assert process("invoice-to-posting", load((tmp_path,), asked)).version == 2

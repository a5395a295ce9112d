# SPDX-License-Identifier: Apache-2.0
"""The sentences people read first: short, exact, one figure for each currency."""

from typing import Any

import pytest

from collectors import definitions
from collectors.transactions.line_store import Totals
from collectors.transactions.transaction import MilestoneView, TransactionView
from controlplane.graphql import sentence
from terms.instant import DAY, HOUR, MINUTE, Instant, parse
from terms.money import Money
from terms.object_key import ObjectKey

NOW = parse("2026-11-20T12:00:00Z")
LINE = definitions.load().process("lead-to-cash")


def totals(**more: Any) -> Totals:
    none: dict[str, Any] = {
        "transactions": 0, "completed": 0, "open": 0, "failed": 0, "cancelled": 0, "overdue": 0, "stuck": 0,
        "stuck_money": (), "oldest_stuck": None, "oldest_stuck_since": None,
    }  # fmt: skip
    return Totals(**(none | more))


def a_deal(**more: Any) -> TransactionView:
    stated: dict[str, Any] = {
        "transaction_id": "0" * 32, "process": "lead-to-cash", "definition_version": 1, "anchor": ObjectKey("order", "SO-1"),
        "status": "open", "started_at": Instant(NOW - 3 * DAY), "ended_at": None, "last_event_at": NOW, "amount": None,
        "customer": None, "legal_entity": "DE", "region": None, "waiting_for": "posted",
        "waiting_since": Instant(NOW - 2 * DAY), "due_at": None, "milestones": (MilestoneView("ordered", NOW, "1"),),
    }  # fmt: skip
    return TransactionView(**(stated | more))


@pytest.mark.parametrize(
    ("of", "reached", "oldest", "said"),
    [
        (totals(), 0, "", "No deal has come in during the last 30 days."),
        (totals(transactions=1), 1, "", "1 of 1 deal reached the ledger; nothing is stuck."),
        (
            totals(transactions=2_000, stuck=17, stuck_money=((Money(18_240_000, "EUR"), 17),)),
            1_842,
            "the oldest waits 3 d for NetSuite DE",
            "1,842 of 2,000 deals reached the ledger; EUR 182,400 is stuck in 17; the oldest waits 3 d for NetSuite DE.",
        ),
        (
            totals(transactions=9, stuck=3, stuck_money=((Money(100, "EUR"), 2), (Money(500, "JPY"), 1))),
            6,
            "",
            "6 of 9 deals reached the ledger; EUR 1 and JPY 500 are stuck in 3.",
        ),
        (totals(transactions=9, stuck=1), 6, "", "6 of 9 deals reached the ledger; 1 is stuck."),
    ],
    ids=["nothing", "all well", "one currency", "two currencies", "no amount"],
)
def test_the_line_in_one_sentence(of: Totals, reached: int, oldest: str, said: str) -> None:
    """Is money moving? What reached the ledger, what is stuck, and for how long."""
    assert sentence.line_sentence(of, reached, 30, oldest) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "Waits for NetSuite DE: “Posted to the ledger”, for 2 d so far."),
        ({"due_at": NOW + 90 * MINUTE}, "Waits for NetSuite DE: “Posted to the ledger” is due in 1 h."),
        ({"due_at": NOW - 26 * HOUR}, "Waits for NetSuite DE: “Posted to the ledger” was due 26 h ago."),
        ({"waiting_for": "paid"}, "Waits for Stripe: “Paid”, for 2 d so far."),
        ({"waiting_for": "odd"}, "Waits for odd: “odd”, for 2 d so far."),
        ({"status": "failed"}, "Failed before “Posted to the ledger”: it has waited 2 d for NetSuite DE and needs a person."),
        ({"status": "completed", "ended_at": NOW, "waiting_for": None}, "Completed in 3 d."),
        ({"status": "completed", "ended_at": NOW - 3 * DAY + 253_000, "waiting_for": None}, "Completed in 253 ms."),
        ({"status": "cancelled", "ended_at": NOW - 2 * DAY, "waiting_for": None}, "Cancelled after 24 h."),
        ({"waiting_for": None}, "Every stage is reached; it has not been closed yet."),
    ],
)  # fmt: skip
def test_a_transaction_in_one_sentence(more: dict[str, Any], said: str) -> None:
    """Where it is, whom it waits for, and whether a person must act."""
    assert sentence.transaction_sentence(a_deal(**more), LINE, NOW) == said


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ((0, 0, 0, ()), None),
        ((7, 0, 0, ()), None),
        ((20, 14, 0, ()), "14 of 20 waiting are overdue"),
        ((20, 1, 0, ()), "1 of 20 waiting is overdue"),
        ((3, 0, 1, ("period_closed",)), "1 failed: the posting period is closed"),
        ((3, 2, 2, ("period_closed", "missing")), "2 failed; 2 of 3 waiting are overdue"),
        ((3, 0, 1, ("brand_new",)), "1 failed: brand new"),
    ],
)
def test_why_a_hop_does_not_flow(figures: tuple[int, int, int, tuple[str, ...]], said: str | None) -> None:
    """A broken hop bears its reason; one that flows says nothing."""
    assert sentence.hop_reason(*figures) == said


def test_many_currencies_are_not_all_read_out() -> None:
    """A sentence names three figures; the table beside it names all."""
    amounts = [Money(100, currency) for currency in ("CAD", "EUR", "GBP", "JPY", "USD")]
    assert sentence.money_words(amounts) == "CAD 1, EUR 1, GBP 1 and 2 more currencies"
    assert sentence.money_words([]) == ""

# SPDX-License-Identifier: Apache-2.0
"""Canonical events meet their contracts, never lie in the future, and journals balance; failures read well and group."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sync_line import CONTRACTS, problems

from sync import canonical_event, journal
from sync.canonical_event import CanonicalEvent
from sync.connectors.chargebee_records import CreditNote, Invoice, Subscription
from sync.connectors.stripe import Payment
from sync.deal import Deal
from sync.failure import Failure
from terms.instant import DAY, Instant, parse
from terms.money import Money
from terms.object_key import ObjectKey

NOW = parse("2026-11-20T12:00:00Z")
PAST = Instant(NOW - 3 * DAY)
AMOUNT = Money(123_456, "EUR")
DEAL = Deal(
    "order",
    "SO-7",
    "006A",
    "CUST-7",
    "Acme",
    "DE",
    "EMEA",
    AMOUNT,
    "PLATFORM",
    3,
    PAST,
    PAST,
    "SUB-7",
    "2026-11-17",
)
AMENDMENT = replace(DEAL, kind="amendment", number="AMD-7", amount=Money(-500, "EUR"))
BILLED = ("SO-7", AMOUNT, PAST, "CUST-7", "SUB-7", "DE", "EMEA", "PLATFORM")
INVOICE = Invoice("INV-7", *BILLED)
NOTE = CreditNote("CM-7", *BILLED)
PAYMENT = Payment("pi_7", AMOUNT, "INV-7", "CUST-7", PAST)
SUBSCRIPTION = Subscription(
    "SUB-7", "active", "SO-7", "CUST-7", "DE", "EMEA", "PLATFORM", 3, AMOUNT, AMOUNT, PAST, PAST, PAST
)

EVENTS = [
    canonical_event.order_placed(DEAL, NOW),
    canonical_event.customer_created(DEAL, NOW),
    canonical_event.subscription_activated(DEAL, SUBSCRIPTION, NOW),
    canonical_event.invoice_issued(DEAL, INVOICE, NOW),
    canonical_event.invoice_issued(AMENDMENT, INVOICE, NOW),
    canonical_event.payment_settled(DEAL, PAYMENT, NOW),
    canonical_event.payment_reconciled(
        DEAL, ObjectKey("payment", "pi_7"), ObjectKey("bank-line", "BSL-7"), AMOUNT, PAST, NOW
    ),
    canonical_event.journal_posted(DEAL, journal.of_invoice(INVOICE), NOW),
    canonical_event.journal_posted(DEAL, journal.of_payment(PAYMENT), NOW),
    canonical_event.journal_posted(DEAL, journal.of_credit_note(NOTE), NOW),
    canonical_event.renewal_amended(AMENDMENT, NOW),
    canonical_event.credit_memo_posted(AMENDMENT, NOTE, NOW),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event_id)
def test_every_event_meets_its_contract(event: CanonicalEvent) -> None:
    """The shipped contract accepts the document, and the attributes name the same version."""
    assert event.document is not None
    assert problems(event.subject, event.document) == ()
    assert (CONTRACTS[event.subject].parent / f"{event.version}.json").exists()


def test_together_they_cover_every_shipped_contract() -> None:
    """No contract is shipped that the runtime never speaks."""
    assert {event.subject for event in EVENTS} == set(CONTRACTS)


def test_a_system_whose_clock_is_ahead_puts_nothing_into_the_future() -> None:
    """The event happened now at the latest."""
    ahead = replace(INVOICE, issued_at=Instant(NOW + DAY))
    assert canonical_event.invoice_issued(DEAL, ahead, NOW).occurred_at == NOW


@given(minor=st.integers(1, 10**12), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_debits_equal_credits(minor: int, currency: str) -> None:
    """Whatever is posted, both sides are the document's total, dated by the document."""
    total = Money(minor, currency)
    for posting in (
        journal.of_invoice(replace(INVOICE, total=total)),
        journal.of_credit_note(replace(NOTE, total=total)),
        journal.of_payment(replace(PAYMENT, amount=total)),
    ):
        assert [line.debit for line in posting.lines if line.debit] == [total]
        assert [line.credit for line in posting.lines if line.credit] == [total]
        assert posting.posted_on == "2026-11-17"


CLOSED = Failure(
    "journal",
    "netsuite",
    "period_closed",
    "PERIOD_CLOSED",
    "Period Oct 2026 of DE is closed",
    "journal JE-INV-88",
    "DE",
    "2026-10-14",
)


@pytest.mark.parametrize(
    ("failure", "sentence", "advice"),
    [
        (CLOSED, "NetSuite refused journal JE-INV-88: period 2026-10 is closed for DE", "Open period 2026-10 for DE in NetSuite, then replay."),
        (replace(CLOSED, error_class="in_doubt", attempts=7), "NetSuite has not said whether it has journal JE-INV-88 after 7 attempts",
         "See that NetSuite answers, then replay: it is looked for there before anything is sent again."),
        (replace(CLOSED, error_class="missing", message="no account 2400"), "NetSuite refused journal JE-INV-88: no account 2400",
         "Add what is missing in NetSuite, then replay."),
        (replace(CLOSED, error_class="connection", message="it could not be reached", attempts=6),
         "NetSuite did not take journal JE-INV-88 after 6 attempts: it could not be reached",
         "See that NetSuite is up and its credentials hold, then replay."),
    ],
    ids=["closed period", "in doubt", "missing", "away"],
)  # fmt: skip
def test_a_failure_says_what_happened_and_what_to_do(failure: Failure, sentence: str, advice: str) -> None:
    """One sentence for the first screen, one for the person who clears it."""
    assert (failure.sentence, failure.advice) == (sentence, advice)


def test_failures_of_one_cause_have_one_fingerprint() -> None:
    """Ids, dates and numbers do not tell causes apart; words do."""
    one = replace(CLOSED, message="Invalid account reference key 2400 for JE-INV-88 on 2026-10-14")
    other = replace(CLOSED, message="Invalid account reference key 1200 for JE-INV-9 on 2026-11-01")
    assert one.fingerprint == other.fingerprint
    assert one.fingerprint != CLOSED.fingerprint

# SPDX-License-Identifier: Apache-2.0
"""What does a business event say? One pure function for each: the document its contract checks, and the objects it names.

An event's id is made of its subject and business id, so that telling it again is the same event. Its time is the
business time of the system it happened in, and never lies in the future.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sync.connectors.chargebee_records import CreditNote, Invoice, Subscription
from sync.connectors.stripe import Payment
from sync.deal import Deal
from sync.journal import Journal
from terms.instant import Instant, text
from terms.money import Money
from terms.object_key import ObjectKey

VERSIONS = {"invoice-issued": "1.1.0"}
FIRST_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """`document` is None for an event that no contract describes."""

    subject: str
    business_id: str
    system: str
    occurred_at: Instant
    objects: tuple[ObjectKey, ...]
    deal: Deal
    amount: Money | None = None
    payload: Mapping[str, Any] | None = field(default=None)

    @property
    def event_id(self) -> str:
        return f"{self.subject}/{self.business_id}"

    @property
    def source(self) -> str:
        return f"/sync/{self.system}"

    @property
    def version(self) -> str:
        return VERSIONS.get(self.subject, FIRST_VERSION)

    @property
    def document(self) -> dict[str, Any] | None:
        """The event's data as its contract describes it; None when there is no contract."""
        if self.payload is None:
            return None
        head = {"event_id": self.event_id, "occurred_at": text(self.occurred_at)}
        tail = {"legal_entity": self.deal.legal_entity, "region": self.deal.region}
        return {**head, **{k: v for k, v in self.payload.items() if v not in (None, "")}, **tail}

    def at(self, moment: Instant) -> "CanonicalEvent":
        """The same event, happened at `moment`."""
        return replace(self, occurred_at=moment)


def money(value: Money) -> dict[str, str]:
    """Money as every contract writes it."""
    return {"amount": value.amount, "currency": value.currency}


def order_placed(deal: Deal, now: Instant) -> CanonicalEvent:
    return CanonicalEvent(
        "order-placed", deal.number, "salesforce", _past(deal.closed_at, now),
        (ObjectKey("opportunity", deal.opportunity_id), deal.key, deal.customer), deal, deal.amount,
        {
            "order_number": deal.number, "opportunity_id": deal.opportunity_id, "total": money(deal.amount),
            **_customer(deal), **_what(deal, now),
        },
    )  # fmt: skip


def customer_created(deal: Deal, at: Instant) -> CanonicalEvent:
    # One event for each order that brought the customer: a customer never merges two deals.
    return CanonicalEvent(
        "customer-created", f"{deal.customer_id}/{deal.number}", "chargebee", at, (deal.customer, deal.key), deal, None,
        {**_customer(deal), "order_number": deal.number, "currency": deal.amount.currency},
    )  # fmt: skip


def subscription_activated(deal: Deal, subscription: Subscription, now: Instant) -> CanonicalEvent:
    quantity, unit_price = deal.lot
    return CanonicalEvent(
        "subscription-activated", subscription.id, "chargebee", _past(subscription.activated_at or subscription.updated_at, now),
        (ObjectKey("subscription", subscription.id), deal.key, deal.customer), deal, None,
        {
            "subscription_id": subscription.id, "order_number": deal.number, "customer_id": deal.customer_id,
            "item": deal.item, "quantity": quantity, "unit_price": money(unit_price),
            "effective_on": deal.effective_on,
        },
    )  # fmt: skip


def invoice_issued(deal: Deal, invoice: Invoice, now: Instant) -> CanonicalEvent:
    amends = deal.kind == "amendment"
    return CanonicalEvent(
        "invoice-issued", invoice.id, "chargebee", _past(invoice.issued_at, now),
        (ObjectKey("invoice", invoice.id), deal.key, deal.subscription, deal.customer), deal, invoice.total,
        {
            "invoice_number": invoice.id, "amendment_id" if amends else "order_number": deal.number,
            "subscription_id": deal.subscription_id, "total": money(invoice.total), **_customer(deal),
            "billing_reason": "subscription-amended" if amends else "subscription-created",
        },
    )  # fmt: skip


def credit_memo_posted(deal: Deal, note: CreditNote, now: Instant) -> CanonicalEvent:
    return CanonicalEvent(
        "credit-memo-posted", note.id, "chargebee", _past(note.issued_at, now),
        (ObjectKey("credit-memo", note.id), deal.key, deal.subscription, deal.customer), deal, note.total,
        {
            "credit_memo_number": note.id, "amendment_id": deal.number, "subscription_id": deal.subscription_id,
            "customer_id": deal.customer_id, "total": money(note.total), "reason": "subscription amended",
        },
    )  # fmt: skip


def payment_settled(deal: Deal, payment: Payment, now: Instant) -> CanonicalEvent:
    return CanonicalEvent(
        "payment-settled", payment.id, "stripe", _past(payment.succeeded_at, now),
        (ObjectKey("payment", payment.id), ObjectKey("invoice", payment.invoice_id), deal.customer), deal, payment.amount,
        {
            "payment_id": payment.id, "invoice_number": payment.invoice_id, "customer_id": deal.customer_id,
            "paid": money(payment.amount), "method": "card",
        },
    )  # fmt: skip


def journal_posted(deal: Deal, journal: Journal, at: Instant) -> CanonicalEvent:
    names = {"invoice": "invoice_number", "payment": "payment_id", "credit-memo": "credit_memo_number"}
    return CanonicalEvent(
        "journal-posted", journal.number, "netsuite", at,
        (ObjectKey("journal", journal.number), journal.cause), deal, journal.total,
        {
            "journal_id": journal.number, names[journal.cause.type]: journal.cause.value,
            "posted_on": journal.posted_on, "total": money(journal.total),
            "lines": [
                {
                    "account": line.account,
                    **({"debit": money(line.debit)} if line.debit else {}),
                    **({"credit": money(line.credit)} if line.credit else {}),
                    "memo": line.memo,
                }
                for line in journal.lines
            ],
        },
    )  # fmt: skip


def payment_reconciled(
    deal: Deal, payment: ObjectKey, line: ObjectKey, amount: Money, at: Instant, now: Instant
) -> CanonicalEvent:
    return CanonicalEvent(
        "payment-reconciled", payment.value, "netsuite", _past(at, now), (payment, line, deal.customer), deal, amount,
        {
            "payment_id": payment.value, "bank_line_id": line.value, "customer_id": deal.customer_id,
            "matched": money(amount),
        },
    )  # fmt: skip


def renewal_amended(deal: Deal, now: Instant) -> CanonicalEvent:
    return CanonicalEvent(
        "renewal-amended", deal.number, "salesforce", _past(deal.closed_at, now),
        (deal.key, deal.subscription, deal.customer), deal, deal.amount,
        {
            "amendment_id": deal.number, "subscription_id": deal.subscription_id, "opportunity_id": deal.opportunity_id,
            "value_change": money(deal.amount), "effective_on": deal.effective_on, **_customer(deal), **_what(deal, now),
        },
    )  # fmt: skip


def crm_updated(deal: Deal, at: Instant) -> CanonicalEvent:
    return CanonicalEvent("crm-updated", deal.number, "salesforce", at, (deal.key,), deal)


def _customer(deal: Deal) -> dict[str, Any]:
    return {"customer_id": deal.customer_id, "customer_name": deal.customer_name}


def _what(deal: Deal, now: Instant) -> dict[str, Any]:
    quoted = None if deal.quoted_at is None else text(_past(deal.quoted_at, now))
    return {"item": deal.item, "quantity": deal.quantity, "quoted_at": quoted}


def _past(moment: Instant, now: Instant) -> Instant:
    """A system whose clock is ahead must not put an event into the future."""
    return min(moment, now)

# SPDX-License-Identifier: Apache-2.0
"""Which journal does a document become? Accounts by rule, both sides equal, dated by the document and never by today."""

from dataclasses import dataclass

from sync.connectors.chargebee_records import CreditNote, Invoice
from sync.connectors.netsuite import JournalLine
from sync.connectors.stripe import Payment
from terms.instant import Instant, day
from terms.money import Money
from terms.object_key import ObjectKey

BANK = "1000"
RECEIVABLE = "1200"
DEFERRED_REVENUE = "2400"


@dataclass(frozen=True, slots=True)
class Journal:
    """`number` is its external id in the ERP. Debits equal credits; `total` is either side."""

    number: str
    cause: ObjectKey  # the invoice, payment or credit memo it posts
    posted_on: str
    total: Money
    lines: tuple[JournalLine, ...]


def of_invoice(invoice: Invoice, effective_on: str = "") -> Journal:
    """Receivable against deferred revenue.

    An amendment's document is booked in the period its change took effect in, where that is earlier than its issue:
    the cut-off looks at the period of the service, not at the day somebody typed it in.
    """
    cause = ObjectKey("invoice", invoice.id)
    return _journal(
        cause,
        _earlier(invoice.issued_at, effective_on),
        invoice.total,
        RECEIVABLE,
        DEFERRED_REVENUE,
        invoice.item,
    )


def of_credit_note(note: CreditNote, effective_on: str = "") -> Journal:
    """Deferred revenue given back against the receivable, booked as an invoice is."""
    cause = ObjectKey("credit-memo", note.id)
    return _journal(
        cause, _earlier(note.issued_at, effective_on), note.total, DEFERRED_REVENUE, RECEIVABLE, note.item
    )


def of_payment(payment: Payment) -> Journal:
    """Money in the bank against the receivable."""
    cause = ObjectKey("payment", payment.id)
    return _journal(cause, day(payment.succeeded_at), payment.amount, BANK, RECEIVABLE)


def _earlier(issued_at: Instant, effective_on: str) -> str:
    issued_on = day(issued_at)
    return min(issued_on, effective_on) if effective_on else issued_on


def number_of(value: str) -> str:
    """The journal number of a document: `JE-INV-7` for invoice `INV-7`."""
    return f"JE-{value}"


def value_of(number: str) -> str | None:
    """The document of a journal number that `number_of` made: `INV-7` of `JE-INV-7`; None for another's number."""
    return number.removeprefix("JE-") if number.startswith("JE-") else None


def _journal(
    cause: ObjectKey, posted_on: str, total: Money, debit: str, credit: str, item: str = ""
) -> Journal:
    def line(account: str, debit: Money | None, credit: Money | None) -> JournalLine:
        # Revenue is booked under the product it is earned with; bank and receivable belong to no product.
        return JournalLine(account, debit, credit, cause.value, item if account == DEFERRED_REVENUE else "")

    lines = (line(debit, total, None), line(credit, None, total))
    return Journal(number_of(cause.value), cause, posted_on, total, lines)

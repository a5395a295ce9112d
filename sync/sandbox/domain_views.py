# SPDX-License-Identifier: Apache-2.0
"""How a record of a stand-in looks through a domain API, in version 1 and in version 2. Pure: a document in, a document out."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from terms import instant
from terms.instant import SECOND, Instant
from terms.money import Money, exponent

Document = Mapping[str, Any]
View = Callable[[Document], dict[str, Any]]


def _at(seconds: Any) -> str:
    return instant.text(Instant(int(seconds) * SECOND))


def _day(seconds: Any) -> str:
    return instant.day(Instant(int(seconds) * SECOND))


def _money(minor: Any, currency: str) -> dict[str, str]:
    return {"amount": Money(int(minor), currency).amount, "currency": currency}


def _decimal(value: Any, currency: str) -> str:
    return f"{Decimal(str(value)):.{exponent(currency)}f}"


def _said(**fields: Any) -> dict[str, Any]:
    """The fields that have a value: what is not known is left out, not made up."""
    return {name: value for name, value in fields.items() if value not in (None, "")}


def account_1(d: Document) -> dict[str, Any]:
    return _said(
        id=d["id"], name=d.get("company") or d["id"], currency=d.get("preferred_currency_code", "USD"),
        legalEntity=d.get("cf_legal_entity", ""), region=d.get("cf_region", ""),
        paymentTermDays=d.get("net_term_days", 0), createdAt=_at(d["created_at"]),
    )  # fmt: skip


def account_2(d: Document) -> dict[str, Any]:
    return _said(
        accountId=d["id"], name=d.get("company") or d["id"], state="closed" if d.get("deleted") else "active",
        currency=d.get("preferred_currency_code", "USD"), legalEntity=d.get("cf_legal_entity", ""),
        region=d.get("cf_region", ""), openedAt=_at(d["created_at"]),
        terms={"netDays": d.get("net_term_days", 0), "autoCollect": d.get("auto_collection") == "on"},
    )  # fmt: skip


def contract_1(d: Document) -> dict[str, Any]:
    currency = d["currency_code"]
    lines = [
        {"item": one["item_price_id"], "quantity": one["quantity"], "unitPrice": Money(int(one["unit_price"]), currency).amount}
        for one in d["subscription_items"]
    ]  # fmt: skip
    return _said(
        id=d["id"], accountId=d["customer_id"], orderNumber=d.get("po_number", ""),
        status="active" if d["status"] == "active" else "cancelled", currency=currency,
        startsOn=_day(d["current_term_start"]), endsOn=_day(int(d["current_term_end"]) - 1),
        legalEntity=d.get("cf_legal_entity", ""), lines=lines,
    )  # fmt: skip


def contract_2(d: Document) -> dict[str, Any]:
    currency = d["currency_code"]
    lines = [
        {"item": one["item_price_id"], "quantity": one["quantity"], "unitPrice": _money(one["unit_price"], currency)}
        for one in d["subscription_items"]
    ]  # fmt: skip
    state = d["status"] if d["status"] in ("active", "paused") else "cancelled"
    return _said(
        contractId=d["id"], accountId=d["customer_id"], orderNumber=d.get("po_number", ""), state=state,
        term={"startsAt": _at(d["current_term_start"]), "endsAt": _at(d["current_term_end"])},
        legalEntity=d.get("cf_legal_entity", ""), region=d.get("cf_region", ""), lines=lines,
        value=_money(sum(int(one["amount"]) for one in d["subscription_items"]), currency),
    )  # fmt: skip


_TYPES = {
    "subscription_activated": "contract-activated",
    "subscription_changed": "contract-changed",
    "invoice_generated": "invoice-issued",
    "credit_note_created": "credit-note-issued",
}


def _content(d: Document) -> tuple[Document, Document, Document]:
    """The invoice, the credit note and the subscription an event carries; empty where it carries none."""
    content = d["content"]
    return content.get("invoice", {}), content.get("credit_note", {}), content.get("subscription", {})


def billing_event_1(d: Document) -> dict[str, Any]:
    invoice, note, subscription = _content(d)
    bill = invoice or note
    return _said(
        id=d["id"], type=d["event_type"], occurredAt=_at(d["occurred_at"]),
        subscriptionId=subscription.get("id") or bill.get("subscription_id"), invoiceId=invoice.get("id"),
        amount=Money(int(bill["total"]), bill["currency_code"]).amount if bill else None,
        currency=bill.get("currency_code"),
    )  # fmt: skip


def billing_event_2(d: Document) -> dict[str, Any]:
    invoice, note, subscription = _content(d)
    bill = invoice or note
    about = _said(
        accountId=bill.get("customer_id") or subscription.get("customer_id"),
        contractId=subscription.get("id") or bill.get("subscription_id"),
        invoiceNumber=invoice.get("id"), creditNoteNumber=note.get("id"),
    )  # fmt: skip
    return _said(
        eventId=d["id"], type=_TYPES[d["event_type"]], occurredAt=_at(d["occurred_at"]), about=about,
        amount=_money(bill["total"], bill["currency_code"]) if bill else None,
    )  # fmt: skip


def invoice_1(d: Document) -> dict[str, Any]:
    currency = d["currency_code"]
    return _said(
        id=d["id"], accountId=d["customer_id"], subscriptionId=d["subscription_id"], orderNumber=d.get("po_number", ""),
        status="paid" if d["status"] == "paid" else "open", currency=currency,
        total=Money(int(d["total"]), currency).amount, amountDue=Money(int(d["amount_due"]), currency).amount,
        issuedOn=_day(d["date"]), paidOn=_day(d["paid_at"]) if d.get("paid_at") else None,
        legalEntity=d.get("cf_legal_entity", ""),
    )  # fmt: skip


def invoice_2(d: Document) -> dict[str, Any]:
    currency = d["currency_code"]
    lines = [
        {"item": one["entity_id"], "quantity": one["quantity"], "amount": _money(one["amount"], currency)}
        for one in d["line_items"]
    ]
    return _said(
        invoiceNumber=d["id"], accountId=d["customer_id"], contractId=d["subscription_id"],
        orderNumber=d.get("po_number", ""), state="paid" if d["status"] == "paid" else "open",
        total=_money(d["total"], currency), due=_money(d["amount_due"], currency), issuedAt=_at(d["date"]),
        settledAt=_at(d["paid_at"]) if d.get("paid_at") else None,
        legalEntity=d.get("cf_legal_entity", ""), region=d.get("cf_region", ""), lines=lines,
    )  # fmt: skip


def payment_1(d: Document) -> dict[str, Any]:
    currency = d["currency"].upper()
    return _said(
        id=d["id"], invoiceId=d["metadata"].get("invoice_id"), accountId=d["metadata"].get("customer_id"),
        status="succeeded" if d["status"] == "succeeded" else "failed",
        amount=Money(int(d["amount"]), currency).amount, currency=currency, createdAt=_at(d["created"]),
    )  # fmt: skip


def payment_2(d: Document) -> dict[str, Any]:
    settled = d["status"] == "succeeded"
    return _said(
        paymentId=d["id"], invoiceNumber=d["metadata"].get("invoice_id"), accountId=d["metadata"].get("customer_id"),
        state="settled" if settled else "failed", amount=_money(d["amount"], d["currency"].upper()), method="card",
        settledAt=_at(d["created"]) if settled else None,
    )  # fmt: skip


def _named(reference: Any) -> str:
    return (
        str(reference.get("externalId") or reference.get("id") or "")
        if isinstance(reference, Mapping)
        else ""
    )


def posting_1(d: Document) -> dict[str, Any]:
    currency = _named(d.get("currency"))
    lines = [
        {"account": _named(one["account"]), side: _decimal(one[side], currency)}
        for one in d["line"]["items"]
        for side in ("debit", "credit")
        if one.get(side)
    ]
    return _said(
        id=d["id"], externalId=d.get("externalId", ""), postedOn=d["tranDate"], legalEntity=_named(d.get("subsidiary")),
        currency=currency, memo=d.get("memo", ""), lines=lines,
    )  # fmt: skip


def posting_2(d: Document) -> dict[str, Any]:
    currency = _named(d.get("currency"))
    lines = [
        {"account": _named(one["account"]), "side": side, "amount": {"amount": _decimal(one[side], currency), "currency": currency}}
        for one in d["line"]["items"]
        for side in ("debit", "credit")
        if one.get(side)
    ]  # fmt: skip
    total = sum((Decimal(str(one.get("debit") or 0)) for one in d["line"]["items"]), Decimal(0))
    return _said(
        postingId=d["id"], reference=d.get("externalId", "") or d["id"], postedOn=d["tranDate"], period=d["tranDate"][:7],
        legalEntity=_named(d.get("subsidiary")), memo=d.get("memo", ""), lines=lines,
        total={"amount": _decimal(total, currency), "currency": currency},
    )  # fmt: skip

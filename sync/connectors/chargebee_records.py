# SPDX-License-Identifier: Apache-2.0
"""What Chargebee's JSON records say, as our nouns. Amounts there are whole minor units, times whole seconds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sync.connectors.reading import ReadError
from terms.instant import SECOND, Instant
from terms.money import Money

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    name: str
    legal_entity: str
    region: str
    currency: str
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Subscription:
    """`total` is one term's price of everything subscribed."""

    id: str
    status: str
    po_number: str
    customer_id: str
    legal_entity: str
    region: str
    item: str
    quantity: int
    unit_price: Money
    total: Money
    created_at: Instant
    activated_at: Instant | None
    updated_at: Instant


@dataclass(frozen=True, slots=True)
class Invoice:
    """`po_number` is the order or amendment that caused it."""

    id: str
    po_number: str
    total: Money
    issued_at: Instant
    customer_id: str
    subscription_id: str
    legal_entity: str
    region: str
    item: str


@dataclass(frozen=True, slots=True)
class CreditNote:
    """`total` is what the customer gets back, positive."""

    id: str
    po_number: str
    total: Money
    issued_at: Instant
    customer_id: str
    subscription_id: str
    legal_entity: str
    region: str
    item: str


def one(body: Any, noun: str) -> Mapping[str, Any]:
    """The record of that noun in an answer. Raises ReadError when there is none."""
    record = body.get(noun) if isinstance(body, dict) else None
    if not isinstance(record, dict):
        raise ReadError(f"chargebee: the answer holds no {noun}")
    return record


def number(record: Mapping[str, Any]) -> str:
    """The order or amendment number of a record. Credit notes have no such field, so the site adds a custom one."""
    return str(record.get("po_number") or record.get("cf_po_number") or "")


def item_price_id(item: str, currency: str) -> str:
    """The price of one item in one currency, for a year; Chargebee's own way of naming them."""
    return f"{item}-{currency}-Yearly"


def customer(record: Mapping[str, Any]) -> Customer:
    return _checked(
        record,
        lambda: Customer(
            record["id"],
            record.get("company")
            or " ".join(filter(None, (record.get("first_name"), record.get("last_name")))),
            record.get("cf_legal_entity") or "",
            record.get("cf_region") or "",
            record.get("preferred_currency_code") or "",
            _instant(record["created_at"]),
        ),
    )


def subscription(record: Mapping[str, Any]) -> Subscription:
    def read() -> Subscription:
        currency = record["currency_code"]
        items = record["subscription_items"]
        activated = record.get("activated_at")
        return Subscription(
            id=record["id"],
            status=record["status"],
            po_number=number(record),
            customer_id=record["customer_id"],
            legal_entity=record.get("cf_legal_entity") or "",
            region=record.get("cf_region") or "",
            item=_item(items[0]["item_price_id"]),
            quantity=int(items[0]["quantity"]),
            unit_price=Money(int(items[0]["unit_price"]), currency),
            total=Money(sum(int(each["amount"]) for each in items), currency),
            created_at=_instant(record["created_at"]),
            activated_at=_instant(activated) if activated else None,
            updated_at=_instant(record["updated_at"]),
        )

    return _checked(record, read)


def invoice(record: Mapping[str, Any]) -> Invoice:
    return _checked(record, lambda: Invoice(**_document(record)))


def credit_note(record: Mapping[str, Any]) -> CreditNote:
    return _checked(record, lambda: CreditNote(**_document(record)))


def _document(record: Mapping[str, Any]) -> dict[str, Any]:
    """What invoices and credit notes have alike. `generated_at` is when it was issued, `date` the day it bears."""
    lines = record.get("line_items") or [{}]
    return {
        "id": record["id"],
        "po_number": number(record),
        "total": Money(int(record["total"]), record["currency_code"]),
        "issued_at": _instant(record.get("generated_at") or record["date"]),
        "customer_id": record["customer_id"],
        "subscription_id": record.get("subscription_id") or "",
        "legal_entity": record.get("cf_legal_entity") or "",
        "region": record.get("cf_region") or "",
        "item": _item(lines[0].get("entity_id") or ""),
    }


def _item(price_id: str) -> str:
    parts = price_id.rsplit("-", 2)
    return parts[0]


def _instant(seconds: Any) -> Instant:
    return Instant(int(seconds) * SECOND)


def _checked(record: Mapping[str, Any], read: Callable[[], T]) -> T:
    try:
        return read()
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ReadError(f"chargebee: record {record.get('id', '?')} cannot be read: {error!r}") from error

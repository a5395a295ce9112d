# SPDX-License-Identifier: Apache-2.0
"""Chargebee: customers, subscriptions and their amendments are written; invoices and credit notes are read back."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx2

from sync.connection import Connection
from sync.connectors import answer, chargebee_records
from sync.connectors.chargebee_records import CreditNote, Customer, Invoice, Subscription
from sync.connectors.chargebee_webhook import event
from sync.connectors.webhook import WebhookEvent
from sync.outcome import Absent, ErrorClass, Outcome, Probe, Sent
from terms.instant import SECOND, Instant, parse
from terms.money import Money

_CLASSES: Mapping[str, ErrorClass] = {
    "duplicate_entry": "duplicate",
    "resource_not_found": "missing",
    "state_incompatible": "conflict",
    "lock_timeout": "intermittent",
    "operation_in_progress": "intermittent",
    "api_request_limit_exceeded": "rate_limit",
}
_PAGE = "100"  # the most that a list gives at once


class Chargebee:
    """One site. Safe to share between threads. `key` is the idempotency key; Chargebee knows it for 30 minutes."""

    def __init__(self, connection: Connection, http: httpx2.Client) -> None:
        self._base = f"{connection.base_url.rstrip('/')}/api/v2"
        self._timeout = connection.timeout_s
        self._auth = (connection.credentials["api_key"], "")
        self._sender = (connection.credentials["webhook_user"], connection.credentials["webhook_password"])
        self._http = http

    def create_customer(
        self, customer_id: str, name: str, legal_entity: str, currency: str, key: str, region: str = ""
    ) -> Outcome:
        """Creates the customer under our own id. The id is taken once only: again without the key is a duplicate."""
        form = {
            "id": customer_id,
            "company": name,
            "preferred_currency_code": currency,
            "cf_legal_entity": legal_entity,
        }
        return self._write("customers", form | ({"cf_region": region} if region else {}), key, "customer")

    def find_customer(self, customer_id: str) -> Probe:
        """Whether the customer exists."""
        return self._probe(f"customers/{_part(customer_id)}", "customer")

    def create_subscription(
        self,
        subscription_id: str,
        customer_id: str,
        item: str,
        quantity: int,
        unit_price: Money,
        order_number: str,
        start_at: Instant,
        key: str,
    ) -> Outcome:
        """Creates and activates the subscription under our own id; billing then issues the first invoice by itself."""
        form = _item(item, quantity, unit_price) | {
            "id": subscription_id,
            "po_number": order_number,
            "start_date": str(start_at // SECOND),
        }
        return self._write(
            f"customers/{_part(customer_id)}/subscription_for_items", form, key, "subscription"
        )

    def find_subscription(self, subscription_id: str) -> Probe:
        """Whether the subscription exists."""
        return self._probe(f"subscriptions/{_part(subscription_id)}", "subscription")

    def amend_subscription(
        self,
        subscription_id: str,
        amendment_id: str,
        item: str,
        quantity: int,
        unit_price: Money,
        effective_on: str,
        key: str,
    ) -> Outcome:
        """Changes what is subscribed from `effective_on` (2026-03-01, UTC) and has the difference invoiced or credited.

        Without the same key, sending it twice changes and bills twice: probe with `find_amendment` first.
        """
        form = _item(item, quantity, unit_price) | {
            "po_number": amendment_id,
            "change_option": "specific_date",
            "changes_scheduled_at": str(parse(f"{effective_on}T00:00:00Z") // SECOND),
            "invoice_immediately": "true",
            "prorate": "true",
        }
        return self._write(
            f"subscriptions/{_part(subscription_id)}/update_for_items", form, key, "subscription"
        )

    def find_amendment(self, subscription_id: str, amendment_id: str) -> Probe:
        """Whether the amendment was made: the subscription bears its number, or a document billed under it does.

        Absent is told only after both lists were read: a later amendment overwrites the number on the subscription.
        """
        found = self.find_subscription(subscription_id)
        if not isinstance(found, Sent) or found.record.get("po_number") == amendment_id:
            return found
        for noun in ("invoice", "credit_note"):
            billed = self._billed(noun, subscription_id, amendment_id)
            if billed is not None:
                return billed if not isinstance(billed, Sent) else found
        return Absent()

    def customer(self, customer_id: str) -> Customer:
        """The customer as it is now. Raises ReadError."""
        return chargebee_records.customer(self._read(f"customers/{_part(customer_id)}", "customer"))

    def subscription(self, subscription_id: str) -> Subscription:
        """The subscription as it is now. Raises ReadError."""
        found = self._read(f"subscriptions/{_part(subscription_id)}", "subscription")
        return chargebee_records.subscription(self._with_entity(found))

    def invoice(self, invoice_id: str) -> Invoice:
        """The invoice as it is now. Raises ReadError."""
        return chargebee_records.invoice(
            self._with_entity(self._read(f"invoices/{_part(invoice_id)}", "invoice"))
        )

    def credit_note(self, credit_note_id: str) -> CreditNote:
        """The credit note as it is now. Raises ReadError."""
        found = self._read(f"credit_notes/{_part(credit_note_id)}", "credit_note")
        return chargebee_records.credit_note(self._with_entity(found))

    def webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """The event of a webhook that carries our Basic credentials: Chargebee signs nothing and dates nothing.

        Raises Unsigned, or Unreadable when the body is not an event.
        """
        return event(headers, body, self._sender)

    def _with_entity(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Custom fields are copied to documents only where a site is set up so; the customer always has them."""
        if record.get("cf_legal_entity") and record.get("cf_region"):
            return record
        owner = self._read(f"customers/{_part(str(record.get('customer_id')))}", "customer")
        return {
            "cf_legal_entity": owner.get("cf_legal_entity"),
            "cf_region": owner.get("cf_region"),
            **record,
        }

    def _billed(self, noun: str, subscription_id: str, number: str) -> Probe | None:
        """Sent when a document of the subscription carries the number, None when none does."""
        params = {"subscription_id[is]": subscription_id, "limit": _PAGE}
        while True:
            found = answer.probe("chargebee", lambda: self._get(f"{noun}s", params))
            if not isinstance(found, httpx2.Response):
                return found
            page = answer.document_or_empty(found)
            for row in page.get("list", []):
                if chargebee_records.number(row[noun]) == number:
                    return Sent(str(row[noun]["id"]), row[noun])
            if "next_offset" not in page:
                return None
            params["offset"] = page["next_offset"]

    def _write(self, path: str, form: Mapping[str, str], key: str, noun: str) -> Outcome:
        found = answer.write(
            "chargebee",
            lambda: self._http.post(
                f"{self._base}/{path}",
                data=form,
                auth=self._auth,
                headers={"chargebee-idempotency-key": key} if key else None,
                timeout=self._timeout,
            ),
        )
        if not isinstance(found, httpx2.Response):
            return found
        body = answer.document_or_empty(found)
        if not found.is_success:
            code = str(body.get("api_error_code") or found.status_code)
            message = str(body.get("message") or found.text[:200])
            return answer.refused(found, (code, message), _CLASSES, "value")
        record = body.get(noun, {})
        replayed = found.headers.get("chargebee-idempotency-replayed") == "true"
        return Sent(str(record.get("id", "")), record, replayed)

    def _probe(self, path: str, noun: str) -> Probe:
        found = answer.probe("chargebee", lambda: self._get(path))
        if found is None:
            return Absent()
        if not isinstance(found, httpx2.Response):
            return found
        record = answer.document_or_empty(found).get(noun, {})
        return Sent(str(record.get("id", "")), record)

    def _read(self, path: str, noun: str) -> Mapping[str, Any]:
        return chargebee_records.one(answer.document(answer.read("chargebee", lambda: self._get(path))), noun)

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> httpx2.Response:
        return self._http.get(f"{self._base}/{path}", params=params, auth=self._auth, timeout=self._timeout)


def _part(business_id: str) -> str:
    """One part of a path: an id may hold any character."""
    return quote(business_id, safe="")


def _item(item: str, quantity: int, unit_price: Money) -> dict[str, str]:
    """The form fields of a list with one subscribed item. An item price is one item in one currency."""
    return {
        "subscription_items[item_price_id][0]": chargebee_records.item_price_id(item, unit_price.currency),
        "subscription_items[quantity][0]": str(quantity),
        "subscription_items[unit_price][0]": str(unit_price.minor),
    }

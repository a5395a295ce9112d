# SPDX-License-Identifier: Apache-2.0
"""Stripe: which payments settled, told by signed webhooks and read back."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

from sync.connection import Connection
from sync.connectors import answer
from sync.connectors.reading import ReadError
from sync.connectors.webhook import StaleWebhook, Unreadable, Unsigned, WebhookEvent, header
from sync.outcome import ErrorClass, Outcome, Sent
from terms.instant import SECOND, Instant
from terms.money import Money

VERSION = "2026-10-28.endive"  # pinned: an account's default version changes the shapes below
TOLERANCE = 300 * SECOND

_CLASSES: Mapping[str, ErrorClass] = {
    "resource_missing": "missing",
    "idempotency_error": "conflict",
    "idempotency_key_in_use": "intermittent",
    "lock_timeout": "intermittent",
    "rate_limit": "rate_limit",
    "parameter_invalid_integer": "value",
}


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment intent that succeeded. `invoice_id` and `customer_id` are billing's, carried in its metadata."""

    id: str
    amount: Money
    invoice_id: str
    customer_id: str
    succeeded_at: Instant


class Stripe:
    """One account. Safe to share between threads."""

    def __init__(self, connection: Connection, http: httpx2.Client) -> None:
        self._base = f"{connection.base_url.rstrip('/')}/v1"
        self._timeout = connection.timeout_s
        self._headers = {
            "Authorization": f"Bearer {connection.credentials['api_key']}",
            "Stripe-Version": VERSION,
        }
        self._secret = connection.credentials["webhook_secret"].encode()
        self._http = http

    def payment(self, payment_id: str) -> Payment:
        """One payment as it is now. Raises ReadError, also for one that has not succeeded."""
        found = answer.document(
            answer.read("stripe", lambda: self._send("GET", f"payment_intents/{quote(payment_id, safe='')}"))
        )
        if found.get("status") != "succeeded":
            raise ReadError(f"stripe: {payment_id} is {found.get('status')}, not succeeded")
        return _payment(found)

    def create_payment(self, invoice_id: str, amount: Money, customer_id: str, key: str) -> Outcome:
        """Charges `amount` for an invoice. With the same `key` and values the first answer comes again."""
        form = {
            "amount": str(amount.minor),
            "currency": amount.currency.lower(),
            "confirm": "true",
            "payment_method": "pm_card_visa",
            "metadata[invoice_id]": invoice_id,
            "metadata[customer_id]": customer_id,
        }
        found = answer.write("stripe", lambda: self._send("POST", "payment_intents", form, key))
        if not isinstance(found, httpx2.Response):
            return found
        body = answer.document_or_empty(found)
        if found.is_success:
            replayed = found.headers.get("idempotent-replayed") == "true"
            return Sent(str(body.get("id", "")), body, replayed)
        return answer.refused(found, _refusal(found, body), _CLASSES, "value")

    def webhook(self, headers: Mapping[str, str], body: bytes, now: Instant) -> WebhookEvent:
        """The event of a webhook whose Stripe-Signature is right and at most 300 s old.

        Raises Unsigned, StaleWebhook, or Unreadable when the signed body is not an event.
        """
        _verify(header(headers, "stripe-signature"), body, self._secret, now)
        try:
            event = json.loads(body)
            return WebhookEvent(
                event_id=event["id"],
                type=event["type"],
                occurred_at=Instant(int(event["created"]) * SECOND),
                object_id=event["data"]["object"]["id"],
                po_number=None,
                raw=event,
            )
        except (ValueError, LookupError, TypeError) as error:
            raise Unreadable(f"not a Stripe event: {error}") from error

    def _send(
        self, method: str, path: str, form: Mapping[str, str] | None = None, key: str = ""
    ) -> httpx2.Response:
        headers = {**self._headers, "Idempotency-Key": key} if key else self._headers
        return self._http.request(
            method, f"{self._base}/{path}", data=form, headers=headers, timeout=self._timeout
        )


def _verify(signature: str, body: bytes, secret: bytes, now: Instant) -> None:
    """The header is `t=seconds,v1=hex,v1=hex`: several v1 while the secret is being changed, any one may fit."""
    parts = [part.strip().partition("=") for part in signature.split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    if not stamp.isascii() or not stamp.isdigit():
        raise Unsigned("no Stripe-Signature header with a time")
    expected = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not any(
        hmac.compare_digest(expected.encode(), value.encode()) for name, _, value in parts if name == "v1"
    ):
        raise Unsigned("the Stripe-Signature does not fit the body")
    if abs(now - int(stamp) * SECOND) > TOLERANCE:
        raise StaleWebhook("signed more than 300 s ago or ahead")


def _payment(found: Mapping[str, Any]) -> Payment:
    """Both shapes: the charge expanded or only named; the intent's own time is the last resort."""
    charge = found.get("latest_charge")
    succeeded = charge.get("created") if isinstance(charge, dict) else None
    metadata = found.get("metadata") or {}
    try:
        return Payment(
            id=found["id"],
            amount=Money(int(found.get("amount_received") or found["amount"]), found["currency"].upper()),
            invoice_id=metadata.get("invoice_id", ""),
            customer_id=metadata.get("customer_id", ""),
            succeeded_at=Instant(int(succeeded or found["created"]) * SECOND),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ReadError(f"stripe: a payment cannot be read: {error}") from error


def _refusal(response: httpx2.Response, body: Mapping[str, Any]) -> answer.Refusal:
    error = body.get("error") or {}
    code = error.get("code") or error.get("type") or str(response.status_code)
    return str(code), str(error.get("message") or response.text[:200])

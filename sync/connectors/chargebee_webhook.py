# SPDX-License-Identifier: Apache-2.0
"""Which event a Chargebee webhook tells of, once its Basic credentials have proved where it comes from."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from typing import Any

from sync.connectors.chargebee_records import number
from sync.connectors.webhook import Unreadable, Unsigned, WebhookEvent, header
from terms.instant import SECOND, Instant

# The record an event is about, by the first words of its type; the content holds others beside it.
_NOUNS = ("credit_note", "subscription", "invoice", "customer", "transaction", "payment")


def event(headers: Mapping[str, str], body: bytes, sender: tuple[str, str]) -> WebhookEvent:
    """The event. Raises Unsigned, or Unreadable when the body is not a Chargebee event."""
    _verify(header(headers, "authorization"), sender)
    try:
        document = json.loads(body)
        record = _record(document["event_type"], document["content"])
        return WebhookEvent(
            event_id=document["id"],
            type=document["event_type"],
            occurred_at=Instant(int(document["occurred_at"]) * SECOND),
            object_id=str(record.get("id", "")),
            po_number=number(record) or None,
            raw=document,
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Unreadable(f"not a Chargebee event: {error!r}") from error


def _record(event_type: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    noun = next((noun for noun in _NOUNS if event_type.startswith(noun)), "")
    return content.get("transaction" if noun == "payment" else noun) or {}


def _verify(authorization: str, sender: tuple[str, str]) -> None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Unsigned("no Basic credentials")
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unsigned("the Basic credentials cannot be read") from error
    if not hmac.compare_digest(given, ":".join(sender).encode()):
        raise Unsigned("wrong Basic credentials")

# SPDX-License-Identifier: Apache-2.0
"""Webhooks tell of what billing and payments did by themselves, and none is lost while the receiver is away."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
from served_sandbox import Receiver, Served, deal, serve, until

from sync.connectors.chargebee import Chargebee
from terms import instant
from terms.instant import Instant
from terms.money import Money


def subscribe(served: Served, http: httpx2.Client, number: int, **changes: Any) -> dict[str, Any]:
    sold = deal(number, **changes)
    served.deals(sold)
    billing = Chargebee(served.connection("chargebee"), http)
    billing.create_customer(f"CUST-{number}", "Ahorn Werke GmbH", "DE", "EUR", "")
    billing.create_subscription(
        f"SUB-{number}",
        f"CUST-{number}",
        "PLATFORM",
        12,
        Money(100_000, "EUR"),
        f"SO-{number}",
        Instant(0),
        "",
    )
    return sold


def amend(served: Served, http: httpx2.Client, number: int, **changes: Any) -> None:
    served.deals(deal(number, "Renewal Amendment", effective_on="2026-03-01", **changes))
    billing = Chargebee(served.connection("chargebee"), http)
    billing.amend_subscription(
        f"SUB-{number}", f"AMD-{number}", "PLATFORM", 12, Money(100_000, "EUR"), "2026-03-01", ""
    )


def types(inbox: Receiver) -> list[str]:
    events = [json.loads(body) for _, _, body in inbox.taken]
    return [event.get("event_type") or event["type"] for event in events]


def listen(served: Served, inbox: Receiver) -> None:
    served.http.put("/sandbox/webhooks", json={"url": inbox.url}).raise_for_status()


def test_a_new_subscription_is_told_of_invoiced_and_paid(
    served: Served, inbox: Receiver, http: httpx2.Client
) -> None:
    """Activation, invoice and payment follow, to their connections' paths, with the business times of the plan."""
    listen(served, inbox)
    sold = subscribe(served, http, 7)
    until(lambda: len(inbox.taken) == 3)
    assert types(inbox) == ["subscription_activated", "invoice_generated", "payment_intent.succeeded"]
    assert [path for path, _, _ in inbox.taken] == [
        "/webhooks/chargebee",
        "/webhooks/chargebee",
        "/webhooks/stripe",
    ]
    billing = Chargebee(served.connection("chargebee"), http)
    events = [billing.webhook(headers, body) for _, headers, body in inbox.taken[:2]]
    assert [(event.object_id, event.po_number) for event in events] == [("SUB-7", "SO-7"), ("INV-7", "SO-7")]
    assert [instant.text(event.occurred_at)[:19] for event in events] == [
        sold["activated_at"][:19],
        sold["invoiced_at"][:19],
    ]


def test_an_amendment_is_told_of_and_billed_or_credited(
    served: Served, inbox: Receiver, http: httpx2.Client
) -> None:
    """A renewal is changed, invoiced and paid; a downgrade is changed and credited, its credit note bearing the number."""
    listen(served, inbox)
    amend(served, http, 8)
    until(lambda: len(inbox.taken) == 3)
    assert types(inbox) == ["subscription_changed", "invoice_generated", "payment_intent.succeeded"]
    inbox.taken.clear()
    amend(served, http, 9, credit=True)
    until(lambda: len(inbox.taken) == 2)
    assert types(inbox) == ["subscription_changed", "credit_note_created"]
    event = Chargebee(served.connection("chargebee"), http).webhook(*inbox.taken[1][1:])
    assert (event.object_id, event.po_number) == ("CM-9", "AMD-9")


def test_a_receiver_that_was_away_misses_nothing(
    sandbox_file: Path, inbox: Receiver, http: httpx2.Client
) -> None:
    """Refused deliveries wait in the file, over a restart of the sandbox too, and arrive once the receiver is back."""
    inbox.open = False
    with serve(sandbox_file, webhooks_url=inbox.url) as served:
        subscribe(served, http, 7)
        until(lambda: inbox.refused > 1)
        assert served.summary()["webhooks"]["waiting"] == 3
    inbox.open = True
    with serve(sandbox_file) as served:
        until(lambda: len(inbox.taken) == 3)
        assert types(inbox) == ["subscription_activated", "invoice_generated", "payment_intent.succeeded"]
        until(lambda: served.summary()["webhooks"] == {"delivered": 3, "waiting": 0, "duplicated": 0})


def test_without_an_address_webhooks_wait(served: Served, inbox: Receiver, http: httpx2.Client) -> None:
    """What happened before the receiver was named is delivered when it is."""
    subscribe(served, http, 7)
    assert served.summary()["webhooks"] == {"delivered": 0, "waiting": 3, "duplicated": 0}
    listen(served, inbox)
    until(lambda: len(inbox.taken) == 3)


def test_duplicates_are_delivered_when_that_fault_strikes(
    served: Served, inbox: Receiver, http: httpx2.Client
) -> None:
    """Every event arrives twice, with the same id and body, and the ledgers hold everything once."""
    listen(served, inbox)
    served.faults(duplicate_webhook=1.0)
    subscribe(served, http, 7)
    until(lambda: len(inbox.taken) == 6)
    assert set(Counter(body for _, _, body in inbox.taken).values()) == {2}
    assert served.summary()["duplicates"] == []
    assert served.summary()["faults"]["duplicate_webhook"] == 3

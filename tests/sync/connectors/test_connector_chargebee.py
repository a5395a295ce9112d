# SPDX-License-Identifier: Apache-2.0
"""Customers, subscriptions and amendments reach billing once, and what billing made of them is read back."""

import base64
import json
from typing import Any

import chargebee as sdk
import httpx2
import pytest
from served_sandbox import Served, deal

from sync.connectors.chargebee import Chargebee
from sync.connectors.reading import ReadError
from sync.connectors.webhook import Unreadable, Unsigned
from sync.outcome import Absent, Outcome, Refused, Sent, Unknown
from terms import instant
from terms.instant import Instant
from terms.money import Money

UNIT = Money(100_000, "EUR")


@pytest.fixture
def billing(served: Served, http: httpx2.Client) -> Chargebee:
    return Chargebee(served.connection("chargebee"), http)


@pytest.fixture
def vendor(served: Served, monkeypatch: pytest.MonkeyPatch) -> sdk.Chargebee:
    """Chargebee's own client, pointed at the sandbox."""
    monkeypatch.setattr(sdk.Chargebee, "verify_ca_certs", False)
    port = served.base_url.rpartition(":")[2]
    return sdk.Chargebee(
        served.connection("chargebee").credentials["api_key"],
        "127",
        chargebee_domain=f"0.0.1:{port}",
        protocol="http",
    )


def customer(billing: Chargebee, number: int = 7, key: str = "") -> Outcome:
    return billing.create_customer(f"CUST-{number}", "Ahorn Werke GmbH", "DE", "EUR", key)


def subscribe(billing: Chargebee, number: int = 7, key: str = "") -> Outcome:
    return billing.create_subscription(
        f"SUB-{number}", f"CUST-{number}", "PLATFORM", 12, UNIT, f"SO-{number}", Instant(0), key
    )


def amend(billing: Chargebee, number: int = 8, key: str = "") -> Outcome:
    return billing.amend_subscription(
        f"SUB-{number}", f"AMD-{number}", "PLATFORM", 12, UNIT, "2026-03-01", key
    )


def test_a_subscription_is_invoiced_by_billing(served: Served, billing: Chargebee) -> None:
    """From customer and subscription billing makes the first invoice, with the order's number and the plan's times."""
    sold = deal(7)
    served.deals(sold)
    assert isinstance(customer(billing), Sent)
    assert isinstance(subscribe(billing), Sent)
    subscription, invoice = billing.subscription("SUB-7"), billing.invoice("INV-7")
    assert (subscription.po_number, subscription.total, subscription.status) == (
        "SO-7", Money(1_200_000, "EUR"), "active",
    )  # fmt: skip
    assert (invoice.po_number, invoice.total) == ("SO-7", Money(1_200_000, "EUR"))
    assert (invoice.legal_entity, invoice.region, invoice.item) == ("DE", "EMEA", "PLATFORM")
    assert instant.text(invoice.issued_at)[:19] == sold["invoiced_at"][:19]
    assert subscription.activated_at is not None
    assert instant.text(subscription.activated_at)[:19] == sold["activated_at"][:19]
    assert billing.customer("CUST-7").name == "Ahorn Werke GmbH"


def test_a_repeat_with_the_same_key_is_recognised(served: Served, billing: Chargebee) -> None:
    """The first answer comes again and is marked; the ledger holds one record and counts the replay."""
    first, again = customer(billing, key="k1"), customer(billing, key="k1")
    assert isinstance(first, Sent)
    assert isinstance(again, Sent)
    assert (first.replayed, again.replayed, again.record) == (False, True, first.record)
    [record] = served.records("chargebee", "customer")
    assert (record["writes"], record["replays"]) == (1, 1)


def test_our_own_ids_are_taken_once(billing: Chargebee) -> None:
    """Without the key the second request is refused as a duplicate, for a customer and for a subscription."""
    for send in (customer, subscribe):
        assert isinstance(send(billing), Sent)
        refused = send(billing)
        assert isinstance(refused, Refused)
        assert (refused.error_class, refused.code) == ("duplicate", "duplicate_entry")


def test_an_amendment_sent_twice_without_its_key_is_billed_twice(served: Served, billing: Chargebee) -> None:
    """The negative control: billing does not notice, so the summary shows two invoices for one amendment."""
    served.deals(deal(8, "Renewal Amendment", effective_on="2026-03-01"))
    amend(billing)
    amend(billing)
    assert [record["id"] for record in served.records("chargebee", "invoice")] == ["INV-8", "INV-8-2"]
    [first, *_] = served.summary()["duplicates"]
    assert (first["system"], first["type"], first["business_key"]) == ("chargebee", "invoice", "AMD-8")


def test_an_amendment_sent_twice_with_its_key_is_billed_once(served: Served, billing: Chargebee) -> None:
    """The key makes the repeat harmless, and the probe finds the amendment before and after."""
    served.deals(deal(8, "Renewal Amendment", effective_on="2026-03-01"))
    assert billing.find_amendment("SUB-8", "AMD-8") == Absent()
    assert isinstance(amend(billing, key="k"), Sent)
    again = amend(billing, key="k")
    assert isinstance(again, Sent)
    assert again.replayed
    assert isinstance(billing.find_amendment("SUB-8", "AMD-8"), Sent)
    assert len(served.records("chargebee", "invoice")) == 1
    assert served.summary()["duplicates"] == []


def test_an_older_amendment_is_still_found(served: Served, billing: Chargebee) -> None:
    """When a later amendment has overwritten the number on the subscription, the earlier one's invoice proves it."""
    served.deals(
        deal(8, "Renewal Amendment", effective_on="2026-03-01"),
        deal(9, "Renewal Amendment", effective_on="2026-03-01", subscription_id="SUB-8"),
    )
    amend(billing)
    billing.amend_subscription("SUB-8", "AMD-9", "PLATFORM", 12, UNIT, "2026-03-01", "")
    assert billing.subscription("SUB-8").po_number == "AMD-9"
    assert isinstance(billing.find_amendment("SUB-8", "AMD-8"), Sent)
    assert billing.find_amendment("SUB-8", "AMD-10") == Absent()


def test_a_downgrade_is_credited(served: Served, billing: Chargebee) -> None:
    """A deal that is planned as a credit gives a credit note and no invoice."""
    served.deals(deal(8, "Renewal Amendment", effective_on="2026-03-01", credit=True))
    amend(billing)
    note = billing.credit_note("CM-8")
    assert (note.po_number, note.total, note.legal_entity) == ("AMD-8", Money(1_200_000, "EUR"), "DE")
    assert served.records("chargebee", "invoice") == []


def test_after_an_answer_that_came_too_late_the_probe_finds_the_one_record(
    served: Served, http: httpx2.Client, billing: Chargebee
) -> None:
    """The write took effect though its answer never came: unknown at first, found by the probe, there once."""
    served.faults(timeout_after_effect=1.0, hold_s=1.0)
    hasty = Chargebee(served.connection("chargebee", timeout_s=0.3), http)
    assert isinstance(customer(hasty), Unknown)
    assert isinstance(subscribe(hasty), Unknown)
    served.faults()
    assert isinstance(billing.find_customer("CUST-7"), Sent)
    assert isinstance(billing.find_subscription("SUB-7"), Sent)
    assert [each["id"] for each in served.records("chargebee", "subscription")] == ["SUB-7"]


def test_a_read_of_what_is_not_there_says_so(billing: Chargebee) -> None:
    """A missing invoice is an error that says that it is missing."""
    with pytest.raises(ReadError, match="no such record") as caught:
        billing.invoice("INV-404")
    assert caught.value.missing


def test_chargebees_own_client_reads_what_we_wrote(
    served: Served, billing: Chargebee, vendor: sdk.Chargebee
) -> None:
    """The vendor's client understands the sandbox's records, lists and errors, so our connector met the vendor's shapes."""
    customer(billing)
    subscribe(billing)
    found = vendor.Subscription.retrieve("SUB-7").subscription
    assert (found.po_number, found.subscription_items[0].unit_price) == ("SO-7", 100_000)
    [entry] = vendor.Invoice.list({"subscription_id": {"is": "SUB-7"}}).list
    assert entry.invoice.total == 1_200_000
    with pytest.raises(sdk.InvalidRequestError) as caught:
        vendor.Customer.create({"id": "CUST-7"})
    assert (caught.value.api_error_code, caught.value.param) == ("duplicate_entry", "id")
    with pytest.raises(sdk.APIError) as missing:
        vendor.Customer.retrieve("CUST-404")
    assert missing.value.api_error_code == "resource_not_found"


def test_our_connector_reads_what_chargebees_own_client_wrote(
    billing: Chargebee, vendor: sdk.Chargebee
) -> None:
    """What the vendor's client encodes, the sandbox takes and our connector reads; its keys are recognised too."""
    keyed = {"chargebee-idempotency-key": "sdk-1"}
    fields: Any = {
        "id": "CUST-1",
        "company": "Maple Ltd",
        "preferred_currency_code": "CAD",
        "cf_legal_entity": "CA",
    }
    assert not vendor.Customer.create(fields, keyed).is_idempotency_replayed
    assert vendor.Customer.create(fields, keyed).is_idempotency_replayed
    item: Any = {"item_price_id": "PLATFORM-CAD-Yearly", "quantity": 2, "unit_price": 500}
    vendor.Subscription.create_with_items("CUST-1", {"id": "SUB-1", "subscription_items": [item]})
    found = billing.subscription("SUB-1")
    assert (found.total, found.legal_entity, found.item) == (Money(1_000, "CAD"), "CA", "PLATFORM")


EVENT = {
    "id": "ev_1",
    "event_type": "invoice_generated",
    "occurred_at": 1_700_000_000,
    "content": {"invoice": {"id": "INV-7", "po_number": "SO-7"}},
}


def test_a_webhook_with_our_credentials_is_taken(served: Served, billing: Chargebee) -> None:
    """The event names its record and the order; header names may come in any case."""
    secrets = served.connection("chargebee").credentials
    pair = base64.b64encode(f"{secrets['webhook_user']}:{secrets['webhook_password']}".encode()).decode()
    found = billing.webhook({"AUTHORIZATION": f"Basic {pair}"}, json.dumps(EVENT).encode())
    assert (found.event_id, found.type, found.object_id, found.po_number) == (
        "ev_1", "invoice_generated", "INV-7", "SO-7",
    )  # fmt: skip
    with pytest.raises(Unreadable):
        billing.webhook({"authorization": f"Basic {pair}"}, b'{"id": 1')


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no credentials"),
        pytest.param({"authorization": "Bearer x"}, id="another scheme"),
        pytest.param({"authorization": "Basic !!!"}, id="not base64"),
        pytest.param({"authorization": "Basic YTpi"}, id="a stranger's"),
    ],
)
def test_a_webhook_of_a_stranger_is_unsigned(billing: Chargebee, headers: dict[str, str]) -> None:
    """Without our credentials nothing of the body is read."""
    with pytest.raises(Unsigned):
        billing.webhook(headers, json.dumps(EVENT).encode())

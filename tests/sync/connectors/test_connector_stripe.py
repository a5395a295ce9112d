# SPDX-License-Identifier: Apache-2.0
"""Payments are charged once, read back, and their webhooks believed only with a fresh and right signature."""

import hashlib
import hmac
import json

import httpx2
import pytest
import stripe as sdk
from served_sandbox import Receiver, Served, deal, until

from sync.connectors.chargebee import Chargebee
from sync.connectors.reading import ReadError
from sync.connectors.stripe import Stripe
from sync.connectors.webhook import StaleWebhook, Unreadable, Unsigned
from sync.outcome import Refused, Sent, Unknown
from terms.instant import MINUTE, SECOND, Instant, wall_clock
from terms.money import Money

PRICE = Money(1_200_000, "EUR")
NOW = Instant(1_770_000_000 * SECOND)
EVENT = json.dumps(
    {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1, "data": {"object": {"id": "pi_1"}}}
)


@pytest.fixture
def payments(served: Served, http: httpx2.Client) -> Stripe:
    return Stripe(served.connection("stripe"), http)


@pytest.fixture
def vendor(served: Served) -> sdk.StripeClient:
    """Stripe's own client, pointed at the sandbox."""
    return sdk.StripeClient(
        served.connection("stripe").credentials["api_key"],
        base_addresses={"api": f"{served.base_url}/stripe"},
        max_network_retries=0,
    )


def test_a_payment_is_charged_once_for_a_key(served: Served, payments: Stripe) -> None:
    """The repeat gets the first answer; the ledger holds one payment for the invoice."""
    first = payments.create_payment("INV-7", PRICE, "CUST-7", "key-1")
    again = payments.create_payment("INV-7", PRICE, "CUST-7", "key-1")
    assert isinstance(first, Sent)
    assert isinstance(again, Sent)
    assert (again.native_id, first.replayed, again.replayed) == (first.native_id, False, True)
    [record] = served.records("stripe", "payment_intent")
    assert (record["business_key"], record["writes"], record["replays"]) == ("INV-7", 1, 1)
    found = payments.payment(first.native_id)
    assert (found.invoice_id, found.customer_id, found.amount) == ("INV-7", "CUST-7", PRICE)


def test_a_key_used_for_something_else_is_a_conflict(payments: Stripe) -> None:
    """The same key with another amount is refused, and nothing is charged."""
    payments.create_payment("INV-7", PRICE, "CUST-7", "key-1")
    refused = payments.create_payment("INV-7", Money(1, "EUR"), "CUST-7", "key-1")
    assert isinstance(refused, Refused)
    assert (refused.error_class, refused.code) == ("conflict", "idempotency_error")


def test_an_unknown_payment_is_told_as_missing(payments: Stripe) -> None:
    """A read of a payment that does not exist says so."""
    with pytest.raises(ReadError) as caught:
        payments.payment("pi_none")
    assert caught.value.missing


def test_a_charge_whose_answer_was_lost_is_not_made_again(
    served: Served, http: httpx2.Client, payments: Stripe
) -> None:
    """The first answer never came; the repeat with the same key replays it and the customer is charged once."""
    served.faults(timeout_after_effect=1.0, hold_s=1.0)
    hasty = Stripe(served.connection("stripe", timeout_s=0.3), http)
    assert isinstance(hasty.create_payment("INV-7", PRICE, "CUST-7", "key-1"), Unknown)
    served.faults()
    outcome = payments.create_payment("INV-7", PRICE, "CUST-7", "key-1")
    assert isinstance(outcome, Sent)
    assert outcome.replayed
    assert len(served.records("stripe", "payment_intent")) == 1


def test_stripes_own_client_understands_the_sandbox(vendor: sdk.StripeClient, payments: Stripe) -> None:
    """What Stripe's client creates our connector reads; its errors are those the vendor's client raises."""
    made = vendor.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "confirm": True, "metadata": {"invoice_id": "INV-1"}},
        {"idempotency_key": "sdk"},
    )
    assert (made.status, made.metadata["invoice_id"]) == ("succeeded", "INV-1")
    assert payments.payment(made.id).amount == Money(500, "USD")
    assert [each.id for each in vendor.v1.payment_intents.list().auto_paging_iter()] == [made.id]
    with pytest.raises(sdk.IdempotencyError):
        vendor.v1.payment_intents.create({"amount": 1, "currency": "usd"}, {"idempotency_key": "sdk"})
    with pytest.raises(sdk.InvalidRequestError) as caught:
        vendor.v1.payment_intents.retrieve("pi_none")
    assert caught.value.code == "resource_missing"
    with pytest.raises(sdk.AuthenticationError):
        sdk.StripeClient(
            "sk_test_x", base_addresses=vendor._requestor._options.base_addresses
        ).v1.payment_intents.list()


def test_both_we_and_stripe_accept_the_signature_of_a_delivered_webhook(
    served: Served, inbox: Receiver, http: httpx2.Client, payments: Stripe
) -> None:
    """A webhook that the sandbox really delivers passes our check and the check of Stripe's own library."""
    served.http.put("/sandbox/webhooks", json={"url": inbox.url})
    served.deals(deal(7))
    billing = Chargebee(served.connection("chargebee"), http)
    billing.create_customer("CUST-7", "Ahorn Werke GmbH", "DE", "EUR", "")
    billing.create_subscription("SUB-7", "CUST-7", "PLATFORM", 12, Money(100_000, "EUR"), "SO-7", NOW, "")
    until(lambda: len(inbox.taken) == 3)
    path, headers, body = inbox.taken[-1]
    assert path == "/webhooks/stripe"
    event = payments.webhook(headers, body, wall_clock())
    secret = served.connection("stripe").credentials["webhook_secret"]
    theirs = sdk.Webhook.construct_event(body, headers["stripe-signature"], secret)
    assert (event.event_id, event.type) == (theirs.id, "payment_intent.succeeded")
    assert payments.payment(event.object_id).invoice_id == "INV-7"


def signature(served: Served, body: bytes, at: Instant = NOW) -> str:
    secret = served.connection("stripe").credentials["webhook_secret"].encode()
    stamp = str(at // SECOND)
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def test_while_the_secret_changes_one_right_signature_is_enough(served: Served, payments: Stripe) -> None:
    """Several signatures may stand in the header; one that fits will do."""
    body = EVENT.encode()
    header = f"t={NOW // SECOND},v1={'0' * 64},v1={signature(served, body)},v0=x"
    assert payments.webhook({"Stripe-Signature": header}, body, NOW).object_id == "pi_1"


@pytest.mark.parametrize(
    ("header", "error"),
    [
        pytest.param("", Unsigned, id="none"),
        pytest.param("t=,v1={good}", Unsigned, id="no time"),
        pytest.param("t={now},v1=00", Unsigned, id="wrong"),
        pytest.param("t={now}", Unsigned, id="time only"),
        pytest.param("t={later},v1={good}", Unsigned, id="time changed"),
        pytest.param("t={now},v1=ÿ", Unsigned, id="not ASCII"),
    ],
)
def test_a_forged_webhook_is_unsigned(
    served: Served, payments: Stripe, header: str, error: type[Exception]
) -> None:
    """Nothing of a webhook with a missing or wrong signature is read."""
    good = signature(served, EVENT.encode())
    text = header.format(good=good, now=NOW // SECOND, later=NOW // SECOND + 1)
    with pytest.raises(error):
        payments.webhook({"stripe-signature": text}, EVENT.encode(), NOW)


def test_an_old_webhook_is_stale_and_a_strange_one_unreadable(served: Served, payments: Stripe) -> None:
    """Rightly signed six minutes ago is too old; rightly signed nonsense is not an event."""
    good = f"t={NOW // SECOND},v1={signature(served, EVENT.encode())}"
    with pytest.raises(StaleWebhook):
        payments.webhook({"stripe-signature": good}, EVENT.encode(), Instant(NOW + 6 * MINUTE))
    odd = f"t={NOW // SECOND},v1={signature(served, b'[]')}"
    with pytest.raises(Unreadable):
        payments.webhook({"stripe-signature": odd}, b"[]", NOW)

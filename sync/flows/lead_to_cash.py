# SPDX-License-Identifier: Apache-2.0
"""Lead to cash: a won deal becomes a subscription, an invoice, a payment, and the journals of both.

Four stages, each started by the inbox when the one before it is done and its signal has come; a fifth, when the bank's
statement shows the payment, is that of both flows (reconciliation.py).
"""

from sync import canonical_event, journal
from sync.flows import posting
from sync.stage import Stage
from terms.object_key import ObjectKey


def order(stage: Stage) -> None:
    """A closed-won opportunity: customer and subscription in billing."""
    deal, chargebee = stage.deal, stage.systems.chargebee
    stage.tell(canonical_event.order_placed(deal, stage.now()))
    stage.check(canonical_event.customer_created(deal, stage.now()))
    currency = deal.amount.currency
    created = stage.effect(
        "customer in billing",
        "chargebee",
        deal.customer,
        {
            "name": deal.customer_name,
            "legal_entity": deal.legal_entity,
            "currency": currency,
            "region": deal.region,
        },
        lambda key: chargebee.create_customer(
            deal.customer_id, deal.customer_name, deal.legal_entity, currency, key, deal.region
        ),
        lambda: chargebee.find_customer(deal.customer_id),
        noun=f"customer {deal.customer_id}",
        version=deal.number,
    )
    stage.tell(canonical_event.customer_created(deal, stage.confirmed_at(created)))
    quantity, unit_price = deal.lot
    stage.effect(
        "subscription",
        "chargebee",
        deal.subscription,
        {
            "customer": deal.customer_id,
            "item": deal.item,
            "quantity": quantity,
            "unit_price": str(unit_price),
            "order": deal.number,
            "start_at": deal.closed_at,
        },
        lambda key: chargebee.create_subscription(
            deal.subscription_id,
            deal.customer_id,
            deal.item,
            quantity,
            unit_price,
            deal.number,
            deal.closed_at,
            key,
        ),
        lambda: chargebee.find_subscription(deal.subscription_id),
        noun=f"subscription {deal.subscription_id}",
    )


def activation(stage: Stage) -> None:
    """The subscription went live: its customer in the ERP."""
    name = stage.run.object.value
    chargebee = stage.systems.chargebee
    live = stage.read("chargebee", f"subscription {name}", lambda: chargebee.subscription(name))
    stage.tell(canonical_event.subscription_activated(stage.deal, live, stage.now()))
    posting.customer_in_erp(stage)


def invoice(stage: Stage) -> None:
    """An invoice was issued: its journal in the ERP, whether it is paid or not."""
    name = stage.run.object.value
    issued = stage.read("chargebee", f"invoice {name}", lambda: stage.systems.chargebee.invoice(name))
    stage.amount = issued.total
    stage.tell(canonical_event.invoice_issued(stage.deal, issued, stage.now()))
    posting.post(stage, journal.of_invoice(issued))


def payment(stage: Stage) -> None:
    """The invoice was paid: the receipt in the ERP, and the status back to the CRM."""
    name = stage.run.object.value
    settled = stage.read("stripe", f"payment {name}", lambda: stage.systems.stripe.payment(name))
    stage.amount = settled.amount
    stage.meet(ObjectKey("invoice", settled.invoice_id))
    stage.tell(canonical_event.payment_settled(stage.deal, settled, stage.now()))
    posting.receive(stage, settled)
    fields = {"Payment_Status__c": "Paid", "Billing_Subscription__c": stage.deal.subscription_id}
    posting.status_in_crm(stage, settled.id, fields)

# SPDX-License-Identifier: Apache-2.0
"""Renewal amendment: a renewed deal changes its subscription; what billing recalculates is posted and told to the CRM."""

from sync import canonical_event, journal
from sync.flows import posting
from sync.stage import Stage
from terms.object_key import ObjectKey


def amendment(stage: Stage) -> None:
    """A closed-won amendment: the changed subscription in billing."""
    deal, chargebee = stage.deal, stage.systems.chargebee
    stage.tell(canonical_event.renewal_amended(deal, stage.now()))
    quantity, unit_price = deal.lot
    stage.effect(
        "amended subscription",
        "chargebee",
        deal.key,
        {
            "subscription": deal.subscription_id,
            "item": deal.item,
            "quantity": quantity,
            "unit_price": str(unit_price),
            "effective_on": deal.effective_on,
        },
        lambda key: chargebee.amend_subscription(
            deal.subscription_id, deal.number, deal.item, quantity, unit_price, deal.effective_on, key
        ),
        lambda: chargebee.find_amendment(deal.subscription_id, deal.number),
        noun=f"amendment {deal.number} of {deal.subscription_id}",
        objects=(deal.subscription,),
    )


def recalculation(stage: Stage) -> None:
    """Billing charged or credited the difference: its journal in the ERP, and the status back to the CRM."""
    chargebee, document = stage.systems.chargebee, stage.run.object
    stage.meet(document)
    if document.type == "invoice":
        issued = stage.read(
            "chargebee", f"invoice {document.value}", lambda: chargebee.invoice(document.value)
        )
        stage.amount = issued.total
        stage.tell(canonical_event.invoice_issued(stage.deal, issued, stage.now()))
        posting.post(stage, journal.of_invoice(issued, stage.deal.effective_on))
    else:
        note = stage.read(
            "chargebee", f"credit note {document.value}", lambda: chargebee.credit_note(document.value)
        )
        stage.amount = note.total
        stage.tell(canonical_event.credit_memo_posted(stage.deal, note, stage.now()))
        posting.post(stage, journal.of_credit_note(note, stage.deal.effective_on))
    status = "Invoiced" if document.type == "invoice" else "Credited"
    posting.status_in_crm(stage, document.value, {"Payment_Status__c": status})


def payment(stage: Stage) -> None:
    """The amendment's invoice was paid: the receipt in the ERP."""
    name = stage.run.object.value
    settled = stage.read("stripe", f"payment {name}", lambda: stage.systems.stripe.payment(name))
    stage.amount = settled.amount
    stage.meet(ObjectKey("invoice", settled.invoice_id))
    stage.tell(canonical_event.payment_settled(stage.deal, settled, stage.now()))
    # The subscription may be older than this runtime, and its customer unknown to the ERP.
    posting.customer_in_erp(stage)
    posting.receive(stage, settled)

# SPDX-License-Identifier: Apache-2.0
"""What both flows do in the ERP and the CRM: the customer, a journal, a receipt, and the status back on the opportunity."""

from collections.abc import Mapping

from sync import canonical_event, journal
from sync.connectors.stripe import Payment
from sync.journal import Journal
from sync.stage import Stage
from terms.object_key import ObjectKey


def customer_in_erp(stage: Stage) -> None:
    """The ERP has the deal's customer."""
    deal, netsuite = stage.deal, stage.systems.netsuite
    named = {"name": deal.customer_name, "subsidiary": deal.legal_entity, "currency": deal.amount.currency}
    stage.effect(
        "customer in ERP",
        "netsuite",
        deal.customer,
        named,
        lambda _key: netsuite.upsert_customer(deal.customer_id, **named),
        lambda: netsuite.find_customer(deal.customer_id),
        noun=f"customer {deal.customer_id}",
        version=deal.number,
    )


def post(stage: Stage, posting: Journal) -> None:
    """The ERP has the journal, and it is told. The contract is checked before anything is sent."""
    netsuite, deal = stage.systems.netsuite, stage.deal
    stage.meet(posting.cause)
    stage.check(canonical_event.journal_posted(deal, posting, stage.now()))
    sent = stage.effect(
        "journal",
        "netsuite",
        ObjectKey("journal", posting.number),
        _payload(posting),
        lambda _key: netsuite.post_journal(
            posting.number,
            deal.legal_entity,
            posting.posted_on,
            posting.total.currency,
            posting.lines,
            posting.cause.value,
        ),
        lambda: netsuite.find_journal(posting.number),
        noun=f"journal {posting.number}",
        objects=(posting.cause,),
        posted_on=posting.posted_on,
    )
    stage.tell(canonical_event.journal_posted(deal, posting, stage.confirmed_at(sent)))


def receive(stage: Stage, payment: Payment) -> None:
    """The ERP has the payment applied to its invoice, and it is told."""
    netsuite, deal = stage.systems.netsuite, stage.deal
    posting = journal.of_payment(payment)
    stage.check(canonical_event.journal_posted(deal, posting, stage.now()))
    sent = stage.effect(
        "receipt",
        "netsuite",
        ObjectKey("journal", posting.number),
        {**_payload(posting), "invoice": payment.invoice_id},
        lambda _key: netsuite.apply_receipt(
            posting.number,
            journal.number_of(payment.invoice_id),
            deal.customer_id,
            payment.amount,
            posting.posted_on,
            deal.legal_entity,
        ),
        lambda: netsuite.find_receipt(posting.number),
        noun=f"receipt {posting.number} for {payment.invoice_id}",
        objects=(posting.cause, ObjectKey("invoice", payment.invoice_id)),
        posted_on=posting.posted_on,
    )
    stage.tell(canonical_event.journal_posted(deal, posting, stage.confirmed_at(sent)))


def status_in_crm(stage: Stage, version: str, fields: Mapping[str, str]) -> None:
    """The opportunity bears these fields, and it is told."""
    deal, salesforce = stage.deal, stage.systems.salesforce
    stage.effect(
        "status in CRM",
        "salesforce",
        deal.key,
        dict(fields),
        lambda _key: salesforce.write_status(deal.opportunity_id, fields),
        lambda: salesforce.find_status(deal.opportunity_id, fields),
        noun=f"status of {deal.number}",
        version=version,
    )
    stage.tell(canonical_event.crm_updated(deal, stage.now()))


def _payload(posting: Journal) -> dict[str, object]:
    return {
        "number": posting.number,
        "posted_on": posting.posted_on,
        "lines": [
            [
                line.account,
                "" if line.debit is None else str(line.debit),
                "" if line.credit is None else str(line.credit),
                line.memo,
            ]
            for line in posting.lines
        ],
    }

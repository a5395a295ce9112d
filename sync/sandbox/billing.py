# SPDX-License-Identifier: Apache-2.0
"""What billing does by itself once it has a subscription: it issues a document, has it paid, and tells of all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.sandbox import plan as plans
from sync.sandbox import stripe, webhooks
from sync.sandbox.exchange import World
from sync.sandbox.ledger import Record
from sync.sandbox.plan import Plan
from sync.sandbox.seeded import token, unit
from terms.instant import DAY, SECOND, Instant

SYSTEM = "chargebee"
TERM_S = 365 * DAY // SECOND


@dataclass(frozen=True, slots=True)
class Times:
    """The business times that a deal's records bear, in whole seconds."""

    customer: int
    activated: int
    invoiced: int
    paid: int


def times(plan: Plan | None, now: Instant) -> Times:
    """From the deal's plan; without one, everything happens now."""
    if plan is None:
        return Times(*[now // SECOND] * 4)
    asked = plan.closed_at + (plan.activated_at - plan.closed_at) // 4
    return Times(
        asked // SECOND, plan.activated_at // SECOND, plan.invoiced_at // SECOND, plan.paid_at // SECOND
    )


def customer(world: World, fields: Mapping[str, Any], created: int, now: Instant) -> Record:
    """Stores a new customer."""
    document = {
        "object": "customer",
        "auto_collection": "on",
        "net_term_days": 0,
        "deleted": False,
        "resource_version": now // 1000,
        "created_at": created,
        "updated_at": created,
        **fields,
    }
    return world.ledger.add(SYSTEM, "customer", str(document["id"]), str(document["id"]), document, now)


def subscription(
    world: World,
    owner: Record,
    fields: Mapping[str, Any],
    items: list[dict[str, Any]],
    started: int,
    now: Instant,
) -> Record:
    """Stores a new, active subscription of a year. Its business key is the order it was made for."""
    document = {
        "object": "subscription",
        "customer_id": owner.id,
        "status": "active",
        "billing_period": 1,
        "billing_period_unit": "year",
        "subscription_items": items,
        "current_term_start": started,
        "current_term_end": started + TERM_S,
        "next_billing_at": started + TERM_S,
        "created_at": started,
        "started_at": started,
        "activated_at": started,
        "updated_at": started,
        "resource_version": now // 1000,
        "has_scheduled_changes": False,
        "deleted": False,
        "cf_legal_entity": owner.document.get("cf_legal_entity", ""),
        "cf_region": owner.document.get("cf_region", ""),
        **fields,
    }
    id_, key = str(document["id"]), str(document.get("po_number", ""))
    return world.ledger.add(SYSTEM, "subscription", id_, key, document, now)


def activated(world: World, made: Record, owner: Record, number: str, now: Instant) -> dict[str, Any]:
    """A new subscription is told of, invoiced and charged. Comes back with the invoice."""
    plan = plans.of_key(world, number)
    when = times(plan, now)
    content = {"subscription": made.document, "customer": owner.document}
    _tell(world, "subscription_activated", content, when.activated, number, 0)
    return {"invoice": _invoice(world, made.document, plan, when, now)}


def amended(world: World, after: Mapping[str, Any], billed: int, now: Instant) -> dict[str, Any]:
    """A changed subscription is told of, then invoiced and charged, or credited.

    A deal's plan says which, and all of what is now subscribed is meant. Without one it is the difference to `billed`,
    what the running term has cost already.
    """
    number = str(after.get("po_number", ""))
    plan = plans.of_key(world, number)
    when = times(plan, now)
    _tell(world, "subscription_changed", {"subscription": after}, when.activated, number, 0)
    total = value(after) - (0 if plan else billed)
    if (plan and plan.credit) or total < 0:
        return {"credit_notes": [_credit_note(world, after, abs(total), plan, when, now)]}
    if total > 0:
        return {"invoice": _invoice(world, after, plan, when, now, total)}
    return {}


def former_term(world: World, plan: Plan, now: Instant) -> None:
    """What an amendment needs to find: the customer in billing and the ERP, and a subscription of the term before."""
    when = times(plan, now)
    fields = {
        "id": plan.customer_id,
        "company": plan.customer_name,
        "preferred_currency_code": plan.currency,
        "cf_legal_entity": plan.legal_entity,
        "cf_region": plan.region,
    }
    owner = world.ledger.get(SYSTEM, "customer", plan.customer_id) or customer(
        world, fields, when.customer, now
    )
    if world.ledger.get(SYSTEM, "subscription", plan.subscription_id) is None:
        # One lot where the amount does not divide by the quantity.
        quantity = plan.quantity if plan.amount_minor % plan.quantity == 0 else 1
        line = item(f"{plan.item}-{plan.currency}-Yearly", quantity, plan.amount_minor // quantity)
        names = {
            "id": plan.subscription_id,
            "po_number": f"SO-{plan.number}-FORMER",
            "currency_code": plan.currency,
        }
        subscription(world, owner, names, [line], when.activated, now)
    if world.ledger.by_external_id("netsuite", "customer", plan.customer_id) is None:
        id_ = str(world.ledger.next("netsuite:id"))
        document = {
            "id": id_,
            "externalId": plan.customer_id,
            "entityId": plan.customer_id,
            "companyName": plan.customer_name,
            "subsidiary": {"externalId": plan.legal_entity},
            "currency": {"externalId": plan.currency},
        }
        world.ledger.add("netsuite", "customer", id_, plan.customer_id, document, now, plan.customer_id)


def item(price_id: str, quantity: int, unit_price: int) -> dict[str, Any]:
    """One subscribed item price."""
    return {
        "object": "subscription_item",
        "item_price_id": price_id,
        "item_type": "plan",
        "quantity": quantity,
        "unit_price": unit_price,
        "amount": quantity * unit_price,
    }


def value(subscribed: Mapping[str, Any]) -> int:
    """One term's price of everything subscribed, in minor units."""
    return sum(int(each["amount"]) for each in subscribed["subscription_items"])


def _invoice(
    world: World,
    subscribed: Mapping[str, Any],
    plan: Plan | None,
    when: Times,
    now: Instant,
    total: int | None = None,
) -> dict[str, Any]:
    total = value(subscribed) if total is None else total
    number = str(subscribed.get("po_number", ""))
    id_ = _free_id(world, "invoice", "INV", plan)
    document = {
        "object": "invoice",
        **_document(id_, subscribed, total, when.invoiced, now),
        "po_number": number,
        "status": "paid",
        "amount_paid": total,
        "amount_due": 0,
        "paid_at": when.paid,
        "recurring": True,
        "first_invoice": number.startswith("SO-"),
    }
    world.ledger.add(SYSTEM, "invoice", id_, number, document, now)
    _tell(world, "invoice_generated", {"invoice": document}, when.invoiced, number, 1)
    paid = stripe.charge(world, document, when.paid, now)
    webhooks.enqueue(
        world,
        "stripe",
        stripe.event(world, "payment_intent.succeeded", paid),
        number,
        _delay(world, number, 2),
    )
    return document


def _credit_note(
    world: World, subscribed: Mapping[str, Any], total: int, plan: Plan | None, when: Times, now: Instant
) -> dict[str, Any]:
    number = str(subscribed.get("po_number", ""))
    id_ = _free_id(world, "credit_note", "CM", plan)
    document = {
        "object": "credit_note",
        **_document(id_, subscribed, total, when.invoiced, now),
        "cf_po_number": number,  # this site keeps the number in a field of its own: credit notes have none
        "type": "refundable",
        "status": "refund_due",
        "create_reason_code": "Subscription Change",
        "amount_available": total,
    }
    world.ledger.add(SYSTEM, "credit_note", id_, number, document, now)
    _tell(world, "credit_note_created", {"credit_note": document}, when.invoiced, number, 1)
    return document


def _document(
    id_: str, subscribed: Mapping[str, Any], total: int, issued: int, now: Instant
) -> dict[str, Any]:
    """What an invoice and a credit note have alike."""
    first = subscribed["subscription_items"][0]
    line = {
        "id": f"li_{id_}",
        "object": "line_item",
        "subscription_id": subscribed["id"],
        "entity_type": "plan_item_price",
        "entity_id": first["item_price_id"],
        "quantity": first["quantity"],
        "unit_amount": first["unit_price"],
        "amount": total,
        "date_from": subscribed["current_term_start"],
        "date_to": subscribed["current_term_end"],
    }
    return {
        "id": id_,
        "customer_id": subscribed["customer_id"],
        "subscription_id": subscribed["id"],
        "currency_code": subscribed["currency_code"],
        "price_type": "tax_exclusive",
        "date": issued,
        "generated_at": issued,
        "updated_at": issued,
        "resource_version": now // 1000,
        "sub_total": total,
        "total": total,
        "line_items": [line],
        "deleted": False,
        "cf_legal_entity": subscribed.get("cf_legal_entity", ""),
        "cf_region": subscribed.get("cf_region", ""),
    }


def _free_id(world: World, type_: str, prefix: str, plan: Plan | None) -> str:
    """The document's number: the deal's when it is free, as the first one is, else the next of the site's own."""
    if plan is None:
        return f"{prefix}-X{world.ledger.next(f'chargebee:{type_}')}"
    id_, again = f"{prefix}-{plan.number}", 1
    while world.ledger.get(SYSTEM, type_, id_) is not None:
        again += 1
        id_ = f"{prefix}-{plan.number}-{again}"
    return id_


def _tell(
    world: World, event_type: str, content: Mapping[str, Any], occurred: int, number: str, place: int
) -> None:
    """Queues a webhook of the site."""
    count = world.ledger.next("chargebee:event")
    document = {
        "id": f"ev_{token(17, world.seed, 'chargebee', event_type, number, count)}",
        "object": "event",
        "occurred_at": occurred,
        "source": "api",
        "api_version": "v2",
        "event_type": event_type,
        "webhook_status": "scheduled",
        "content": content,
    }
    webhooks.enqueue(world, "chargebee", document, number, _delay(world, number, place))


def _delay(world: World, number: str, place: int) -> int:
    """Microseconds until the webhook at that place of the deal's chain is sent: each a moment after the one before."""
    steps = (50_000 + int(350_000 * unit(world.seed, "delay", number, each)) for each in range(place + 1))
    return sum(steps)

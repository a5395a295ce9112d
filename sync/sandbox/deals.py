# SPDX-License-Identifier: Apache-2.0
"""A deal is won: the opportunity appears in the CRM, and what it amends was there before in billing and in the ERP."""

import json
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from sync.sandbox import billing, salesforce
from sync.sandbox.exchange import World
from sync.sandbox.plan import AMENDMENT, Plan, read
from sync.sandbox.seeded import salesforce_id
from terms import instant
from terms.instant import DAY, Instant
from terms.money import Money
from terms.problem import ProblemError

_TERM = 365 * DAY


def add(world: World, document: Any) -> list[dict[str, Any]]:
    """Adds each deal of `{"deals": [...]}`, all or none; one with a kind and number already known is left as it is.

    Answers with the opportunities' numbers and ids, in order. Raises ProblemError.
    """
    if not isinstance(document, dict) or not isinstance(document.get("deals"), list):
        raise ProblemError("the body holds no list of deals", "/deals", 'send {"deals": [...]}')
    now = world.clock()
    plans = [read(each, f"/deals/{index}", now) for index, each in enumerate(document["deals"])]
    with world.ledger.transaction():
        found = [{"number": plan.number, "id": _add(world, plan, now)} for plan in plans]
    world.wake()
    return found


def _add(world: World, plan: Plan, now: Instant) -> str:
    known = world.ledger.sql.execute(
        "SELECT opportunity_id FROM deal WHERE kind = ? AND number = ?", (plan.kind, plan.number)
    ).fetchone()
    if known:
        return str(known[0])
    opportunity_id = salesforce_id("006", world.seed, plan.kind, plan.number)
    world.ledger.sql.execute(
        "INSERT INTO deal VALUES (?, ?, ?, ?, ?)",
        (plan.kind, plan.number, opportunity_id, plan.customer_id, json.dumps(asdict(plan))),
    )
    if plan.kind == AMENDMENT:
        billing.former_term(world, _former(plan), now)
    salesforce.win(world, opportunity_id, _opportunity(world, plan), plan.key, now)
    return opportunity_id


def _former(plan: Plan) -> Plan:
    """What was subscribed for the year before. A downgrade comes in mid-term and halves it; a renewal follows it."""
    began = Instant(instant.parse(f"{plan.effective_on}T00:00:00Z") - (_TERM // 2 if plan.credit else _TERM))
    amount = abs(plan.amount_minor) * (2 if plan.credit else 1)
    return replace(
        plan,
        amount_minor=amount,
        closed_at=began,
        quoted_at=began,
        activated_at=began,
        invoiced_at=began,
        paid_at=began,
    )


def _opportunity(world: World, plan: Plan) -> dict[str, Any]:
    amends = plan.kind == AMENDMENT
    amount = Decimal(Money(plan.amount_minor, plan.currency).amount)
    return {
        "Name": f"{plan.customer_name} {plan.key}",
        "Type": plan.kind,
        "StageName": "Closed Won",
        "IsWon": True,
        "IsClosed": True,
        "CloseDate": instant.day(plan.closed_at),
        "Amount": amount,
        "CurrencyIsoCode": plan.currency,
        "AccountId": salesforce_id("001", world.seed, plan.customer_id),
        "Account": {"External_Id__c": plan.customer_id, "Name": plan.customer_name},
        "Order_Number__c": None if amends else plan.key,
        "Amendment_Number__c": plan.key if amends else None,
        "Billing_Subscription__c": plan.subscription_id if amends else None,
        "Effective_On__c": plan.effective_on,
        "Legal_Entity__c": plan.legal_entity,
        "Region__c": plan.region,
        "Closed_At__c": salesforce.stamp(plan.closed_at),
        "Quoted_At__c": salesforce.stamp(plan.quoted_at),
        "OpportunityLineItems": [
            {"Product2": {"ProductCode": plan.item}, "Quantity": Decimal(plan.quantity)}
        ],
    }

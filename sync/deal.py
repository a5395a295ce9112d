# SPDX-License-Identifier: Apache-2.0
"""A deal: what the CRM says was sold, an order or the amendment of a subscription. Every later stage reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sync.connectors.salesforce import Opportunity
from terms.instant import Instant, day
from terms.money import Money
from terms.object_key import ObjectKey
from terms.problem import Problem, ProblemError

ORDER_PREFIX = "SO-"
SUBSCRIPTION_PREFIX = "SUB-"


@dataclass(frozen=True, slots=True)
class Deal:
    """`amount` is the order's total, or the change of the contract's value: negative for a downgrade."""

    kind: Literal["order", "amendment"]
    number: str
    opportunity_id: str
    customer_id: str
    customer_name: str
    legal_entity: str
    region: str
    amount: Money
    item: str
    quantity: int
    closed_at: Instant
    quoted_at: Instant | None
    subscription_id: str
    effective_on: str

    @property
    def key(self) -> ObjectKey:
        return ObjectKey(self.kind, self.number)

    @property
    def customer(self) -> ObjectKey:
        return ObjectKey("customer", self.customer_id)

    @property
    def subscription(self) -> ObjectKey:
        return ObjectKey("subscription", self.subscription_id)

    @property
    def lot(self) -> tuple[int, Money]:
        """Quantity and unit price whose product is the amount exactly; one lot where it does not divide."""
        total = abs(self.amount.minor)
        if self.quantity > 0 and total % self.quantity == 0:
            return self.quantity, Money(total // self.quantity, self.amount.currency)
        return 1, Money(total, self.amount.currency)


def from_opportunity(opportunity: Opportunity) -> Deal:
    """The deal a closed-won opportunity stands for. Raises ProblemError that lists every field the CRM left empty."""
    amends = opportunity.kind == "Renewal Amendment"
    needed = {
        "Amendment_Number__c" if amends else "Order_Number__c": opportunity.amendment_id
        if amends
        else opportunity.order_number,
        "Account.External_Id__c": opportunity.customer_id,
        "Legal_Entity__c": opportunity.legal_entity,
        "Region__c": opportunity.region,
        **({"Billing_Subscription__c": opportunity.subscription_id} if amends else {}),
    }
    missing = tuple(
        Problem("is empty", f"Opportunity {opportunity.id}/{name}", "fill it in the CRM")
        for name, value in needed.items()
        if not value
    )
    if missing:
        raise ProblemError(missing)
    number = str(opportunity.amendment_id if amends else opportunity.order_number)
    return Deal(
        kind="amendment" if amends else "order",
        number=number,
        opportunity_id=opportunity.id,
        customer_id=str(opportunity.customer_id),
        customer_name=opportunity.customer_name or "",
        legal_entity=str(opportunity.legal_entity),
        region=str(opportunity.region),
        amount=opportunity.amount,
        item=opportunity.item or "",
        quantity=opportunity.quantity or 1,
        closed_at=opportunity.closed_at,
        quoted_at=opportunity.quoted_at,
        subscription_id=opportunity.subscription_id
        if amends and opportunity.subscription_id
        else SUBSCRIPTION_PREFIX + number.removeprefix(ORDER_PREFIX),
        effective_on=opportunity.effective_on or day(opportunity.closed_at),
    )


def to_json(deal: Deal) -> dict[str, Any]:
    """Plain JSON that `from_json` reads back to an equal deal."""
    fields = {name: getattr(deal, name) for name in Deal.__dataclass_fields__}
    return {**fields, "amount": [deal.amount.minor, deal.amount.currency]}


def from_json(value: Mapping[str, Any]) -> Deal:
    """The deal that `to_json` wrote."""
    minor, currency = value["amount"]
    return Deal(**{**value, "amount": Money(minor, currency)})

# SPDX-License-Identifier: Apache-2.0
"""Live deals for the stand-in systems: closed in the CRM now, with business times drawn backwards from now.

The first of every demo is a large German renewal amendment that takes effect in a closed period, so that its posting
really fails. The same seed, position and present give the same deal; a deal's number alone makes it itself, so that one
posted twice is one deal.
"""

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from controlplane.demo import profile
from controlplane.demo.profile import BY_CODE, ENTITIES, Entity
from terms.instant import SECOND, Instant, from_datetime, text, to_datetime

Kind = Literal["New Business", "Renewal Amendment"]

FIRST_NUMBER = 50_001
STORY_MINOR = 4_800_000
UNMAPPED_ITEM = "onsite-workshop"
# From the fiftieth deal on there have been two whose item nobody mapped to an account.
_UNMAPPED = frozenset({21, 43})
_PRICED = (("platform-standard", 6), ("platform-plus", 3), ("analytics-addon", 1))


@dataclass(frozen=True, slots=True)
class LiveDeal:
    """What the sales team closes. All instants are in the past; `effective_on` is a date."""

    kind: Kind
    number: int
    entity: Entity
    customer: int
    amount_minor: int
    item: str
    quantity: int
    quoted_at: Instant
    closed_at: Instant
    activated_at: Instant
    invoiced_at: Instant
    paid_at: Instant
    effective_on: str
    credit: bool = False

    @property
    def anchor(self) -> tuple[str, str]:
        """Object type and value of what its transaction is about."""
        return (
            ("order", f"SO-{self.number}")
            if self.kind == "New Business"
            else ("amendment", f"AMD-{self.number}")
        )

    def document(self) -> dict[str, Any]:
        """The body of the control API's deal."""
        amendment = {"subscription_id": f"SUB-{self.customer}", "credit": self.credit}
        return {
            "kind": self.kind,
            "number": self.number,
            "customer": {
                "id": f"CUST-{self.customer}",
                "name": profile.customer_name(self.customer, self.entity),
            },
            "legal_entity": self.entity.code,
            "region": self.entity.region,
            "currency": self.entity.currency,
            # What the contract is worth less is a negative change of it in the CRM.
            "amount_minor": -self.amount_minor if self.credit else self.amount_minor,
            "item": self.item,
            "quantity": self.quantity,
            "quoted_at": text(self.quoted_at),
            "closed_at": text(self.closed_at),
            "activated_at": text(self.activated_at),
            "invoiced_at": text(self.invoiced_at),
            "paid_at": text(self.paid_at),
            "effective_on": self.effective_on,
            **(amendment if self.kind == "Renewal Amendment" else {}),
        }


def deal(seed: int, position: int, now: Instant, closed_before: Instant) -> LiveDeal:
    """The deal at `position` (0, 1, ...) of this seed's row, as it stands at `now`.

    The German ledger takes nothing dated before `closed_before`, the first instant of the month in which the sandbox
    started. Position 0 is dated before it on purpose; no other German deal is.
    """
    random = Random(f"deal {seed} {position}")  # noqa: S311 a made-up company, not a secret
    if position == 0:
        return _failing_renewal(random, now, closed_before)
    entity = random.choices(ENTITIES, [one.share for one in ENTITIES])[0]
    kind: Kind = "Renewal Amendment" if random.random() < 0.3 else "New Business"
    credit = kind == "Renewal Amendment" and random.random() < 0.17
    item = random.choices([name for name, _ in _PRICED], [weight for _, weight in _PRICED])[0]
    if position in _UNMAPPED:
        kind, credit, item = "New Business", False, UNMAPPED_ITEM
    part = 0.12 if credit else 0.35 if kind == "Renewal Amendment" else 1.0
    number = FIRST_NUMBER + position
    quantity, amount_minor = _lot(random, profile.order_minor(random, entity, part))
    return LiveDeal(
        kind=kind,
        number=number,
        entity=entity,
        customer=number if kind == "New Business" else profile.known_customer(entity, 1_000 + position),
        amount_minor=amount_minor,
        quantity=quantity,
        item=item,
        credit=credit,
        **_times(random, entity, kind, now, closed_before),
    )


def month_start(now: Instant) -> Instant:
    """The first instant of the UTC month that holds `now`."""
    return from_datetime(to_datetime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0))


def closed_month(start: Instant) -> str:
    """The month that a sandbox which began at `start` finds closed in Germany, such as 2026-10."""
    return text(Instant(month_start(start) - SECOND))[:7]


def _failing_renewal(random: Random, now: Instant, closed_before: Instant) -> LiveDeal:
    times = _times(random, BY_CODE["DE"], "Renewal Amendment", now, closed_before)
    return LiveDeal(
        kind="Renewal Amendment",
        number=FIRST_NUMBER,
        entity=BY_CODE["DE"],
        customer=profile.known_customer(BY_CODE["DE"], 1_000),
        amount_minor=STORY_MINOR,
        item="platform-plus",
        quantity=40,
        **{**times, "effective_on": f"{closed_month(closed_before)}-15"},
    )


def _lot(random: Random, minor: int) -> tuple[int, int]:
    """A quantity, and a total near `minor` that it divides, so that the unit price is exact."""
    quantity = random.choice((1, 1, 5, 10, 20))
    unit = max(100, minor // quantity // 100 * 100)
    return quantity, unit * quantity


def _times(
    random: Random, entity: Entity, kind: Kind, now: Instant, closed_before: Instant
) -> dict[str, Any]:
    """Business times, the last ones minutes ago and the first ones as long before as the history's hops take."""
    issued_before = profile.spread(random, 90, 15 * 60)
    invoiced_at = Instant(now - issued_before)
    paid_at = Instant(invoiced_at + round(random.uniform(0.2, 0.8) * issued_before))
    if kind == "New Business":
        slower = profile.SLOWER if entity.code == profile.SLOWED_IN else 1.0
        activated_at = Instant(invoiced_at - profile.INVOICED.draw(random, slower))
        closed_at = Instant(
            activated_at - profile.ACTIVATED.draw(random) - profile.CUSTOMER_READY.draw(random)
        )
    else:
        activated_at = closed_at = Instant(invoiced_at - profile.RECALCULATED.draw(random))
    quoted_at = Instant(closed_at - profile.spread(random, 86_400, 12 * 86_400))
    if entity.code == "DE" and invoiced_at < closed_before:
        # The month is minutes old: the invoice belongs to it all the same, or the closed one would refuse it.
        invoiced_at = Instant(min(closed_before, now))
        paid_at = Instant(max(paid_at, invoiced_at))
    return {
        "quoted_at": _whole(quoted_at),
        "closed_at": _whole(closed_at),
        "activated_at": _whole(activated_at),
        "invoiced_at": _whole(invoiced_at),
        "paid_at": _whole(paid_at),
        "effective_on": to_datetime(invoiced_at).date().isoformat(),
    }


def _whole(instant: Instant) -> Instant:
    """Whole seconds: more is lost on the way through systems that count those."""
    return Instant(instant // SECOND * SECOND)

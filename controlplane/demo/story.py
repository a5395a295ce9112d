# SPDX-License-Identifier: Apache-2.0
"""One deal's course through the line: which milestone it reaches when, drawn from the profile. Pure arithmetic of instants."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from controlplane.demo import profile
from controlplane.demo.profile import Entity
from terms.instant import DAY, MINUTE, SECOND, Instant

Kind = Literal["new-business", "renewal", "credit"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The ledger refused the posting; a person cleared the cause and replayed it."""

    opened_at: Instant
    resolved_at: Instant
    error_class: str
    message: str


@dataclass(frozen=True, slots=True)
class Story:
    """A deal. `at` names when each milestone is reached, in order; an instant after the present is still to come."""

    number: int
    kind: Kind
    entity: Entity
    amount_minor: int
    customer: int
    at: Mapping[str, Instant]
    version: str  # of the invoice-issued contract its invoice bears
    retries: int = 0  # postings that found the ledger unavailable before the one that went through
    refusal: Refusal | None = None
    cancelled_at: Instant | None = None

    @property
    def started_at(self) -> Instant:
        return next(iter(self.at.values()))

    @property
    def anchor(self) -> tuple[str, str]:
        """Object type and value of what the transaction is about."""
        return (
            ("order", f"SO-{self.number}")
            if self.kind == "new-business"
            else ("amendment", f"AMD-{self.number}")
        )


def course(
    random: Random, kind: Kind, entity: Entity, start: Instant, released_at: Instant
) -> dict[str, Instant]:
    """Milestone -> instant from `start` on, in the process's order. `released_at` is when the slow release went live."""
    if kind != "new-business":
        at = {"amended": start}
        at["recalculated"] = _after(start, profile.RECALCULATED.draw(random))
        at["posted"] = _after(at["recalculated"], profile.POSTED.draw(random))
        at["closed-in-crm"] = _after(at["posted"], profile.CLOSED_IN_CRM.draw(random))
        if kind == "renewal":
            at["paid"] = _after(at["recalculated"], profile.PAID.draw(random))
            at["cash-applied"] = _after(max(at["paid"], at["posted"]), profile.CASH_APPLIED.draw(random))
        return at
    at = {"ordered": start}
    at["customer-ready"] = _after(start, profile.CUSTOMER_READY.draw(random))
    at["activated"] = _after(at["customer-ready"], profile.ACTIVATED.draw(random))
    slow = entity.code == profile.SLOWED_IN and at["activated"] >= released_at
    at["invoiced"] = _after(at["activated"], profile.INVOICED.draw(random, profile.SLOWER if slow else 1.0))
    at["posted"] = _after(at["invoiced"], profile.POSTED.draw(random))
    at["paid"] = _after(at["invoiced"], profile.PAID.draw(random))
    at["cash-applied"] = _after(max(at["paid"], at["posted"]), profile.CASH_APPLIED.draw(random))
    at["closed-in-crm"] = _after(at["cash-applied"], profile.CLOSED_IN_CRM.draw(random))
    return at


def billed(kind: Kind) -> str:
    """The milestone at which billing issues the invoice or the credit memo."""
    return "invoiced" if kind == "new-business" else "recalculated"


def waits_for_ledger(story: Story, issued_at: Instant) -> Story:
    """The same deal, moved so that its invoice was issued at `issued_at`, and never posted since."""
    moved = issued_at - story.at[billed(story.kind)]
    reached = list(story.at).index(billed(story.kind)) + 1
    at = {name: Instant(instant + moved) for name, instant in list(story.at.items())[:reached]}
    return replace(story, at=at, retries=6, refusal=None, cancelled_at=None)


def refused_once(random: Random, story: Story) -> Story:
    """The same deal, its posting refused at first, cleared by a person and posted within three hours of the issue."""
    issued_at = story.at[billed(story.kind)]
    opened_at = _after(issued_at, profile.spread(random, 20, 240))
    resolved_at = _after(opened_at, profile.spread(random, 20 * 60, 150 * 60))
    posted_at = _after(resolved_at, profile.spread(random, 2, 20))
    later = posted_at - story.at["posted"]
    at = dict(story.at)
    for name in list(at)[list(at).index("posted") :]:
        at[name] = Instant(at[name] + max(0, later)) if name != "posted" else posted_at
    error_class, message = random.choice(
        (
            ("missing", "NetSuite has no account for the item in this subsidiary"),
            ("period_closed", "NetSuite's posting period is closed for this subsidiary"),
        )
    )
    return replace(story, at=at, refusal=Refusal(opened_at, resolved_at, error_class, message), retries=0)


def cancelled_after(random: Random, story: Story) -> Story:
    """The same order, cancelled by the customer before billing activated it."""
    at = {name: story.at[name] for name in ("ordered", "customer-ready")}
    return replace(
        story, at=at, cancelled_at=_after(at["customer-ready"], profile.spread(random, 900, 6 * 3600))
    )


def overdue_ages(random: Random, count: int) -> list[int]:
    """How long ago, in microseconds, each planted invoice was issued: the oldest three days, the newest well past its limit."""
    oldest = 3 * DAY + 2 * 60 * MINUTE
    newest = 5 * 60 * MINUTE
    step = (oldest - newest) // (count - 1)
    return [oldest - index * step - (random.randrange(40 * MINUTE) if index else 0) for index in range(count)]


def _after(instant: Instant, later: int) -> Instant:
    # Whole milliseconds, as the systems themselves report.
    return Instant((instant + max(later, SECOND)) // 1000 * 1000)

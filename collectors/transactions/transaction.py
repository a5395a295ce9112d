# SPDX-License-Identifier: Apache-2.0
"""What a business transaction looks like to those who ask: the values that leave this room (end of the walk's write half)."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, Literal, NamedTuple, TypeVar

from collectors.sources.watermark import NOTHING_HELD, Watermarks
from terms.instant import Instant
from terms.money import Money
from terms.object_key import ObjectKey
from terms.tenant import TENANT, Tenant

T = TypeVar("T")

Status = Literal["open", "completed", "failed", "cancelled"]
Standing = Literal["open", "completed", "failed", "cancelled", "stuck", "source_lagging"]
STATUSES: tuple[Status, ...] = ("open", "completed", "failed", "cancelled")
MembershipRole = Literal["member", "linked"]
MemberRole = Literal["anchor", "same_as", "child_of", "link", "succeeds", "annotate"]
WHOLE_PPM = 1_000_000


def transaction_digest(process: str, anchor: str, tenant: Tenant = TENANT) -> bytes:
    """16 bytes that stand for one transaction: the same for the same tenant, process and canonical anchor key, always."""
    h = blake2b(digest_size=16)
    for part in (str(tenant), process, anchor):
        raw = part.encode()
        h.update(len(raw).to_bytes(4, "big"))
        h.update(raw)
    return h.digest()


def transaction_id(process: str, anchor: ObjectKey, tenant: Tenant = TENANT) -> str:
    """The public id of a transaction: 32 hex digits of its digest."""
    return transaction_digest(process, str(anchor), tenant).hex()


class MilestoneView(NamedTuple):
    """One stage of the process. `reached_at` is business time; `event_key` names the event that reached it."""

    name: str
    reached_at: Instant | None
    event_key: str | None


@dataclass(frozen=True, slots=True)
class TransactionView:
    """One transaction as it stands. Milestones are in the order of its process definition, reached or not.

    `waiting_for` is the first milestone not reached, None once completed or cancelled; `due_at` is when it becomes
    overdue, None when its limit has not begun to run. `ended_at` is business time and set for completed and
    cancelled ones only. `not_planned` are milestones that its order's plan leaves out.
    """

    transaction_id: str
    process: str
    definition_version: int
    anchor: ObjectKey
    status: Status
    started_at: Instant
    ended_at: Instant | None
    last_event_at: Instant
    amount: Money | None
    customer: str | None
    legal_entity: str | None
    region: str | None
    waiting_for: str | None
    waiting_since: Instant | None
    due_at: Instant | None
    milestones: tuple[MilestoneView, ...]
    not_planned: tuple[str, ...] = ()

    def standing(self, now: Instant, watermarks: Watermarks = NOTHING_HELD) -> Standing:
        """How it stands at `now`: its status; but when it is overdue, stuck, or not known because a source lags."""
        if self.status != "open" or not self.is_overdue(now, watermarks):
            return self.status
        lags = watermarks.lagging_source(self.process, self.waiting_for) is not None
        return "source_lagging" if lags else "stuck"

    def is_overdue(self, now: Instant, watermarks: Watermarks = NOTHING_HELD) -> bool:
        """Whether what it waits for should have come by `now`, and would be here: its source has told past the limit."""
        if self.due_at is None or self.status not in ("open", "failed"):
            return False
        return self.due_at < watermarks.until(self.process, self.waiting_for, now)

    def reached_at(self, milestone: str) -> Instant | None:
        """When the milestone was reached; None when it was not, or is none of this process."""
        for one in self.milestones:
            if one.name == milestone:
                return one.reached_at
        return None


@dataclass(frozen=True, slots=True)
class EventView:
    """A business event as one transaction sees it. `share_ppm` is this transaction's part of it in millionths.

    `part` is what it has of the amount where that is not all of it, exact to the minor unit; `figures` a text that
    figures.read reads.
    """

    event_key: str
    type: str
    source: str
    source_event_id: str
    at: Instant
    system: str
    objects: tuple[ObjectKey, ...]
    role: MembershipRole
    via: ObjectKey
    share_ppm: int
    amount: Money | None
    legal_entity: str | None
    region: str | None
    contract_subject: str | None
    contract_version: str | None
    message: str | None
    trace_id: str | None
    span_id: str | None
    why: str
    part: Money | None = None
    figures: str | None = None

    @property
    def share(self) -> Money | None:
        """What the transaction has of the amount; None when the event carries none."""
        return self.amount if self.part is None else self.part


@dataclass(frozen=True, slots=True)
class MemberView:
    """An object that belongs to a transaction, and the event or decision, and the rule, that made it so. The anchor has no rule."""

    object: ObjectKey
    role: MemberRole
    parent: ObjectKey | None
    rule: str | None
    rule_version: int | None
    event_key: str | None
    event_at: Instant | None
    why: str
    decision_id: str | None = None


@dataclass(frozen=True, slots=True)
class EffectCount:
    """How many distinct things of `type` the transaction's events made in `system` for one business key."""

    system: str
    type: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A stretch of a list. `cursors` go with `items`; a cursor handed back continues behind its item, or before it."""

    items: tuple[T, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool


class Changed(NamedTuple):
    """A transaction that changed and whose KPIs and policies have not looked at it yet."""

    sequence: int
    transaction_id: str

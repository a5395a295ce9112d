# SPDX-License-Identifier: Apache-2.0
"""What a business process is: its anchor, which objects belong together, its milestones, how it ends, how it fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Literal

from collectors.processes.business_calendar import BusinessCalendar
from terms.instant import DAY, HOUR, MINUTE, SECOND

_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))

EdgeRole = Literal["same_as", "child_of", "link", "succeeds", "annotate"]
CompletionPolicy = Literal["any", "all", "count", "amount"]
COMPLETION_POLICIES: tuple[CompletionPolicy, ...] = ("any", "all", "count", "amount")
EDGE_ROLES: tuple[EdgeRole, ...] = ("same_as", "child_of", "link", "succeeds", "annotate")
MERGING = ("same_as", "child_of")
HOP_ROLES = ("crm", "billing", "payments", "erp")


@dataclass(frozen=True, slots=True)
class EdgeRule:
    """An event that names a `child` and a `parent` object says they belong together in this role.

    `on` narrows the rule to event types (empty: any). `carries_events` tells, for a link, whether events that name
    only the child are shown in the parent's transaction. For `succeeds` the child is what a chain of transactions has
    in common (a subscription), or (`names`) the one before under a type of its own: `previous-order` names an `order`.
    """

    id: str
    child: str
    parent: str
    role: EdgeRole
    on: frozenset[str]
    carries_events: bool
    names: str = ""


@dataclass(frozen=True, slots=True)
class HubLimit:
    """A key that is said to belong to more than `joins` objects within `within` microseconds of event time joins none."""

    joins: int
    within: int

    @property
    def words(self) -> str:
        """The time as a rule would write it: `1 h`."""
        return next(f"{self.within // u:,} {w}" for u, w in _UNITS if self.within % u == 0 or u == SECOND)


USUAL_HUB = HubLimit(50, HOUR)


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who answers for a stage, and where it is written what to do. Empty where nobody is named."""

    owner: str = ""
    steward: str = ""
    exception_team: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class MilestoneRule:
    """Counted are events of one of these types that name one of the object types in `names` (empty: any).

    Reached by `policy`: with `any` of them, once `count` objects of type `object` were named, once `all` of those that
    are known or planned were, or once their amount is `share_bp` ten-thousandths of what was planned or ordered.
    `sla` is microseconds after the milestone `sla_from`; both None when there is no limit. With a `calendar` they are
    of its open time, and where `sla_days` is set, that many of its working days instead.
    """

    name: str
    title: str
    system: str
    events: tuple[str, ...]
    names: frozenset[str]
    sla: int | None
    sla_from: str | None
    responsible: Responsible = Responsible()
    policy: CompletionPolicy = "any"
    object: str = ""
    count: int = 1
    share_bp: int = 10_000
    calendar: BusinessCalendar | None = None
    sla_days: int | None = None

    @property
    def owner(self) -> str:
        """Who answers for the stage."""
        return self.responsible.owner

    def due_after(self, start: int) -> int | None:
        """When the limit ends that began to run at `start`; None without a limit."""
        if self.sla is None or self.calendar is None:
            return None if self.sla is None else start + self.sla
        if self.sla_days is not None:
            return self.calendar.after_days(start, self.sla_days)
        return self.calendar.after(start, self.sla)

    def elapsed(self, start: int, end: int) -> int:
        """Microseconds of the limit's time from `start` to `end`."""
        if self.calendar is None or self.sla_days is not None:
            return end - start
        return self.calendar.between(start, end)


@dataclass(frozen=True, slots=True)
class FailureRule:
    """A transaction has failed while an object of type `object` was opened and not resolved after that."""

    opened: frozenset[str]
    resolved: frozenset[str]
    object: str


@dataclass(frozen=True, slots=True)
class Hop:
    """A step between two systems in the first screen's picture; `milestone` tells when it has been made."""

    id: str
    source: str
    target: str
    title: str
    milestone: str


@dataclass(frozen=True, eq=False)
class Process:
    """One version of one process definition. Two of them are the same only when they are one object.

    `on_request`: it is in force only where somebody asks for it by name.
    """

    id: str
    version: int
    title: str
    description: str
    anchor: str
    customer: str
    amount_from: tuple[str, ...]
    edges: tuple[EdgeRule, ...]
    milestones: tuple[MilestoneRule, ...]
    completed_when: tuple[str, ...]
    cancelled_by: frozenset[str]
    failure: FailureRule | None
    hops: tuple[Hop, ...]
    hubs: Mapping[str, HubLimit] = field(default_factory=dict)
    on_request: bool = False

    @cached_property
    def content_name(self) -> str:
        """Id, version and a digest of all that decides what is derived: titles and who answers for a stage are no part of it."""
        limits = [
            (
                m.name,
                m.events,
                sorted(m.names),
                m.sla,
                m.sla_from,
                m.policy,
                m.object,
                m.count,
                m.share_bp,
                m.sla_days,
            )
            + ((m.calendar.id, m.calendar.version) if m.calendar else ())
            for m in self.milestones
        ]
        edges = [
            (e.id, e.child, e.parent, e.role, sorted(e.on), e.carries_events, e.names) for e in self.edges
        ]
        failure = self.failure and (
            sorted(self.failure.opened),
            sorted(self.failure.resolved),
            self.failure.object,
        )
        hubs = sorted((kind, limit.joins, limit.within) for kind, limit in self.hubs.items())
        said = (
            self.anchor, self.customer, self.amount_from, edges, limits, self.completed_when,
            sorted(self.cancelled_by), failure, hubs,
        )  # fmt: skip
        return f"{self.id}@{self.version}#{blake2b(repr(said).encode(), digest_size=4).hexdigest()}"

    def hub_limit(self, kind: str) -> HubLimit:
        """How much an object of this type may join."""
        return self.hubs.get(kind, USUAL_HUB)

    @cached_property
    def joining_types(self) -> frozenset[str]:
        """Object types that can be told to belong to, or be the same as, others."""
        children = {rule.child for rule in self.edges if rule.role in MERGING}
        return frozenset(children | {rule.parent for rule in self.edges if rule.role == "same_as"})

    @cached_property
    def rules_of_child(self) -> dict[str, tuple[EdgeRule, ...]]:
        """The edge rules that do something, by the object type of their child, in the order written."""
        rules = [rule for rule in self.edges if rule.role != "annotate"]
        return {
            child: tuple(rule for rule in rules if rule.child == child)
            for child in {rule.child for rule in rules}
        }

    @cached_property
    def tree_types(self) -> frozenset[str]:
        """Object types that can stand in the tree under the anchor."""
        merging = [rule for rule in self.edges if rule.role in MERGING]
        return frozenset({self.anchor, *(r.child for r in merging), *(r.parent for r in merging)})

    @cached_property
    def carrier_types(self) -> frozenset[str]:
        """Object types that bring the events which name only them into the transactions they are linked to."""
        return frozenset(rule.child for rule in self.edges if rule.role == "link" and rule.carries_events)

    @cached_property
    def active_types(self) -> frozenset[str]:
        """Tree and carrier types. Objects of any other type (customers ...) never lead from one transaction to another."""
        return self.tree_types | self.carrier_types

    @cached_property
    def milestones_of_event(self) -> dict[str, tuple[MilestoneRule, ...]]:
        """The milestones that an event of this type may reach."""
        events = {event for milestone in self.milestones for event in milestone.events}
        return {event: tuple(m for m in self.milestones if event in m.events) for event in events}

    @cached_property
    def has_policies(self) -> bool:
        """Whether some milestone needs more than its first event."""
        return any(rule.policy != "any" for rule in self.milestones)

    @cached_property
    def words(self) -> frozenset[str]:
        """Its id, and those of its rules and milestones."""
        return frozenset({self.id, *(rule.id for rule in self.edges), *(m.name for m in self.milestones)})

    def milestone(self, name: str) -> MilestoneRule | None:
        """The milestone of that name, None when the process has none."""
        return next((milestone for milestone in self.milestones if milestone.name == name), None)

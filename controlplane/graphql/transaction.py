# SPDX-License-Identifier: Apache-2.0
"""A transaction in the schema: what happened to one order or amendment, and where it stands."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from collectors.processes.process import Process
from collectors.sources.watermark import Watermarks
from collectors.transactions import comparison, related_store
from collectors.transactions.transaction import TransactionView

# By module, because these types name each other.
from controlplane.graphql import exception_item, violation
from controlplane.graphql.comparison import Comparison, compared_hop, difference_words
from controlplane.graphql.context import Context, Info
from controlplane.graphql.decision import Decision, decision_of
from controlplane.graphql.described import answer, noun
from controlplane.graphql.member import Member, member_of
from controlplane.graphql.milestone import Milestone, milestones_of
from controlplane.graphql.sentence import transaction_sentence
from controlplane.graphql.story import Spans, TransactionEvent, event_of, spans_of
from controlplane.graphql.value import (
    Money,
    ObjectKey,
    key_of,
    money_of,
    seconds,
)
from terms.instant import Instant

if TYPE_CHECKING:
    from controlplane.graphql.exception_item import ExceptionItem
    from controlplane.graphql.violation import Violation


@strawberry.enum(
    description="How a transaction stands. Overdue is a property of open and failed ones, not a status."
)
class TransactionStatus(Enum):
    OPEN = "open"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@strawberry.enum(
    description="How a transaction stands now: its status, or what has become of it while it is open."
)
class Standing(Enum):
    OPEN = "open"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STUCK = strawberry.enum_value("stuck", description="Open, and what it waits for is overdue.")
    SOURCE_LAGGING = strawberry.enum_value(
        "source_lagging", description="Open and past its limit, but the source that would tell lags."
    )


@strawberry.enum(description="How another transaction stands beside this one.")
class Relation(Enum):
    BEFORE = strawberry.enum_value(
        "before", description="Earlier in the same chain, such as of a subscription."
    )
    AFTER = strawberry.enum_value("after", description="Later in the same chain.")
    WHOLE = strawberry.enum_value("whole", description="Of another process, and holds this one's anchor.")
    PART = strawberry.enum_value(
        "part", description="Of another process, and anchored on an object of this one."
    )
    SIBLING = strawberry.enum_value(
        "sibling", description="Of the same process, and linked to the same thing."
    )


@noun
class RelatedTransaction:
    """A transaction beside this one, and the object they have in common."""

    relation: Relation
    through: ObjectKey
    transaction: "Transaction"


@noun
class Transaction:
    """A business transaction: everything that happened to one order or one amendment, in all systems.

    `waitingFor` is the first milestone not reached; `overdue` says that its limit has passed, and that the source of its
    system has told past it. `sourceLagging` names a source that is so far behind that the clock alone decided.
    """

    view: strawberry.Private[TransactionView]
    rules: strawberry.Private[Process | None]
    now: strawberry.Private[Instant]
    watermarks: strawberry.Private[Watermarks]
    id: strawberry.ID
    process: str
    process_title: str
    definition_version: int
    anchor: ObjectKey
    status: TransactionStatus
    overdue: bool
    source_lagging: str | None
    started_at: Instant
    ended_at: Instant | None
    last_event_at: Instant
    duration_seconds: float | None
    amount: Money | None
    customer: str | None
    legal_entity: str | None
    region: str | None
    waiting_for: str | None
    waiting_for_title: str | None
    waiting_system: str | None
    waiting_since: Instant | None
    waiting_seconds: float | None

    @answer
    async def sentence(self, info: Info) -> str:
        """What broke, or where it is and what it waits for."""
        cause = await self._cause(info) if self.view.status == "failed" else ""
        return transaction_sentence(self.view, self.rules, self.now, cause, self.watermarks)

    async def _cause(self, info: Info) -> str:
        """What the newest failure said of itself. Told by events, so a foreign runtime's failures speak as well as ours."""
        failure = self.rules.failure if self.rules else None
        events = await info.context.loaders.events.load(self.id)
        return next(
            (e.message for e in reversed(events) if failure and e.type in failure.opened and e.message), ""
        )

    @answer
    def standing(self) -> Standing:
        """Its status, but stuck or source lagging where it is open and overdue."""
        return Standing(self.view.standing(self.now, self.watermarks))

    @answer
    def milestones(self) -> list[Milestone]:
        """The stages of its process in order, reached or not."""
        return milestones_of(self.view, self.rules, self.now, self.watermarks)

    @answer
    async def events(self, info: Info) -> list[TransactionEvent]:
        """Its business events in order of business time."""
        return [event_of(view) for view in await info.context.loaders.events.load(self.id)]

    @answer
    async def members(
        self, info: Info, object_text: Annotated[str | None, strawberry.argument(name="object")] = None
    ) -> list[Member]:
        """The objects that belong to it, each with the reason: the anchor first, then its tree, links and annotations.

        `object` asks for one of them alone, by its text, `invoice:INV-7`.
        """
        found = await info.context.loaders.members.load(self.id)
        return [member_of(one, self.id) for one in found if object_text in (None, str(one.object))]

    @answer
    async def decisions(self, info: Info) -> list[Decision]:
        """What people decided about its objects and still holds, oldest first."""
        return [decision_of(view) for view in await info.context.loaders.decisions.load(self.id)]

    @answer
    async def related(self, info: Info) -> list[RelatedTransaction]:
        """What stands beside it, at most 50 of each relation: its chain in the order of time, then wholes, parts, siblings."""
        processes = info.context.sources.definitions.processes
        found = await info.context.read(lambda session: related_store.related(session, processes, self.id))
        views = await info.context.loaders.transaction.load_many([one.transaction_id for one in found])
        return [
            RelatedTransaction(
                relation=Relation(one.relation),
                through=key_of(one.through),
                transaction=transaction_of(view, info.context),
            )
            for one, view in zip(found, views, strict=True)
            if view is not None
        ]

    @answer
    async def comparison(self, info: Info) -> Comparison | None:
        """Itself beside the completed transaction of median length of its process and legal entity; null where there is none."""
        if self.rules is None:
            return None
        found = await info.context.read(lambda session: comparison.good_one(session, self.view))
        other = await info.context.loaders.transaction.load(found) if found else None
        if other is None:
            return None
        pairs = comparison.compared(self.rules, self.view, other, self.now)
        return Comparison(
            other=transaction_of(other, info.context),
            hops=[compared_hop(pair) for pair in pairs],
            differences=[words for pair in pairs if (words := difference_words(pair))],
        )

    @answer
    async def spans(self, info: Info) -> Spans:
        """Its spans by start, at most 5,000."""
        return spans_of(await info.context.loaders.spans.load(self.id))

    @answer
    async def violations(
        self, info: Info
    ) -> list[Annotated["Violation", strawberry.lazy("controlplane.graphql.violation")]]:
        """The policy rules it broke: open ones first, then the newest."""
        found = await info.context.loaders.violations.load(self.id)
        return [violation.violation_of(view) for view in found]

    @answer
    async def exceptions(
        self, info: Info
    ) -> list[Annotated["ExceptionItem", strawberry.lazy("controlplane.graphql.exception_item")]]:
        """What a person had or has to clear in it: open ones first."""
        return [
            exception_item.exception_of(view) for view in await info.context.loaders.exceptions.load(self.id)
        ]


def _lagging(view: TransactionView, context: Context) -> str | None:
    """The source that would tell of the stage waited for and lags; None for what has ended."""
    if view.ended_at is not None:
        return None
    return context.watermarks.lagging_source(view.process, view.waiting_for)


def transaction_of(view: TransactionView, context: Context) -> Transaction:
    """A transaction for the schema, as of the request's instant."""
    rules, now = context.sources.definitions.process(view.process), context.now
    awaited = rules.milestone(view.waiting_for) if rules and view.waiting_for else None
    return Transaction(
        view=view,
        rules=rules,
        now=now,
        watermarks=context.watermarks,
        id=strawberry.ID(view.transaction_id),
        process=view.process,
        process_title=rules.title if rules else view.process,
        definition_version=view.definition_version,
        anchor=key_of(view.anchor),
        status=TransactionStatus(view.status),
        overdue=view.is_overdue(now, context.watermarks),
        source_lagging=_lagging(view, context),
        started_at=view.started_at,
        ended_at=view.ended_at,
        last_event_at=view.last_event_at,
        duration_seconds=None if view.ended_at is None else seconds(view.ended_at - view.started_at),
        amount=money_of(view.amount),
        customer=view.customer,
        legal_entity=view.legal_entity,
        region=view.region,
        waiting_for=view.waiting_for,
        waiting_for_title=awaited.title if awaited else view.waiting_for,
        waiting_system=awaited.system if awaited else None,
        waiting_since=view.waiting_since,
        waiting_seconds=None if view.waiting_since is None else seconds(max(now - view.waiting_since, 0)),
    )

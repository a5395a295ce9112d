# SPDX-License-Identifier: Apache-2.0
"""Why each object belongs to a transaction, in the schema: the reason that counts, and every support behind it."""

from enum import Enum

import strawberry

from collectors.transactions.support import Support
from collectors.transactions.transaction import MemberView
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import ObjectKey, PageInfo, key_of, page_info, page_size
from terms.instant import Instant
from terms.problem import ProblemError


@strawberry.enum(description="How an object belongs to a transaction.")
class MemberRole(Enum):
    ANCHOR = strawberry.enum_value("anchor", description="The object the transaction is named after.")
    SAME_AS = strawberry.enum_value("same_as", description="Another name of an object in the tree.")
    CHILD_OF = strawberry.enum_value("child_of", description="Part of an object in the tree.")
    LINK = strawberry.enum_value("link", description="Attached to the tree; it merges nothing.")
    SUCCEEDS = strawberry.enum_value(
        "succeeds", description="What it has in common with the transactions before and after it."
    )
    ANNOTATE = strawberry.enum_value("annotate", description="Named beside it; it joins nothing.")


@strawberry.enum(description="Whether a support holds an edge up.")
class SupportState(Enum):
    HOLDS = strawberry.enum_value("holds", description="It is said, and takes effect.")
    REFUSED = strawberry.enum_value(
        "refused", description="It is said, and takes no effect: something before it says otherwise."
    )
    RETRACTED = strawberry.enum_value(
        "retracted", description="It is said no more: by a changed rule, event or decision."
    )


@noun
class EdgeSupport:
    """One event, or one decision, that says by one rule that `child` belongs to `parent`. `ruleVersion` is of the process.

    `why` says it in words. `eventId` is null for a decision, and for an event no longer kept. `refused` is why it takes no
    effect, null where it does; `retractedAt` since when it is said no more.
    """

    child: ObjectKey
    parent: ObjectKey
    role: MemberRole
    state: SupportState
    why: str
    rule: str
    rule_version: int
    at: Instant | None
    source: str | None
    event_id: str | None
    event_type: str | None
    decision_id: strawberry.ID | None
    refused: str | None
    recorded_at: Instant
    retracted_at: Instant | None


@noun
class EdgeSupportEdge:
    """A support in a list, with the cursor that continues behind it."""

    cursor: str
    node: EdgeSupport


@noun
class EdgeSupportConnection:
    """A page of supports, the earliest event first. `totalCount` is of all pages, `holdCount` those of them that hold."""

    edges: list[EdgeSupportEdge]
    nodes: list[EdgeSupport]
    page_info: PageInfo
    total_count: int
    hold_count: int


@noun
class Member:
    """An object of the transaction, with the event or the decision, and the rule of the process, that made it belong."""

    view: strawberry.Private[MemberView]
    transaction_id: strawberry.Private[str]

    object: ObjectKey
    role: MemberRole
    parent: ObjectKey | None
    why: str
    rule: str | None
    rule_version: int | None
    event_id: str | None
    event_at: Instant | None
    decision_id: strawberry.ID | None

    @answer
    async def supports(self, info: Info, first: int = 20, after: str | None = None) -> EdgeSupportConnection:
        """All that says where it belongs, and not only the earliest, whose words `why` has; what was refused or is said no
        more as well."""
        found = (await info.context.loaders.supports.load(self.transaction_id)).get(self.view.object, ())
        return _page(found, page_size(first), after)


def member_of(view: MemberView, transaction_id: str) -> Member:
    """A member for the schema."""
    return Member(
        view=view,
        transaction_id=transaction_id,
        object=key_of(view.object),
        role=MemberRole(view.role),
        parent=None if view.parent is None else key_of(view.parent),
        why=view.why,
        rule=view.rule,
        rule_version=view.rule_version,
        event_id=view.event_key,
        event_at=view.event_at,
        decision_id=None if view.decision_id is None else strawberry.ID(view.decision_id),
    )


def _page(found: tuple[Support, ...], size: int, after: str | None) -> EdgeSupportConnection:
    """A stretch of the list. A cursor is a support's place in it: supports are kept for ever, none goes away."""
    if after is not None and not (after.isdecimal() and len(after) < 10):
        raise ProblemError("is not a cursor of this list", "after", "use an endCursor as it came")
    start = int(after) if after else 0
    shown = found[start : start + size]
    cursors = tuple(str(start + place) for place in range(1, len(shown) + 1))
    nodes = [_support_of(one) for one in shown]
    return EdgeSupportConnection(
        edges=[EdgeSupportEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, start + size < len(found), after),
        total_count=len(found),
        hold_count=sum(one.state == "holds" for one in found),
    )


def _support_of(one: Support) -> EdgeSupport:
    return EdgeSupport(
        child=key_of(one.child),
        parent=key_of(one.parent),
        role=MemberRole(one.role),
        state=SupportState(one.state),
        why=one.why,
        rule=one.rule,
        rule_version=one.rule_version,
        at=one.at,
        source=one.source,
        event_id=one.event_key,
        event_type=one.event_type,
        decision_id=None if one.decision_id is None else strawberry.ID(one.decision_id),
        refused=one.refused or None,
        recorded_at=one.recorded_at,
        retracted_at=one.retracted_at,
    )

# SPDX-License-Identifier: Apache-2.0
"""Violations in the schema: where a policy rule does not hold, since when, and what to do."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

# By module, because the two types name each other.
from controlplane.graphql import transaction as transaction_type
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import Money, PageInfo, money_of, page_info, page_size
from policies import lifecycle, listing
from policies.listing import ViolationFilter
from terms.instant import Instant

if TYPE_CHECKING:
    from controlplane.graphql.transaction import Transaction


@strawberry.enum(description="How a violation stands.")
class ViolationState(Enum):
    OPEN = "open"
    RESOLVED = "resolved"


@noun
class Violation:
    """A rule that does not hold for a target. The same violation for ever: it resolves and reopens, and counts."""

    id: strawberry.ID
    rule: str
    rule_version: int
    title: str
    severity: str
    state: ViolationState
    target_kind: str
    target_key: str
    message: str
    remediation: str
    first_seen_at: Instant
    last_seen_at: Instant
    resolved_at: Instant | None
    occurrences: int
    reopened: int
    amount: Money | None

    @answer
    async def transaction(
        self, info: Info
    ) -> Annotated["Transaction", strawberry.lazy("controlplane.graphql.transaction")] | None:
        """The transaction it concerns; null for another kind of target."""
        if self.target_kind != "transaction":
            return None
        view = await info.context.loaders.transaction.load(self.target_key)
        return None if view is None else transaction_type.transaction_of(view, info.context)


@noun
class ViolationEdge:
    """A violation in a list, with the cursor that continues behind it."""

    cursor: str
    node: Violation


@noun
class ViolationConnection:
    """A page of violations. `totalCount` counts all pages."""

    edges: list[ViolationEdge]
    nodes: list[Violation]
    page_info: PageInfo
    total_count: int


def violation_of(view: lifecycle.Violation) -> Violation:
    """A violation for the schema."""
    return Violation(
        id=strawberry.ID(view.fingerprint),
        rule=view.pair.rule_id,
        rule_version=view.rule_version,
        title=view.title,
        severity=view.severity,
        state=ViolationState(view.state),
        target_kind=view.pair.target_kind,
        target_key=view.pair.target_key,
        message=view.message,
        remediation=view.remediation,
        first_seen_at=view.first_seen_at,
        last_seen_at=view.last_seen_at,
        resolved_at=view.resolved_at,
        occurrences=view.occurrences,
        reopened=view.reopened,
        amount=money_of(view.money),
    )


async def violations(
    info: Info,
    first: int = 50,
    after: str | None = None,
    state: ViolationState | None = None,
    rule: str | None = None,
) -> ViolationConnection:
    """Violations, the most recently opened first."""
    size = page_size(first)
    chosen = ViolationFilter(state=state.value if state else None, rule_id=rule)
    page = await info.context.read(lambda session: listing.violations(session, chosen, size, after))
    nodes = [violation_of(view) for view in page.items]
    cursors = tuple(listing.cursor(view) for view in page.items)
    return ViolationConnection(
        edges=[ViolationEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, page.has_next, after),
        total_count=page.total,
    )


@strawberry.type
class ViolationQuery:
    violations: ViolationConnection = answer(violations)

# SPDX-License-Identifier: Apache-2.0
"""Exceptions in the schema: what a person must clear, most money first."""

import json
from enum import Enum
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

# By module, because the two types name each other.
from controlplane.graphql import transaction as transaction_type
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun, noun_named
from controlplane.graphql.value import (
    Money,
    ObjectKey,
    PageInfo,
    key_of,
    money_of,
    moneys_of,
    page_info,
    page_size,
)
from sync import store
from sync.store import ExceptionView
from terms.instant import Instant
from terms.problem import ProblemError

if TYPE_CHECKING:
    from controlplane.graphql.transaction import Transaction


@strawberry.enum(description="How an exception stands.")
class ExceptionState(Enum):
    OPEN = strawberry.enum_value("open", description="It waits for a person.")
    RETRYING = strawberry.enum_value(
        "retrying", description="A person asked for a replay, which has not ended."
    )
    RESOLVED = strawberry.enum_value("resolved", description="The stage went well.")


@noun_named("Exception")
class ExceptionItem:
    """A stage that could not go on and needs a person: what happened, what to do, and the money it holds up.

    `attempts` counts requests to the system; `replays` counts how often a person asked to run the stage again.
    """

    view: strawberry.Private[ExceptionView]
    id: strawberry.ID
    state: ExceptionState
    flow: str
    stage: str
    step: str
    system: str
    error_class: str
    fingerprint: str
    sentence: str
    message: str
    advice: str
    business_key: str
    objects: list[ObjectKey]
    amount: Money | None
    legal_entity: str | None
    opened_at: Instant
    last_seen_at: Instant
    resolved_at: Instant | None
    attempts: int
    replays: int

    @answer
    async def transaction(
        self, info: Info
    ) -> Annotated["Transaction", strawberry.lazy("controlplane.graphql.transaction")] | None:
        """The transaction it holds up."""
        deal = next((key for key in self.view.objects if key.value == self.view.business_key), None)
        found = None if deal is None else await info.context.loaders.transaction_of_object.load(str(deal))
        return None if found is None else transaction_type.transaction_of(found, info.context)


@noun
class ExceptionEdge:
    """An exception in a list, with the cursor that continues behind it."""

    cursor: str
    node: ExceptionItem


@noun
class ExceptionConnection:
    """A page of exceptions. `totalCount` and `moneyAtRisk` are of all pages, one figure for each currency."""

    edges: list[ExceptionEdge]
    nodes: list[ExceptionItem]
    page_info: PageInfo
    total_count: int
    money_at_risk: list[Money]


def exception_of(view: ExceptionView) -> ExceptionItem:
    """An exception for the schema."""
    return ExceptionItem(
        view=view,
        id=strawberry.ID(view.exception_id),
        state=ExceptionState(view.state),
        flow=view.flow,
        stage=view.stage,
        step=view.step,
        system=view.system,
        error_class=view.error_class,
        fingerprint=view.fingerprint,
        sentence=view.sentence,
        message=view.message,
        advice=view.advice,
        business_key=view.business_key,
        objects=[key_of(key) for key in view.objects],
        amount=money_of(view.amount),
        legal_entity=view.legal_entity or None,
        opened_at=view.opened_at,
        last_seen_at=view.last_seen_at,
        resolved_at=view.resolved_at,
        attempts=view.attempts,
        replays=view.replays,
    )


async def exceptions(
    info: Info, first: int = 50, after: str | None = None, state: ExceptionState | None = None
) -> ExceptionConnection:
    """Exceptions, those with the most money first, then the oldest."""
    size = page_size(first)
    chosen = cast(store.ExceptionState, state.value) if state else None

    position = None if after is None else _position(after)
    page = await info.context.read(lambda session: store.exceptions(session, chosen, size, position))
    nodes = [exception_of(view) for view in page.items]
    cursors = tuple(_cursor(view) for view in page.items)
    return ExceptionConnection(
        edges=[ExceptionEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, page.after is not None, after),
        total_count=page.total,
        money_at_risk=moneys_of(page.at_risk),
    )


async def exception(info: Info, id: strawberry.ID) -> ExceptionItem | None:  # noqa: A002
    """The exception of that id; null when there is none."""
    view = await info.context.read(lambda session: store.exception(session, str(id)))
    return None if view is None else exception_of(view)


def _cursor(view: ExceptionView) -> str:
    return f"{view.amount.minor if view.amount else 0}.{view.opened_at}.{view.exception_id}"


def _position(cursor: str) -> str:
    """The cursor as the store writes it. Raises ProblemError for one that no page gave."""
    minor, _, rest = cursor.partition(".")
    opened_at, _, exception_id = rest.partition(".")
    if not (minor.lstrip("-").isdecimal() and opened_at.isdecimal() and exception_id) or len(cursor) > 200:
        raise ProblemError("is not a cursor of this list", "after", "use an endCursor as it came")
    return json.dumps([int(minor), int(opened_at), exception_id])


@strawberry.type
class ExceptionQuery:
    exceptions: ExceptionConnection = answer(exceptions)
    exception: ExceptionItem | None = answer(exception)

# SPDX-License-Identifier: Apache-2.0
"""Transactions in the schema: lists of them with a query, filters and an order, those that are stuck, and one by its id."""

from enum import Enum
from typing import cast

import strawberry
from sqlmodel import Session

from collectors.transactions import facets as transaction_facets
from collectors.transactions import listing as transaction_list
from collectors.transactions.condition import Wanted
from collectors.transactions.listing import Sort, SortField, Stretch
from collectors.transactions.query import KEY, Comparison, Condition, read
from collectors.transactions.transaction import Page, TransactionView
from controlplane.graphql.context import Context, Dated, Info
from controlplane.graphql.described import answer, asked, noun
from controlplane.graphql.transaction import Transaction, TransactionStatus, transaction_of
from controlplane.graphql.transaction_facets import (
    TransactionFacet,
    TransactionHistogram,
    facet_names,
    facets_of,
    histogram_of,
    most_buckets,
    most_values,
)
from controlplane.graphql.transaction_query import asked_of
from controlplane.graphql.value import PageInfo, page_size
from terms.instant import Instant
from terms.problem import ProblemError


@asked
class TransactionFilter:
    """Every field that is set narrows the list. `key` is a business key (`order:SO-1`) or its bare value (`SO-1`)."""

    process: str | None = None
    status: TransactionStatus | None = None
    key: str | None = None
    legal_entity: str | None = None
    waiting_for: str | None = None
    overdue: bool | None = None
    started_from: Instant | None = None
    started_before: Instant | None = None


@strawberry.enum(description="What a list of transactions is ordered by.")
class TransactionSortField(Enum):
    STARTED = strawberry.enum_value("started", description="When it started.")
    DURATION = strawberry.enum_value(
        "duration", description="From its start to its end, or to now while it has none."
    )
    AMOUNT = strawberry.enum_value("amount", description="Its amount, each currency by itself.")
    DUE = strawberry.enum_value("due", description="When what it waits for is due.")
    WAITED = strawberry.enum_value("waited", description="How long it has waited for its next milestone.")


@asked
class TransactionSort:
    """An order. What has no value in the field stands last, either way."""

    field: TransactionSortField = TransactionSortField.STARTED
    descending: bool = True


@noun
class TransactionEdge:
    """A transaction in a list, with the cursor that continues behind it or before it."""

    cursor: str
    node: Transaction


@noun
class TransactionConnection:
    """A page of transactions. `totalCount`, facets and histogram are about all pages."""

    edges: list[TransactionEdge]
    nodes: list[Transaction]
    page_info: PageInfo
    wanted: strawberry.Private[Wanted]
    query: strawberry.Private[str]

    @answer
    async def total_count(self, info: Info) -> int:
        """How many transactions there are on all pages."""
        return (await self._count(info.context)).answer

    @answer
    async def total_count_as_of(self, info: Info) -> Instant:
        """The instant that `totalCount` is as of: that of the nodes, or a while before it where counting takes long."""
        return (await self._count(info.context)).as_of

    async def _count(self, context: Context) -> Dated[int]:
        return await context.read_shared_once(
            ("count", self.wanted.conditions), lambda session: transaction_list.count(session, self.wanted)
        )

    @answer
    async def facets(
        self, info: Info, names: list[str] | None = None, most: int = 10
    ) -> list[TransactionFacet]:
        """What the list can be narrowed by: all that there is, or the facets named. `most` values of a customer facet."""
        wanted, size, vocabulary = facet_names(names), most_values(most), info.context.vocabulary
        found = await info.context.read_shared(
            ("facets", self.wanted.conditions, tuple(wanted), size),
            lambda session: transaction_facets.facets(session, self.wanted, vocabulary, wanted, size),
        )
        return facets_of(found.answer, found.as_of, self.query, vocabulary)

    @answer
    async def histogram(self, info: Info, buckets: int = 60) -> TransactionHistogram:
        """When the transactions of the list started, in at most so many buckets."""
        most = most_buckets(buckets)
        found = await info.context.read_shared(
            ("histogram", self.wanted.conditions, most),
            lambda session: transaction_facets.histogram(session, self.wanted, most),
        )
        return histogram_of(found.answer, found.as_of, self.query)


async def transactions(
    info: Info,
    first: int = 50,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    query: str = "",
    filter: TransactionFilter | None = None,  # noqa: A002
    sort: TransactionSort | None = None,
) -> TransactionConnection:
    """Transactions that the query and the filter ask for, the newest start first. `last` pages backward, from `before` on.

    The query language is told by `transactionQuery`, which also says where a text is wrong.
    """
    context = info.context
    conditions = asked_of(read(query, context.vocabulary, context.now)) + _conditions(filter)
    order = sort or TransactionSort()
    wanted = Wanted(conditions, context.now, context.watermarks)
    page = await _page(
        context,
        wanted,
        Sort(cast(SortField, order.field.value), order.descending),
        _stretch(first, after, last, before),
    )
    return _connection(page, wanted, query, context)


async def stuck(info: Info, first: int = 50, after: str | None = None) -> TransactionConnection:
    """Failed and overdue transactions, the one that has waited longest first."""
    context = info.context
    wanted = Wanted((Condition("status", ":", ("stuck",)),), context.now, context.watermarks)
    page = await _page(context, wanted, Sort("waited"), Stretch(page_size(first), after))
    return _connection(page, wanted, "status:stuck", context)


async def transaction(
    info: Info,
    id: strawberry.ID,  # noqa: A002
) -> Transaction | None:
    """The transaction of that id, also under an id it had before; null when there is none."""
    view = await info.context.loaders.transaction.load(str(id))
    return None if view is None else transaction_of(view, info.context)


async def _page(context: Context, wanted: Wanted, sort: Sort, stretch: Stretch) -> Page[TransactionView]:
    names = context.sources.definitions.milestone_names

    def look(session: Session) -> Page[TransactionView]:
        return transaction_list.page(session, names, wanted, sort, stretch)

    return await context.read(look)


def _stretch(first: int, after: str | None, last: int | None, before: str | None) -> Stretch:
    if last is None and before is None:
        return Stretch(page_size(first), after)
    if after is not None:
        raise ProblemError("after and before together name no page", "after", "hand in one of them")
    return Stretch(page_size(first if last is None else last), before, backward=True)


def _conditions(given: TransactionFilter | None) -> tuple[Condition, ...]:
    """The filter's fields as the conditions that words of a query would be."""
    if given is None:
        return ()
    status = None if given.status is None else given.status.value
    words: tuple[tuple[str, Comparison, str | Instant | None], ...] = (
        ("process", ":", given.process),
        ("status", ":", status),
        (KEY, ":", given.key),
        ("entity", ":", given.legal_entity),
        ("waiting", ":", given.waiting_for),
        ("started", ">=", given.started_from),
        ("started", "<", given.started_before),
    )
    found = [Condition(field, sign, (value,)) for field, sign, value in words if value is not None]
    if given.overdue is not None:
        found.append(Condition("status", ":", ("overdue",), negated=not given.overdue))
    return tuple(found)


def _connection(
    page: Page[TransactionView], wanted: Wanted, query: str, context: Context
) -> TransactionConnection:
    nodes = [transaction_of(view, context) for view in page.items]
    return TransactionConnection(
        edges=[
            TransactionEdge(cursor=cursor, node=node)
            for cursor, node in zip(page.cursors, nodes, strict=True)
        ],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=page.has_next,
            end_cursor=page.cursors[-1] if page.cursors else None,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
        ),
        wanted=wanted,
        query=query,
    )


@strawberry.type
class TransactionQuery:
    transactions: TransactionConnection = answer(transactions)
    transaction: Transaction | None = answer(transaction)
    stuck: TransactionConnection = answer(stuck)

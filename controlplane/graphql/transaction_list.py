# SPDX-License-Identifier: Apache-2.0
"""Transactions in the schema: lists of them with filters, those that are stuck, and one by its id."""

import strawberry

from collectors import transaction_store
from collectors.transaction import Page, TransactionView
from collectors.transaction import TransactionFilter as Wanted
from controlplane.graphql.context import Context, Info
from controlplane.graphql.described import answer, asked, noun
from controlplane.graphql.transaction import Transaction, TransactionStatus, transaction_of
from controlplane.graphql.value import PageInfo, page_info, page_size
from terms.instant import Instant


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


@noun
class TransactionEdge:
    """A transaction in a list, with the cursor that continues behind it."""

    cursor: str
    node: Transaction


@noun
class TransactionConnection:
    """A page of transactions. `totalCount` counts all pages."""

    edges: list[TransactionEdge]
    nodes: list[Transaction]
    page_info: PageInfo
    total_count: int


async def transactions(
    info: Info,
    first: int = 50,
    after: str | None = None,
    filter: TransactionFilter | None = None,  # noqa: A002
) -> TransactionConnection:
    """Transactions that pass the filter, the newest start first."""
    asked_for = filter or TransactionFilter()
    wanted = Wanted(
        process=asked_for.process,
        status=asked_for.status.value if asked_for.status else None,
        key=asked_for.key,
        legal_entity=asked_for.legal_entity,
        waiting_for=asked_for.waiting_for,
        overdue=asked_for.overdue,
        started_from=asked_for.started_from,
        started_before=asked_for.started_before,
        now=info.context.now,
    )
    size, names = page_size(first), info.context.sources.definitions.milestone_names
    page = await info.context.read(lambda s: transaction_store.transactions(s, names, wanted, size, after))
    return _connection(page, after, info.context)


async def stuck(info: Info, first: int = 50, after: str | None = None) -> TransactionConnection:
    """Failed and overdue transactions, the one that has waited longest first."""
    size, now = page_size(first), info.context.now
    names = info.context.sources.definitions.milestone_names
    page = await info.context.read(lambda s: transaction_store.stuck(s, names, now, size, after))
    return _connection(page, after, info.context)


async def transaction(
    info: Info,
    id: strawberry.ID,  # noqa: A002
) -> Transaction | None:
    """The transaction of that id, also under an id it had before; null when there is none."""
    view = await info.context.loaders.transaction.load(str(id))
    return None if view is None else transaction_of(view, info.context)


def _connection(page: Page[TransactionView], after: str | None, context: Context) -> TransactionConnection:
    nodes = [transaction_of(view, context) for view in page.items]
    return TransactionConnection(
        edges=[
            TransactionEdge(cursor=cursor, node=node)
            for cursor, node in zip(page.cursors, nodes, strict=True)
        ],
        nodes=nodes,
        page_info=page_info(page.cursors, page.has_next, after),
        total_count=page.total,
    )


@strawberry.type
class TransactionQuery:
    transactions: TransactionConnection = answer(transactions)
    transaction: Transaction | None = answer(transaction)
    stuck: TransactionConnection = answer(stuck)

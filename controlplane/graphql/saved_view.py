# SPDX-License-Identifier: Apache-2.0
"""Saved views in the schema: names for queries over transactions. Each is its owner's; a link to one is open to all."""

from typing import Annotated

import strawberry
from sqlmodel import Session

from collectors.transactions.listing import SORT_FIELDS, Sort
from collectors.transactions.query import read
from controlplane import saved_view as store
from controlplane.graphql.context import Context, Info
from controlplane.graphql.described import answer, asked, change, noun
from controlplane.graphql.transaction_list import TransactionSort, TransactionSortField
from controlplane.graphql.transaction_query import QueryProblem, query_problems
from controlplane.graphql.value import PageInfo, page_info, page_size
from controlplane.saved_view import LONGEST_NAME, MOST_VIEWS, NameTaken, TooMany, Wish
from terms.instant import Instant
from terms.problem import ProblemError

LONGEST_KEY = 200


@noun
class TransactionOrder:
    """An order of transactions, as a view keeps it."""

    field: TransactionSortField
    descending: bool


@noun
class SavedView:
    """A query and an order under a name. `isOwn`: the caller saved it, and may change or delete it."""

    id: strawberry.ID
    name: str
    query: str
    sort: TransactionOrder
    owner: str
    is_own: bool
    saved_at: Instant


@noun
class SavedViewEdge:
    """A view in a list, with the cursor that continues behind it."""

    cursor: str
    node: SavedView


@noun
class SavedViewConnection:
    """A page of views, by name."""

    edges: list[SavedViewEdge]
    nodes: list[SavedView]
    page_info: PageInfo


@asked
class SaveViewInput:
    """`idempotencyKey`: asking again with the same key saves once. `replace` writes over an own view of that name."""

    name: str
    idempotency_key: str
    query: str = ""
    sort: TransactionSort | None = None
    replace: bool = False


@asked
class DeleteViewInput:
    """Deleting what is gone already changes nothing, with the same `idempotencyKey` or another."""

    id: strawberry.ID
    idempotency_key: str


@noun
class ViewSaved:
    """The view as it is kept. `alreadyThere`: this key had saved it before, and nothing was written."""

    view: SavedView
    already_there: bool


@noun
class ViewNameTaken:
    """The caller has a view of that name; it was left as it is. Save with `replace` to write over it."""

    message: str
    view: SavedView


@noun
class ViewRefused:
    """The view cannot be kept as it is. `problems` point at places in the query, where it is the query."""

    message: str
    problems: list[QueryProblem]


@noun
class ViewDeleted:
    """The caller has no view of that id any more. `alreadyGone`: there was none."""

    already_gone: bool


SaveViewResult = Annotated[
    ViewSaved | ViewNameTaken | ViewRefused,
    strawberry.union("SaveViewResult", description="What became of saving a view."),
]


async def saved_views(info: Info, first: int = 50, after: str | None = None) -> SavedViewConnection:
    """The caller's own views, by name."""
    size, owner = page_size(first), info.context.caller.name
    found = await info.context.read(lambda session: store.views(session, owner, size + 1, after))
    nodes = [_view(one, info.context) for one in found[:size]]
    return SavedViewConnection(
        edges=[SavedViewEdge(cursor=node.name, node=node) for node in nodes],
        nodes=nodes,
        page_info=page_info(tuple(node.name for node in nodes), len(found) > size, after),
    )


async def saved_view(
    info: Info,
    id: strawberry.ID,  # noqa: A002
) -> SavedView | None:
    """The view of that id, whoever saved it; null when there is none."""
    found = await info.context.read(lambda session: store.view(session, str(id)))
    return None if found is None else _view(found, info.context)


async def save_view(info: Info, input: SaveViewInput) -> SaveViewResult:  # noqa: A002
    """Keeps a query and an order under a name of the caller's."""
    context, key, name = info.context, _key(input.idempotency_key), " ".join(input.name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        return ViewRefused(message=f"a view's name has 1 to {LONGEST_NAME} characters", problems=[])
    reading = read(input.query, context.vocabulary, context.now)
    if reading.problems:
        return ViewRefused(message="the query cannot be asked", problems=query_problems(reading.problems))
    order = input.sort or TransactionSort()
    wish = Wish(name, input.query.strip(), str(Sort(order.field.value, order.descending)), input.replace)  # type: ignore[arg-type]

    def keep(session: Session) -> store.Saved | NameTaken | TooMany:
        return store.save(session, context.caller.name, key, wish, context.now)

    answer = await context.sources.database.write_async(
        keep, actor=context.caller.actor, reason=f"save the view '{name}'"
    )
    match answer:
        case NameTaken(view=view):
            return ViewNameTaken(message=f"you have a view '{name}' already", view=_view(view, context))
        case TooMany():
            return ViewRefused(message=f"you keep {MOST_VIEWS} views already; delete one first", problems=[])
    return ViewSaved(view=_view(answer.view, context), already_there=answer.already_there)


async def delete_view(info: Info, input: DeleteViewInput) -> ViewDeleted:  # noqa: A002
    """Takes a view of the caller's away."""
    _key(input.idempotency_key)
    context = info.context
    there = await context.sources.database.write_async(
        lambda session: store.remove(session, context.caller.name, str(input.id)),
        actor=context.caller.actor,
        reason=f"delete the view {str(input.id)[:40]}",
    )
    return ViewDeleted(already_gone=not there)


def _key(text: str) -> str:
    key = text.strip()
    if not 0 < len(key) <= LONGEST_KEY:
        raise ProblemError(
            "an idempotency key has 1 to 200 characters", "idempotencyKey", "make one for each press"
        )
    return key


def _view(one: store.SavedView, context: Context) -> SavedView:
    field = one.sort.removeprefix("-")
    assert field in SORT_FIELDS, "only orders of the schema are saved"
    return SavedView(
        id=strawberry.ID(one.view_id),
        name=one.name,
        query=one.query,
        sort=TransactionOrder(field=TransactionSortField(field), descending=one.sort.startswith("-")),
        owner=one.owner,
        is_own=one.owner == context.caller.name,
        saved_at=one.saved_at,
    )


@strawberry.type
class SavedViewQuery:
    saved_views: SavedViewConnection = answer(saved_views)
    saved_view: SavedView | None = answer(saved_view)


@strawberry.type
class SavedViewMutation:
    save_view: SaveViewResult = change(save_view)
    delete_view: ViewDeleted = change(delete_view)

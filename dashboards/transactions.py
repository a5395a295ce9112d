# SPDX-License-Identifier: Apache-2.0
"""Which transactions? The list, with what it asks for in the address, so that a link is the view."""

import re
from dataclasses import dataclass
from typing import Any

from starlette.responses import RedirectResponse, Response

from dashboards import narrowing, queries, query_bar, saved_views
from dashboards.asking import Page, Visit
from dashboards.format import clock_with_seconds, count, seconds_between
from dashboards.query_bar import QueryBar
from dashboards.saved_views import SavedViews
from dashboards.transaction_row import TransactionRow, row
from terms.instant import parse

PAGE_SIZE = 50
MOST_BARS = 60
# what the address calls an order -> (the API's field, descending, words)
SORTS = {
    "": ("STARTED", True, "Newest first"),
    "started": ("STARTED", False, "Oldest first"),
    "-waited": ("WAITED", True, "Longest wait first"),
    "due": ("DUE", False, "Due first"),
    "-duration": ("DURATION", True, "Longest first"),
    "duration": ("DURATION", False, "Shortest first"),
    "-amount": ("AMOUNT", True, "Largest amount first"),
    "amount": ("AMOUNT", False, "Smallest amount first"),
}

_ID = re.compile(r"[0-9a-f]{32}")
# words of addresses that older links use, and the field each is in a query
_OLD_WORDS = {"status": "status", "process": "process", "entity": "entity", "waiting": "waiting"}


@dataclass(frozen=True, slots=True)
class TransactionList:
    """`starts` is None without a transaction, `views` where the query cannot be asked; addresses are `` where there is no page.

    `counted` is when the counts are as of, where that is before the rows; `` where they are of the same instant.
    """

    bar: QueryBar
    views: SavedViews | None
    sort: str
    sorts: tuple[tuple[str, str], ...]
    groups: tuple[narrowing.FacetGroup, ...]
    starts: narrowing.Starts | None
    total: str
    counted: str
    rows: tuple[TransactionRow, ...]
    first_page: str
    previous_page: str
    next_page: str


async def show(visit: Visit) -> Page | Response:
    """One page of the list: `?q=` in the query language, `?sort=`, and `?after=` or `?before=` a cursor.

    What the find box hands in as `?key=` leads to the one transaction or trace it names, where there is one.
    """
    if elsewhere := await _elsewhere(visit):
        return RedirectResponse(elsewhere, 303)
    text, sort = visit.asked("q"), visit.asked_among("sort", tuple(SORTS), "")
    reading = (await visit.answer(queries.QUERY_READING, text=text))["transactionQuery"]
    if reading["problems"]:
        return await _unreadable(visit, text, sort)
    field, descending, _ = SORTS[sort]
    after, before = visit.asked("after"), visit.asked("before")
    place: dict[str, Any] = {"last": PAGE_SIZE, "before": before} if before else {"after": after or None}
    data = await visit.answer(
        queries.TRANSACTIONS,
        query=text,
        sort={"field": field, "descending": descending},
        first=PAGE_SIZE,
        buckets=MOST_BARS,
        **place,
    )
    found = data["transactions"]
    info = found["pageInfo"]
    view = TransactionList(
        bar=query_bar.bar(reading, sort),
        views=saved_views.saved_views(data["savedViews"]["nodes"], text, sort, data["instance"]["now"]),
        sort=sort,
        sorts=_SORT_WORDS,
        groups=narrowing.groups(found["facets"], sort),
        starts=narrowing.starts(found["histogram"], text, sort),
        total=count(found["totalCount"]),
        counted=_counted(found, data["instance"]["now"]),
        rows=tuple(row(node) for node in found["nodes"]),
        first_page=query_bar.address(text, sort) if info["hasPreviousPage"] else "",
        previous_page=query_bar.address(text, sort, before=info["startCursor"])
        if info["hasPreviousPage"] and info["startCursor"]
        else "",
        next_page=query_bar.address(text, sort, after=info["endCursor"])
        if info["hasNextPage"] and info["endCursor"]
        else "",
    )
    return Page("transactions.html", "Transactions", view, data)


def _counted(found: Any, now: str) -> str:
    """When the oldest of the counts is as of, to the second; `` where it is the page's own."""
    told = [
        found["totalCountAsOf"],
        found["histogram"]["asOf"],
        *(facet["asOf"] for facet in found["facets"]),
    ]
    oldest = min(told, key=parse)
    return clock_with_seconds(oldest) if seconds_between(oldest, now) >= 1 else ""


_SORT_WORDS = tuple((name, words) for name, (_, _, words) in SORTS.items())


async def complete(visit: Visit) -> Page:
    """The bar's ways to go on at the caret, as a part of a page: `?q=`, `?caret=`."""
    caret = visit.request.query_params.get("caret", "")
    text = visit.request.query_params.get("q", "")
    data = await visit.answer(
        queries.QUERY_COMPLETION,
        text=text,
        caret=int(caret) if caret.isdecimal() and len(caret) < 6 else len(text),
    )
    return Page("completion.html", "Completion", query_bar.bar(data["transactionQuery"]), data)


async def _unreadable(visit: Visit, text: str, sort: str) -> Page:
    """The page of a query that cannot be asked: where it is wrong, and how it may go on."""
    data = await visit.answer(queries.QUERY_TROUBLE, text=text, caret=len(text))
    bar = query_bar.bar(data["transactionQuery"], sort)
    view = TransactionList(bar, None, sort, _SORT_WORDS, (), None, "", "", (), "", "", "")
    return Page("transactions.html", "Transactions", view, data)


async def _elsewhere(visit: Visit) -> str:
    """Where an address of another kind leads: to what the find box names, or to the query that an old filter means."""
    key = visit.asked("key")
    if _ID.fullmatch(key):
        found = await visit.answer(queries.TRACE, id=key)
        return f"/{'traces' if found['trace']['count'] else 'transactions'}/{key}"
    words = [
        f"{field}:{quoted(visit.asked(name))}" for name, field in _OLD_WORDS.items() if visit.asked(name)
    ]
    words += [f"status:{name}" for name in ("overdue", "stuck") if visit.asked(name) == "yes"]
    if key and not words:
        return await _named(visit, key)
    if not words:
        return ""
    sort = "-waited" if visit.asked("stuck") == "yes" else ""
    return query_bar.address(" ".join([*([key] if key else []), *words]), sort)


async def _named(visit: Visit, key: str) -> str:
    """The page of the one transaction that holds the key as it stands; else the list of what begins like it."""
    found = (await visit.answer(queries.FIND, key=key))["transactions"]["nodes"]
    return f"/transactions/{found[0]['id']}" if len(found) == 1 else query_bar.address(key)


def quoted(value: str) -> str:
    """A value as the query language writes it where it may hold spaces or signs."""
    if re.fullmatch(r"[\w.][\w.:/@-]*", value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

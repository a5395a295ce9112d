# SPDX-License-Identifier: Apache-2.0
"""Which transactions? The list, with every filter in the address, so that a link is a saved view."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from dashboards import queries
from dashboards.asking import Page, Visit
from dashboards.format import count
from dashboards.transaction_row import TransactionRow, row

PAGE_SIZE = 50
STATUSES = ("open", "completed", "failed", "cancelled")
_NAMES = ("key", "status", "process", "entity", "waiting", "overdue", "stuck")

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force; `without` is this list without it."""

    words: str
    without: str


@dataclass(frozen=True, slots=True)
class TransactionList:
    """`filters` holds the words of the form as they stand; `next_page` and `first_page` are addresses or ``."""

    filters: Mapping[str, str]
    statuses: tuple[str, ...]
    processes: tuple[str, ...]
    milestones: tuple[str, ...]
    entities: tuple[str, ...]
    chips: tuple[Chip, ...]
    total: str
    rows: tuple[TransactionRow, ...]
    next_page: str
    first_page: str


async def show(visit: Visit) -> Page | Response:
    """One page of the list. `?stuck=yes` is the API's own list of what is failed or overdue, oldest first.

    A key that is the id of a trace or of a transaction leads straight to its page.
    """
    filters = {name: visit.asked(name) for name in _NAMES}
    if _ID.fullmatch(filters["key"]):
        found = await visit.answer(queries.TRACE, id=filters["key"])
        noun = "traces" if found["trace"]["count"] else "transactions"
        return RedirectResponse(f"/{noun}/{filters['key']}", 303)
    after = visit.asked("after")
    if filters["stuck"] == "yes":
        data = await visit.answer(queries.STUCK, first=PAGE_SIZE, after=after or None)
        found = data["stuck"]
    else:
        asked = {"first": PAGE_SIZE, "after": after or None, "filter": api_filter(filters)}
        data = await visit.answer(queries.TRANSACTIONS, **asked)
        found = data["transactions"]
    stages = data["line"]["stages"]
    view = TransactionList(
        filters=filters,
        statuses=STATUSES,
        processes=_with(filters["process"], [stage["process"] for stage in stages]),
        milestones=_with(
            filters["waiting"],
            [s["milestone"] for s in stages if filters["process"] in ("", s["process"])],
        ),
        entities=_with(filters["entity"], data["instance"]["legalEntities"]),
        chips=chips(filters),
        total=count(found["totalCount"]),
        rows=tuple(row(node) for node in found["nodes"]),
        next_page=address(filters, found["pageInfo"]["endCursor"])
        if found["pageInfo"]["hasNextPage"]
        else "",
        first_page=address(filters) if after else "",
    )
    return Page("transactions.html", "Transactions", view, data)


def api_filter(filters: Mapping[str, str]) -> dict[str, Any]:
    """The API's filter for the words of the address; empty and unknown words ask for nothing."""
    asked: dict[str, Any] = {
        "key": filters["key"],
        "status": filters["status"].upper() if filters["status"] in STATUSES else "",
        "process": filters["process"],
        "legalEntity": filters["entity"],
        "waitingFor": filters["waiting"],
    }
    asked = {name: value for name, value in asked.items() if value}
    return asked | ({"overdue": True} if filters["overdue"] == "yes" else {})


def chips(filters: Mapping[str, str]) -> tuple[Chip, ...]:
    """One chip per filter in force, in the order of the form."""
    words = {
        "key": "key",
        "status": "status",
        "process": "process",
        "entity": "legal entity",
        "waiting": "waiting for",
    }
    flags = {"overdue": "overdue only", "stuck": "failed or overdue, oldest first"}
    return tuple(
        Chip(flags.get(name) or f"{words[name]}: {value}", address({**filters, name: ""}))
        for name, value in filters.items()
        if value and (name not in flags or value == "yes")
    )


def address(filters: Mapping[str, str], after: str | None = None) -> str:
    """The address of this list: filters in force only, always in the same order."""
    query = [(name, filters[name]) for name in _NAMES if filters[name]] + (
        [("after", after)] if after else []
    )
    return f"/transactions?{urlencode(query)}" if query else "/transactions"


def _with(chosen: str, known: Sequence[str]) -> tuple[str, ...]:
    """The choices without repeats; what the address asks for is always among them, so that the form shows it."""
    return tuple(dict.fromkeys([*known, *([chosen] if chosen else [])]))

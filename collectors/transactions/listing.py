# SPDX-License-Identifier: Apache-2.0
"""Lists of transactions: those that meet some conditions, in one of a few orders, a page at a time in either direction."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, case, func, literal, select, tuple_
from sqlmodel import Session

from collectors import tables
from collectors.transactions.condition import Clause, Wanted, clauses, duration
from collectors.transactions.store import MAX_PAGE, MilestoneNames, views
from collectors.transactions.transaction import Page, TransactionView
from terms.instant import Instant
from terms.problem import ProblemError
from terms.tenant import TENANT

SortField = Literal["started", "duration", "amount", "due", "waited"]
SORT_FIELDS: tuple[SortField, ...] = ("started", "duration", "amount", "due", "waited")

_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_WHOLE = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of the list. Amounts of one currency stand together, by currency; what has no value stands last."""

    field: SortField = "started"
    descending: bool = True

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.field}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """At most `size` (<= 200) items behind or before a cursor; the first ones without one, the last ones if `backward`."""

    size: int
    cursor: str | None = None
    backward: bool = False


def page(
    session: Session, names: MilestoneNames, wanted: Wanted, sort: Sort, stretch: Stretch
) -> Page[TransactionView]:
    """One page of the list. Raises ProblemError for a cursor that is none of this order's."""
    as_of, edge = (wanted.now, None) if stretch.cursor is None else _position(sort, stretch.cursor)
    size = min(stretch.size, MAX_PAGE)
    query = page_query(session, wanted, sort, Stretch(size, stretch.cursor, stretch.backward))
    rows = session.execute(query).all()
    shown = rows[:size][::-1] if stretch.backward else rows[:size]
    there, came, keys = len(rows) > size, edge is not None, len(_keys(sort, as_of))
    return Page(
        tuple(views(session, names, shown)),
        tuple(_cursor(sort, as_of, row, keys) for row in shown),
        has_next=came if stretch.backward else there,
        has_previous=there if stretch.backward else came,
    )


def page_query(session: Session, wanted: Wanted, sort: Sort, stretch: Stretch) -> Select[Any]:
    """The rows of a page in the direction it is read, and one more where there is one."""
    met = clauses(session, wanted)
    as_of, edge = (wanted.now, None) if stretch.cursor is None else _position(sort, stretch.cursor)
    keys = _keys(sort, as_of)
    if any(clause.is_short for clause in met):
        # Sorting the few is less than walking all in order until the few have come by: no index may tempt a plan.
        keys = [(key.element + 0).label(key.name) if sort.field == "started" else key for key in keys]
    descending = sort.descending != stretch.backward
    query = matching(met).add_columns(*keys)
    if edge is not None:
        place, there = tuple_(*keys, _txn.c.txn_id), tuple_(*edge)
        query = query.where(place < there if descending else place > there)
    order = [column.desc() if descending else column for column in (*keys, _txn.c.txn_id)]
    return query.order_by(*order).limit(stretch.size + 1)


def count(session: Session, wanted: Wanted) -> int:
    """How many transactions the whole list holds."""
    found = matching(clauses(session, wanted), func.count())
    number: int = session.execute(found).scalar_one()
    return number


def matching(met: Iterable[Clause], *columns: Any) -> Select[Any]:
    """These columns (all of them without any) of the transactions that meet every clause."""
    query = select(*(columns or (_txn,))).where(_txn.c.tenant == TENANT)
    return query.where(*(clause.sql for clause in met))


def _keys(sort: Sort, now: Instant) -> list[Any]:
    """The columns an order goes by, before the id. All run in one direction, so that a position is one row value."""
    columns: Mapping[SortField, list[Any]] = {
        "started": [_txn.c.started_at],
        "duration": [duration(now)],
        "amount": [func.coalesce(_txn.c.currency, ""), func.coalesce(_txn.c.amount_minor, 0)],
        "due": [func.coalesce(_txn.c.due_at, 0)],
        "waited": [-func.coalesce(_txn.c.waiting_since, 0)],
    }
    absent = {"amount": _txn.c.amount_minor, "due": _txn.c.due_at, "waited": _txn.c.waiting_since}
    keys = [column.label(f"sort_{place}") for place, column in enumerate(columns[sort.field])]
    if sort.field in absent:
        last, first = (0, 1) if sort.descending else (1, 0)
        keys.insert(0, case((absent[sort.field].is_(None), last), else_=first).label("sort_absent"))
    return keys


def _cursor(sort: Sort, as_of: Instant, row: Any, keys: int) -> str:
    """Where an item stands. With the instant of the first page, at which all pages measure what still runs."""
    return "~".join([str(sort), str(as_of), *map(str, row[-keys:]), str(row.txn_id)])


def _position(sort: Sort, cursor: str) -> tuple[Instant, list[Any]]:
    order, *parts = cursor.split("~")
    texts = {2} if sort.field == "amount" else set()
    parts_wanted = 2 + len(_keys(sort, Instant(0)))
    if (
        order != str(sort)
        or len(parts) != parts_wanted
        or not all(place in texts or _WHOLE.fullmatch(part) for place, part in enumerate(parts))
    ):
        raise ProblemError(
            f"'{cursor[:80]}' is not a cursor of the list in this order",
            "after",
            "hand back a cursor of the page before",
        )
    values = [literal(part if place in texts else int(part)) for place, part in enumerate(parts)]
    return Instant(int(parts[0])), values[1:]

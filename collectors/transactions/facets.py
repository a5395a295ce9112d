# SPDX-License-Identifier: Apache-2.0
"""What a list of transactions can be narrowed by: exact counts of each value under the other conditions, and starts over time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, literal
from sqlmodel import Session

from collectors import tables
from collectors.query.vocabulary import Vocabulary
from collectors.transactions.condition import Clause, Wanted, clauses, is_overdue, is_stuck
from collectors.transactions.listing import matching
from collectors.transactions.query import STATUS_WORDS
from terms.instant import DAY, HOUR, MINUTE, SECOND, Instant

FACETS = ("status", "process", "system", "entity", "region", "currency", "customer")
MOST_BUCKETS = 60

_WIDTHS = (
    SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
    28 * DAY, 91 * DAY, 364 * DAY, 3_640 * DAY, 36_400 * DAY,
)  # fmt: skip
_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]

# facet -> the column whose few values one scan counts together; a customer has too many of them
_COLUMNS = {
    "process": _txn.c.process,
    "status": _txn.c.status,
    "system": _txn.c.waiting_for,
    "entity": _txn.c.legal_entity,
    "region": _txn.c.region,
    "currency": _txn.c.currency,
}
# conditions on these fields are answered by the same columns as the facet's, so the facet leaves them out together
_OF_FACET = {"owner": "system", "waiting": "system"}


@dataclass(frozen=True, slots=True)
class FacetCount:
    """One value and how many transactions of the list would have it, all other conditions kept."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Transactions that started from `start` on, before the next bucket's; `stuck` of them are failed or overdue."""

    start: Instant
    count: int
    stuck: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Starts of the list's transactions over time. Buckets are `width` microseconds, half open; empty ones are there too."""

    width: int
    buckets: tuple[Bucket, ...]


def facets(
    session: Session, wanted: Wanted, vocabulary: Vocabulary, names: Sequence[str] = FACETS, most: int = 10
) -> dict[str, tuple[FacetCount, ...]]:
    """For each facet its values with their counts, most first; of customers the first `most`.

    Statuses are told in their own order, and overlap: what is overdue is open or failed as well.
    """
    met = clauses(session, wanted)
    found: dict[str, tuple[FacetCount, ...]] = {}
    if any(name in _COLUMNS for name in names):
        counted = _counted(session, met, wanted, vocabulary)
        found = {name: _ordered(name, counted[name]) for name in names if name in _COLUMNS}
    if "customer" in names:
        found["customer"] = _customers(session, met, most)
    return {name: found[name] for name in names}


def histogram(session: Session, wanted: Wanted, most: int = MOST_BUCKETS) -> Histogram:
    """At most `most` buckets (from 1 on) from the first start to the last."""
    met = clauses(session, wanted)
    least, last = session.execute(
        matching(met, func.min(_txn.c.started_at), func.max(_txn.c.started_at))
    ).one()
    if least is None:
        return Histogram(_WIDTHS[0], ())
    width = next((w for w in _WIDTHS if last // w - least // w < most), _WIDTHS[-1])
    start = (_txn.c.started_at - _txn.c.started_at % width).label("start")
    stuck = func.sum(case((is_stuck(wanted.now, wanted.watermarks), 1), else_=0)).label("stuck")
    rows = {
        row.start: row
        for row in session.execute(matching(met, start, func.count().label("n"), stuck).group_by(start))
    }
    first = least - least % width
    return Histogram(
        width,
        tuple(
            Bucket(Instant(at), int(rows[at].n), int(rows[at].stuck))
            if at in rows
            else Bucket(Instant(at), 0, 0)
            for at in range(first, last + 1, width)
        ),
    )


def _counted(
    session: Session, met: Sequence[Clause], wanted: Wanted, vocabulary: Vocabulary
) -> Mapping[str, Counter[str]]:
    """One scan counts every combination of values; each facet then takes those that meet all conditions but its own."""
    own: dict[str, list[Clause]] = {name: [] for name in _COLUMNS}
    rest: list[Clause] = []
    for clause in met:
        own.get(_OF_FACET.get(clause.field, clause.field), rest).append(clause)
    flags = {name: case((_all(held), 1), else_=0).label(f"is_{name}") for name, held in own.items() if held}
    columns = [column.label(name) for name, column in _COLUMNS.items()]
    overdue = case((is_overdue(wanted.now, wanted.watermarks), 1), else_=0).label("overdue")
    groups = [*columns, overdue, *flags.values()]
    counted: dict[str, Counter[str]] = {name: Counter() for name in _COLUMNS}
    for row in session.execute(matching(rest, *groups, func.count().label("n")).group_by(*groups)):
        lacking = [name for name in flags if not getattr(row, f"is_{name}")]
        for name in _COLUMNS if not lacking else lacking if len(lacking) == 1 else ():
            for value in _values(name, row, vocabulary):
                counted[name][value] += int(row.n)
    return counted


def _all(held: Sequence[Clause]) -> Any:
    condition: Any = literal(True)
    for clause in held:
        condition = condition & clause.sql
    return condition


def _values(name: str, row: Any, vocabulary: Vocabulary) -> list[str]:
    if name == "status":
        stuck = ["stuck"] if row.overdue or row.status == "failed" else []
        return [row.status, *(["overdue"] if row.overdue else []), *stuck]
    if name == "system":
        system = vocabulary.systems.get((row.process, row.system))
        return [system] if system else []
    value = getattr(row, name)
    return [value] if value else []


def _ordered(name: str, counted: Counter[str]) -> tuple[FacetCount, ...]:
    if name == "status":
        return tuple(FacetCount(word, counted[word]) for word in STATUS_WORDS if counted[word])
    return tuple(FacetCount(*one) for one in sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def _customers(session: Session, met: Sequence[Clause], most: int) -> tuple[FacetCount, ...]:
    others = [clause for clause in met if clause.field != "customer"]
    number = func.count().label("n")
    query = matching(others, _txn.c.customer, number).where(_txn.c.customer.is_not(None))
    rows = session.execute(
        query.group_by(_txn.c.customer).order_by(number.desc(), _txn.c.customer).limit(most)
    )
    return tuple(FacetCount(row.customer, int(row.n)) for row in rows)

# SPDX-License-Identifier: Apache-2.0
"""Which subjects are wanted? A page of them by name, and how many of all there are by what they can be narrowed by.

One narrow row a subject answers: what it can be found by, and which combination of facets it has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col

from registry import facets, subjects
from registry.facets import FACETS, Facets
from registry.tables import ContractFacetsRow, ContractSearchRow
from registry.views import SubjectHead
from terms.tenant import TENANT


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which subjects to list. Every word of `search` must occur, capitals or not; a filter that is empty asks nothing."""

    search: str = ""
    prefix: str = ""
    domain: str = ""
    owner: str = ""
    steward: str = ""
    audience: str = ""
    lifecycle: str = ""
    type: str = ""
    mode: str = ""


EVERY = Wanted()
_subject, _facets, _text = (
    col(ContractSearchRow.subject),
    col(ContractSearchRow.facets),
    col(ContractSearchRow.text),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Subjects by name; `has_more`: some follow the last one here.

    `counts` are of all that are wanted, on every page: how many have each combination of facets (`facets.counted` reads it).
    """

    heads: tuple[SubjectHead, ...]
    counts: Mapping[str, int]
    has_more: bool

    @property
    def total(self) -> int:
        """How many subjects are wanted, on all pages."""
        return sum(self.counts.values())


def page(session: Session, wanted: Wanted = EVERY, first: int = 50, after: str | None = None) -> Page:
    """The subjects with a version to be seen that are wanted, from behind the name `after` on, at most `first`.

    The order is that of the names' code points, the same on every database. Four statements; none reads a document.
    """
    find = _searched if wanted.search.strip() else _listed
    counts, names = find(session, wanted, first + 1, after)
    return Page(subjects.heads(session, names[:first]), counts, len(names) > first)


def facet_counts(session: Session, wanted: Wanted = EVERY, names: Sequence[str] = FACETS) -> Facets:
    """The facets of all that are wanted. Two statements."""
    return facets.counted(session, _counts(session, _conditions(session, wanted)), names)


def _listed(
    session: Session, wanted: Wanted, most: int, after: str | None
) -> tuple[dict[str, int], list[str]]:
    """The counts and the first names. An index has every subject by its facets, the key has them by name."""
    conditions = _conditions(session, wanted)
    behind = [] if after is None else [_subject > after]
    names = session.scalars(
        sql.select(_subject).where(*conditions, *behind).order_by(_subject).limit(most)
    ).all()
    return _counts(session, conditions), list(names)


def _counts(session: Session, conditions: Sequence[ColumnElement[bool]]) -> dict[str, int]:
    rows = session.execute(sql.select(_facets, func.count()).where(*conditions).group_by(_facets))
    return {found: count for found, count in rows}  # noqa: C416 rows are no pairs to the type checker


def _searched(
    session: Session, wanted: Wanted, most: int, after: str | None
) -> tuple[dict[str, int], list[str]]:
    """The same of a search. Reading every text is what costs, so one pass over them answers both."""
    found = sql.select(_subject, _facets).where(*_conditions(session, wanted)).cte("found")
    counts = sql.select(found.c.facets, func.count().label("n"), sql.literal("").label("subject"))
    named = sql.select(sql.literal("").label("facets"), sql.literal(0).label("n"), found.c.subject)
    if after is not None:
        named = named.where(found.c.subject > after)
    first = named.order_by(found.c.subject).limit(most).subquery()
    rows = session.execute(sql.union_all(counts.group_by(found.c.facets), sql.select(first))).all()
    return (
        {facets_id: count for facets_id, count, _ in rows if count},
        sorted(name for _, count, name in rows if not count),
    )


def _conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What holds of the rows of subjects that are wanted. Only what can be seen has such a row."""
    found: list[Any] = [ContractSearchRow.tenant == TENANT, *subjects.starting(wanted.prefix, _subject)]
    values = [
        col(getattr(ContractFacetsRow, name)) == value for name in FACETS if (value := getattr(wanted, name))
    ]
    if values:
        having = sql.select(col(ContractFacetsRow.facets_id)).where(
            col(ContractFacetsRow.tenant) == TENANT, *values
        )
        found.append(_facets.in_(having))
    contains = func.instr if session.get_bind().dialect.name == "sqlite" else func.strpos
    # A long word is rarer than a short one, as a rule; where it is missing the others need not be looked for.
    words = sorted(set(wanted.search.casefold().split()), key=lambda word: (-len(word), word))
    return [*found, *(contains(_text, word) > 0 for word in words)]

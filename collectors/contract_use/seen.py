# SPDX-License-Identifier: Apache-2.0
"""How much is a contract used of late? Many subjects at one look for a list, and who uses one subject, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, and_, column, func, or_, select, values
from sqlmodel import Session

from collectors.contract_use.counting import ContractUse
from collectors.contract_use.tables import ContractUseRow
from terms.instant import DAY, Instant, day
from terms.tenant import TENANT

_use: Any = ContractUseRow.__table__  # type: ignore[attr-defined]
_MOST = 500  # subjects that one statement names


@dataclass(frozen=True, slots=True)
class VersionSeen:
    """One version of a subject within the window: how often it was used, by how many applications, and when last."""

    version: str
    uses: int
    applications: int
    last_seen: Instant


@dataclass(frozen=True, slots=True)
class SubjectSeen:
    """What was seen of one subject. `uses`, `applications` and `versions` (the most used first) are those of the window;
    `last_seen` is the last time there was, however long ago.
    """

    uses: int
    applications: int
    versions: tuple[VersionSeen, ...]
    last_seen: Instant


@dataclass(frozen=True, slots=True)
class Page:
    """Who used one subject within the window, by application and version; `total` counts all pages."""

    seen: tuple[ContractUse, ...]
    total: int
    has_more: bool


def window(now: Instant, days: int) -> str:
    """The first of that many UTC days, today included.

    >>> from terms.instant import parse
    >>> window(parse("2026-03-01T12:00:00Z"), 30)
    '2026-01-31'
    """
    return day(Instant(now - (days - 1) * DAY))


def lately(session: Session, subjects: Sequence[str], since: str) -> dict[str, SubjectSeen]:
    """What was seen of each of the subjects since that day; one that was never seen is left out. Two statements for 500."""
    found: dict[str, SubjectSeen] = {}
    for start in range(0, len(subjects), _MOST):
        some = list(subjects[start : start + _MOST])
        within: dict[str, list[Any]] = {}
        for row in session.execute(_within(some, since)):
            within.setdefault(row.subject, []).append(row)
        for subject, last_seen in session.execute(_last(some)):
            if last_seen is not None:
                found[subject] = _together(within.get(subject, []), Instant(last_seen))
    return found


def days(session: Session, subjects: Sequence[str], since: str) -> dict[str, tuple[tuple[str, int], ...]]:
    """How often each of the subjects was used on each day since that one; a day without use is left out. One statement."""
    rows = session.execute(
        select(_use.c.subject, _use.c.day, func.sum(_use.c.uses).label("uses"))
        .where(_use.c.tenant == TENANT, _use.c.subject.in_(list(subjects)), _use.c.day >= since)
        .group_by(_use.c.subject, _use.c.day)
        .order_by(_use.c.subject, _use.c.day)
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        found.setdefault(row.subject, []).append((row.day, int(row.uses)))
    return {subject: tuple(counted) for subject, counted in found.items()}


def page(
    session: Session, subject: str, since: str, first: int, after: tuple[str, str] | None = None
) -> Page:
    """Who used the subject since that day, from behind `after`, an (application, version), on. Two statements.

    The order does not depend on how much is used, so that nothing is passed over while it is.
    """
    group = (_use.c.application, _use.c.version)
    here = (_use.c.tenant == TENANT, _use.c.subject == subject, _use.c.day >= since)
    total = session.execute(
        select(func.count()).select_from(select(*group).where(*here).distinct().subquery())
    ).scalar_one()
    sums = (
        func.sum(_use.c.uses).label("uses"),
        func.min(_use.c.first_seen).label("first_seen"),
        func.max(_use.c.last_seen).label("last_seen"),
    )
    query = select(*group, *sums).where(*here).group_by(*group).order_by(*group).limit(first + 1)
    if after is not None:
        application, version = after
        same = and_(_use.c.application == application, _use.c.version > version)
        query = query.where(or_(_use.c.application > application, same))
    rows = session.execute(query).all()
    seen = tuple(
        ContractUse(
            subject, row.version, row.application, "", int(row.uses),
            Instant(row.first_seen), Instant(row.last_seen),
        )
        for row in rows[:first]
    )  # fmt: skip
    return Page(seen, int(total), len(rows) > first)


def _asked(subjects: list[str]) -> Any:
    """The subjects as a table, so that each of them is looked up by its days: an IN would read all the days there ever were."""
    return values(column("subject", String), name="asked").data([(one,) for one in subjects]).cte("asked")


def _within(subjects: list[str], since: str) -> Any:
    asked, group = _asked(subjects), (_use.c.subject, _use.c.version, _use.c.application)
    sums = func.sum(_use.c.uses).label("uses"), func.max(_use.c.last_seen).label("last_seen")
    here = and_(_use.c.tenant == TENANT, _use.c.subject == asked.c.subject, _use.c.day >= since)
    return select(*group, *sums).select_from(asked.join(_use, here)).group_by(*group)


def _last(subjects: list[str]) -> Any:
    """The last use of each subject: of its last day, which an index names without reading the days before."""
    asked = _asked(subjects)
    here = (_use.c.tenant == TENANT, _use.c.subject == asked.c.subject)
    last_day = select(func.max(_use.c.day)).where(*here).correlate(asked).scalar_subquery()
    last_seen = (
        select(func.max(_use.c.last_seen))
        .where(*here, _use.c.day == last_day)
        .correlate(asked)
        .scalar_subquery()
    )
    return select(asked.c.subject, last_seen)


def _together(rows: list[Any], last_seen: Instant) -> SubjectSeen:
    by_version: dict[str, list[Any]] = {}
    for row in rows:
        by_version.setdefault(row.version, []).append(row)
    versions = [
        VersionSeen(
            version,
            sum(int(row.uses) for row in group),
            len({row.application for row in group}),
            Instant(max(row.last_seen for row in group)),
        )
        for version, group in by_version.items()
    ]
    return SubjectSeen(
        uses=sum(one.uses for one in versions),
        applications=len({row.application for row in rows}),
        versions=tuple(sorted(versions, key=lambda one: (-one.uses, one.version))),
        last_seen=last_seen,
    )

# SPDX-License-Identifier: Apache-2.0
"""Which subjects are there, and which of them is meant? Lists and search read one row a subject, however many versions it has."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sql
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from registry import config, content, versions
from registry.contract import Contract, SubjectHead, contract
from registry.insertion import upsert
from registry.lifecycle import VISIBLE
from registry.refusal import RefusedError
from registry.search_text import search_text
from registry.tables import ContractContentRow, ContractSearchRow, ContractSubjectRow, ContractVersionRow
from terms.instant import Instant
from terms.tenant import TENANT

FACETS = ("domain", "owner", "steward", "audience", "lifecycle", "type", "mode")
"""What a list can be narrowed by. `mode` is the one the document states; it has no value where none is stated."""
_COLUMNS = {"type": "artefact_type", "mode": "compatibility"}


Facets = dict[str, tuple[tuple[str, int], ...]]


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


@dataclass(frozen=True, slots=True)
class Page:
    """Subjects by name. `total` counts all that are wanted; `has_more`: some follow the last one here.

    `facets` are those of all that are wanted (see `facets`), where finding them cost nothing more; else None.
    """

    heads: tuple[SubjectHead, ...]
    total: int
    has_more: bool
    facets: Facets | None = None


def page(
    session: Session,
    wanted: Wanted = EVERY,
    first: int = 50,
    after: str | None = None,
    *,
    with_facets: bool = True,
) -> Page:
    """The subjects with a version to be seen that are wanted, from behind the name `after` on, at most `first`.

    The order is that of the names' code points, the same on every database. A search counts facets on its way, unless told
    not to. Three statements.
    """
    if wanted.search.strip():
        return _searched(session, wanted, first, after, with_facets)
    conditions = _conditions(session, wanted)
    total = session.exec(select(func.count()).select_from(ContractSubjectRow).where(*conditions)).one()
    if after is not None:
        conditions.append(col(ContractSubjectRow.name) > after)
    rows = session.exec(
        select(ContractSubjectRow).where(*conditions).order_by(col(ContractSubjectRow.name)).limit(first + 1)
    ).all()
    return Page(_heads(session, rows[:first]), total, len(rows) > first)


def facets(session: Session, wanted: Wanted = EVERY, names: Sequence[str] = FACETS) -> Facets:
    """For each of `names` (all of FACETS) its values among the wanted subjects and how many have each: most first, then by value.

    One statement, one pass over the subjects; the fewer names, the faster.
    """
    if not names:
        return {}
    columns = [_column(name) for name in names]
    rows = session.execute(
        sql.select(*columns, func.count()).where(*_conditions(session, wanted)).group_by(*columns)
    ).all()
    return _counted(((tuple(row[:-1]), row[-1]) for row in rows), names)


def _searched(session: Session, wanted: Wanted, first: int, after: str | None, with_facets: bool) -> Page:
    """The page of a search. Reading every text is what costs, so that is done once for the page, the total and the facets."""
    columns = [_column(name) for name in FACETS] if with_facets else []
    if not columns and not any(getattr(wanted, name) for name in FACETS):
        # Only what can be seen has a text, so the texts alone tell the names.
        found = sql.select(col(ContractSearchRow.subject)).where(*_matching(session, wanted))
    else:
        found = sql.select(col(ContractSubjectRow.name), *columns).where(*_conditions(session, wanted))
    rows = session.execute(found).all()
    names = sorted(row[0] for row in rows)
    behind = names if after is None else names[bisect_right(names, after) :]
    shown = session.exec(
        select(ContractSubjectRow)
        .where(ContractSubjectRow.tenant == TENANT, col(ContractSubjectRow.name).in_(behind[:first]))
        .order_by(col(ContractSubjectRow.name))
    ).all()
    counted = _counted((tuple(row[1:]), 1) for row in rows) if with_facets else None
    return Page(_heads(session, shown), len(names), len(behind) > first, counted)


def _counted(found: Iterable[tuple[tuple[str, ...], int]], names: Sequence[str] = FACETS) -> Facets:
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    for values, count in found:
        for name, value in zip(names, values, strict=True):
            counts[name][value] += count
    return {
        name: tuple(
            sorted(((value, n) for value, n in of.items() if value), key=lambda one: (-one[1], one[0]))
        )
        for name, of in counts.items()
    }


def head(session: Session, name: str) -> SubjectHead | None:
    """One subject as a list shows it; None when there is none of that name."""
    row = session.get(ContractSubjectRow, (TENANT, name))
    return None if row is None else _heads(session, [row])[0]


def names(session: Session, prefix: str = "") -> Sequence[str]:
    """The names of all subjects, deleted ones too, by code points."""
    where = [ContractSubjectRow.tenant == TENANT, *_starting(prefix)]
    return session.exec(
        select(ContractSubjectRow.name).where(*where).order_by(col(ContractSubjectRow.name))
    ).all()


def living(
    session: Session, prefix: str, artefact_type: str, *, deleted: bool = False, only: bool = False
) -> list[str]:
    """The names of subjects that have a version of that type which is not deleted, by code points.

    `deleted`: also those that have deleted ones alone; `only`: just these.
    """
    gone = col(ContractVersionRow.deleted_at).is_not(None)
    rows = session.exec(
        select(ContractVersionRow.subject, func.min(sql.case((gone, 1), else_=0)))
        .join(
            ContractContentRow,
            (col(ContractContentRow.tenant) == ContractVersionRow.tenant)
            & (col(ContractContentRow.content_id) == ContractVersionRow.content_id),
        )
        .where(
            ContractVersionRow.tenant == TENANT,
            ContractContentRow.artefact_type == artefact_type,
            *_starting(prefix, col(ContractVersionRow.subject)),
        )
        .group_by(col(ContractVersionRow.subject))
        .order_by(col(ContractVersionRow.subject))
    )
    return [name for name, is_gone in rows if (is_gone if only else deleted or not is_gone)]


def stated_mode(session: Session, name: str) -> str:
    """The mode a subject's documents state; empty where they state none."""
    row = session.get(ContractSubjectRow, (TENANT, name))
    return "" if row is None else row.compatibility


def of_event_type(session: Session, event_type: str) -> str | None:
    """The subject that CloudEvents of that type follow; None when none is bound to it."""
    return session.exec(
        select(ContractSubjectRow.name).where(
            ContractSubjectRow.tenant == TENANT, ContractSubjectRow.event_type == event_type
        )
    ).first()


def show(session: Session, number: int, semver: str, lifecycle: str, said: Contract, now: Instant) -> None:
    """Makes that version the one which speaks for its subject. Raises RefusedError for an event type of another subject."""
    row = session.get(ContractSubjectRow, (TENANT, said.subject))
    assert row is not None, "the subject's row is made before its versions"
    if said.event_type:
        bound = of_event_type(session, said.event_type)
        if bound not in (None, said.subject):
            raise RefusedError(
                "event-type-taken",
                f"the event type '{said.event_type}' is bound to '{bound}'",
                said.document.where("/x-throughline/event_type"),
                "bind one type to one subject",
            )
    row.artefact_type, row.current, row.semver, row.lifecycle = said.document.type, number, semver, lifecycle
    for name in ("title", "description", "owner", "steward", "domain", "audience", "retention", "event_type"):
        setattr(row, name, getattr(said, name))
    row.compatibility = said.compatibility if said.states_mode else ""
    row.labels, row.changed_at = json.dumps(dict(said.labels)), now
    session.add(row)
    upsert(session, ContractSearchRow, {"tenant": TENANT, "subject": said.subject, "text": search_text(said)})
    session.flush()


def refresh(session: Session, name: str, now: Instant) -> None:
    """Looks anew which version speaks for the subject, after one was deleted or moved on. None left: it is listed no more."""
    row = session.get(ContractSubjectRow, (TENANT, name))
    if row is None:
        return
    found = versions.find(session, name, versions.LATEST)
    if found is None:
        row.current, row.semver, row.lifecycle, row.event_type, row.changed_at = 0, "", "", "", now
        session.add(row)
        session.exec(
            sql.delete(ContractSearchRow).where(
                col(ContractSearchRow.tenant) == TENANT, col(ContractSearchRow.subject) == name
            )
        )
        session.flush()
        return
    document = content.document(session, found.content, found.name)
    stated = stated_subject(document.data)
    said = contract(document, stated or name)
    show(session, found.row.number, found.row.semver, found.row.lifecycle, replace(said, subject=name), now)


def refresh_missing(session: Session, now: Instant) -> int:
    """Makes the search text of subjects that have none: those an older version of Throughline registered. Returns how many."""
    known = select(ContractSearchRow.subject).where(ContractSearchRow.tenant == TENANT)
    missing = session.exec(
        select(ContractSubjectRow.name).where(
            ContractSubjectRow.tenant == TENANT,
            ContractSubjectRow.current > 0,
            col(ContractSubjectRow.name).not_in(known),
        )
    ).all()
    for name in missing:
        refresh(session, name, now)
    return len(missing)


def is_visible(lifecycle: str) -> bool:
    """Whether a version in that state may speak for its subject."""
    return lifecycle in VISIBLE


def stated_subject(data: dict[str, Any]) -> str:
    """The subject a document states of itself; empty where it states none."""
    info = data.get("info")
    said = data.get("x-throughline", info.get("x-throughline") if isinstance(info, dict) else None)
    stated = said.get("subject", "") if isinstance(said, dict) else ""
    return stated if isinstance(stated, str) else ""


def _heads(session: Session, rows: Sequence[ContractSubjectRow]) -> tuple[SubjectHead, ...]:
    modes = config.modes(session, {row.name: row.compatibility for row in rows})
    return tuple(
        SubjectHead(
            name=row.name,
            title=row.title,
            description=row.description,
            owner=row.owner,
            steward=row.steward,
            domain=row.domain,
            audience=row.audience,
            lifecycle=row.lifecycle,
            compatibility=modes[row.name],
            type=row.artefact_type,
            semver=row.semver,
            number=row.current,
            retention=row.retention,
            event_type=row.event_type,
            labels=json.loads(row.labels),
            changed_at=Instant(row.changed_at),
        )
        for row in rows
    )


def _conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[Any] = [ContractSubjectRow.tenant == TENANT, ContractSubjectRow.current > 0]
    found += [_column(name) == value for name in FACETS if (value := getattr(wanted, name))]
    found += _starting(wanted.prefix)
    if wanted.search.strip():
        matching = select(ContractSearchRow.subject).where(*_matching(session, wanted))
        found.append(col(ContractSubjectRow.name).in_(matching))
    return found


def _matching(session: Session, wanted: Wanted) -> list[Any]:
    """Which texts hold every word of the search."""
    text = col(ContractSearchRow.text)
    contains = func.instr if session.get_bind().dialect.name == "sqlite" else func.strpos
    return [
        ContractSearchRow.tenant == TENANT,
        *(contains(text, word) > 0 for word in wanted.search.casefold().split()),
        *_starting(wanted.prefix, col(ContractSearchRow.subject)),
    ]


def _starting(prefix: str, name: Any = None) -> list[Any]:
    """Names that begin with the text, as a range that an index answers."""
    name = col(ContractSubjectRow.name) if name is None else name
    if not prefix:
        return []
    last = prefix[:-1] + chr(ord(prefix[-1]) + 1) if ord(prefix[-1]) < 0x10FFFF else ""
    return (
        [name >= prefix, name < last]
        if last and not 0xD800 <= ord(last[-1]) <= 0xDFFF
        else [name.startswith(prefix, autoescape=True)]
    )


def _column(facet: str) -> Any:
    return col(getattr(ContractSubjectRow, _COLUMNS.get(facet, facet)))

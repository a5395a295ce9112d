# SPDX-License-Identifier: Apache-2.0
"""Which subjects are there, and which version speaks for each? What it says is kept in one row a subject, for lists to read."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sql
from sqlalchemy import func
from sqlmodel import Session, col, select

from registry import config, content, facets, versions
from registry.contract import Contract, contract
from registry.insertion import upsert
from registry.lifecycle import VISIBLE
from registry.refusal import RefusedError
from registry.search_text import search_text
from registry.stated import place, stated
from registry.tables import ContractContentRow, ContractSearchRow, ContractSubjectRow, ContractVersionRow
from registry.views import SubjectHead
from terms.instant import Instant
from terms.tenant import TENANT


def head(session: Session, name: str) -> SubjectHead | None:
    """One subject as a list shows it; None when there is none of that name."""
    return next(iter(heads(session, [name])), None)


def heads(session: Session, names: Sequence[str]) -> tuple[SubjectHead, ...]:
    """The subjects of those names as a list shows them, by code points. Two statements."""
    rows = session.exec(
        select(ContractSubjectRow)
        .where(ContractSubjectRow.tenant == TENANT, col(ContractSubjectRow.name).in_(names))
        .order_by(col(ContractSubjectRow.name))
    ).all()
    return _heads(session, rows)


def names(session: Session, prefix: str = "") -> Sequence[str]:
    """The names of all subjects, deleted ones too, by code points."""
    where = [ContractSubjectRow.tenant == TENANT, *starting(prefix, col(ContractSubjectRow.name))]
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
            *starting(prefix, col(ContractVersionRow.subject)),
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
                said.document.where(f"{place(said.document.data)}/event_type"),
                "bind one type to one subject",
            )
    row.artefact_type, row.current, row.semver, row.lifecycle = said.document.type, number, semver, lifecycle
    for name in ("title", "description", "owner", "steward", "domain", "audience", "retention", "event_type"):
        setattr(row, name, getattr(said, name))
    row.compatibility = said.compatibility if said.states_mode else ""
    row.labels, row.changed_at = json.dumps(dict(said.labels)), now
    session.add(row)
    found_by = {"facets": facets.keep(session, [row])[0], "text": search_text(said)}
    upsert(session, ContractSearchRow, {"tenant": TENANT, "subject": said.subject, **found_by})
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
    own = stated(document.data, "subject")
    said = contract(document, own or name)
    show(session, found.row.number, found.row.semver, found.row.lifecycle, replace(said, subject=name), now)


def refresh_missing(session: Session, now: Instant) -> int:
    """Makes what subjects are found by where it is missing: an older version of Throughline registered them. Returns how many."""
    found_by = select(ContractSearchRow.subject).where(ContractSearchRow.tenant == TENANT)
    visible = select(ContractSubjectRow).where(
        ContractSubjectRow.tenant == TENANT, ContractSubjectRow.current > 0
    )
    unread = session.exec(visible.where(col(ContractSubjectRow.name).not_in(found_by))).all()
    for row in unread:
        refresh(session, row.name, now)
    unfiled = found_by.where(ContractSearchRow.facets == "")
    rows = session.exec(visible.where(col(ContractSubjectRow.name).in_(unfiled))).all()
    by_facets: dict[str, list[str]] = {}
    for row, facets_id in zip(rows, facets.keep(session, rows), strict=True):
        by_facets.setdefault(facets_id, []).append(row.name)
    for facets_id, names in by_facets.items():
        for start in range(0, len(names), facets.NAMED):
            session.exec(
                sql.update(ContractSearchRow)
                .where(
                    col(ContractSearchRow.tenant) == TENANT,
                    col(ContractSearchRow.subject).in_(names[start : start + facets.NAMED]),
                )
                .values(facets=facets_id)
            )
    return len(unread) + len(rows)


def is_visible(lifecycle: str) -> bool:
    """Whether a version in that state may speak for its subject."""
    return lifecycle in VISIBLE


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


def starting(prefix: str, name: Any) -> list[Any]:
    """Names that begin with the text, as a range that an index answers."""
    if not prefix:
        return []
    last = prefix[:-1] + chr(ord(prefix[-1]) + 1) if ord(prefix[-1]) < 0x10FFFF else ""
    return (
        [name >= prefix, name < last]
        if last and not 0xD800 <= ord(last[-1]) <= 0xDFFF
        else [name.startswith(prefix, autoescape=True)]
    )

# SPDX-License-Identifier: Apache-2.0
"""Which versions does a subject have? Read with their content in one statement; a version is found by number, semver or `latest`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from registry import content
from registry.content import Content
from registry.lifecycle import VISIBLE, State
from registry.tables import ContractContentRow, ContractSubjectRow, ContractVersionRow
from registry.verdict import from_json
from registry.views import VersionView
from terms.instant import Instant
from terms.tenant import TENANT

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Stored:
    """A version as it is kept: its own row, and the content it stands for."""

    row: ContractVersionRow
    content: Content

    @property
    def name(self) -> str:
        """How findings call it."""
        return f"{self.row.subject}@{self.row.semver}"


def stored(session: Session, subject: str, *, deleted: bool = False) -> list[Stored]:
    """All versions of a subject with their contents, oldest first; softly deleted ones only when asked for."""
    return stored_of(session, [subject], deleted=deleted)


def stored_of(session: Session, subjects: Iterable[str], *, deleted: bool = False) -> list[Stored]:
    """All versions of several subjects with their contents, by subject and number. One statement."""
    where: list[Any] = [
        ContractVersionRow.tenant == TENANT,
        col(ContractVersionRow.subject).in_(list(subjects)),
    ]
    if not deleted:
        where.append(col(ContractVersionRow.deleted_at).is_(None))
    found = session.exec(
        select(ContractVersionRow, ContractContentRow)
        .join(ContractContentRow, _SAME_CONTENT)
        .where(*where)
        .order_by(col(ContractVersionRow.subject), col(ContractVersionRow.number))
    )
    return [Stored(row, content.of_row(held)) for row, held in found]


def rows(session: Session, subject: str) -> Sequence[ContractVersionRow]:
    """All versions of a subject, deleted ones too, oldest first, without their contents."""
    return session.exec(
        select(ContractVersionRow)
        .where(ContractVersionRow.tenant == TENANT, ContractVersionRow.subject == subject)
        .order_by(col(ContractVersionRow.number))
    ).all()


def views(session: Session, subjects: Sequence[str]) -> dict[str, tuple[VersionView, ...]]:
    """The versions of several subjects that are not deleted, oldest first, by subject. One statement for all."""
    found: dict[str, list[VersionView]] = {}
    for each in stored_of(session, subjects):
        found.setdefault(each.row.subject, []).append(view(each))
    return {name: tuple(listed) for name, listed in found.items()}


def find(session: Session, subject: str, which: str | int, *, deleted: bool = False) -> Stored | None:
    """The version of that number, semantic version, or the `latest` one; None when there is none.

    `latest` is the highest number whose lifecycle can be seen: never a draft, a retired or a deleted one. Of a semantic
    version that was deleted and registered again, the last one counts.
    """
    where: list[Any] = [ContractVersionRow.tenant == TENANT, ContractVersionRow.subject == subject]
    if not deleted:
        where.append(col(ContractVersionRow.deleted_at).is_(None))
    if which == LATEST:
        where.append(col(ContractVersionRow.lifecycle).in_(VISIBLE))
    elif isinstance(which, int) or which.isdecimal():
        where.append(ContractVersionRow.number == int(which))
    else:
        where.append(ContractVersionRow.semver == which)
    row = session.exec(
        select(ContractVersionRow, ContractContentRow)
        .join(ContractContentRow, _SAME_CONTENT)
        .where(*where)
        .order_by(col(ContractVersionRow.number).desc())
        .limit(1)
    ).first()
    return None if row is None else Stored(row[0], content.of_row(row[1]))


def of_content(session: Session, content_id: str, *, deleted: bool = False) -> list[tuple[str, int]]:
    """Where a content is used: (subject, number), by subject and number."""
    found = session.exec(
        select(ContractVersionRow.subject, ContractVersionRow.number, ContractVersionRow.deleted_at)
        .where(ContractVersionRow.tenant == TENANT, ContractVersionRow.content_id == content_id)
        .order_by(col(ContractVersionRow.subject), col(ContractVersionRow.number))
    )
    return [(subject, number) for subject, number, gone in found if deleted or gone is None]


def latest_of_all(session: Session, artefact_type: str | None = None) -> list[Stored]:
    """The current version of every subject that has one, by subject. One statement."""
    where = [ContractSubjectRow.tenant == TENANT, ContractSubjectRow.current > 0]
    if artefact_type:
        where.append(ContractSubjectRow.artefact_type == artefact_type)
    found = session.exec(
        select(ContractVersionRow, ContractContentRow)
        .join(ContractContentRow, _SAME_CONTENT)
        .join(
            ContractSubjectRow,
            (col(ContractSubjectRow.tenant) == ContractVersionRow.tenant)
            & (col(ContractSubjectRow.name) == ContractVersionRow.subject)
            & (col(ContractSubjectRow.current) == ContractVersionRow.number),
        )
        .where(*where)
        .order_by(col(ContractVersionRow.subject))
    )
    return [Stored(row, content.of_row(held)) for row, held in found]


def view(each: Stored) -> VersionView:
    """The version for people and doors."""
    row, held = each.row, each.content
    return VersionView(
        number=row.number,
        semver=row.semver,
        content_id=row.content_id,
        lifecycle=row.lifecycle,
        registered_at=Instant(row.registered_at),
        document=held.body.decode("utf-8-sig"),
        verdict=None if row.verdict is None else from_json(json.loads(row.verdict, parse_float=Decimal)),
        type=held.type,
        syntax=held.syntax,
        schema_id=held.schema_id,
        dialect=held.dialect,
        references=held.references,
        extra=held.extra,
        state=state(row),
        deleted_at=None if row.deleted_at is None else Instant(row.deleted_at),
    )


def state(row: ContractVersionRow) -> State:
    """The lifecycle of a version with its dates."""

    def at(value: int | None) -> Instant | None:
        return None if value is None else Instant(value)

    return State(row.lifecycle, row.successor, at(row.deprecated_at), at(row.sunset_at), at(row.retired_at))


_SAME_CONTENT = (col(ContractContentRow.tenant) == ContractVersionRow.tenant) & (
    col(ContractContentRow.content_id) == ContractVersionRow.content_id
)

# SPDX-License-Identifier: Apache-2.0
"""What may be taken out of the registry? Softly first: the number stays taken. For good only after that, and never what is referred to.

What something deployed declared that it reads goes only by force; whoever forces it says why, and that is kept in the audit log.
"""

from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from registry import config, content, deployed_use, subjects, versions
from registry.refusal import RefusedError, unknown_subject
from registry.tables import (
    ContractConfigRow,
    ContractContentRow,
    ContractReferenceRow,
    ContractSearchRow,
    ContractSubjectRow,
    ContractVersionRow,
)
from terms.instant import Instant
from terms.tenant import TENANT


def delete_version(
    session: Session, subject: str, number: int, now: Instant, *, permanent: bool = False, force: bool = False
) -> int:
    """The number of the version that was deleted. Raises RefusedError where it may not be (see Kind)."""
    config.require_writable(session, subject)
    rows = _rows(session, subject)
    row = next((each for each in rows if each.number == number), None)
    if row is None:
        raise RefusedError("unknown-version", f"there is no version {number} of '{subject}'", "version")
    if permanent and row.deleted_at is None:
        raise RefusedError(
            "version-not-deleted",
            f"version {number} of '{subject}' was not deleted softly first",
            "permanent",
            "delete it without permanent, then again with it",
        )
    if not permanent and row.deleted_at is not None:
        raise RefusedError(
            "version-deleted", f"version {number} of '{subject}' was deleted already", "version"
        )
    if not (permanent or force):
        _refuse_read(session, subject, [row])
    _delete(session, subject, [row], now, permanent)
    return number


def delete_subject(
    session: Session, subject: str, now: Instant, *, permanent: bool = False, force: bool = False
) -> list[int]:
    """The numbers of the versions that were deleted, ascending. Raises RefusedError where they may not be."""
    config.require_writable(session, subject)
    rows = _rows(session, subject)
    living = [row for row in rows if row.deleted_at is None]
    if permanent and living:
        raise RefusedError(
            "subject-not-deleted",
            f"'{subject}' was not deleted softly first",
            "permanent",
            "delete it without permanent, then again with it",
        )
    if not permanent and not living:
        raise RefusedError("subject-deleted", f"'{subject}' was deleted already", "subject")
    if not (permanent or force):
        _refuse_read(session, subject, living)
    deleted = rows if permanent else living
    _delete(session, subject, deleted, now, permanent)
    return [row.number for row in deleted]


def restore_version(session: Session, subject: str, number: int, now: Instant) -> int:
    """The number of the softly deleted version that is back, in the state it had. Raises RefusedError where it may not come back.

    That is where it was not deleted, where another version has taken its place since, or where what it refers to is gone.
    """
    config.require_writable(session, subject)
    rows = _rows(session, subject)
    row = next((each for each in rows if each.number == number), None)
    if row is None:
        raise RefusedError("unknown-version", f"there is no version {number} of '{subject}'", "version")
    if row.deleted_at is None:
        raise RefusedError(
            "version-not-deleted", f"version {number} of '{subject}' is not deleted", "version"
        )
    taken = next((each for each in rows if each.deleted_at is None and _is_same(each, row)), None)
    if taken is not None:
        raise RefusedError(
            "version-taken",
            f"version {taken.number} of '{subject}' is {taken.semver} now",
            "version",
            "keep that one, or delete it first",
        )
    held = content.by_content_id(session, row.content_id)
    assert held is not None, "a version's content is kept as long as the version"
    for reference in held.references:
        content.referenced(session, reference)
    row.deleted_at = None
    session.add(row)
    session.flush()
    subjects.refresh(session, subject, now)
    return number


def _is_same(one: ContractVersionRow, other: ContractVersionRow) -> bool:
    return one.semver == other.semver or one.content_id == other.content_id


def referenced_by(session: Session, subject: str, number: int) -> list[tuple[str, int, int]]:
    """The living versions that refer to this one: (subject, number, schema id), by subject and number."""
    found = session.exec(
        select(ContractVersionRow.subject, ContractVersionRow.number, ContractContentRow.schema_id)
        .join(
            ContractReferenceRow,
            (col(ContractReferenceRow.tenant) == ContractVersionRow.tenant)
            & (col(ContractReferenceRow.subject) == ContractVersionRow.subject)
            & (col(ContractReferenceRow.number) == ContractVersionRow.number),
        )
        .join(
            ContractContentRow,
            (col(ContractContentRow.tenant) == ContractVersionRow.tenant)
            & (col(ContractContentRow.content_id) == ContractVersionRow.content_id),
        )
        .where(
            ContractReferenceRow.tenant == TENANT,
            ContractReferenceRow.target == subject,
            ContractReferenceRow.target_number == number,
            col(ContractVersionRow.deleted_at).is_(None),
        )
        .order_by(col(ContractVersionRow.subject), col(ContractVersionRow.number))
        .distinct()
    )
    return [(name, version, schema_id) for name, version, schema_id in found]


def _rows(session: Session, subject: str) -> Sequence[ContractVersionRow]:
    # The same lock as registering takes: what is being referred to right now cannot go away beneath it.
    session.exec(
        select(ContractSubjectRow.name)
        .where(ContractSubjectRow.tenant == TENANT, ContractSubjectRow.name == subject)
        .with_for_update()
    ).first()
    rows = versions.rows(session, subject)
    if not rows:
        raise unknown_subject(subject)
    return rows


def _delete(
    session: Session, subject: str, rows: Sequence[ContractVersionRow], now: Instant, permanent: bool
) -> None:
    numbers = [row.number for row in rows]
    _refuse_referenced(session, subject, numbers)
    if permanent:
        contents = [row.content_id for row in rows]
        for row in rows:
            session.delete(row)
        session.exec(
            delete(ContractReferenceRow).where(
                col(ContractReferenceRow.tenant) == TENANT,
                col(ContractReferenceRow.subject) == subject,
                col(ContractReferenceRow.number).in_(numbers),
            )
        )
        session.flush()
        content.forget_unused(session, contents)
    else:
        for row in rows:
            row.deleted_at = now
            session.add(row)
        session.flush()
    if permanent and not versions.rows(session, subject):
        for table, name in (
            (ContractSearchRow, ContractSearchRow.subject),
            (ContractConfigRow, ContractConfigRow.subject),
            (ContractSubjectRow, ContractSubjectRow.name),
        ):
            session.exec(delete(table).where(col(table.tenant) == TENANT, col(name) == subject))
    else:
        subjects.refresh(session, subject, now)


def _refuse_read(session: Session, subject: str, rows: Sequence[ContractVersionRow]) -> None:
    reading = deployed_use.readers(session, subject, [row.semver for row in rows])
    if reading:
        what = f"version {rows[0].number} of '{subject}'" if len(rows) == 1 else f"'{subject}'"
        raise RefusedError(
            "in-use",
            f"{what} is read by {deployed_use.in_words(reading)}, which declared it",
            "version",
            "deploy versions of them that declare another, or force it with a reason",
        )


def _refuse_referenced(session: Session, subject: str, numbers: Sequence[int]) -> None:
    for number in numbers:
        others = [
            f"{name} version {version}"
            for name, version, _ in referenced_by(session, subject, number)
            if not (name == subject and version in numbers)
        ]
        if others:
            raise RefusedError(
                "referenced",
                f"version {number} of '{subject}' is referred to by {', '.join(others[:5])}",
                "version",
                "delete what refers to it first",
            )

# SPDX-License-Identifier: Apache-2.0
"""How are contracts kept and found? Registering is idempotent by content; everything runs in the caller's transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from registry.check import check_documents
from registry.contract import TYPE, Contract, SubjectView, VersionInfo, VersionView
from registry.document import parse
from registry.sources import Versions
from registry.tables import ContractSubjectRow, ContractVersionRow
from registry.verdict import Verdict, from_json
from terms import canonical_json
from terms.instant import Instant
from terms.problem import ProblemError
from terms.tenant import TENANT


def content_id(contract: Contract) -> str:
    """SHA-256 (64 hex digits) over the parsed document, its type, references and metadata: the same content, the same id.

    Spaces and the order of keys do not count; the order of items, annotations and the exact digits of numbers do.
    """
    metadata = {
        "owner": contract.owner,
        "steward": contract.steward,
        "domain": contract.domain,
        "audience": contract.audience,
        "lifecycle": contract.lifecycle,
        "compatibility": contract.compatibility,
    }
    whole = {"document": contract.document.data, "type": TYPE, "references": [], "metadata": metadata}
    return canonical_json.sha256_hex(whole)


def register(session: Session, contract: Contract, now: Instant) -> VersionInfo:
    """The version that holds this content: the one already there, or a new one with the subject's next number.

    A new one carries its verdict against the version before. Raises ProblemError when the semantic version is taken by
    other content: versions do not change. Callers that race for one subject are served one after the other.
    """
    subject = _locked_subject(session, contract, now)
    content = content_id(contract)
    rows = session.exec(
        select(ContractVersionRow)
        .where(ContractVersionRow.tenant == TENANT, ContractVersionRow.subject == contract.subject)
        .order_by(col(ContractVersionRow.number))
    ).all()
    for row in rows:
        if row.content_id == content:
            return VersionInfo(row.subject, row.number, row.semver, row.content_id, already_there=True)
    if any(row.semver == contract.semver for row in rows):
        raise ProblemError(
            f"version {contract.semver} of '{contract.subject}' exists with other content",
            contract.document.where("/x-throughline/version"),
            "versions do not change: give the new content a new version",
        )
    verdict = _verdict_against(rows, contract, subject.compatibility)
    row = _row(contract, content, (rows[-1].number if rows else 0) + 1, verdict, now)
    subject.compatibility = contract.compatibility
    session.add(row)
    session.add(subject)
    session.flush()
    return VersionInfo(row.subject, row.number, row.semver, content, already_there=False)


def subjects(session: Session) -> list[SubjectView]:
    """All subjects with all their versions, by name. Two statements, however many there are."""
    rows = session.exec(
        select(ContractVersionRow)
        .where(ContractVersionRow.tenant == TENANT)
        .order_by(col(ContractVersionRow.subject), col(ContractVersionRow.number))
    ).all()
    modes = {
        row.name: row.compatibility
        for row in session.exec(select(ContractSubjectRow).where(ContractSubjectRow.tenant == TENANT))
    }
    # Databases sort texts by their own rules; the list is the same on all of them.
    views = [_view(name, modes[name], group) for name, group in groupby(rows, key=lambda row: row.subject)]
    return sorted(views, key=lambda view: view.name)


def subject(session: Session, name: str) -> SubjectView | None:
    """One subject with all its versions, oldest first; None when there is none of that name."""
    head = session.get(ContractSubjectRow, (TENANT, name))
    if head is None:
        return None
    rows = session.exec(
        select(ContractVersionRow)
        .where(ContractVersionRow.tenant == TENANT, ContractVersionRow.subject == name)
        .order_by(col(ContractVersionRow.number))
    ).all()
    return _view(name, head.compatibility, rows) if rows else None


def _locked_subject(session: Session, contract: Contract, now: Instant) -> ContractSubjectRow:
    values = {
        "tenant": TENANT,
        "name": contract.subject,
        "compatibility": contract.compatibility,
        "created_at": now,
    }
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(ContractSubjectRow).values(values).on_conflict_do_nothing())
    # The row's lock makes racing registrations queue; SQLite has one writer anyway and knows no such lock.
    return session.exec(
        select(ContractSubjectRow)
        .where(ContractSubjectRow.tenant == TENANT, ContractSubjectRow.name == contract.subject)
        .with_for_update()
    ).one()


def _verdict_against(rows: Sequence[ContractVersionRow], contract: Contract, mode: str) -> Verdict | None:
    if not rows:
        return None
    compared = rows if mode.endswith("_TRANSITIVE") else rows[-1:]
    olds = [parse(row.document.encode(), f"{row.subject}@{row.semver}", row.syntax) for row in compared]
    new = replace(contract.document, name=f"{contract.subject}@{contract.semver}")
    return check_documents(new, Versions(tuple(olds), complete=True), mode)


def _row(
    contract: Contract, content: str, number: int, verdict: Verdict | None, now: Instant
) -> ContractVersionRow:
    return ContractVersionRow(
        tenant=TENANT,
        subject=contract.subject,
        number=number,
        semver=contract.semver,
        content_id=content,
        artefact_type=TYPE,
        syntax=contract.document.syntax,
        document=contract.document.text,
        title=contract.title,
        description=contract.description,
        owner=contract.owner,
        steward=contract.steward,
        domain=contract.domain,
        audience=contract.audience,
        lifecycle=contract.lifecycle,
        verdict=None if verdict is None else json.dumps(verdict.as_json()),
        registered_at=now,
    )


def _view(name: str, mode: str, rows: Iterable[ContractVersionRow]) -> SubjectView:
    listed = list(rows)
    last = listed[-1]
    return SubjectView(
        name=name,
        title=last.title,
        description=last.description,
        owner=last.owner,
        steward=last.steward,
        domain=last.domain,
        audience=last.audience,
        lifecycle=last.lifecycle,
        compatibility=mode,
        versions=tuple(_version(row) for row in listed),
    )


def _version(row: ContractVersionRow) -> VersionView:
    return VersionView(
        number=row.number,
        semver=row.semver,
        content_id=row.content_id,
        lifecycle=row.lifecycle,
        registered_at=Instant(row.registered_at),
        document=row.document,
        verdict=None if row.verdict is None else from_json(json.loads(row.verdict)),
        type=row.artefact_type,
        syntax=row.syntax,
    )

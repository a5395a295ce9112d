# SPDX-License-Identifier: Apache-2.0
"""How are contracts kept and found? Registering is idempotent by content; everything runs in the caller's transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from registry import comparison, config, content, subjects, versions
from registry.comparison import Comparison
from registry.contract import Contract
from registry.insertion import insert_new
from registry.judgement import judged
from registry.lifecycle import DRAFT, RETIRED, first_state
from registry.refusal import RefusedError
from registry.semver import following
from registry.stated import place
from registry.tables import ContractReferenceRow, ContractSubjectRow, ContractVersionRow
from registry.verdict import BREAKING, COMPATIBLE, Verdict
from registry.views import SubjectView, VersionInfo
from terms import canonical_json
from terms.instant import Instant
from terms.tenant import TENANT


@dataclass(frozen=True, slots=True)
class Terms:
    """How to register. `enforce`: only what is compatible. `lifecycle` is the state to begin in, None as the document says.

    `number` and `schema_id` ask for certain numbers; they are granted in the registry mode IMPORT only.
    """

    enforce: bool = False
    lifecycle: str | None = None
    number: int | None = None
    schema_id: int | None = None


def register(
    session: Session, contract: Contract, now: Instant, known: Sequence[Comparison] = ()
) -> VersionInfo:
    """The version that holds this content: the one already there, or a new one with the subject's next number.

    A new one carries its verdict against what came before; a verdict keeps nothing out. Raises RefusedError when the
    semantic version is taken by other content: versions do not change; and while the subject is read-only. Callers that race
    for one subject are served one after the other. `known` are comparisons made before (`judgement.judged`).
    """
    answer = register_on(session, contract, now, Terms(), known)
    assert isinstance(answer, VersionInfo)
    return answer


def there(session: Session, subject: str, held: str) -> VersionInfo | None:
    """The version of the subject that holds this content and can be seen; None when registering it would change anything."""
    row = session.exec(
        select(ContractVersionRow)
        .where(
            ContractVersionRow.tenant == TENANT,
            ContractVersionRow.subject == subject,
            ContractVersionRow.content_id == held,
            col(ContractVersionRow.deleted_at).is_(None),
        )
        .order_by(col(ContractVersionRow.number))
        .limit(1)
    ).first()
    return None if row is None or row.lifecycle in (DRAFT, RETIRED) else _found(session, row)


def register_on(
    session: Session, contract: Contract, now: Instant, terms: Terms, known: Sequence[Comparison] = ()
) -> VersionInfo | Verdict:
    """As `register`, on those terms; the verdict, and nothing stored, when it must be compatible and is not."""
    _lock(session, contract.subject, now)
    rows = versions.rows(session, contract.subject)
    held = content.content_id(contract)
    beginning = terms.lifecycle or contract.lifecycle
    there = next((row for row in rows if row.content_id == held and row.deleted_at is None), None)
    if there is not None and not (there.lifecycle == DRAFT and beginning != DRAFT):
        return _found(session, there)
    settled = config.require_writable(session, contract.subject)
    _refuse_taken(rows, contract, held)
    answer = judged(session, contract, now, known=known)
    if terms.enforce and answer.verdict.status != COMPATIBLE and settled.registry_mode != config.IMPORT:
        return answer.verdict
    comparison.remember(session, answer.comparisons)
    verdict = answer.verdict if answer.verdict.against else None
    if there is not None:
        return _agreed(session, there, contract, beginning, verdict, now)
    return _added(session, contract, held, rows, replace(terms, lifecycle=beginning), verdict, now)


def subject(session: Session, name: str) -> SubjectView | None:
    """One subject with all its versions that are not deleted, oldest first; None when there is none of that name."""
    return next(iter(subject_views(session, [name])), None)


def subject_views(session: Session, names: Sequence[str]) -> list[SubjectView]:
    """Those of the subjects that have a version which is not deleted, with all such versions, in the order of the names.

    Three statements, however many they are. For a list, ask `listing.page` first.
    """
    rows = session.exec(
        select(ContractSubjectRow).where(
            ContractSubjectRow.tenant == TENANT, col(ContractSubjectRow.name).in_(list(names))
        )
    ).all()
    by_name = {row.name: row for row in rows}
    modes = config.modes(session, {row.name: row.compatibility for row in rows})
    found = versions.views(session, list(by_name))
    return [
        SubjectView(
            name=row.name,
            title=row.title,
            description=row.description,
            owner=row.owner,
            steward=row.steward,
            domain=row.domain,
            audience=row.audience,
            lifecycle=row.lifecycle or found[row.name][-1].lifecycle,
            compatibility=modes[row.name],
            versions=found[row.name],
            type=row.artefact_type or found[row.name][-1].type,
            retention=row.retention,
            event_type=row.event_type,
            labels=json.loads(row.labels),
        )
        for row in (by_name[name] for name in names if name in by_name)
        if row.name in found
    ]


def _lock(session: Session, name: str, now: Instant) -> None:
    texts = (
        "compatibility", "artefact_type", "semver", "lifecycle", "title", "description", "owner", "steward", "domain",
        "audience", "retention", "event_type",
    )  # fmt: skip
    row = dict.fromkeys(texts, "") | {
        "tenant": TENANT,
        "name": name,
        "current": 0,
        "labels": "{}",
        "created_at": now,
        "changed_at": now,
    }
    insert_new(session, ContractSubjectRow, [row])
    # The row's lock makes racing registrations queue; SQLite has one writer anyway and knows no such lock.
    session.exec(
        select(ContractSubjectRow)
        .where(ContractSubjectRow.tenant == TENANT, ContractSubjectRow.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _found(session: Session, row: ContractVersionRow) -> VersionInfo:
    if row.lifecycle == RETIRED:
        raise RefusedError(
            "retired",
            f"version {row.number} of '{row.subject}' has this content and is retired",
            do="register what takes its place",
        )
    held = content.by_content_id(session, row.content_id)
    assert held is not None, "a version's content is kept as long as the version"
    return VersionInfo(row.subject, row.number, row.semver, row.content_id, True, held.schema_id)


def _refuse_taken(rows: Sequence[ContractVersionRow], contract: Contract, held: str) -> None:
    if any(row.semver == contract.semver and row.content_id != held for row in rows):
        raise RefusedError(
            "version-taken",
            f"version {contract.semver} of '{contract.subject}' exists with other content",
            contract.document.where(f"{place(contract.document.data)}/version"),
            "versions do not change: give the new content a new version",
        )


def _agreed(
    session: Session,
    row: ContractVersionRow,
    contract: Contract,
    lifecycle: str,
    verdict: Verdict | None,
    now: Instant,
) -> VersionInfo:
    """A draft that is registered again, and not as a draft: it is agreed."""
    state = first_state(replace(contract.state, lifecycle=lifecycle), now)
    row.lifecycle, row.successor, row.verdict = state.lifecycle, state.successor, _text(verdict)
    row.deprecated_at, row.sunset_at, row.retired_at = state.deprecated_at, state.sunset_at, state.retired_at
    session.add(row)
    session.flush()
    subjects.refresh(session, contract.subject, now)
    return _found(session, row)


def _added(
    session: Session,
    contract: Contract,
    held: str,
    rows: Sequence[ContractVersionRow],
    terms: Terms,
    verdict: Verdict | None,
    now: Instant,
) -> VersionInfo:
    last = rows[-1].number if rows else 0
    _hold(session, contract)
    schema_id = content.keep(session, contract, held, now, terms.schema_id)
    is_breaking = verdict is not None and verdict.status == BREAKING
    state = first_state(replace(contract.state, lifecycle=terms.lifecycle or contract.lifecycle), now)
    row = ContractVersionRow(
        tenant=TENANT,
        subject=contract.subject,
        number=_number(rows, last, terms),
        semver=contract.semver or following([each.semver for each in rows], is_breaking),
        content_id=held,
        lifecycle=state.lifecycle,
        successor=state.successor,
        deprecated_at=state.deprecated_at,
        sunset_at=state.sunset_at,
        retired_at=state.retired_at,
        verdict=_text(verdict),
        registered_at=now,
    )
    session.add(row)
    for reference in contract.references:
        session.add(
            ContractReferenceRow(
                tenant=TENANT,
                subject=row.subject,
                number=row.number,
                name=reference.name,
                target=reference.subject,
                target_number=reference.number,
            )
        )
    session.flush()
    if row.number < last:
        subjects.refresh(session, row.subject, now)
    elif subjects.is_visible(row.lifecycle):
        subjects.show(session, row.number, row.semver, row.lifecycle, contract, now)
    return VersionInfo(row.subject, row.number, row.semver, held, False, schema_id)


def _hold(session: Session, contract: Contract) -> None:
    """Keeps what the contract refers to from being deleted until the transaction ends. Raises RefusedError where it was already."""
    names = sorted({reference.subject for reference in contract.references} - {contract.subject})
    if names:
        session.exec(
            select(ContractSubjectRow.name)
            .where(ContractSubjectRow.tenant == TENANT, col(ContractSubjectRow.name).in_(names))
            .order_by(col(ContractSubjectRow.name))
            .with_for_update()
        ).all()
    for reference in contract.references:
        content.referenced(session, reference)


def _number(rows: Sequence[ContractVersionRow], last: int, terms: Terms) -> int:
    if terms.number is None:
        return last + 1
    if any(row.number == terms.number for row in rows):
        raise RefusedError("id-taken", f"version {terms.number} exists with other content", "version")
    return terms.number


def _text(verdict: Verdict | None) -> str | None:
    return None if verdict is None else canonical_json.text(verdict.as_json())

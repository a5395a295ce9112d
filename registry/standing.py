# SPDX-License-Identifier: Apache-2.0
"""How does each subject of a list stand? A count and the verdict on what is current, read without any document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from registry import approval_store
from registry.approval_store import Approval
from registry.tables import ContractSubjectRow, ContractVersionRow
from registry.verdict import COMPATIBLE, from_json, status_of
from terms.instant import Instant
from terms.tenant import TENANT


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict for a list. `status` counts the approvals in force, `without_approvals` none, `approved_until` is when the
    first of those ends that make the difference; None where none does.
    """

    status: str
    without_approvals: str
    approved_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`versions` counts those that are not deleted; `verdict` is the one on the current one, None where nothing came before it."""

    versions: int
    verdict: Answer | None
    registered_at: Instant


def standings(session: Session, names: Sequence[str], now: Instant) -> Mapping[str, Standing]:
    """The standing of each of the subjects that has a current version. Three statements, however many they are."""
    counts = dict(
        session.exec(
            select(ContractVersionRow.subject, func.count())
            .where(
                ContractVersionRow.tenant == TENANT,
                col(ContractVersionRow.subject).in_(list(names)),
                col(ContractVersionRow.deleted_at).is_(None),
            )
            .group_by(col(ContractVersionRow.subject))
        ).all()
    )
    current = session.exec(
        select(ContractVersionRow.subject, ContractVersionRow.verdict, ContractVersionRow.registered_at)
        .join(
            ContractSubjectRow,
            (col(ContractSubjectRow.tenant) == ContractVersionRow.tenant)
            & (col(ContractSubjectRow.name) == ContractVersionRow.subject)
            & (col(ContractSubjectRow.current) == ContractVersionRow.number),
        )
        .where(ContractVersionRow.tenant == TENANT, col(ContractVersionRow.subject).in_(list(names)))
    ).all()
    approved = approval_store.in_force_of(session, names, now)
    return {
        name: Standing(
            counts[name],
            _answer(json.loads(verdict), approved.get(name, {})) if verdict else None,
            Instant(at),
        )
        for name, verdict, at in current
    }


def _answer(told: dict[str, Any], approved: Mapping[str, Approval]) -> Answer:
    """What is kept is the verdict of the day of registration, with what was approved then."""
    if not approved and not any(finding["approval"] for finding in told["findings"]):
        return Answer(told["status"], told["status"])
    verdict = from_json(told)
    status, bare = (approval_store.counted(verdict, each).status for each in (approved, {}))
    ends = [
        approved[finding.fingerprint].until
        for finding in verdict.findings
        if finding.fingerprint in approved
        and status_of([finding.levels.get(verdict.policy, finding.level)]) != COMPATIBLE
    ]
    return Answer(status, bare, min(ends) if status != bare else None)

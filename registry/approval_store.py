# SPDX-License-Identifier: Apache-2.0
"""Which findings did a person accept, who, why and until when? Kept by subject and fingerprint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from registry.insertion import upsert
from registry.tables import ContractApprovalRow
from registry.verdict import Verdict, with_findings
from terms import instant
from terms.instant import Instant
from terms.problem import ProblemError
from terms.tenant import TENANT


@dataclass(frozen=True, slots=True)
class Approval:
    """One finding of one subject is accepted until that instant: the end, in UTC, of the last day on which it counts."""

    subject: str
    fingerprint: str
    reason: str
    approved_by: str
    approved_at: Instant
    until: Instant

    def __str__(self) -> str:
        return f"approved by {self.approved_by} until {self.last_day}: {self.reason}"

    @property
    def last_day(self) -> str:
        """The last day on which it counts, `2026-12-31`."""
        return instant.day(Instant(self.until - 1))


def approve(session: Session, approval: Approval) -> None:
    """Keeps the approval, over an earlier one of the same finding. Raises ProblemError without a reason or a time to come."""
    if not approval.reason.strip():
        raise ProblemError("an approval without a reason", "reason", "say why the break is accepted")
    if approval.until <= approval.approved_at:
        raise ProblemError("the approval ends before it begins", "until", "name a time to come")
    upsert(
        session,
        ContractApprovalRow,
        {
            "tenant": TENANT,
            "subject": approval.subject,
            "fingerprint": approval.fingerprint,
            "reason": approval.reason.strip(),
            "approved_by": approval.approved_by,
            "approved_at": approval.approved_at,
            "until": approval.until,
        },
    )


def withdraw(session: Session, subject: str, fingerprint: str) -> bool:
    """Takes an approval back. False when there is none."""
    row = session.get(ContractApprovalRow, (TENANT, subject, fingerprint))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def approvals(session: Session, subject: str) -> tuple[Approval, ...]:
    """All approvals of a subject, ended ones too, by fingerprint."""
    rows = session.exec(
        select(ContractApprovalRow)
        .where(ContractApprovalRow.tenant == TENANT, ContractApprovalRow.subject == subject)
        .order_by(col(ContractApprovalRow.fingerprint))
    )
    return tuple(_approval(row) for row in rows)


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """Approvals by subject and fingerprint. `total` counts all that are wanted; `has_more`: some follow the last one here."""

    approvals: tuple[Approval, ...]
    total: int
    has_more: bool


def page(
    session: Session,
    now: Instant,
    first: int,
    after: tuple[str, str] | None = None,
    *,
    subject: str | None = None,
    ended: bool = False,
) -> ApprovalPage:
    """The approvals in force, or those that have ended, from behind (subject, fingerprint) on, at most `first`. Two statements."""
    until = col(ContractApprovalRow.until)
    where: list[Any] = [ContractApprovalRow.tenant == TENANT, until <= now if ended else until > now]
    if subject:
        where.append(ContractApprovalRow.subject == subject)
    total = session.exec(select(func.count()).select_from(ContractApprovalRow).where(*where)).one()
    name, print_ = col(ContractApprovalRow.subject), col(ContractApprovalRow.fingerprint)
    if after is not None:
        where.append((name > after[0]) | ((name == after[0]) & (print_ > after[1])))
    rows = session.exec(
        select(ContractApprovalRow).where(*where).order_by(name, print_).limit(first + 1)
    ).all()
    return ApprovalPage(tuple(_approval(row) for row in rows[:first]), total, len(rows) > first)


def counted(verdict: Verdict, approved: Mapping[str, Approval]) -> Verdict:
    """The verdict as these approvals leave it, whatever held when it was made."""
    findings = [replace(each, approval=str(approved.get(each.fingerprint, ""))) for each in verdict.findings]
    return with_findings(verdict, findings)


def in_force(session: Session, subject: str, now: Instant) -> Mapping[str, Approval]:
    """The approvals of a subject that have not ended, by fingerprint."""
    return {each.fingerprint: each for each in approvals(session, subject) if each.until > now}


def in_force_of(session: Session, names: Sequence[str], now: Instant) -> dict[str, dict[str, Approval]]:
    """The same of several subjects, by subject and fingerprint. One statement."""
    rows = session.exec(
        select(ContractApprovalRow).where(
            ContractApprovalRow.tenant == TENANT,
            col(ContractApprovalRow.subject).in_(list(names)),
            col(ContractApprovalRow.until) > now,
        )
    )
    found: dict[str, dict[str, Approval]] = {}
    for row in rows:
        found.setdefault(row.subject, {})[row.fingerprint] = _approval(row)
    return found


def ends_of(session: Session, names: Sequence[str], now: Instant) -> dict[str, dict[str, Instant]]:
    """Until when each finding of several subjects is accepted, by subject and fingerprint, as far as it still is. One statement."""
    rows = session.exec(
        select(ContractApprovalRow.subject, ContractApprovalRow.fingerprint, ContractApprovalRow.until).where(
            ContractApprovalRow.tenant == TENANT,
            col(ContractApprovalRow.subject).in_(list(names)),
            col(ContractApprovalRow.until) > now,
        )
    )
    found: dict[str, dict[str, Instant]] = {}
    for subject, fingerprint, until in rows:
        found.setdefault(subject, {})[fingerprint] = Instant(until)
    return found


def _approval(row: ContractApprovalRow) -> Approval:
    return Approval(
        row.subject,
        row.fingerprint,
        row.reason,
        row.approved_by,
        Instant(row.approved_at),
        Instant(row.until),
    )

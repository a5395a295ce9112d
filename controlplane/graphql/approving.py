# SPDX-License-Identifier: Apache-2.0
"""The mutations of approvals: a break is accepted, and the acceptance taken back."""

from typing import Annotated

import strawberry
from sqlmodel import Session

from controlplane.graphql.context import Info
from controlplane.graphql.contract_change import ContractRefused, check_key, check_reason, refused
from controlplane.graphql.described import asked, change, noun
from controlplane.graphql.problem import ContractNotFound
from registry import approval_store, subjects
from registry.approval_store import Approval
from terms.instant import Instant
from terms.problem import ProblemError


@asked
class ApproveFindingInput:
    """Accepts one finding of a subject by its fingerprint, for a reason, until an instant. Asking again renews the same one."""

    subject: str
    fingerprint: str
    reason: str
    until: Instant
    idempotency_key: str


@asked
class WithdrawApprovalInput:
    """Takes an approval back. Asking again changes nothing."""

    subject: str
    fingerprint: str
    idempotency_key: str
    reason: str = ""


@noun
class FindingApproved:
    """The approval as it is kept."""

    subject: str
    fingerprint: str
    reason: str
    approved_by: str
    until: Instant


@noun
class ApprovalWithdrawn:
    """The finding counts again. `alreadyGone`: nobody had accepted it, and nothing was stored."""

    subject: str
    fingerprint: str
    already_gone: bool


ApproveFindingResult = Annotated[
    FindingApproved | ContractNotFound | ContractRefused,
    strawberry.union("ApproveFindingResult", description="What became of accepting a finding."),
]
WithdrawApprovalResult = Annotated[
    ApprovalWithdrawn | ContractRefused,
    strawberry.union("WithdrawApprovalResult", description="What became of taking an approval back."),
]


async def approve_finding(info: Info, input: ApproveFindingInput) -> ApproveFindingResult:  # noqa: A002
    """Accepts a break: the finding with that fingerprint no longer fails a check until then. It goes to the audit log."""
    check_key(input.idempotency_key)
    context = info.context
    approval = Approval(
        input.subject,
        input.fingerprint.strip(),
        input.reason.strip(),
        context.caller.name,
        context.now,
        input.until,
    )

    def approve(session: Session) -> bool:
        if subjects.head(session, approval.subject) is None:
            return False
        approval_store.approve(session, approval)
        return True

    try:
        check_reason(input.reason)
        is_known = await context.sources.database.write_async(
            approve,
            actor=context.caller.actor,
            reason=f"approve {approval.fingerprint} of {approval.subject}: {approval.reason}",
        )
    except ProblemError as error:
        return refused(error)
    if not is_known:
        return ContractNotFound(message=f"there is no contract '{input.subject[:200]}'")
    return FindingApproved(
        subject=approval.subject,
        fingerprint=approval.fingerprint,
        reason=approval.reason,
        approved_by=approval.approved_by,
        until=approval.until,
    )


async def withdraw_approval(info: Info, input: WithdrawApprovalInput) -> WithdrawApprovalResult:  # noqa: A002
    """Takes an approval back: the finding fails checks again. It goes to the audit log."""
    check_key(input.idempotency_key)
    fingerprint = input.fingerprint.strip()
    try:
        check_reason(input.reason)
        was_there = await info.context.sources.database.write_async(
            lambda session: approval_store.withdraw(session, input.subject, fingerprint),
            actor=info.context.caller.actor,
            reason=f"withdraw the approval of {fingerprint} of {input.subject}{input.reason and f': {input.reason}'}",
        )
    except ProblemError as error:
        return refused(error)
    return ApprovalWithdrawn(subject=input.subject, fingerprint=fingerprint, already_gone=not was_there)


@strawberry.type
class ApprovalMutation:
    approve_finding: ApproveFindingResult = change(approve_finding)
    withdraw_approval: WithdrawApprovalResult = change(withdraw_approval)

# SPDX-License-Identifier: Apache-2.0
"""The mutations of contracts: register a version, move one on in its life, accept a break. Expected refusals are answers."""

from typing import Annotated

import strawberry
from sqlmodel import Session

from controlplane.graphql import contract as contract_type
from controlplane.graphql.compatibility import draft_of
from controlplane.graphql.context import Info
from controlplane.graphql.contract import Contract, ContractVersion
from controlplane.graphql.described import asked, change, noun
from controlplane.graphql.problem import ContractNotFound, DraftUnreadable, problems_of
from controlplane.graphql.verdict import Verdict, verdict_of
from registry import approval_store, store, subjects, transition, versions
from registry import verdict as registry_verdict
from registry.approval_store import Approval
from registry.contract import VersionView
from registry.incoming import Incoming
from registry.lifecycle import Wish
from registry.refusal import RefusedError
from registry.store import Terms
from terms.instant import Instant
from terms.problem import ProblemError

LONGEST_KEY = 200
LONGEST_REASON = 1_000


@asked
class RegisterContractInput:
    """`document` is JSON or YAML text; without `subject` the one it names. `ifCompatible`: keep out what does not follow.

    The same content is the same version, so asking again with the same `idempotencyKey` changes nothing.
    """

    document: str
    idempotency_key: str
    subject: str | None = None
    if_compatible: bool = False


@asked
class ChangeLifecycleInput:
    """`to` is active, deprecated, sunset (with `sunsetAt`) or retired. `force` with a reason retires what is still used.

    A version that is in that state already stays as it is, so asking again changes nothing.
    """

    subject: str
    version: str
    to: str
    idempotency_key: str
    reason: str = ""
    successor: str = ""
    sunset_at: Instant | None = None
    force: bool = False


@asked
class ApproveFindingInput:
    """Accepts one finding of a subject by its fingerprint, for a reason, until an instant. Asking again renews the same one."""

    subject: str
    fingerprint: str
    reason: str
    until: Instant
    idempotency_key: str


@noun
class ContractRegistered:
    """The version that holds the content. `alreadyThere`: it was registered before, and nothing was stored."""

    contract: Contract
    version: ContractVersion
    already_there: bool


@noun
class ContractIncompatible:
    """It does not follow what is registered, so nothing was stored; the verdict says why."""

    verdict: Verdict


@noun
class ContractRefused:
    """What is registered forbids it. `kind` is a word for programs; `next` says which way is open."""

    kind: str
    message: str
    next: str


@noun
class LifecycleChanged:
    """The version in its new state. `alreadyThere`: it was in that state before, and nothing was stored."""

    contract: Contract
    version: ContractVersion
    already_there: bool


@noun
class FindingApproved:
    """The approval as it is kept."""

    subject: str
    fingerprint: str
    reason: str
    approved_by: str
    until: Instant


RegisterContractResult = Annotated[
    ContractRegistered | DraftUnreadable | ContractIncompatible | ContractRefused | ContractNotFound,
    strawberry.union("RegisterContractResult", description="What became of registering a contract."),
]
ChangeLifecycleResult = Annotated[
    LifecycleChanged | ContractNotFound | ContractRefused | ContractIncompatible,
    strawberry.union("ChangeLifecycleResult", description="What became of moving a version on."),
]
ApproveFindingResult = Annotated[
    FindingApproved | ContractNotFound | ContractRefused,
    strawberry.union("ApproveFindingResult", description="What became of accepting a finding."),
]


async def register_contract(info: Info, input: RegisterContractInput) -> RegisterContractResult:  # noqa: A002
    """Registers a document as the subject's next version, or finds the version that holds it already."""
    _check_key(input.idempotency_key)
    try:
        draft = draft_of(input.document)
        name = (input.subject or "").strip() or draft.subject
        if not name:
            return ContractNotFound(
                message="the document names no subject in x-throughline, and none was given"
            )
        given = Incoming(name, input.document.encode(), draft.syntax)
        terms = Terms(enforce=input.if_compatible)
        answer = await info.context.sources.registering.register(given, terms, info.context.caller)
    except RefusedError as refused:
        return _refused(refused)
    except ProblemError as error:
        return DraftUnreadable(problems=problems_of(error.problems))
    if isinstance(answer, registry_verdict.Verdict):
        return ContractIncompatible(verdict=verdict_of(answer))
    contract, version = await _named(info, name, answer.number)
    return ContractRegistered(contract=contract, version=version, already_there=answer.already_there)


async def change_lifecycle(info: Info, input: ChangeLifecycleInput) -> ChangeLifecycleResult:  # noqa: A002
    """Moves a version on: agreed, deprecated with its successor, sunset with its day, retired."""
    _check_key(input.idempotency_key)
    _check_reason(input.reason)
    wish = Wish(input.to, input.reason, input.successor, input.sunset_at, input.force)
    context = info.context

    def move(session: Session) -> tuple[VersionView | registry_verdict.Verdict | None, bool]:
        found = versions.find(session, input.subject, input.version)
        if found is None:
            return None, False
        if found.row.lifecycle == wish.to and wish.sunset_at in (None, found.row.sunset_at):
            return versions.view(found), True
        moved = transition.move(
            session, input.subject, found.row.number, wish, context.now, context.sources.users
        )
        return moved, False

    forced = ", forced" if input.force else ""
    try:
        answer, already = await context.sources.database.write_async(
            move,
            actor=context.caller.actor,
            reason=f"{input.subject}@{input.version} to {input.to}{forced}{input.reason and f': {input.reason}'}",
        )
    except RefusedError as refused:
        return _refused(refused)
    if answer is None:
        return ContractNotFound(
            message=f"there is no version {input.version[:80]} of '{input.subject[:200]}'"
        )
    if isinstance(answer, registry_verdict.Verdict):
        return ContractIncompatible(verdict=verdict_of(answer))
    contract, version = await _named(info, input.subject, answer.number)
    return LifecycleChanged(contract=contract, version=version, already_there=already)


async def approve_finding(info: Info, input: ApproveFindingInput) -> ApproveFindingResult:  # noqa: A002
    """Accepts a break: the finding with that fingerprint no longer fails a check until then. It goes to the audit log."""
    _check_key(input.idempotency_key)
    _check_reason(input.reason)
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

    is_known = await context.sources.database.write_async(
        approve,
        actor=context.caller.actor,
        reason=f"approve {approval.fingerprint} of {approval.subject}: {approval.reason}",
    )
    if not is_known:
        return ContractNotFound(message=f"there is no contract '{input.subject[:200]}'")
    return FindingApproved(
        subject=approval.subject,
        fingerprint=approval.fingerprint,
        reason=approval.reason,
        approved_by=approval.approved_by,
        until=approval.until,
    )


async def _named(info: Info, subject: str, number: int) -> tuple[Contract, ContractVersion]:
    view = await info.context.read(lambda session: store.subject(session, subject))
    assert view is not None, "it was registered a moment ago"
    version = next(one for one in view.versions if one.number == number)
    return contract_type.contract_of(view), contract_type.version_of(subject, version)


def _refused(refused: RefusedError) -> ContractRefused:
    problem = refused.problems[0]
    return ContractRefused(kind=refused.kind, message=problem.what, next=problem.do)


def _check_key(key: str) -> None:
    if not 0 < len(key.strip()) <= LONGEST_KEY:
        raise ProblemError(
            "an idempotency key has 1 to 200 characters", "idempotencyKey", "make one for each press"
        )


def _check_reason(reason: str) -> None:
    if len(reason) > LONGEST_REASON:
        raise ProblemError("the reason is longer than 1,000 characters", "reason", "shorten it")


@strawberry.type
class RegistrationMutation:
    register_contract: RegisterContractResult = change(register_contract)
    change_lifecycle: ChangeLifecycleResult = change(change_lifecycle)
    approve_finding: ApproveFindingResult = change(approve_finding)

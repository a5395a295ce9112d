# SPDX-License-Identifier: Apache-2.0
"""A version's life in the schema: it moves on from state to state, is deleted softly, and comes back."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import strawberry
from sqlmodel import Session

from controlplane.graphql.context import Info
from controlplane.graphql.contract import Contract
from controlplane.graphql.contract_change import ContractRefused, changed, check_key, check_reason, refused
from controlplane.graphql.contract_version import ContractVersion
from controlplane.graphql.described import asked, change, noun
from controlplane.graphql.problem import ContractNotFound
from controlplane.graphql.registration import ContractIncompatible
from controlplane.graphql.verdict import verdict_of
from registry import deletion, lifecycle, transition, versions
from registry.lifecycle import Wish, is_granted
from registry.refusal import RefusedError
from registry.verdict import Verdict
from registry.views import VersionView
from terms.instant import Instant
from terms.problem import ProblemError


@asked
class ChangeLifecycleInput:
    """`to` is active, deprecated, sunset (with `sunsetAt`) or retired. `force` with a reason retires what is still used.

    `deprecatedAt` is the day from which it counts as deprecated, now without one. A version that is as wanted already stays
    as it is, so asking again changes nothing. With `ifCompatible` a draft that does not follow stays one.
    """

    subject: str
    version: str
    to: str
    idempotency_key: str
    reason: str = ""
    successor: str = ""
    deprecated_at: Instant | None = None
    sunset_at: Instant | None = None
    force: bool = False
    if_compatible: bool = False


@asked
class VersionInput:
    """One version, by its number, as it is deleted or restored. Asking again changes nothing.

    `force` with a reason deletes it though something deployed declared that it reads it.
    """

    subject: str
    number: int
    idempotency_key: str
    reason: str = ""
    force: bool = False


@noun
class LifecycleChanged:
    """The version in its new state. `alreadyThere`: it was in that state before, and nothing was stored."""

    contract: Contract
    version: ContractVersion
    already_there: bool


@noun
class VersionDeleted:
    """The version is out of sight; its number and its name stay taken. `alreadyDone`: it was before, and nothing was stored."""

    subject: str
    number: int
    already_done: bool


@noun
class VersionRestored:
    """The version is back, in the state it had. `alreadyDone`: it was there before, and nothing was stored."""

    subject: str
    number: int
    already_done: bool


ChangeLifecycleResult = Annotated[
    LifecycleChanged | ContractNotFound | ContractRefused | ContractIncompatible,
    strawberry.union("ChangeLifecycleResult", description="What became of moving a version on."),
]
DeleteVersionResult = Annotated[
    VersionDeleted | ContractNotFound | ContractRefused,
    strawberry.union("DeleteVersionResult", description="What became of deleting a version."),
]
RestoreVersionResult = Annotated[
    VersionRestored | ContractNotFound | ContractRefused,
    strawberry.union("RestoreVersionResult", description="What became of restoring a version."),
]


async def change_lifecycle(info: Info, input: ChangeLifecycleInput) -> ChangeLifecycleResult:  # noqa: A002
    """Moves a version on: agreed, deprecated with its successor, sunset with its day, retired."""
    check_key(input.idempotency_key)
    wish = Wish(
        input.to, input.reason, input.successor.strip(), input.sunset_at, input.force, input.deprecated_at
    )
    context = info.context

    def move(session: Session) -> tuple[VersionView | Verdict | None, bool]:
        found = versions.find(session, input.subject, input.version)
        if found is None:
            return None, False
        if is_granted(versions.state(found.row), wish, input.subject):
            return versions.view(found), True
        moved = transition.move(
            session,
            input.subject,
            found.row.number,
            wish,
            context.now,
            context.sources.users,
            if_compatible=input.if_compatible,
        )
        return moved, False

    forced = ", forced" if input.force else ""
    try:
        check_reason(input.reason)
        answer, already = await context.sources.database.write_async(
            move,
            actor=context.caller.actor,
            reason=f"{input.subject}@{input.version} to {input.to}{forced}{input.reason and f': {input.reason}'}",
        )
    except ProblemError as error:
        return refused(error)
    if answer is None:
        return _not_found(input.subject, input.version)
    if isinstance(answer, Verdict):
        return ContractIncompatible(verdict=verdict_of(answer))
    contract, version = await changed(info, input.subject, answer.number)
    return LifecycleChanged(contract=contract, version=version, already_there=already)


async def delete_version(info: Info, input: VersionInput) -> DeleteVersionResult:  # noqa: A002
    """Deletes a version softly: it is out of sight and can be restored. What others refer to is never deleted, and what something
    deployed declared that it reads only by force."""
    try:
        work, word = partial(deletion.delete_version, force=input.force), "delete"
        if input.force:
            lifecycle.require_reason(input.reason)
            word = "delete, forced,"
        already = await _applied(info, input, work, word, "version-deleted")
    except ProblemError as error:
        return refused(error)
    if already is None:
        return _not_found(input.subject, str(input.number))
    return VersionDeleted(subject=input.subject, number=input.number, already_done=already)


async def restore_version(info: Info, input: VersionInput) -> RestoreVersionResult:  # noqa: A002
    """Takes a soft deletion back: the version has its number and its state again."""
    try:
        already = await _applied(info, input, deletion.restore_version, "restore", "version-not-deleted")
    except ProblemError as error:
        return refused(error)
    if already is None:
        return _not_found(input.subject, str(input.number))
    return VersionRestored(subject=input.subject, number=input.number, already_done=already)


async def _applied(
    info: Info, wanted: VersionInput, work: Callable[..., int], word: str, done: str
) -> bool | None:
    """Whether it was so before; None where there is no such version. `done` is the refusal that says so."""
    check_key(wanted.idempotency_key)
    check_reason(wanted.reason)
    context = info.context

    def apply(session: Session) -> bool | None:
        try:
            work(session, wanted.subject, wanted.number, context.now)
        except RefusedError as error:
            if error.kind in ("unknown-subject", "unknown-version") and error.problems[0].where in (
                "subject",
                "version",
            ):
                return None
            if error.kind != done:
                raise
            return True
        return False

    return await context.sources.database.write_async(
        apply,
        actor=context.caller.actor,
        reason=f"{word} {wanted.subject} version {wanted.number}{wanted.reason and f': {wanted.reason}'}",
    )


def _not_found(subject: str, version: str) -> ContractNotFound:
    return ContractNotFound(message=f"there is no version {version[:80]} of '{subject[:200]}'")


@strawberry.type
class LifecycleMutation:
    change_lifecycle: ChangeLifecycleResult = change(change_lifecycle)
    delete_version: DeleteVersionResult = change(delete_version)
    restore_version: RestoreVersionResult = change(restore_version)

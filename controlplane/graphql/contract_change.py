# SPDX-License-Identifier: Apache-2.0
"""What every change of a contract has in common: how it is refused, the key it needs, and the version it leaves."""

from controlplane.graphql.context import Info
from controlplane.graphql.contract import Contract, contract_of
from controlplane.graphql.contract_version import ContractVersion, version_of
from controlplane.graphql.described import noun
from registry import store
from registry.refusal import RefusedError
from terms.problem import ProblemError

LONGEST_KEY = 200
LONGEST_REASON = 1_000


@noun
class ContractRefused:
    """What was asked cannot be done. `kind` is a word for programs; `where` names what is wrong, `next` which way is open."""

    kind: str
    message: str
    where: str
    next: str


def refused(error: ProblemError) -> ContractRefused:
    """The refusal as an answer: one of what is registered bears its kind, any other says that the request itself is wrong."""
    problem = error.problems[0]
    kind = error.kind if isinstance(error, RefusedError) else "invalid"
    return ContractRefused(kind=kind, message=problem.what, where=problem.where, next=problem.do)


def check_key(key: str) -> None:
    """Raises ProblemError for a key that is none."""
    if not 0 < len(key.strip()) <= LONGEST_KEY:
        raise ProblemError(
            "an idempotency key has 1 to 200 characters", "idempotencyKey", "make one for each press"
        )


def check_reason(reason: str) -> None:
    """Raises ProblemError for a reason that is too long for the audit log."""
    if len(reason) > LONGEST_REASON:
        raise ProblemError("the reason is longer than 1,000 characters", "reason", "shorten it")


async def changed(info: Info, subject: str, number: int) -> tuple[Contract, ContractVersion]:
    """The contract and that version of it, as they stand after the change."""
    view = await info.context.read(lambda session: store.subject(session, subject))
    assert view is not None, "it was changed a moment ago"
    version = next(one for one in view.versions if one.number == number)
    return contract_of(view), version_of(subject, version)

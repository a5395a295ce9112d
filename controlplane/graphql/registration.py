# SPDX-License-Identifier: Apache-2.0
"""The mutation that registers a document as a version of a contract. Expected refusals are answers."""

from typing import Annotated

import strawberry
from starlette.concurrency import run_in_threadpool

from controlplane.graphql.compatibility import draft_of
from controlplane.graphql.context import Info
from controlplane.graphql.contract import Contract
from controlplane.graphql.contract_change import ContractRefused, changed, check_key, refused
from controlplane.graphql.contract_version import ContractVersion
from controlplane.graphql.described import asked, change, noun
from controlplane.graphql.problem import ContractNotFound, DraftUnreadable, problems_of
from controlplane.graphql.verdict import Verdict, verdict_of
from registry import verdict as registry_verdict
from registry.incoming import Incoming
from registry.lifecycle import DRAFT
from registry.refusal import RefusedError
from registry.store import Terms
from terms.problem import ProblemError


@asked
class RegisterContractInput:
    """`document` is JSON or YAML text; without `subject` the one it names. `ifCompatible`: keep out what does not follow.
    `asDraft`: it begins as a draft, seen by no check until it is agreed, whatever state the document states.

    The same content is the same version, so asking again with the same `idempotencyKey` changes nothing.
    """

    document: str
    idempotency_key: str
    subject: str | None = None
    if_compatible: bool = False
    as_draft: bool = False


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


RegisterContractResult = Annotated[
    ContractRegistered | DraftUnreadable | ContractIncompatible | ContractRefused | ContractNotFound,
    strawberry.union("RegisterContractResult", description="What became of registering a contract."),
]


async def register_contract(info: Info, input: RegisterContractInput) -> RegisterContractResult:  # noqa: A002
    """Registers a document as the subject's next version, or finds the version that holds it already."""
    check_key(input.idempotency_key)
    try:
        draft = await run_in_threadpool(lambda: draft_of(input.document))
        name = (input.subject or "").strip() or draft.subject
        if not name:
            return ContractNotFound(
                message="the document names no subject in x-throughline, and none was given"
            )
        given = Incoming(name, input.document.encode(), draft.syntax)
        terms = Terms(enforce=input.if_compatible, lifecycle=DRAFT if input.as_draft else None)
        answer = await info.context.sources.registering.register(given, terms, info.context.caller)
    except RefusedError as error:
        return refused(error)
    except ProblemError as error:
        return DraftUnreadable(problems=problems_of(error.problems))
    if isinstance(answer, registry_verdict.Verdict):
        return ContractIncompatible(verdict=verdict_of(answer))
    contract, version = await changed(info, name, answer.number)
    return ContractRegistered(contract=contract, version=version, already_there=answer.already_there)


@strawberry.type
class RegistrationMutation:
    register_contract: RegisterContractResult = change(register_contract)

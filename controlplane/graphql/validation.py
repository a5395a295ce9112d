# SPDX-License-Identifier: Apache-2.0
"""Do payloads keep a registered version? Each is answered with its problems; patterns run on RE2, nothing is stored."""

from typing import Annotated

import strawberry
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.problem import ContractNotFound, Problem, problems_of
from registry import content, validate, versions
from registry.document import Document
from registry.versions import LATEST
from terms import problem
from terms.problem import ProblemError
from terms.strict_json import strict_json

MOST = 200


@noun
class PayloadChecked:
    """Whether one payload keeps the contract; `where` of a problem is a pointer into the payload."""

    valid: bool
    problems: list[Problem]


@noun
class PayloadsChecked:
    """The payloads in the order they came, and the version they were held against."""

    subject: str
    version: str
    valid: int
    payloads: list[PayloadChecked]


ValidationResult = Annotated[
    PayloadsChecked | ContractNotFound,
    strawberry.union("ValidationResult", description="What became of asking about payloads."),
]


async def validate_payloads(
    info: Info, subject: str, payloads: list[str], version: str | None = None, at: str = ""
) -> ValidationResult:
    """Whether each payload (JSON text, at most 200) keeps a version, by number, semantic version, or the latest.

    `at` is a pointer to the schema that counts, for the schemas inside an API.
    """
    if len(payloads) > MOST:
        raise ProblemError(f"{len(payloads)} payloads at once", "payloads", f"send at most {MOST}")

    def read(session: Session) -> tuple[str, Document] | None:
        found = versions.find(session, subject, version or LATEST)
        return (
            None
            if found is None
            else (found.row.semver, content.document(session, found.content, found.name))
        )

    found = await info.context.read(read)
    if found is None:
        return ContractNotFound(
            message=f"there is no version {(version or LATEST)[:80]} of '{subject[:200]}'"
        )
    semver, document = found
    checked = await run_in_threadpool(lambda: _checked(document, at, payloads))
    return PayloadsChecked(
        subject=subject, version=semver, valid=sum(one.valid for one in checked), payloads=checked
    )


def _checked(document: Document, at: str, payloads: list[str]) -> list[PayloadChecked]:
    validator = validate.compiled(document, at)

    def problems(text: str) -> tuple[problem.Problem, ...]:
        try:
            return validate.problems_of(validator, strict_json(text, is_exact=True))
        except ProblemError as error:
            return error.problems

    found = [problems(text) for text in payloads]
    return [PayloadChecked(valid=not one, problems=problems_of(one)) for one in found]


@strawberry.type
class ValidationQuery:
    validate: ValidationResult = answer(validate_payloads)

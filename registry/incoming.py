# SPDX-License-Identifier: Apache-2.0
"""What somebody hands in becomes a contract: bytes, where they come under, and what came beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session

from registry import content, versions
from registry.contract import Contract, contract, stated_references
from registry.dialect import DRAFT_2020_12
from registry.document import load
from registry.references import Reference, bundled
from registry.refusal import RefusedError
from registry.stated import stated
from terms.problem import ProblemError

_MOST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Incoming:
    """Bytes to register or to check under a subject.

    `dialect` is the `$schema` they are read with where they state none. `references` (name, subject, version) None: those
    the document states of itself. `extra` is what came beside. `any_subject`: what the document calls itself does not matter.
    """

    subject: str
    body: bytes
    syntax: str = "json"
    dialect: str = DRAFT_2020_12.uri
    references: Sequence[Mapping[str, Any]] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    any_subject: bool = False


def contract_of(session: Session, incoming: Incoming, name: str = "document") -> Contract:
    """The contract. Raises ProblemError for what cannot be read, RefusedError for a reference to what is not registered."""
    data = load(incoming.body, name, incoming.syntax)
    said = data if isinstance(data, dict) else {}
    listed = incoming.references if incoming.references is not None else stated_references(said)
    references = tuple(_reference(session, one) for one in listed)
    document = bundled(
        incoming.body,
        name,
        incoming.syntax,
        references,
        lambda reference: content.referenced(session, reference),
        incoming.dialect,
    )
    under = stated(said, "subject") or incoming.subject if incoming.any_subject else incoming.subject
    return replace(
        contract(document, under),
        subject=incoming.subject,
        references=references,
        extra=incoming.extra,
        dialect=incoming.dialect if document.type == "json-schema" and "$schema" not in said else "",
        body=incoming.body,
        syntax=incoming.syntax,
    )


def _reference(session: Session, given: Mapping[str, Any]) -> Reference:
    name, subject, which = given.get("name"), given.get("subject"), given.get("version")
    if not isinstance(name, str) or not isinstance(subject, str) or not isinstance(which, str | int):
        raise ProblemError("a reference is not {name, subject, version}", "/references", "write all three")
    which = versions.LATEST if which in (-1, "-1") else which
    if isinstance(which, int) and not 0 < which <= _MOST_NUMBER:
        raise ProblemError(f"{which} is not a version", f"/references/{name}", "write its number")
    found = versions.find(session, subject, which)
    if found is None:
        raise RefusedError(
            "unknown-version",
            f"there is no version {which} of '{subject}' to refer to",
            f"/references/{name}",
            "register what is referred to first",
        )
    return Reference(name, subject, found.row.number)

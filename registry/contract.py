# SPDX-License-Identifier: Apache-2.0
"""The nouns of the registry: a contract, its versions and what is known about them."""

import re
from dataclasses import dataclass
from typing import Any

from registry.document import Document
from registry.verdict import DEFAULT_MODE, MODES, Verdict
from terms.instant import Instant
from terms.problem import ProblemError

TYPE = "json-schema"
LIFECYCLES = ("draft", "active", "deprecated", "sunset", "retired")
_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_SUBJECT = re.compile(r"(?! )[^\x00-\x1f\x7f]{1,200}(?<! )")


@dataclass(frozen=True, slots=True)
class Contract:
    """One version of a subject as its document states it in `x-throughline`; texts that are not stated are empty."""

    subject: str
    semver: str
    title: str
    description: str
    owner: str
    steward: str
    domain: str
    audience: str
    lifecycle: str
    compatibility: str
    document: Document


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """What registering answers: the version's number within its subject, and whether it was there before."""

    subject: str
    number: int
    semver: str
    content_id: str
    already_there: bool


@dataclass(frozen=True, slots=True)
class VersionView:
    """A registered version. `document` is the text that was registered, in `syntax` (json or yaml); `verdict` compares it with
    the version before.
    """

    number: int
    semver: str
    content_id: str
    lifecycle: str
    registered_at: Instant
    document: str
    verdict: Verdict | None
    type: str
    syntax: str


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A subject with all its versions, oldest first; what is said of it is what its latest version says."""

    name: str
    title: str
    description: str
    owner: str
    steward: str
    domain: str
    audience: str
    lifecycle: str
    compatibility: str
    versions: tuple[VersionView, ...]

    @property
    def latest(self) -> VersionView | None:
        """The version with the highest number."""
        return self.versions[-1] if self.versions else None


def contract(document: Document) -> Contract:
    """The contract a document states. Raises ProblemError (name:line) for metadata that is missing or malformed."""
    said = document.data.get("x-throughline", {})
    if not isinstance(said, dict):
        raise ProblemError(
            "x-throughline is not an object", document.where("/x-throughline"), "see docs/contracts-ci.md"
        )
    subject, semver = _text(document, said, "subject"), _text(document, said, "version")
    if not _SUBJECT.fullmatch(subject):
        raise _problem(
            document,
            "subject",
            f"'{subject}' is not a subject name",
            "use 1 to 200 characters, no space at either end",
        )
    if not _SEMVER.fullmatch(semver):
        raise _problem(document, "version", f"'{semver}' is not a semantic version", "write it like 1.2.0")
    lifecycle = _text(document, said, "lifecycle") or "active"
    if lifecycle not in LIFECYCLES:
        raise _problem(
            document, "lifecycle", f"'{lifecycle}' is not a lifecycle", f"use one of {', '.join(LIFECYCLES)}"
        )
    mode = _text(document, said, "compatibility") or DEFAULT_MODE
    if mode not in MODES:
        raise _problem(document, "compatibility", f"'{mode}' is not a mode", f"use one of {', '.join(MODES)}")
    return Contract(
        subject=subject,
        semver=semver,
        title=str(document.data.get("title", subject)),
        description=str(document.data.get("description", "")),
        owner=_text(document, said, "owner"),
        steward=_text(document, said, "steward"),
        domain=_text(document, said, "domain"),
        audience=_text(document, said, "audience"),
        lifecycle=lifecycle,
        compatibility=mode,
        document=document,
    )


def precedence(semver: str) -> tuple[Any, ...]:
    """A sort key: semantic version precedence, a pre-release before its release.

    >>> sorted(["1.10.0", "1.2.0", "1.10.0-rc.1"], key=precedence)
    ['1.2.0', '1.10.0-rc.1', '1.10.0']
    """
    match = _SEMVER.fullmatch(semver)
    if match is None:
        raise ProblemError(f"'{semver}' is not a semantic version", do="write it like 1.2.0")
    numbers = tuple(int(part) for part in match.group(1, 2, 3))
    if match.group(4) is None:
        return (*numbers, 1, ())
    parts = tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in match.group(4).split(".")
    )
    return (*numbers, 0, parts)


def _text(document: Document, said: dict[str, Any], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise _problem(document, name, f"{name} is not a text", "write it in quotes")
    return value


def _problem(document: Document, name: str, what: str, do: str) -> ProblemError:
    return ProblemError(what, document.where(f"/x-throughline/{name}"), do)

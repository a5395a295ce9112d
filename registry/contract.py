# SPDX-License-Identifier: Apache-2.0
"""What contract is a document? Its subject, version, people and state as it states them; metadata that is malformed is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from registry import stated as stated_by
from registry.change import ABSENT
from registry.document import Document
from registry.json_patch import value_at
from registry.lifecycle import ACTIVE, LIFECYCLES, State, successor_name
from registry.references import Reference
from registry.semver import is_semver
from registry.subject_name import is_subject
from registry.verdict import DEFAULT_MODE, MODES
from terms import instant
from terms.instant import Instant
from terms.problem import ProblemError

NONE = "NONE"
"""The mode that asks nothing."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One version of a subject as its document states it in `x-throughline`; texts that are not stated are empty.

    `semver` is empty where none is stated: registering gives it one. `compatibility` is the default where none is stated,
    and `states_mode` tells which. `document` has everything it refers to copied in; `body` holds the bytes to keep where
    they are not its text. `dialect` is the `$schema` it was read with though it states none. `extra` holds what came beside
    the document: `metadata` and `ruleSet`. `successor` (`subject@version`), `deprecated_at` and `sunset_at` are what the
    document says of its own end.
    """

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
    states_mode: bool = True
    retention: str = ""
    event_type: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    dialect: str = ""
    body: bytes | None = None
    syntax: str = ""
    successor: str = ""
    deprecated_at: Instant | None = None
    sunset_at: Instant | None = None

    @property
    def state(self) -> State:
        """The state the document says it is in."""
        return State(self.lifecycle, self.successor, self.deprecated_at, self.sunset_at)

    @property
    def bytes(self) -> bytes:
        """The bytes as they were handed in."""
        return self.document.text.encode() if self.body is None else self.body


def contract(document: Document, subject: str | None = None) -> Contract:
    """The contract a document states. Raises ProblemError (name:line) for metadata that is missing or malformed.

    `subject` is the name it comes under: then neither it nor a version need be stated, and a stated subject that differs
    is refused.
    """
    said, place = _said(document)
    mode = _one_of(document, place, said, "compatibility", (*MODES, NONE), "mode")
    stated = _subject(document, place, said, subject)
    return Contract(
        subject=stated,
        semver=_semver(document, place, said, subject is not None),
        title=str(_titled(document).get("title", subject or said.get("subject", ""))),
        description=str(_titled(document).get("description", "")),
        owner=_text(document, place, said, "owner"),
        steward=_text(document, place, said, "steward"),
        domain=_text(document, place, said, "domain"),
        audience=_text(document, place, said, "audience"),
        lifecycle=_one_of(document, place, said, "lifecycle", LIFECYCLES, "lifecycle") or ACTIVE,
        compatibility=mode or DEFAULT_MODE,
        document=document,
        states_mode=bool(mode),
        retention=_text(document, place, said, "retention"),
        event_type=_text(document, place, said, "event_type"),
        labels=_labels(document, place, said),
        successor=successor_name(stated, _text(document, place, said, "successor")),
        deprecated_at=_day(document, place, said, "deprecated"),
        sunset_at=_day(document, place, said, "sunset"),
    )


def stated_references(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The `references` a document states of itself (name, subject, version); raises ProblemError for malformed ones."""
    found = stated_by.said(data).get("references", [])
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and {"name", "subject", "version"} <= one.keys() for one in found
    ):
        raise ProblemError(
            "references is not a list of {name, subject, version}",
            f"{stated_by.place(data)}/references",
            "see docs/contracts-ci.md",
        )
    return found


def _said(document: Document) -> tuple[dict[str, Any], str]:
    """What the document says of itself, and where: at its root, or in the `info` of an API."""
    place = stated_by.place(document.data)
    said = value_at(document.data, place)
    if said is None or said is ABSENT:
        return {}, place
    if not isinstance(said, dict):
        raise ProblemError(
            "x-throughline is not an object", document.where(place), "see docs/contracts-ci.md"
        )
    return said, place


def _titled(document: Document) -> dict[str, Any]:
    info = document.data.get("info")
    return document.data if document.type == "json-schema" else info if isinstance(info, dict) else {}


def _subject(document: Document, place: str, said: dict[str, Any], given: str | None) -> str:
    stated = _text(document, place, said, "subject")
    if given and stated and stated != given:
        raise _problem(
            document,
            place,
            "subject",
            f"the document is of the subject '{stated}', not '{given}'",
            "use one of the two",
        )
    subject = given or stated
    if not is_subject(subject):
        raise _problem(
            document,
            place,
            "subject",
            f"'{subject}' is not a subject name",
            "use 1 to 200 characters, no space at either end",
        )
    return subject


def _semver(document: Document, place: str, said: dict[str, Any], may_lack: bool) -> str:
    semver, where = _text(document, place, said, "version"), f"{place}/version"
    if not semver and document.type != "json-schema":
        semver, where = str(_titled(document).get("version", "")), "/info/version"
    if not is_semver(semver) and not (may_lack and semver == ""):
        raise ProblemError(
            f"'{semver}' is not a semantic version", document.where(where), "write it like 1.2.0"
        )
    return semver


def _labels(document: Document, place: str, said: dict[str, Any]) -> dict[str, str]:
    labels = said.get("labels", {})
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        raise _problem(document, place, "labels", "labels are not texts by name", 'write {"team": "billing"}')
    return labels


def _one_of(
    document: Document, place: str, said: dict[str, Any], name: str, known: tuple[str, ...], noun: str
) -> str:
    value = _text(document, place, said, name)
    if value and value not in known:
        raise _problem(document, place, name, f"'{value}' is not a {noun}", f"use one of {', '.join(known)}")
    return value


def _text(document: Document, place: str, said: dict[str, Any], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise _problem(document, place, name, f"{name} is not a text", "write it in quotes")
    return value


def _day(document: Document, place: str, said: dict[str, Any], name: str) -> Instant | None:
    """The instant a text names, a day meaning its beginning in UTC; None where nothing is stated."""
    text = _text(document, place, said, name)
    if not text:
        return None
    try:
        return instant.parse(f"{text}T00:00:00Z" if len(text) == len("2027-06-30") else text)
    except ProblemError as error:
        what = f"'{text[:40]}' is neither a day nor an RFC 3339 time"
        raise _problem(document, place, name, what, "write it like 2027-06-30") from error


def _problem(document: Document, place: str, name: str, what: str, do: str) -> ProblemError:
    return ProblemError(what, document.where(f"{place}/{name}"), do)

# SPDX-License-Identifier: Apache-2.0
"""What speaks against letting a version go there, and what is worth knowing? Each with what to do next."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from registry import reading
from registry.deploy_question import Question
from registry.deployment import Declaration, Environment, RegisteredVersion, Use
from registry.finding import Finding
from registry.meeting import Meeting
from registry.verdict import BREAKING, UNDECIDED

Weight = Literal["blocks", "undecided", "warns", "told"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks against a yes (`blocks`, `undecided`), or is worth knowing (`warns`, `told`)."""

    kind: str
    weight: Weight
    what: str
    do: str
    subject: str = ""
    application: str = ""
    application_version: str = ""
    findings: tuple[Finding, ...] = ()


def of_meeting(asked: Question, met: Meeting) -> Iterable[Reason]:
    """What one meeting gives reason for: a break, a doubt, a difference that the reader does not read."""
    mine_writes = met.writer == asked.application
    other, other_version = (
        (met.reader, met.reader_version) if mine_writes else (met.writer, met.writer_version)
    )
    said = (met.subject, other, other_version)
    whose = f"{met.reader} {met.reader_version}"
    written = f"{met.subject} {met.written} as {met.writer} {met.writer_version} writes it"
    where = f"in {asked.environment}"
    if met.status == BREAKING:
        first = met.findings[0]
        yield Reason(
            "consumer-breaks" if mine_writes else "producer-breaks",
            "blocks",
            f"{where}, {whose} cannot read {written}; it reads {met.read}: {first.message}",
            first.fix or f"deploy a version of {met.reader} that reads {met.written} first",
            *said,
            met.findings,
        )
    elif met.status == UNDECIDED:
        why = met.findings[0].message if met.findings else "no version it reads could be compared"
        yield Reason(
            "not-decided", "undecided", f"{where}, it is not known whether {whose} can read {written}: {why}",
            f"declare that {met.reader} reads {met.written}, or make the change decidable", *said, met.findings,
        )  # fmt: skip
    if met.unread:
        fields = ", ".join(dict.fromkeys(place(one.pointer_old, one.pointer_new) for one in met.unread))
        yield Reason(
            "unread-field-differs", "told",
            f"{met.subject} {met.written} differs from {met.read} in what {whose} does not read: {fields}",
            "nothing: it does not block", *said, met.unread,
        )  # fmt: skip


def place(pointer_old: str, pointer_new: str) -> str:
    """Of a finding's two pointers the one that names the member it is about."""
    if pointer_new.endswith("/additionalProperties") and "/properties/" in pointer_old:
        return pointer_old
    return pointer_new or pointer_old or "/"


def of_promotion(asked: Question, environment: Environment) -> Iterable[Reason]:
    """Whether the version was where it must have been before."""
    if environment.after and environment.after not in asked.been and environment.rule != "ignore":
        app = f"{asked.application} {asked.version}"
        yield Reason(
            "not-promoted",
            "blocks" if environment.rule == "refuse" else "warns",
            f"{app} has not been in {environment.after}, which comes before {environment.name}",
            f"throughline can-i-deploy {app} --to {environment.after}",
        )


def undeclared(asked: Question) -> Reason:
    """The version was never declared."""
    app = f"{asked.application} {asked.version}"
    return Reason(
        "not-declared", "undecided", f"there is no record of {app}: what it writes and reads is not known",
        "throughline applications push application.yaml",
    )  # fmt: skip


def nothing_deployed(asked: Question) -> Reason:
    """Nothing is recorded there."""
    return Reason(
        "nothing-deployed", "undecided",
        f"nothing is recorded as deployed in {asked.environment}, so nothing could be compared",
        f"throughline record-deployment APP VERSION --to {asked.environment} for what runs there; --first if nothing does",
    )  # fmt: skip


def nobody(asked: Question, use: Use) -> Reason:
    """No application there writes what is read, or reads what is written."""
    if use.role == "produces":
        return Reason(
            "no-consumer",
            "told",
            f"nobody in {asked.environment} reads {use.subject}",
            "nothing",
            use.subject,
        )
    missing = f"nobody in {asked.environment} is recorded as writing {use.subject}"
    do = "record the deployment of what writes it, or say 'optional: true' where it is read"
    return Reason(
        "no-producer", "warns" if use.optional or asked.is_first else "undecided", missing, do, use.subject
    )


def writes_nothing(asked: Question, other: Declaration, theirs: Use) -> Reason:
    """An application there writes a version that nobody registered."""
    return Reason(
        "producer-not-known", "undecided",
        f"{other.application} {other.version} in {asked.environment} writes {theirs.subject} {theirs.versions.text}, of which no version is registered",
        f"throughline contracts push the version of {theirs.subject} that it writes",
        theirs.subject, other.application, other.version,
    )  # fmt: skip


def of_versions(
    use: Use, versions: tuple[RegisteredVersion, ...], spoken: tuple[RegisteredVersion, ...]
) -> Iterable[Reason]:
    """What the states of the versions that a use speaks of give reason for."""
    verb = "writes" if use.role == "produces" else "reads"
    if not spoken:
        inside = [one for one in versions if use.versions.holds(one.semver)]
        retired = [one.semver for one in inside if one.lifecycle == "retired"]
        if retired:
            yield Reason(
                "version-retired", "blocks", f"it {verb} {use.subject} {', '.join(retired)}, which is retired",
                "move to a version that is not", use.subject,
            )  # fmt: skip
            return
        has = ", ".join(f"{one.semver} ({one.lifecycle})" for one in versions) or "none"
        yield Reason(
            "no-version", "undecided",
            f"it {verb} {use.subject} {use.versions.text}, but no such version is registered; there is {has}",
            f"throughline contracts push the contract of {use.subject}, or correct the range", use.subject,
        )  # fmt: skip
    for one in spoken:
        if one.lifecycle in ("deprecated", "sunset"):
            yield Reason(
                "version-deprecated", "warns", f"it {verb} {use.subject} {one.semver}, which is {one.lifecycle}",
                "move to its successor", use.subject,
            )  # fmt: skip


def of_fields(use: Use, spoken: tuple[RegisteredVersion, ...]) -> Iterable[Reason]:
    """Each field that is read and that no version has."""
    for field in use.fields:
        if spoken and not any(reading.known(one.document, field) for one in spoken):
            listed = ", ".join(one.semver for one in spoken)
            yield Reason(
                "field-not-known", "undecided", f"it reads {field} of {use.subject}, which {listed} does not have",
                "correct the pointer in its declaration", use.subject,
            )  # fmt: skip

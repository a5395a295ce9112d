# SPDX-License-Identifier: Apache-2.0
"""May this version of an application go there? Judged from the schemas of what it writes and reads against all that runs there.

Pure: what is known comes in, an answer comes out. Yes is said only when everything was compared; what is not known is a
reason, never a yes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from registry import reading
from registry.compare import WALKS, compare
from registry.contract import precedence
from registry.deployment import Declaration, Environment, RegisteredVersion, Use, named
from registry.document import API_TYPES, Document
from registry.finding import Finding
from registry.verdict import BREAKING, COMPATIBLE, DEFAULT_POLICY, UNDECIDED, judge
from terms.instant import Instant

YES, NO = "yes", "no"
Weight = Literal["blocks", "undecided", "warns", "told"]
DECLARED = "declared"
"""The reader said itself that it reads this version."""

_UNUSABLE = ("draft", "retired")


@dataclass(frozen=True, slots=True)
class Meeting:
    """One writer's version of a subject and one reader of it. `status` is declared, compatible, breaking or undecided.

    `findings` are why it is not compatible, `unread` what else differs: breaks in fields that this reader does not read.
    `read` is the version that serves the reader best; empty when there is none.
    """

    subject: str
    writer: str
    writer_version: str
    reader: str
    reader_version: str
    written: str
    read: str
    status: str
    findings: tuple[Finding, ...] = ()
    unread: tuple[Finding, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Answer:
    """`answer` is yes, no or undecided; only yes lets a pipeline go on. Reasons: what blocks first, then by subject."""

    answer: str
    application: str
    version: str
    environment: str
    policy: str
    reasons: tuple[Reason, ...]
    meetings: tuple[Meeting, ...]

    def as_json(self) -> dict[str, Any]:
        """The answer as plain values; each finding with its fingerprint."""
        said = asdict(self)
        kept: list[Reason | Meeting] = [*self.reasons, *self.meetings]
        for one, told in zip(kept, [*said["reasons"], *said["meetings"]], strict=True):
            for finding, plain in zip(one.findings, told["findings"], strict=True):
                plain["fingerprint"] = finding.fingerprint
        return said


@dataclass(frozen=True, slots=True)
class Question:
    """All that is known. `declaration` None: the version was never declared. `deployed`: the other applications that run
    in `environment` now; `been`: the environments this version runs or ran in. `versions` of each subject, by number.

    `is_first`: a person says that nothing else runs there, so that comparing with nothing is right.
    """

    application: str
    version: str
    environment: str
    declaration: Declaration | None
    environments: tuple[Environment, ...]
    deployed: tuple[Declaration, ...]
    been: frozenset[str]
    versions: Mapping[str, tuple[RegisteredVersion, ...]]
    policy: str = DEFAULT_POLICY
    is_first: bool = False


def can_i_deploy(asked: Question) -> Answer:
    """The answer. Raises ProblemError for an environment there is none of."""
    environment = named(asked.environments, asked.environment)
    reasons = list(_promotion(asked, environment))
    meetings: list[Meeting] = []
    if asked.declaration is None:
        reasons.append(_undeclared(asked))
    else:
        if not asked.deployed and not asked.is_first:
            reasons.append(_empty(asked))
        for use in asked.declaration.uses:
            met, said = _judged(asked, asked.declaration, use)
            meetings += met
            reasons += said
    order = ("blocks", "undecided", "warns", "told")
    reasons.sort(key=lambda one: (order.index(one.weight), one.subject, one.application, one.kind))
    weights = {one.weight for one in reasons}
    answer = NO if "blocks" in weights else UNDECIDED if "undecided" in weights else YES
    return Answer(
        answer,
        asked.application,
        asked.version,
        environment.name,
        asked.policy,
        tuple(reasons),
        tuple(meetings),
    )


def meet(
    writer: Declaration,
    written: RegisteredVersion,
    reader: Declaration,
    use: Use,
    versions: tuple[RegisteredVersion, ...],
    policy: str = DEFAULT_POLICY,
) -> Meeting:
    """Whether `reader` can read what `writer` writes as `written`, given all versions of the subject."""
    names = (
        use.subject, writer.application, writer.version, reader.application, reader.version, written.semver,
    )  # fmt: skip
    readable = spoken_of(use, versions, reader.declared_at)
    if written.semver in {one.semver for one in readable}:
        return Meeting(*names, written.semver, DECLARED)
    best: Meeting | None = None
    for one in reversed(readable):
        met = Meeting(*names, one.semver, *_compared(written.document, one.document, use.fields, policy))
        if best is None or _RANK[met.status] < _RANK[best.status]:
            best = met
        if met.status == COMPATIBLE:
            break
    return best or Meeting(*names, "", UNDECIDED)


def spoken_of(
    use: Use, versions: tuple[RegisteredVersion, ...], declared_at: Instant
) -> tuple[RegisteredVersion, ...]:
    """The versions a use speaks of, lowest first: those in its range that were there when it was declared.

    A version that came later is judged from its schema, though the range names it: whoever declared cannot have known it.
    Where none was there yet, all in the range count. Drafts and retired versions do not.
    """
    inside = [one for one in versions if one.lifecycle not in _UNUSABLE and use.versions.holds(one.semver)]
    then = [one for one in inside if one.registered_at <= declared_at] or inside
    return tuple(sorted(then, key=lambda one: precedence(one.semver)))


_RANK = {COMPATIBLE: 0, UNDECIDED: 1, BREAKING: 2}


def _compared(
    written: Document, read: Document, fields: tuple[str, ...], policy: str
) -> tuple[str, tuple[Finding, ...], tuple[Finding, ...]]:
    """Status, the findings that matter to the reader, and those that do not."""
    # An event's reader must take what is written; an API's provider must take what its caller was made for.
    old, new = (read, written) if written.type in API_TYPES else (written, read)
    if old.type == new.type and new.type not in WALKS:
        return UNDECIDED, (), ()
    changes = compare(old, new)
    mine = tuple(change for change in changes if reading.touches(old, new, change, fields))
    others = tuple(change for change in changes if change not in mine)
    verdict = judge([(old, mine)], new, "BACKWARD", policy)
    beside = judge([(old, others)], new, "BACKWARD", policy)
    return (
        verdict.status,
        verdict.of_level(BREAKING, UNDECIDED),
        beside.of_level(BREAKING, UNDECIDED),
    )


def _judged(asked: Question, mine: Declaration, use: Use) -> tuple[list[Meeting], list[Reason]]:
    versions = asked.versions.get(use.subject, ())
    spoken = spoken_of(use, versions, mine.declared_at)
    reasons = [*_lifecycle(use, versions, spoken), *_unknown_fields(use, spoken)]
    if not spoken:
        return [], reasons
    meetings: list[Meeting] = []
    others = [(other, theirs) for other in asked.deployed for theirs in other.uses if _meets(use, theirs)]
    for other, theirs in others:
        if use.role == "produces":
            written = spoken
            pairs = [(mine, one, other, theirs) for one in written]
        else:
            written = spoken_of(theirs, versions, other.declared_at)
            pairs = [(other, one, mine, use) for one in written]
        if not written:
            reasons.append(_writes_nothing(asked, other, theirs))
        meetings += [meet(*pair, versions, asked.policy) for pair in pairs]
    if not others:
        reasons.append(_nobody(asked, use))
    reasons += [reason for one in meetings for reason in _of_meeting(asked, one)]
    return meetings, reasons


def _meets(mine: Use, theirs: Use) -> bool:
    return theirs.subject == mine.subject and theirs.role != mine.role


def _of_meeting(asked: Question, met: Meeting) -> Iterable[Reason]:
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


def _promotion(asked: Question, environment: Environment) -> Iterable[Reason]:
    if environment.after and environment.after not in asked.been and environment.rule != "ignore":
        app = f"{asked.application} {asked.version}"
        yield Reason(
            "not-promoted",
            "blocks" if environment.rule == "refuse" else "warns",
            f"{app} has not been in {environment.after}, which comes before {environment.name}",
            f"throughline can-i-deploy {app} --to {environment.after}",
        )


def _undeclared(asked: Question) -> Reason:
    app = f"{asked.application} {asked.version}"
    return Reason(
        "not-declared", "undecided", f"there is no record of {app}: what it writes and reads is not known",
        "throughline applications push application.yaml",
    )  # fmt: skip


def _empty(asked: Question) -> Reason:
    return Reason(
        "nothing-deployed", "undecided",
        f"nothing is recorded as deployed in {asked.environment}, so nothing could be compared",
        f"throughline record-deployment APP VERSION --to {asked.environment} for what runs there; --first if nothing does",
    )  # fmt: skip


def _nobody(asked: Question, use: Use) -> Reason:
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


def _writes_nothing(asked: Question, other: Declaration, theirs: Use) -> Reason:
    return Reason(
        "producer-not-known", "undecided",
        f"{other.application} {other.version} in {asked.environment} writes {theirs.subject} {theirs.versions.text}, of which no version is registered",
        f"throughline contracts push the version of {theirs.subject} that it writes",
        theirs.subject, other.application, other.version,
    )  # fmt: skip


def _lifecycle(
    use: Use, versions: tuple[RegisteredVersion, ...], spoken: tuple[RegisteredVersion, ...]
) -> Iterable[Reason]:
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


def _unknown_fields(use: Use, spoken: tuple[RegisteredVersion, ...]) -> Iterable[Reason]:
    for field in use.fields:
        if spoken and not any(reading.known(one.document, field) for one in spoken):
            listed = ", ".join(one.semver for one in spoken)
            yield Reason(
                "field-not-known", "undecided", f"it reads {field} of {use.subject}, which {listed} does not have",
                "correct the pointer in its declaration", use.subject,
            )  # fmt: skip


def matrix_cell(
    declaration: Declaration,
    use: Use,
    version: RegisteredVersion,
    versions: tuple[RegisteredVersion, ...],
    policy: str,
) -> Meeting:
    """How one version of a subject stands with one application: for a reader whether it could read it, for a writer
    whether it writes it (`declared`) or not (status empty)."""
    if use.role == "consumes":
        nobody = Declaration("", "", "", (), declaration.declared_at)
        return meet(nobody, version, declaration, use, versions, policy)
    writes = version.semver in {one.semver for one in spoken_of(use, versions, declaration.declared_at)}
    names = (use.subject, declaration.application, declaration.version, "", "")
    return Meeting(*names, version.semver, version.semver if writes else "", DECLARED if writes else "")

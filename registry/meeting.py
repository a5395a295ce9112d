# SPDX-License-Identifier: Apache-2.0
"""Can a reader read what a writer writes? One version of a subject between two applications, judged from the schemas."""

from dataclasses import dataclass

from registry import reading
from registry.compare import WALKS, compare
from registry.deployment import Declaration, RegisteredVersion, Use
from registry.document import API_TYPES, Document
from registry.finding import Finding
from registry.semver import precedence
from registry.verdict import BREAKING, COMPATIBLE, DEFAULT_POLICY, UNDECIDED, judge
from terms.instant import Instant

DECLARED = "declared"
"""The reader said itself that it reads this version."""

_UNUSABLE = ("draft", "retired")
_RANK = {COMPATIBLE: 0, UNDECIDED: 1, BREAKING: 2}


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

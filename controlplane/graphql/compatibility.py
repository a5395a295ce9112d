# SPDX-License-Identifier: Apache-2.0
"""What differs between two versions, and what would a draft break? Asked of the registry, nothing stored."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import strawberry
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.problem import ContractNotFound, DraftUnreadable, problems_of
from controlplane.graphql.verdict import Verdict, verdict_of
from registry import approval_store, store
from registry import verdict as registry_verdict
from registry.approval_store import Approval
from registry.check import check_documents
from registry.contract import NONE, SubjectView, VersionView
from registry.document import Document, parse
from registry.incoming import Incoming
from registry.json_indent import readable
from registry.judgement import Question
from registry.sources import Versions
from registry.verdict import DEFAULT_MODE, DEFAULT_POLICY, checked, with_findings
from terms.problem import ProblemError

DRAFT = "draft"


@noun
class ComparedDocument:
    """One side of a comparison. `version` is empty for a draft; a JSON text on one line is indented, so that lines say something."""

    name: str
    version: str
    text: str


@noun
class Diff:
    """Two versions of a subject and the verdict on the newer one. Lines in the findings are those of the two texts."""

    subject: str
    old: ComparedDocument
    new: ComparedDocument
    verdict: Verdict


@noun
class Compatibility:
    """What registering the draft would come to. `old` is the latest version it was compared with, null where none counts."""

    subject: str
    old: ComparedDocument | None
    new: ComparedDocument
    verdict: Verdict


CompatibilityResult = Annotated[
    Compatibility | DraftUnreadable | ContractNotFound,
    strawberry.union("CompatibilityResult", description="What became of asking about a draft."),
]


async def diff(
    info: Info,
    subject: str,
    from_: Annotated[str | None, strawberry.argument(name="from")] = None,
    to: str | None = None,
    policy: str | None = None,
    mode: str | None = None,
) -> Diff | None:
    """Two versions side by side, each named by number or semantic version; null when there is no such subject or version.

    Without `to` the latest, without `from` the one before it. Mode and policy: without them the subject's mode, `validation`.
    """
    now = info.context.now

    def read(session: Session) -> tuple[SubjectView, Mapping[str, Approval]] | None:
        view = store.subject(session, subject)
        return None if view is None else (view, approval_store.in_force(session, subject, now))

    found = await info.context.read(read)
    pair = None if found is None else pair_of(found[0], from_, to)
    if found is None or pair is None:
        return None
    (view, approved), (old, new) = found, pair
    asked, decides = checked(_asked(mode, view), policy or DEFAULT_POLICY)
    return await run_in_threadpool(lambda: _diff(view, old, new, asked, decides, approved))


async def compatibility(
    info: Info,
    document: str,
    subject: str | None = None,
    mode: str | None = None,
    policy: str | None = None,
) -> CompatibilityResult:
    """The verdict a draft (JSON or YAML text) would get as the next version, approvals counted. Nothing is registered.

    Without `subject` the one the draft names in x-throughline; without `mode` and `policy` those settled for the subject.
    """
    if mode or policy:
        checked(mode or DEFAULT_MODE, policy or DEFAULT_POLICY)
    try:
        draft = await run_in_threadpool(lambda: draft_of(document))
    except ProblemError as error:
        return DraftUnreadable(problems=problems_of(error.problems))
    name = (subject or "").strip() or named_in(draft)
    if not name:
        return ContractNotFound(message="the draft names no subject in x-throughline, and none was given")
    view = await info.context.read(lambda session: store.subject(session, name))
    if view is None or view.latest is None:
        return ContractNotFound(
            message=f"there is no contract '{name[:200]}' yet; as its first version the draft would be new"
        )
    given, question = (
        Incoming(name, draft.text.encode(), draft.syntax),
        Question(mode or None, policy or None),
    )
    try:
        verdict = await info.context.sources.registering.check(given, question, info.context.caller)
    except ProblemError as error:
        return DraftUnreadable(problems=problems_of(error.problems))
    found = view
    return await run_in_threadpool(lambda: _compatibility(found, draft, verdict))


def pair_of(view: SubjectView, old: str | None, new: str | None) -> tuple[VersionView, VersionView] | None:
    """The two versions meant; None when one of them is not there."""
    newer = _version(view, new) if new else view.latest
    if newer is None:
        return None
    before = [version for version in view.versions if version.number < newer.number]
    older = _version(view, old) if old else (before[-1] if before else newer)
    return None if older is None else (older, newer)


def draft_of(text: str) -> Document:
    """The draft as a document whose lines people can read. Raises ProblemError for what is no contract."""
    syntax = "json" if text.lstrip().startswith(("{", "[")) else "yaml"
    draft = parse(text.encode("utf-8", "replace"), DRAFT, syntax)
    shown = readable(text, syntax)
    return draft if shown == text else parse(shown.encode(), DRAFT, syntax)


def named_in(draft: Document) -> str:
    """The subject a draft names; empty when it names none."""
    said = draft.data.get("x-throughline")
    name = said.get("subject") if isinstance(said, dict) else None
    return name.strip() if isinstance(name, str) else ""


def document_of(view: SubjectView, version: VersionView) -> Document:
    """A registered version as a document whose lines people can read."""
    name = f"{view.name}@{version.semver or version.number}"
    return parse(readable(version.document, version.syntax).encode(), name, version.syntax)


def _version(view: SubjectView, asked: str) -> VersionView | None:
    return next(
        (version for version in view.versions if asked in (str(version.number), version.semver)), None
    )


def _asked(mode: str | None, view: SubjectView) -> str:
    """The mode to compare two chosen versions in: a transitive one asks about these two, and NONE asks what BACKWARD asks."""
    asked = (mode or view.compatibility).upper().removesuffix("_TRANSITIVE")
    return DEFAULT_MODE if asked == NONE else asked


def _diff(
    view: SubjectView,
    old: VersionView,
    new: VersionView,
    mode: str,
    policy: str,
    approved: Mapping[str, Approval],
) -> Diff:
    before, after = document_of(view, old), document_of(view, new)
    verdict = check_documents(after, Versions((before,), complete=False), mode, policy)
    findings = tuple(
        replace(found, approval=str(approved.get(found.fingerprint, ""))) for found in verdict.findings
    )
    return Diff(
        subject=view.name,
        old=_side(before, old.semver),
        new=_side(after, new.semver),
        verdict=verdict_of(with_findings(verdict, findings)),
    )


def _compatibility(view: SubjectView, draft: Document, verdict: registry_verdict.Verdict) -> Compatibility:
    compared = verdict.against[-1].rpartition("@")[2] if verdict.against else ""
    old = _version(view, compared) if compared else None
    before = None if old is None else document_of(view, old)
    return Compatibility(
        subject=view.name,
        old=None if before is None else _side(before, compared),
        new=_side(draft, ""),
        verdict=verdict_of(verdict if before is None else _placed(verdict, before)),
    )


def _placed(verdict: registry_verdict.Verdict, old: Document) -> registry_verdict.Verdict:
    """The verdict with the lines of the text that is shown: a text registered on a single line is indented there."""
    mine = [found for found in verdict.findings if found.against == old.name]
    lines = old.lines([found.pointer_old for found in mine]) if mine else {}
    findings = tuple(
        replace(found, where_old=f"{old.name}:{lines[found.pointer_old]}")
        if found.against == old.name
        else found
        for found in verdict.findings
    )
    return replace(verdict, findings=findings)


def _side(document: Document, version: str) -> ComparedDocument:
    return ComparedDocument(name=document.name, version=version, text=document.text)


@strawberry.type
class CompatibilityQuery:
    diff: Diff | None = answer(diff)
    compatibility: CompatibilityResult = answer(compatibility)

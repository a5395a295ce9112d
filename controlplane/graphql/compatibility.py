# SPDX-License-Identifier: Apache-2.0
"""What differs between two versions, and what would a draft break? Asked of the registry, nothing stored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

import strawberry
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.problem import ContractNotFound, DraftUnreadable, problems_of
from controlplane.graphql.verdict import Verdict, verdict_of
from registry import approval_store, content, store, versions
from registry import verdict as registry_verdict
from registry.approval_store import Approval
from registry.check import check_documents
from registry.contract import NONE
from registry.dialect import DRAFT_2020_12
from registry.document import Document, load, parse
from registry.fix import repaired
from registry.incoming import Incoming
from registry.json_indent import readable
from registry.judgement import Question
from registry.sources import Versions
from registry.stated import stated
from registry.verdict import DEFAULT_MODE, DEFAULT_POLICY, checked
from registry.views import SubjectView, VersionView
from terms.instant import to_datetime
from terms.problem import ProblemError

DRAFT = "draft"

_Pair = tuple[VersionView, VersionView, Document, Document]


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that was handed in, and the subject it names, empty where it names none."""

    text: str
    syntax: str
    subject: str


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

    def read(session: Session) -> tuple[SubjectView, _Pair, Mapping[str, Approval]] | None:
        view = store.subject(session, subject)
        pair = None if view is None else pair_of(view, from_, to)
        if view is None or pair is None:
            return None
        documents = (shown_document(session, subject, one.number) for one in pair)
        old, new = (document for document in documents if document)
        return view, (*pair, old, new), approval_store.in_force(session, subject, now)

    found = await info.context.read(read)
    if found is None:
        return None
    view, pair, approved = found
    asked, decides = checked(_asked(mode, view), policy or DEFAULT_POLICY)
    return await run_in_threadpool(
        lambda: _diff(view, pair, asked, decides, approved, to_datetime(now).date())
    )


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
    name = (subject or "").strip() or draft.subject
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
    olds = await info.context.read(lambda session: _compared_with(session, name, verdict))
    return await run_in_threadpool(lambda: _compatibility(name, draft, verdict, olds))


def pair_of(view: SubjectView, old: str | None, new: str | None) -> tuple[VersionView, VersionView] | None:
    """The two versions meant; None when one of them is not there."""
    newer = _version(view, new) if new else view.latest
    if newer is None:
        return None
    before = [version for version in view.versions if version.number < newer.number]
    older = _version(view, old) if old else (before[-1] if before else newer)
    return None if older is None else (older, newer)


def draft_of(text: str) -> Draft:
    """The draft as it is handed on: lines that people can read, and the subject it names. Raises ProblemError for no object."""
    syntax = "json" if text.lstrip().startswith(("{", "[")) else "yaml"
    data = load(text.encode("utf-8", "replace"), DRAFT, syntax)
    named = stated(data, "subject").strip()
    return Draft(readable(text, syntax), syntax, named)


def shown_document(session: Session, subject: str, which: str | int) -> Document | None:
    """A registered version with all it refers to, whose text is the one that people are shown; None when there is none."""
    found = versions.find(session, subject, which)
    if found is None:
        return None
    held = found.content
    whole = content.document(session, held, found.name)
    return replace(whole, text=readable(held.body.decode("utf-8-sig"), held.syntax), syntax=held.syntax)


def _version(view: SubjectView, asked: str) -> VersionView | None:
    return next(
        (version for version in view.versions if asked in (str(version.number), version.semver)), None
    )


def _asked(mode: str | None, view: SubjectView) -> str:
    """The mode to compare two chosen versions in: a transitive one asks about these two, and NONE asks what BACKWARD asks."""
    asked = (mode or view.compatibility).upper().removesuffix("_TRANSITIVE")
    return DEFAULT_MODE if asked == NONE else asked


def _diff(
    view: SubjectView, pair: _Pair, mode: str, policy: str, approved: Mapping[str, Approval], on: date
) -> Diff:
    old, new, before, after = pair
    compared = Versions((before,), complete=False)
    verdict = check_documents(after, compared, mode, policy, on, witnesses=True)
    return Diff(
        subject=view.name,
        old=_side(before, old.semver),
        new=_side(after, new.semver),
        verdict=verdict_of(approval_store.counted(verdict, approved)),
    )


def _compared_with(session: Session, subject: str, verdict: registry_verdict.Verdict) -> tuple[Document, ...]:
    named = (name.rpartition("@")[2] for name in verdict.against)
    return tuple(filter(None, (shown_document(session, subject, semver) for semver in named)))


def _compatibility(
    subject: str, draft: Draft, verdict: registry_verdict.Verdict, olds: tuple[Document, ...]
) -> Compatibility:
    try:
        new = parse(draft.text.encode(), verdict.new, draft.syntax, DRAFT_2020_12.uri)
    except (
        ProblemError
    ):  # it refers to other subjects: it was judged with them, and no patch of it alone can be checked
        new = None
    repairable = verdict if new is None else repaired(verdict, new, olds)
    last = olds[-1] if olds else None
    return Compatibility(
        subject=subject,
        old=None if last is None else _side(last, last.name.rpartition("@")[2]),
        new=ComparedDocument(name=DRAFT, version="", text=draft.text),
        verdict=verdict_of(_placed(repairable, olds)),
    )


def _placed(verdict: registry_verdict.Verdict, olds: tuple[Document, ...]) -> registry_verdict.Verdict:
    """The verdict with the lines of the texts that are shown: one registered on a single line is indented there."""
    places: dict[tuple[str, str], str] = {}
    for old in olds:
        pointers = [found.pointer_old for found in verdict.findings if found.against == old.name]
        places |= {(old.name, pointer): place for pointer, place in old.places(pointers).items()}
    findings = tuple(
        replace(found, where_old=places.get((found.against, found.pointer_old), found.where_old))
        for found in verdict.findings
    )
    return replace(verdict, findings=findings)


def _side(document: Document, version: str) -> ComparedDocument:
    return ComparedDocument(name=document.name, version=version, text=document.text)


@strawberry.type
class CompatibilityQuery:
    diff: Diff | None = answer(diff)
    compatibility: CompatibilityResult = answer(compatibility)

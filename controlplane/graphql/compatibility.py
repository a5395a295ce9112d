# SPDX-License-Identifier: Apache-2.0
"""What differs between two versions, and what would a draft break? Asked of the registry, nothing stored."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, TypeVar

import strawberry
from starlette.concurrency import run_in_threadpool

from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.problem import ContractNotFound, DraftUnreadable, problems_of
from controlplane.graphql.verdict import Verdict, verdict_of
from registry import store
from registry.check import check_documents
from registry.contract import SubjectView, VersionView
from registry.document import Document, parse
from registry.json_indent import readable
from registry.sources import Versions
from registry.verdict import DEFAULT_POLICY
from terms.problem import ProblemError

T = TypeVar("T")
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
    """What registering the draft would come to. `old` is the latest version it was compared with."""

    subject: str
    old: ComparedDocument
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
    view = await info.context.read(lambda session: store.subject(session, subject))
    pair = None if view is None else pair_of(view, from_, to)
    if view is None or pair is None:
        return None
    old, new = pair
    return await _apart(lambda: _diff(view, old, new, mode, policy))


async def compatibility(
    info: Info,
    document: str,
    subject: str | None = None,
    mode: str | None = None,
    policy: str | None = None,
) -> CompatibilityResult:
    """The verdict a draft (JSON or YAML text) would get as the next version. Nothing is stored.

    Without `subject` the one the draft names in x-throughline; without `mode` the subject's own.
    """
    try:
        draft = await _apart(lambda: draft_of(document))
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
    found = view
    return await _apart(lambda: _compatibility(found, draft, mode, policy))


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


def _diff(
    view: SubjectView, old: VersionView, new: VersionView, mode: str | None, policy: str | None
) -> Diff:
    before, after = document_of(view, old), document_of(view, new)
    # Two versions were chosen, so a transitive mode asks about these two only.
    asked = (mode or view.compatibility).removesuffix("_TRANSITIVE")
    verdict = check_documents(after, Versions((before,), complete=False), asked, policy or DEFAULT_POLICY)
    return Diff(
        subject=view.name,
        old=_side(before, old.semver),
        new=_side(after, new.semver),
        verdict=verdict_of(verdict),
    )


def _compatibility(view: SubjectView, draft: Document, mode: str | None, policy: str | None) -> Compatibility:
    assert view.latest is not None
    asked = mode or view.compatibility
    compared = view.versions if asked.upper().endswith("_TRANSITIVE") else view.versions[-1:]
    olds = tuple(document_of(view, version) for version in compared)
    verdict = check_documents(draft, Versions(olds, complete=True), asked, policy or DEFAULT_POLICY)
    return Compatibility(
        subject=view.name,
        old=_side(olds[-1], view.latest.semver),
        new=_side(replace(draft, name=DRAFT), ""),
        verdict=verdict_of(verdict),
    )


def _side(document: Document, version: str) -> ComparedDocument:
    return ComparedDocument(name=document.name, version=version, text=document.text)


async def _apart(work: Callable[[], T]) -> T:
    """Comparing takes seconds for the largest documents; the loop goes on serving others."""
    return await run_in_threadpool(work)


@strawberry.type
class CompatibilityQuery:
    diff: Diff | None = answer(diff)
    compatibility: CompatibilityResult = answer(compatibility)

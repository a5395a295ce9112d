# SPDX-License-Identifier: Apache-2.0
"""A version moves on in its life: agreed, deprecated, sunset, retired. The rows of `lifecycle` decide, and who still uses it."""

from collections.abc import Callable
from dataclasses import replace

from sqlmodel import Session

from registry import config, content, subjects, versions
from registry.contract import contract
from registry.judgement import judged
from registry.lifecycle import ACTIVE, DRAFT, Wish, moved, successor_name
from registry.refusal import RefusedError
from registry.stated import stated
from registry.verdict import COMPATIBLE, Verdict
from registry.versions import Stored
from registry.views import VersionView
from terms import canonical_json
from terms.instant import Instant
from terms.problem import ProblemError

Users = Callable[[Session, str, str], tuple[str, ...]]
"""Who still uses (subject, semantic version), in words for people; empty when nobody is known to."""


def nobody(_: Session, __: str, ___: str) -> tuple[str, ...]:
    """A Users that knows of no use."""
    return ()


def move(
    session: Session,
    subject: str,
    which: str | int,
    wish: Wish,
    now: Instant,
    users: Users = nobody,
    *,
    if_compatible: bool = False,
) -> VersionView | Verdict:
    """The version after the wish. A draft that becomes active is judged against what is registered by then.

    With `if_compatible` a draft that does not follow stays one, and the verdict comes back. Raises RefusedError for a version
    there is none of and for a step that is not allowed, saying which are.
    """
    config.require_writable(session, subject)
    found = versions.find(session, subject, which)
    if found is None:
        raise RefusedError("unknown-version", f"there is no version {which} of '{subject}'", "version")
    row = found.row
    used_by = users(session, subject, row.semver)
    try:
        state = moved(versions.state(row), wish, now, used_by)
    except ProblemError as error:
        problem = error.problems[0]
        raise RefusedError("transition", problem.what, problem.where, problem.do) from error
    if (row.lifecycle, state.lifecycle) == (DRAFT, ACTIVE):
        verdict = _verdict(session, found, now)
        if if_compatible and verdict.status != COMPATIBLE:
            return verdict
        row.verdict = canonical_json.text(verdict.as_json()) if verdict.against else None
    row.lifecycle, row.successor = state.lifecycle, _successor(session, subject, state.successor)
    row.deprecated_at, row.sunset_at, row.retired_at = state.deprecated_at, state.sunset_at, state.retired_at
    session.add(row)
    session.flush()
    subjects.refresh(session, subject, now)
    return versions.view(found)


def _verdict(session: Session, found: Stored, now: Instant) -> Verdict:
    document = content.document(session, found.content, found.name)
    draft = contract(document, stated(document.data, "subject") or found.row.subject)
    draft = replace(
        draft,
        subject=found.row.subject,
        semver=found.row.semver,
        references=found.content.references,
        extra=found.content.extra,
        dialect=found.content.dialect,
    )
    return judged(session, draft, now).verdict


def _successor(session: Session, subject: str, text: str) -> str:
    """`subject@version` of what takes its place; a version alone is one of the same subject."""
    full = successor_name(subject, text)
    name, _, version = full.rpartition("@")
    if full and versions.find(session, name, version) is None:
        raise RefusedError(
            "unknown-version",
            f"there is no version {version} of '{name}' to follow it",
            "successor",
            "register it first",
        )
    return full

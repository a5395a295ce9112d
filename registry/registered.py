# SPDX-License-Identifier: Apache-2.0
"""The registered versions of subjects with their documents read: what a judgement over schemas is made from."""

from collections.abc import Iterable

from sqlmodel import Session

from registry import content, versions
from registry.deployment import RegisteredVersion
from terms.instant import Instant


def registered(session: Session, subjects: Iterable[str]) -> dict[str, tuple[RegisteredVersion, ...]]:
    """All versions of each subject by number, documents parsed; a subject without versions is left out."""
    found: dict[str, list[RegisteredVersion]] = {}
    for each in versions.stored_of(session, sorted(set(subjects))):
        row = each.row
        version = RegisteredVersion(
            row.subject,
            row.semver,
            row.lifecycle,
            Instant(row.registered_at),
            content.document(session, each.content, each.name),
        )
        found.setdefault(row.subject, []).append(version)
    return {subject: tuple(versions) for subject, versions in found.items()}

# SPDX-License-Identifier: Apache-2.0
"""The registered versions of subjects with their documents read: what a judgement over schemas is made from."""

from collections.abc import Iterable
from functools import lru_cache

from sqlmodel import Session, col, select

from registry.deployment import RegisteredVersion
from registry.document import Document, parse
from registry.tables import ContractVersionRow
from terms.instant import Instant
from terms.tenant import TENANT


def registered(session: Session, subjects: Iterable[str]) -> dict[str, tuple[RegisteredVersion, ...]]:
    """All versions of each subject by number, documents parsed; a subject without versions is left out."""
    found: dict[str, list[RegisteredVersion]] = {}
    rows = session.exec(
        select(ContractVersionRow)
        .where(
            ContractVersionRow.tenant == TENANT, col(ContractVersionRow.subject).in_(sorted(set(subjects)))
        )
        .order_by(col(ContractVersionRow.subject), col(ContractVersionRow.number))
    )
    for row in rows:
        document = _document(row.document, f"{row.subject}@{row.semver}", row.syntax)
        version = RegisteredVersion(
            row.subject, row.semver, row.lifecycle, Instant(row.registered_at), document
        )
        found.setdefault(row.subject, []).append(version)
    return {subject: tuple(versions) for subject, versions in found.items()}


@lru_cache(256)
def _document(text: str, name: str, syntax: str) -> Document:
    """Versions do not change, and a pipeline asks of the same ones again and again."""
    return parse(text.encode(), name, syntax)

# SPDX-License-Identifier: Apache-2.0
"""How does each subject of a list stand? A count and the verdict of what is current, read without any document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from registry.tables import ContractSubjectRow, ContractVersionRow
from terms.instant import Instant
from terms.tenant import TENANT


@dataclass(frozen=True, slots=True)
class Standing:
    """`versions` counts those that are not deleted; `verdict` is the status of the current one, empty where it has none."""

    versions: int
    verdict: str
    registered_at: Instant


def standings(session: Session, names: Sequence[str]) -> Mapping[str, Standing]:
    """The standing of each of the subjects that has a current version. Two statements, however many they are."""
    counts = dict(
        session.exec(
            select(ContractVersionRow.subject, func.count())
            .where(
                ContractVersionRow.tenant == TENANT,
                col(ContractVersionRow.subject).in_(list(names)),
                col(ContractVersionRow.deleted_at).is_(None),
            )
            .group_by(col(ContractVersionRow.subject))
        ).all()
    )
    current = session.exec(
        select(ContractVersionRow.subject, ContractVersionRow.verdict, ContractVersionRow.registered_at)
        .join(
            ContractSubjectRow,
            (col(ContractSubjectRow.tenant) == ContractVersionRow.tenant)
            & (col(ContractSubjectRow.name) == ContractVersionRow.subject)
            & (col(ContractSubjectRow.current) == ContractVersionRow.number),
        )
        .where(ContractVersionRow.tenant == TENANT, col(ContractVersionRow.subject).in_(list(names)))
    ).all()
    return {
        name: Standing(counts[name], json.loads(verdict)["status"] if verdict else "", Instant(at))
        for name, verdict, at in current
    }

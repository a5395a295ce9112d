# SPDX-License-Identifier: Apache-2.0
"""How does each subject of a list stand? A count and the verdict on what is current, read without any document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from registry import approval_store
from registry.tables import ContractSubjectRow, ContractVersionRow
from registry.verdict import COMPATIBLE, status_of
from terms.instant import Instant
from terms.tenant import TENANT


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict for a list. `status` counts the approvals in force, `without_approvals` none, `approved_until` is when the
    first of those ends that make the difference; None where none does.
    """

    status: str
    without_approvals: str
    approved_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`versions` counts those that are not deleted; `verdict` is the one on the current one, None where nothing came before it."""

    versions: int
    verdict: Answer | None
    registered_at: Instant


def standings(session: Session, names: Sequence[str], now: Instant) -> Mapping[str, Standing]:
    """The standing of each of the subjects that has a current version. Three statements, however many they are."""
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
    accepted = approval_store.ends_of(session, names, now)
    return {
        name: Standing(
            counts[name],
            _answer(json.loads(verdict), accepted.get(name, {})) if verdict else None,
            Instant(at),
        )
        for name, verdict, at in current
    }


def _answer(told: Mapping[str, Any], accepted: Mapping[str, Instant]) -> Answer:
    """What is kept is the verdict of the day of registration, with what was approved then: only its findings count."""
    levels = [
        (each["fingerprint"], each["levels"].get(told["policy"], each["level"])) for each in told["findings"]
    ]
    bare = status_of(level for _, level in levels)
    status = status_of(level for fingerprint, level in levels if fingerprint not in accepted)
    ends = [accepted[each] for each, level in levels if each in accepted and status_of([level]) != COMPATIBLE]
    return Answer(status, bare, min(ends) if status != bare else None)

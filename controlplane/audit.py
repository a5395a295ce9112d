# SPDX-License-Identifier: Apache-2.0
"""The audit log: who changed what, when and why. A row is part of the transaction it tells of."""

from sqlalchemy import BigInteger
from sqlmodel import Field, Session, SQLModel

from terms.instant import Instant
from terms.row_id import next_row_id
from terms.tenant import TENANT


class AuditRow(SQLModel, table=True):
    """One change by a person or a token."""

    __tablename__ = "audit"

    tenant: int = Field(primary_key=True, default=TENANT)
    audit_id: int = Field(primary_key=True, sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)
    actor_kind: str
    actor: str
    reason: str


def record(session: Session, kind: str, actor: str, reason: str, at: Instant) -> None:
    """Adds the row, unless the actor is one of our own machines: their work is told by runs, steps and spans."""
    if kind != "machine":
        session.add(AuditRow(audit_id=next_row_id(), at=at, actor_kind=kind, actor=actor, reason=reason))
        session.flush()

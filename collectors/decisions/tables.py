# SPDX-License-Identifier: Apache-2.0
"""The rows of what holds of objects whatever events say: decisions of people, and keys that join too much."""

from typing import Any

from sqlalchemy import BigInteger, Index, SmallInteger, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT

_STANDING: dict[str, Any] = {
    "sqlite_where": text("revoked_at IS NULL"),
    "postgresql_where": text("revoked_at IS NULL"),
}


def _tenant() -> Any:
    return Field(default=TENANT, primary_key=True, sa_type=SmallInteger)


def _key() -> Any:
    return Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})


class DecisionRow(SQLModel, table=True):
    """One decision. It is never deleted: who revokes it says who, when and why."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("tenant", "decided_by", "idempotency_key", name="uq_decision_key"),
        Index("ix_decision_one", "tenant", "one_id", **_STANDING),
        Index("ix_decision_other", "tenant", "other_id", **_STANDING),
    )

    tenant: int = _tenant()
    decision_id: int = _key()
    kind: str = Field(sa_type=Text)
    one_id: int = Field(sa_type=BigInteger)
    other_id: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_type=Text)
    decided_by: str = Field(sa_type=Text)
    decided_at: int = Field(sa_type=BigInteger)
    idempotency_key: str = Field(sa_type=Text)
    revoked_by: str | None = Field(default=None, nullable=True, sa_type=Text)
    revoked_at: int | None = Field(default=None, nullable=True, sa_type=BigInteger)
    revoked_reason: str | None = Field(default=None, nullable=True, sa_type=Text)


class HubRow(SQLModel, table=True):
    """An object whose key joins too much, and so joins nothing. `recorded_at` is when that was found out."""

    __tablename__ = "hub"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tenant: int = _tenant()
    object_id: int = _key()
    recorded_at: int = Field(sa_type=BigInteger)

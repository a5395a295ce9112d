# SPDX-License-Identifier: Apache-2.0
"""The rows of the key-quality report: what is wrong with the keys of which type, from which source."""

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class KeyFindingRow(SQLModel, table=True):
    """One finding about one key, or (key empty) about all the keys of a group beyond those that are kept by name.

    `digest` is over reason, type, source and key. `uses` counts occurrences; instants are those of the events.
    """

    __tablename__ = "key_finding"
    __table_args__ = (
        UniqueConstraint("tenant", "digest", name="uq_key_finding_digest"),
        Index("ix_key_finding_group", "tenant", "type", "source", "reason"),
        Index("ix_key_finding_key", "tenant", "key"),
        {"sqlite_with_rowid": False},
    )

    tenant: int = Field(default=TENANT, primary_key=True, sa_type=SmallInteger)
    finding_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    digest: bytes = Field(sa_type=LargeBinary)
    type: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    what: str = Field(default="", sa_type=Text)
    event_id: int | None = Field(default=None, nullable=True, sa_type=BigInteger)
    uses: int = Field(sa_type=BigInteger)
    first_seen: int = Field(sa_type=BigInteger)
    last_seen: int = Field(sa_type=BigInteger)

# SPDX-License-Identifier: Apache-2.0
"""What makes spans findable without an index over each of them: where in time blocks lie, and the values of promoted attributes."""

from sqlalchemy import BigInteger, Index, SmallInteger, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class SpanZoneRow(SQLModel, table=True):
    """The spans of one resource in one block: between which starts they lie, and what is worst among them.

    Their keys run from `first_key` to `last_key`; spans of other resources may stand between them.
    """

    __tablename__ = "span_zone"
    __table_args__ = (
        Index("ix_span_zone_time", "tenant", "last_start_ns"),
        {"sqlite_with_rowid": False},
    )

    tenant: int = Field(default=TENANT, primary_key=True, sa_type=SmallInteger)
    block_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    resource_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    first_key: int = Field(sa_type=BigInteger)
    last_key: int = Field(sa_type=BigInteger)
    first_start_ns: int = Field(sa_type=BigInteger)
    last_start_ns: int = Field(sa_type=BigInteger)
    longest_ns: int = Field(sa_type=BigInteger)
    spans: int = Field(sa_type=BigInteger)
    errors: int = Field(sa_type=BigInteger)


class PromotedRow(SQLModel, table=True):
    """An attribute that is looked for by an index. Blocks made before `until_block` are filled in by a job.

    The job has come as far as `done_block`; `blocks` is how many there were to look at, `looked_at` how many it has seen.
    """

    __tablename__ = "promoted_attribute"
    __table_args__ = (UniqueConstraint("tenant", "name", name="uq_promoted_attribute"),)

    tenant: int = Field(default=TENANT, primary_key=True, sa_type=SmallInteger)
    attribute_no: int = Field(
        primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False}
    )
    name: str = Field(sa_type=Text)
    declared_at: int = Field(sa_type=BigInteger)
    until_block: int = Field(sa_type=BigInteger)
    done_block: int = Field(sa_type=BigInteger)
    blocks: int = Field(sa_type=BigInteger)
    looked_at: int = Field(sa_type=BigInteger)
    finished_at: int | None = Field(default=None, nullable=True, sa_type=BigInteger)


class SpanAttributeRow(SQLModel, table=True):
    """A value of a promoted attribute of one span."""

    __tablename__ = "span_attribute"
    __table_args__ = (
        # By span as well, for the removal of old ones.
        Index("ix_span_attribute_span", "tenant", "span_key"),
        {"sqlite_with_rowid": False},
    )

    tenant: int = Field(default=TENANT, primary_key=True, sa_type=SmallInteger)
    attribute_no: int = Field(
        primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False}
    )
    value: str = Field(primary_key=True, sa_type=Text)
    start_ns: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    span_key: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})

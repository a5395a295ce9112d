# SPDX-License-Identifier: Apache-2.0
"""The rows of jobs that derive history anew. A definition that a finished job names is in force for all of it."""

from sqlalchemy import BigInteger, SmallInteger, Text
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class RederivationRow(SQLModel, table=True):
    """One job. `names` is a JSON list, `days_left` a JSON object of days and numbers."""

    __tablename__ = "rederivation"
    __table_args__ = {"sqlite_with_rowid": False}

    tenant: int = Field(default=TENANT, primary_key=True, sa_type=SmallInteger)
    job_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(sa_type=Text)
    names: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    phase: str = Field(sa_type=Text)
    cursor: int = Field(sa_type=BigInteger)
    done: int = Field(sa_type=BigInteger)
    total: int = Field(sa_type=BigInteger)
    changed: int = Field(sa_type=BigInteger)
    added: int = Field(sa_type=BigInteger)
    removed: int = Field(sa_type=BigInteger)
    days_left: str = Field(sa_type=Text)
    started_at: int = Field(sa_type=BigInteger)
    ended_at: int | None = Field(default=None, nullable=True, sa_type=BigInteger)

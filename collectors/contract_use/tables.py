# SPDX-License-Identifier: Apache-2.0
"""The rows of observed use: which application used which contract version on which day, how often and when last."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class ContractUseRow(SQLModel, table=True):
    """One day (UTC) of one application with one contract version. Instants are those of the spans and events."""

    __tablename__ = "contract_use"
    # What is asked about is what was seen of late; the key has a version's days apart for each application.
    __table_args__ = (Index("ix_contract_use_day", "tenant", "subject", "day"),)

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    subject: str = Field(primary_key=True, sa_type=Text)
    version: str = Field(primary_key=True, sa_type=Text)
    application: str = Field(primary_key=True, sa_type=Text)
    day: str = Field(primary_key=True, sa_type=Text)
    uses: int = Field(sa_type=BigInteger)
    first_seen: int = Field(sa_type=BigInteger)
    last_seen: int = Field(sa_type=BigInteger)

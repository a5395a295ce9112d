# SPDX-License-Identifier: Apache-2.0
"""What each transaction says about each KPI, kept so that a board needs no transaction to be read again."""

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class KpiSampleRow(SQLModel, table=True):
    """One transaction's sample for one KPI under one version of its definition. Instants are business time."""

    __tablename__ = "kpi_sample"
    __table_args__ = (
        Index("ix_kpi_sample_cohort", "tenant", "kpi", "version", "cohort_at"),
        Index("ix_kpi_sample_transaction", "tenant", "transaction_id"),
    )

    tenant: int = Field(primary_key=True, default=TENANT)
    kpi: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    transaction_id: str = Field(primary_key=True, max_length=32)
    process: str
    cohort_at: int = Field(sa_type=BigInteger)
    end_at: int | None = Field(default=None, sa_type=BigInteger)
    cancelled_at: int | None = Field(default=None, sa_type=BigInteger)
    failed_at: int | None = Field(default=None, sa_type=BigInteger)
    legal_entity: str | None = None
    region: str | None = None
    currency: str | None = None

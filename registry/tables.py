# SPDX-License-Identifier: Apache-2.0
"""Where do contracts stay? Subjects and their versions; a version is written once and never changed."""

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class ContractSubjectRow(SQLModel, table=True):
    """A subject: the name under which versions of one contract follow each other."""

    __tablename__ = "contract_subject"

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    name: str = Field(primary_key=True, sa_type=Text)
    compatibility: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)


class ContractVersionRow(SQLModel, table=True):
    """One version as it was registered. `verdict` is the JSON text of the comparison with the version before, or null."""

    __tablename__ = "contract_version"
    __table_args__ = (
        UniqueConstraint("tenant", "subject", "content_id", name="uq_contract_version_content"),
        UniqueConstraint("tenant", "subject", "semver", name="uq_contract_version_semver"),
    )

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    subject: str = Field(primary_key=True, sa_type=Text)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    semver: str = Field(sa_type=Text)
    content_id: str = Field(sa_type=Text)
    artefact_type: str = Field(sa_type=Text)
    syntax: str = Field(sa_type=Text)
    document: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    description: str = Field(sa_type=Text)
    owner: str = Field(sa_type=Text)
    steward: str = Field(sa_type=Text)
    domain: str = Field(sa_type=Text)
    audience: str = Field(sa_type=Text)
    lifecycle: str = Field(sa_type=Text)
    verdict: str | None = Field(default=None, sa_type=Text)
    registered_at: int = Field(sa_type=BigInteger)

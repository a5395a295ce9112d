# SPDX-License-Identifier: Apache-2.0
"""Where do declarations and deployments stay? What applications say of themselves, and which of them runs where since when."""

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class EnvironmentRow(SQLModel, table=True):
    """A place to deploy to, in the order of promotion. `after` is empty where a version may start."""

    __tablename__ = "contract_environment"

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    name: str = Field(primary_key=True, sa_type=Text)
    position: int = Field(sa_type=BigInteger)
    after: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Text)


class ApplicationVersionRow(SQLModel, table=True):
    """One version of an application, as it was last declared."""

    __tablename__ = "application_version"

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    application: str = Field(primary_key=True, sa_type=Text)
    version: str = Field(primary_key=True, sa_type=Text)
    owner: str = Field(sa_type=Text)
    declared_at: int = Field(sa_type=BigInteger)


class ApplicationUseRow(SQLModel, table=True):
    """One subject that an application version writes or reads. `fields` is a JSON list of pointers, `optional` 0 or 1."""

    __tablename__ = "application_use"
    __table_args__ = (Index("ix_application_use_subject", "tenant", "subject"),)

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    application: str = Field(primary_key=True, sa_type=Text)
    version: str = Field(primary_key=True, sa_type=Text)
    role: str = Field(primary_key=True, sa_type=Text)
    subject: str = Field(primary_key=True, sa_type=Text)
    versions: str = Field(sa_type=Text)
    fields: str = Field(sa_type=Text)
    optional: int = Field(sa_type=BigInteger)


class DeploymentRow(SQLModel, table=True):
    """An application version in an environment. `ended_at` is null while it runs there; rows are never removed."""

    __tablename__ = "deployment"
    __table_args__ = (
        Index("ix_deployment_application", "tenant", "application", "environment", "deployment_id"),
        Index(
            "uq_deployment_running",
            "tenant",
            "environment",
            "application",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    deployment_id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    application: str = Field(sa_type=Text)
    version: str = Field(sa_type=Text)
    environment: str = Field(sa_type=Text)
    deployed_at: int = Field(sa_type=BigInteger)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)
    recorded_by: str = Field(sa_type=Text)

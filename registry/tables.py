# SPDX-License-Identifier: Apache-2.0
"""Where do contracts stay? Contents that never change, subjects that number them, and what people settle about both."""

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT

# Lists are in the order of code points everywhere: SQLite compares bytes anyway, PostgreSQL is told to.
Name = Text().with_variant(Text(collation="C"), "postgresql")


class ContractContentRow(SQLModel, table=True):
    """What was registered, once for all subjects. `body` holds the registered bytes; `references` and `extra` JSON texts.

    `dialect` is the `$schema` a document without one was read with; empty where it states its own. `extra` holds metadata
    and rule set that came beside the document, `{}` where none did.
    """

    __tablename__ = "contract_content"
    __table_args__ = (UniqueConstraint("tenant", "schema_id", name="uq_contract_content_schema"),)

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    content_id: str = Field(primary_key=True, sa_type=Text)
    schema_id: int = Field(sa_type=BigInteger)
    artefact_type: str = Field(sa_type=Text)
    syntax: str = Field(sa_type=Text)
    dialect: str = Field(sa_type=Text)
    references: str = Field(sa_type=Text)
    extra: str = Field(sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary)
    registered_at: int = Field(sa_type=BigInteger)


class ContractCounterRow(SQLModel, table=True):
    """The last schema id given out. Who holds this row gives out the next."""

    __tablename__ = "contract_counter"

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    name: str = Field(primary_key=True, sa_type=Text)
    value: int = Field(sa_type=BigInteger)


class ContractSubjectRow(SQLModel, table=True):
    """A subject, and what its current version says of it, so that a list reads one row for each.

    `compatibility` is the mode the documents state, empty where they state none. Texts are empty and `current` is 0 while no
    version can be seen; `labels` is JSON text.
    """

    __tablename__ = "contract_subject"
    __table_args__ = (Index("ix_contract_subject_event_type", "tenant", "event_type"),)

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    name: str = Field(primary_key=True, sa_type=Name)
    compatibility: str = Field(sa_type=Text)
    artefact_type: str = Field(sa_type=Text)
    current: int = Field(sa_type=BigInteger)
    semver: str = Field(sa_type=Text)
    lifecycle: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    description: str = Field(sa_type=Text)
    owner: str = Field(sa_type=Text)
    steward: str = Field(sa_type=Text)
    domain: str = Field(sa_type=Text)
    audience: str = Field(sa_type=Text)
    retention: str = Field(sa_type=Text)
    event_type: str = Field(sa_type=Text)
    labels: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    changed_at: int = Field(sa_type=BigInteger)


class ContractSearchRow(SQLModel, table=True):
    """All that a subject with a version to be seen can be found by: its combination of facets, and as words without capitals
    its names, people and descriptions.

    Without row ids the texts stand in the order of the key, so that reading all of them, as a search does, jumps nowhere.
    """

    __tablename__ = "contract_search"
    __table_args__ = (
        Index("ix_contract_search_facets", "tenant", "facets", "subject"),
        {"sqlite_with_rowid": False},
    )

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    subject: str = Field(primary_key=True, sa_type=Name)
    facets: str = Field(sa_type=Name)
    text: str = Field(sa_type=Text)


class ContractFacetsRow(SQLModel, table=True):
    """One combination of what a list can be narrowed by. `facets_id` is a hash of the values; no row ever changes or goes."""

    __tablename__ = "contract_facets"

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    facets_id: str = Field(primary_key=True, sa_type=Name)
    domain: str = Field(sa_type=Text)
    owner: str = Field(sa_type=Text)
    steward: str = Field(sa_type=Text)
    audience: str = Field(sa_type=Text)
    lifecycle: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    mode: str = Field(sa_type=Text)


class ContractVersionRow(SQLModel, table=True):
    """One version of a subject. `verdict` is the JSON text of the comparison with what came before, or null.

    `deleted_at` is set by a soft delete: the number and the semantic version stay taken.
    """

    __tablename__ = "contract_version"
    __table_args__ = (Index("ix_contract_version_content", "tenant", "content_id"),)

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    subject: str = Field(primary_key=True, sa_type=Name)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    semver: str = Field(sa_type=Text)
    content_id: str = Field(sa_type=Text)
    lifecycle: str = Field(sa_type=Text)
    successor: str = Field(sa_type=Text)
    deprecated_at: int | None = Field(default=None, sa_type=BigInteger)
    sunset_at: int | None = Field(default=None, sa_type=BigInteger)
    retired_at: int | None = Field(default=None, sa_type=BigInteger)
    deleted_at: int | None = Field(default=None, sa_type=BigInteger)
    verdict: str | None = Field(default=None, sa_type=Text)
    registered_at: int = Field(sa_type=BigInteger)


class ContractReferenceRow(SQLModel, table=True):
    """A version refers to another subject's version under a name. It is what keeps that one from being deleted."""

    __tablename__ = "contract_reference"
    __table_args__ = (Index("ix_contract_reference_target", "tenant", "target", "target_number"),)

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    subject: str = Field(primary_key=True, sa_type=Name)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    name: str = Field(primary_key=True, sa_type=Text)
    target: str = Field(sa_type=Name)
    target_number: int = Field(sa_type=BigInteger)


class ContractConfigRow(SQLModel, table=True):
    """What was settled for all subjects (subject empty), one subject, or one group of its versions. Empty: not settled here.

    `group_by` names what puts versions into groups; `extra` is JSON text of settings that are kept and given back.
    """

    __tablename__ = "contract_config"

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    subject: str = Field(primary_key=True, sa_type=Name)
    version_group: str = Field(primary_key=True, sa_type=Text)
    compatibility: str = Field(sa_type=Text)
    policy: str = Field(sa_type=Text)
    group_by: str = Field(sa_type=Text)
    registry_mode: str = Field(sa_type=Text)
    extra: str = Field(sa_type=Text)
    changed_at: int = Field(sa_type=BigInteger)


class ContractApprovalRow(SQLModel, table=True):
    """A person accepted one finding of one subject, by its fingerprint, for a reason and until a time."""

    __tablename__ = "contract_approval"

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    subject: str = Field(primary_key=True, sa_type=Name)
    fingerprint: str = Field(primary_key=True, sa_type=Text)
    reason: str = Field(sa_type=Text)
    approved_by: str = Field(sa_type=Text)
    approved_at: int = Field(sa_type=BigInteger)
    until: int = Field(sa_type=BigInteger)


class ContractComparisonRow(SQLModel, table=True):
    """What two contents came to in one mode: the findings under every policy as JSON text, for one state of our own rules."""

    __tablename__ = "contract_comparison"

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=BigInteger)
    old_content: str = Field(primary_key=True, sa_type=Text)
    new_content: str = Field(primary_key=True, sa_type=Text)
    mode: str = Field(primary_key=True, sa_type=Text)
    rules: str = Field(sa_type=Text)
    findings: str = Field(sa_type=Text)

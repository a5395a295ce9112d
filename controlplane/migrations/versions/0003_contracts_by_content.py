# SPDX-License-Identifier: Apache-2.0
"""Contracts by content: what was registered stays once, under its id; subjects number it; lifecycle, references and config."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def _name(name: str) -> "sa.Column[str]":
    return sa.Column(name, NAME, nullable=False)


def _number(name: str, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.rename_table("contract_subject", "contract_subject_0001")
    op.rename_table("contract_version", "contract_version_0001")
    _contents()
    _subjects()
    _settled()
    _move()
    op.drop_table("contract_version_0001")
    op.drop_table("contract_subject_0001")


def _contents() -> None:
    op.create_table(
        "contract_content",
        _number("tenant"),
        _text("content_id"),
        _number("schema_id"),
        *map(_text, ("artefact_type", "syntax", "dialect", "references", "extra")),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _number("registered_at"),
        sa.PrimaryKeyConstraint("tenant", "content_id"),
        sa.UniqueConstraint("tenant", "schema_id", name="uq_contract_content_schema"),
    )
    op.create_table(
        "contract_counter",
        _number("tenant"),
        _text("name"),
        _number("value"),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )


def _subjects() -> None:
    op.create_table(
        "contract_subject",
        _number("tenant"),
        _name("name"),
        _text("compatibility"),
        _text("artefact_type"),
        _number("current"),
        *map(
            _text,
            (
                "semver", "lifecycle", "title", "description", "owner", "steward", "domain", "audience", "retention",
                "event_type", "labels",
            ),
        ),
        _number("created_at"),
        _number("changed_at"),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )  # fmt: skip
    op.create_index("ix_contract_subject_event_type", "contract_subject", ["tenant", "event_type"])
    op.create_table(
        "contract_search",
        _number("tenant"),
        _name("subject"),
        _text("text"),
        sa.PrimaryKeyConstraint("tenant", "subject"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contract_version",
        _number("tenant"),
        _name("subject"),
        _number("number"),
        *map(_text, ("semver", "content_id", "lifecycle", "successor")),
        *(_number(name, True) for name in ("deprecated_at", "sunset_at", "retired_at", "deleted_at")),
        sa.Column("verdict", sa.Text(), nullable=True),
        _number("registered_at"),
        sa.PrimaryKeyConstraint("tenant", "subject", "number"),
    )
    op.create_index("ix_contract_version_content", "contract_version", ["tenant", "content_id"])
    op.create_table(
        "contract_reference",
        _number("tenant"),
        _name("subject"),
        _number("number"),
        _text("name"),
        _name("target"),
        _number("target_number"),
        sa.PrimaryKeyConstraint("tenant", "subject", "number", "name"),
    )
    op.create_index(
        "ix_contract_reference_target", "contract_reference", ["tenant", "target", "target_number"]
    )


def _settled() -> None:
    op.create_table(
        "contract_config",
        _number("tenant"),
        _name("subject"),
        *map(_text, ("version_group", "compatibility", "policy", "group_by", "registry_mode", "extra")),
        _number("changed_at"),
        sa.PrimaryKeyConstraint("tenant", "subject", "version_group"),
    )
    op.create_table(
        "contract_approval",
        _number("tenant"),
        _name("subject"),
        *map(_text, ("fingerprint", "reason", "approved_by")),
        _number("approved_at"),
        _number("until"),
        sa.PrimaryKeyConstraint("tenant", "subject", "fingerprint"),
    )
    op.create_table(
        "contract_comparison",
        _number("tenant"),
        *map(_text, ("old_content", "new_content", "mode", "rules", "findings")),
        sa.PrimaryKeyConstraint("tenant", "old_content", "new_content", "mode"),
    )


def _move() -> None:
    """All that was registered goes along. The search texts are made by the next start, which looks for missing ones."""
    bytes_of = (
        "convert_to(v.document, 'UTF8')"
        if op.get_bind().dialect.name == "postgresql"
        else "CAST(v.document AS BLOB)"
    )
    for statement in (
        f"""INSERT INTO contract_content
            (tenant, content_id, schema_id, artefact_type, syntax, dialect, "references", extra, body, registered_at)
            SELECT v.tenant, v.content_id, row_number() OVER (ORDER BY v.registered_at, v.subject, v.number),
                v.artefact_type, v.syntax, 'https://json-schema.org/draft/2020-12/schema', '[]', '{{}}', {bytes_of}, v.registered_at
            FROM contract_version_0001 v
            WHERE NOT EXISTS (
                SELECT 1 FROM contract_version_0001 o WHERE o.tenant = v.tenant AND o.content_id = v.content_id
                AND (o.subject < v.subject OR (o.subject = v.subject AND o.number < v.number)))""",  # noqa: S608 no input in it
        """INSERT INTO contract_counter (tenant, name, value)
            SELECT tenant, 'schema_id', max(schema_id) FROM contract_content GROUP BY tenant""",
        """INSERT INTO contract_version
            (tenant, subject, number, semver, content_id, lifecycle, successor, verdict, registered_at)
            SELECT tenant, subject, number, semver, content_id, lifecycle, '', verdict, registered_at
            FROM contract_version_0001""",
        """INSERT INTO contract_subject
            (tenant, name, compatibility, artefact_type, current, semver, lifecycle, title, description, owner, steward,
                domain, audience, retention, event_type, labels, created_at, changed_at)
            SELECT s.tenant, s.name, s.compatibility, v.artefact_type, v.number, v.semver, v.lifecycle, v.title,
                v.description, v.owner, v.steward, v.domain, v.audience, '', '', '{}', s.created_at, v.registered_at
            FROM contract_subject_0001 s JOIN contract_version_0001 v ON v.tenant = s.tenant AND v.subject = s.name
            WHERE v.number = (SELECT max(o.number) FROM contract_version_0001 o
                WHERE o.tenant = v.tenant AND o.subject = v.subject)""",
    ):
        op.execute(statement)

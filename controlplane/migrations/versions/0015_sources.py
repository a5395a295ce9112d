# SPDX-License-Identifier: Apache-2.0
"""Sources of spans: how each is set up, how far it was pulled, and what came of it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _tenant() -> sa.Column[int]:
    return sa.Column("tenant", sa.SmallInteger(), nullable=False)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _big(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def upgrade() -> None:
    op.create_table(
        "source",
        _tenant(),
        *_text("name", "kind", "address", "services", "systems"),
        *_big("begin_at", "every", "settle", "overlap", "quiet_after", "most"),
        *_big("max_silence", nullable=True),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        *_text("span_url"),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *_text("header_names"),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        *_big("created_at"),
        *_text("created_by"),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "source_pull",
        _tenant(),
        *_text("source", "api", "holder"),
        *_big("held_until", "next_at"),
        *_big("started_at", "ended_at", "ok_at", nullable=True),
        *_big("windows", "traces", "spans"),
        *_text("service"),
        *_big("failures"),
        *_big("error_at", nullable=True),
        *_text("error_kind", "error_what", "error_where", "error_next"),
        sa.PrimaryKeyConstraint("tenant", "source"),
    )
    op.create_table(
        "source_cursor",
        _tenant(),
        *_text("source", "service"),
        *_big("watermark", "width"),
        sa.PrimaryKeyConstraint("tenant", "source", "service"),
    )
    op.create_table(
        "source_trace",
        _tenant(),
        *_text("source"),
        sa.Column("trace_id", sa.LargeBinary(), nullable=False),
        *_big("end_at", "spans", "changed_at", "fetched_at"),
        sa.PrimaryKeyConstraint("tenant", "source", "trace_id"),
    )
    op.create_table(
        "source_file",
        _tenant(),
        *_text("source", "path", "stamp", "head"),
        *_big("offset"),
        *_text("problem"),
        *_big("taken_at"),
        sa.PrimaryKeyConstraint("tenant", "source", "path"),
    )
    op.create_table(
        "source_truncation",
        _tenant(),
        *_text("source", "service"),
        *_big("from_at", "to_at", "most", "recorded_at"),
        sa.PrimaryKeyConstraint("tenant", "source", "service", "from_at"),
    )
    op.create_table(
        "source_traffic",
        _tenant(),
        *_text("source"),
        *_big("at", "accepted", "duplicates", "rejected", "last_at"),
        sa.PrimaryKeyConstraint("tenant", "source", "at"),
    )
    op.create_table(
        "source_rejection",
        _tenant(),
        *_text("source", "reason"),
        *_big("total", "last_at"),
        *_text("last_what"),
        sa.PrimaryKeyConstraint("tenant", "source", "reason"),
    )
    op.create_table(
        "source_system",
        _tenant(),
        *_text("source", "system"),
        sa.PrimaryKeyConstraint("tenant", "source", "system"),
    )

# SPDX-License-Identifier: Apache-2.0
"""What people decided about two objects, and keys that join too much to join anything."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STANDING = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("one_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "decision_id"),
        sa.UniqueConstraint("tenant", "decided_by", "idempotency_key", name="uq_decision_key"),
    )
    for end in ("one", "other"):
        op.create_index(
            f"ix_decision_{end}",
            "decision",
            ["tenant", f"{end}_id"],
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        )
    op.create_table(
        "hub",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "object_id"),
        sqlite_with_rowid=False,
    )

# SPDX-License-Identifier: Apache-2.0
"""Views over transactions that people saved under a name."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("view_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "view_id"),
        sa.UniqueConstraint("tenant", "owner", "name", name="uq_saved_view_name"),
        sa.UniqueConstraint("tenant", "owner", "idempotency_key", name="uq_saved_view_key"),
    )

# SPDX-License-Identifier: Apache-2.0
"""The processes over one database, and what each works with: those that differ do not judge history anew."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plane",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("plane_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "plane_id"),
    )

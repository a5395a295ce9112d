# SPDX-License-Identifier: Apache-2.0
"""What was counted of a source already, so that what is sent again is not counted again."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_counted",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_source_counted_at", "source_counted", ["tenant", "at"])

# SPDX-License-Identifier: Apache-2.0
"""Which version of which extraction rule made an event."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "extraction_rule",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("rule_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "rule_no"),
        sa.UniqueConstraint("tenant", "id", "version", name="uq_extraction_rule"),
        sqlite_with_rowid=False,
    )
    op.add_column("event", sa.Column("rule_no", sa.SmallInteger(), nullable=True))

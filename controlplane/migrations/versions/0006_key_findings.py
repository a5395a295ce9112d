# SPDX-License-Identifier: Apache-2.0
"""What is wrong with which business keys, from which source."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_finding",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "finding_id"),
        sa.UniqueConstraint("tenant", "digest", name="uq_key_finding_digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_key_finding_group", "key_finding", ["tenant", "type", "source", "reason"])
    op.create_index("ix_key_finding_key", "key_finding", ["tenant", "key"])

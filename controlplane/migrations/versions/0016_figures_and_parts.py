# SPDX-License-Identifier: Apache-2.0
"""What an event says of allocation and plan, and a transaction's part of an event's amount."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event", sa.Column("figures", sa.Text(), nullable=True))
    op.add_column("txn_event", sa.Column("part_minor", sa.BigInteger(), nullable=True))

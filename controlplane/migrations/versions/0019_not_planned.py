# SPDX-License-Identifier: Apache-2.0
"""The milestones that an order's plan leaves out."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("txn", sa.Column("not_planned", sa.Text(), nullable=True))

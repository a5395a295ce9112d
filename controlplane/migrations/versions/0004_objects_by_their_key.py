# SPDX-License-Identifier: Apache-2.0
"""Objects are unique by their key itself: one index finds what is stored and what people ask for, and no digest is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COLUMNS = "tenant, object_id, type, value, namespace, scope"


def upgrade() -> None:
    # SQLite cannot take away a column that stands in a unique key: the table is made anew.
    op.create_table(
        "object_by_key",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "object_id"),
        sqlite_with_rowid=False,
    )
    op.execute(f"INSERT INTO object_by_key ({_COLUMNS}) SELECT {_COLUMNS} FROM object")  # noqa: S608  names of our own
    op.drop_table("object")
    op.rename_table("object_by_key", "object")
    op.create_index("uq_object_key", "object", ["tenant", "value", "type", "namespace", "scope"], unique=True)

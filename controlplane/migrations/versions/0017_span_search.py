# SPDX-License-Identifier: Apache-2.0
"""Spans are found by time, and by attributes that are promoted: zones of what is stored, and room for the values."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ZONES = """
INSERT INTO span_zone (
  tenant, block_id, resource_id, first_key, last_key, first_start_ns, last_start_ns, longest_ns, spans, errors
)
SELECT tenant, block_id, resource_id, min(span_key), max(span_key), min(start_ns), max(start_ns), max(end_ns - start_ns),
  count(*), sum(CASE WHEN status = 2 THEN 1 ELSE 0 END)
FROM span GROUP BY tenant, block_id, resource_id
"""


def upgrade() -> None:
    op.create_table(
        "span_zone",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("block_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resource_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_key", sa.BigInteger(), nullable=False),
        sa.Column("last_key", sa.BigInteger(), nullable=False),
        sa.Column("first_start_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_start_ns", sa.BigInteger(), nullable=False),
        sa.Column("longest_ns", sa.BigInteger(), nullable=False),
        sa.Column("spans", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "block_id", "resource_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_span_zone_time", "span_zone", ["tenant", "last_start_ns"])
    op.execute(_ZONES)
    op.create_table(
        "promoted_attribute",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("attribute_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), nullable=False),
        sa.Column("until_block", sa.BigInteger(), nullable=False),
        sa.Column("done_block", sa.BigInteger(), nullable=False),
        sa.Column("blocks", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "attribute_no"),
        sa.UniqueConstraint("tenant", "name", name="uq_promoted_attribute"),
    )
    op.create_table(
        "span_attribute",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("attribute_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("span_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "attribute_no", "value", "start_ns", "span_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_span_attribute_span", "span_attribute", ["tenant", "span_key"])

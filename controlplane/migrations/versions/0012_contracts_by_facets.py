# SPDX-License-Identifier: Apache-2.0
"""What lists of contracts are narrowed by, each combination once. Subjects that are there are filed by the next start."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
FACETS = ("domain", "owner", "steward", "audience", "lifecycle", "type", "mode")


def upgrade() -> None:
    op.create_table(
        "contract_facets",
        sa.Column("tenant", sa.BigInteger(), nullable=False),
        sa.Column("facets_id", NAME, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in FACETS),
        sa.PrimaryKeyConstraint("tenant", "facets_id"),
    )
    op.rename_table("contract_search", "contract_search_0011")
    op.create_table(
        "contract_search",
        sa.Column("tenant", sa.BigInteger(), nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("facets", NAME, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "subject"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO contract_search (tenant, subject, facets, text) "
        "SELECT tenant, subject, '', text FROM contract_search_0011 ORDER BY tenant, subject"
    )
    op.drop_table("contract_search_0011")
    op.create_index("ix_contract_search_facets", "contract_search", ["tenant", "facets", "subject"])

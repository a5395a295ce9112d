# SPDX-License-Identifier: Apache-2.0
"""Events, objects, transactions, edges and milestones are numbered on, behind the ids they have; new databases begin at 1."""
# ruff: noqa: S608  the only text put into a statement is names of our own

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_SERIES = (
    ("event", "event_id"),
    ("object", "object_id"),
    ("txn", "txn_id"),
    ("edge", "edge_id"),
    ("milestone", "milestone_id"),
)


def upgrade() -> None:
    for table, column in _SERIES:
        op.execute(
            f"INSERT INTO row_number (tenant, series, next_no) SELECT tenant, '{table}', max({column}) + 1 "
            f"FROM {table} GROUP BY tenant"
        )

# SPDX-License-Identifier: Apache-2.0
"""Business keys are found by how they begin, on PostgreSQL too: its index compares bytes."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.drop_index("uq_object_key", "object")
    op.create_index(
        "uq_object_key",
        "object",
        ["tenant", "value", "type", "namespace", "scope"],
        unique=True,
        postgresql_ops={"value": "text_pattern_ops"},
    )

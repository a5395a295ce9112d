# SPDX-License-Identifier: Apache-2.0
"""What was seen of a contract of late is found without reading what was seen before."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_contract_use_day", "contract_use", ["tenant", "subject", "day"])

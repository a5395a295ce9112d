# SPDX-License-Identifier: Apache-2.0
"""What alembic runs: our tables only, each migration in a transaction of its own."""

from alembic import context
from sqlalchemy import create_engine

from controlplane.migrations.tables import metadata


def _is_ours(_object: object, name: str | None, kind: str, reflected: bool, _compare_to: object) -> bool:
    return not (kind == "table" and reflected and name not in metadata.tables)


engine = create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table="throughline_version",
        include_object=_is_ours,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()

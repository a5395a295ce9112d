# SPDX-License-Identifier: Apache-2.0
"""SQLite is told what large tables look like: without figures it takes any key that begins with the tenant, which is all rows.

The figures are those of a year's deals, not of the rows that are there: they say how many rows share a prefix of each key
(https://www.sqlite.org/fileformat2.html#stat1tab), so that plans stay the same however much is stored. PostgreSQL counts
for itself.
"""

from alembic import op
from sqlalchemy import text

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# (table, index, or the table itself for its primary key) -> rows, then rows that share the first, the first two ... columns
STATISTICS = (
    ("trace", "trace", "10000000 10000000 1"),
    ("span", "span", "20000000 20000000 1"),
    ("span", "uq_span_identity", "20000000 20000000 3 1 1"),
    ("span_object", "span_object", "20000000 20000000 3 1"),
    ("span_zone", "span_zone", "1000000 1000000 2 1"),
    ("span_zone", "ix_span_zone_time", "1000000 1000000 1"),
    ("event", "event", "8000000 8000000 1"),
    ("event", "ix_event_contract", "8000000 8000000 800000 400000 1"),
    ("event_object", "event_object", "20000000 20000000 3 1"),
    ("object", "object", "6000000 6000000 1"),
    ("object", "uq_object_key", "6000000 6000000 1 1 1 1"),
    ("edge", "edge", "6000000 6000000 3 1"),
    ("txn", "txn", "1000000 1000000 1"),
    ("txn", "ix_txn_started", "1000000 1000000 1 1"),
    ("txn", "ix_txn_status_due", "1000000 1000000 250000 10"),
    ("txn_event", "txn_event", "8000000 8000000 8 1"),
    ("txn_object", "txn_object", "8000000 8000000 8 1"),
    ("txn_object", "ix_txn_object_object", "8000000 8000000 2"),
    ("milestone", "milestone", "8000000 8000000 8 1"),
    ("kpi_sample", "sqlite_autoindex_kpi_sample_1", "3000000 3000000 600000 600000 1"),
    ("kpi_sample", "ix_kpi_sample_transaction", "3000000 3000000 4"),
    ("kpi_sample", "ix_kpi_sample_cohort", "3000000 3000000 600000 600000 1"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("ANALYZE sqlite_schema")  # makes the table of figures, and counts nothing
    op.execute("DELETE FROM sqlite_stat1")
    for table, index, figures in (*STATISTICS, *_of_other_keys()):
        op.execute(
            text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :figures)").bindparams(
                table=table, index=index, figures=figures
            )
        )


def _of_other_keys() -> list[tuple[str, str, str]]:
    """The unique keys that SQLite named itself: behind the tenant each is one row. A key without figures would be taken for all."""
    rows = {table: figures.split(" ")[0] for table, _, figures in STATISTICS}
    found = op.get_bind().execute(
        text(
            "SELECT t.name, i.name, (SELECT count(*) FROM pragma_index_info(i.name)) "
            "FROM sqlite_schema t JOIN pragma_index_list(t.name) i WHERE t.type = 'table' AND i.origin = 'u' "
            "AND i.name LIKE 'sqlite_autoindex_%'"
        )
    )
    return [
        (table, index, " ".join([rows[table], rows[table], *["1"] * (columns - 1)]))
        for table, index, columns in found
        if table in rows
    ]

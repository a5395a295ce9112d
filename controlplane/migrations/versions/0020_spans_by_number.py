# SPDX-License-Identifier: Apache-2.0
"""Spans bear small numbers: of their trace, of what they are called, and of their place in a block of attributes."""
# ruff: noqa: S608  the only text put into a statement is names of our own

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_BLOCK = 512  # spans of a block, as the keys of spans count them from now on
# Ids of blocks said until now when they were made: milliseconds since 2026-01-01T00:00:00Z in front of 22 other bits.
_ARRIVED_AT = "(block_id / 4194304 + 1767225600000) * 1000"


def upgrade() -> None:
    _new_tables()
    op.execute(
        "INSERT INTO trace (tenant, trace_no, trace_id) "
        "SELECT tenant, row_number() OVER (ORDER BY min(span_key)), trace_id FROM span GROUP BY tenant, trace_id"
    )
    op.execute(
        "INSERT INTO operation (tenant, operation_no, resource_id, name) "
        "SELECT tenant, row_number() OVER (ORDER BY min(span_key)), resource_id, name FROM span "
        "GROUP BY tenant, resource_id, name"
    )
    op.execute(
        "INSERT INTO block_number SELECT tenant, block_id, row_number() OVER (ORDER BY block_id) FROM span_block"
    )
    op.execute(
        "INSERT INTO span_block_by_number (tenant, block_id, arrived_at, body) "
        f"SELECT b.tenant, n.number, {_ARRIVED_AT.replace('block_id', 'b.block_id')}, b.body "
        "FROM span_block b JOIN block_number n ON n.tenant = b.tenant AND n.block_id = b.block_id"
    )
    key = f"n.number * {_BLOCK} + s.block_ix"
    numbered = "JOIN block_number n ON n.tenant = s.tenant AND n.block_id = s.block_id"
    op.execute(
        "INSERT INTO span_by_number (tenant, span_key, trace_no, span_id, kind, parent_span_id, operation_no, start_ns, "
        f"end_ns, status, status_message) SELECT s.tenant, {key}, t.trace_no, s.span_id, s.kind, s.parent_span_id, "
        f"o.operation_no, s.start_ns, s.end_ns, s.status, s.status_message FROM span s {numbered} "
        "JOIN trace t ON t.tenant = s.tenant AND t.trace_id = s.trace_id "
        "JOIN operation o ON o.tenant = s.tenant AND o.resource_id = s.resource_id AND o.name = s.name"
    )
    # A mention of a span that was removed meanwhile goes as well.
    op.execute(
        f"INSERT INTO span_object_by_number (tenant, object_id, span_key) SELECT m.tenant, m.object_id, {key} "
        f"FROM span_object m JOIN span s ON s.tenant = m.tenant AND s.span_key = m.span_key {numbered}"
    )
    _number_what_is_searched_by(key, numbered)
    for table in ("span_attribute", "span_zone", "span_object", "span", "span_block"):
        op.drop_table(table)
        op.rename_table(f"{table}_by_number", table)
    op.create_index("ix_span_attribute_span", "span_attribute", ["tenant", "span_key"])
    op.create_index("ix_span_zone_time", "span_zone", ["tenant", "last_start_ns"])
    op.create_index("uq_span_identity", "span", ["tenant", "trace_no", "span_id", "kind"], unique=True)
    for series, table, column in (
        ("trace", "trace", "trace_no"),
        ("operation", "operation", "operation_no"),
        ("block", "block_number", "number"),
    ):
        op.execute(
            f"INSERT INTO row_number (tenant, series, next_no) SELECT tenant, '{series}', max({column}) + 1 "
            f"FROM {table} GROUP BY tenant"
        )
    op.drop_table("block_number")
    # A job that reads spans in the order of their keys begins anew: what it did is found done.
    op.execute("UPDATE rederivation SET cursor = 0 WHERE phase = 'spans' AND state = 'running'")


def _number_what_is_searched_by(key: str, numbered: str) -> None:
    op.execute(
        "INSERT INTO span_zone_by_number (tenant, block_id, resource_id, first_key, last_key, first_start_ns, last_start_ns, "
        f"longest_ns, spans, errors) SELECT z.tenant, n.number, z.resource_id, n.number * {_BLOCK}, "
        f"n.number * {_BLOCK} + {_BLOCK - 1}, z.first_start_ns, z.last_start_ns, z.longest_ns, z.spans, z.errors "
        "FROM span_zone z JOIN block_number n ON n.tenant = z.tenant AND n.block_id = z.block_id"
    )
    op.execute(
        "INSERT INTO span_attribute_by_number (tenant, attribute_no, value, start_ns, span_key) "
        f"SELECT a.tenant, a.attribute_no, a.value, a.start_ns, {key} "
        f"FROM span_attribute a JOIN span s ON s.tenant = a.tenant AND s.span_key = a.span_key {numbered}"
    )
    # How far the job is that fills in promoted attributes: the last block it has done, and the first it leaves alone.
    before = "SELECT count(*) FROM block_number n WHERE n.tenant = promoted_attribute.tenant AND n.block_id"
    op.execute(
        f"UPDATE promoted_attribute SET done_block = ({before} <= promoted_attribute.done_block), "
        f"until_block = ({before} < promoted_attribute.until_block) + 1"
    )


def _new_tables() -> None:
    op.create_table(
        "row_number",
        _tenant(),
        sa.Column("series", sa.Text(), nullable=False),
        _big("next_no"),
        sa.PrimaryKeyConstraint("tenant", "series"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trace",
        _tenant(),
        _big("trace_no"),
        sa.Column("trace_id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "trace_no"),
        sa.UniqueConstraint("tenant", "trace_id", name="uq_trace_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "operation",
        _tenant(),
        _big("operation_no"),
        _big("resource_id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "operation_no"),
        sa.UniqueConstraint("tenant", "name", "resource_id", name="uq_operation_name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "block_number",
        _tenant(),
        _big("block_id"),
        _big("number"),
        sa.PrimaryKeyConstraint("tenant", "block_id"),
    )
    op.create_table(
        "span_block_by_number",
        _tenant(),
        _big("block_id"),
        _big("arrived_at"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "block_id"),
    )
    op.create_table(
        "span_by_number",
        _tenant(),
        _big("span_key"),
        _big("trace_no"),
        sa.Column("span_id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("parent_span_id", sa.LargeBinary(), nullable=True),
        _big("operation_no"),
        _big("start_ns"),
        _big("end_ns"),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("status_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "span_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "span_zone_by_number",
        _tenant(),
        _big("block_id"),
        _big("resource_id"),
        *(_big(name) for name in ("first_key", "last_key", "first_start_ns", "last_start_ns")),
        *(_big(name) for name in ("longest_ns", "spans", "errors")),
        sa.PrimaryKeyConstraint("tenant", "block_id", "resource_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "span_attribute_by_number",
        _tenant(),
        sa.Column("attribute_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        _big("start_ns"),
        _big("span_key"),
        sa.PrimaryKeyConstraint("tenant", "attribute_no", "value", "start_ns", "span_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "span_object_by_number",
        _tenant(),
        _big("object_id"),
        _big("span_key"),
        sa.PrimaryKeyConstraint("tenant", "object_id", "span_key"),
        sqlite_with_rowid=False,
    )


def _tenant() -> sa.Column[int]:
    return sa.Column("tenant", sa.SmallInteger(), nullable=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)

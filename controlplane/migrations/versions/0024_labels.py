# SPDX-License-Identifier: Apache-2.0
"""Texts that rows repeat stand once, and rows bear their numbers; events name objects by id, and their data is packed."""
# ruff: noqa: S608  the only text put into a statement is names of our own

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson
import sqlalchemy as sa
import zstandard
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TABLES = ("event", "edge", "milestone", "txn_event", "txn_object")
_ROLES = ("anchor", "same_as", "child_of", "link", "succeeds", "annotate", "member", "linked")
_ROLE = "CASE role " + " ".join(f"WHEN '{role}' THEN {code}" for code, role in enumerate(_ROLES)) + " END"
_LABELLED = (
    ("event", "source"), ("event", "type"), ("event", "system"), ("edge", "definition"), ("edge", "rule"),
    ("milestone", "definition"), ("milestone", "name"), ("txn_object", "rule"),
)  # fmt: skip
_AT_ONCE = 500
_EVENT = (
    "source_event_id, {hash}, {type}, occurred_at, recorded_at, {system}, {objects}, amount_minor, currency, legal_entity, "
    "region, contract_subject, contract_version, message, trace_id, span_id, {data}, rule_no, figures"
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    figures = _figures() if is_sqlite else []
    _label_tables()
    _store_labels()
    packed = _pack_data()
    _new_tables()
    _copy(is_sqlite)
    for table in _TABLES:
        op.drop_table(table)
        op.rename_table(f"{table}_by_number", table)
    op.drop_table("event_named")
    _indexes()
    _count("label", "label", "label_no")
    if packed:
        _count("event_data", "event_data", "data_no")
    for table, index, said in figures:
        op.execute(
            sa.text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :said)").bindparams(
                table=table, index=index, said=said
            )
        )


def _label_tables() -> None:
    op.create_table(
        "label",
        _tenant(),
        _big("label_no"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _text("label"),
        sa.PrimaryKeyConstraint("tenant", "label_no"),
        sa.UniqueConstraint("tenant", "digest", name="uq_label_digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_data",
        _tenant(),
        _big("data_no"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "data_no"),
    )
    op.create_table(
        "event_named",
        _tenant(),
        _big("event_id"),
        _text("objects"),
        sa.Column("data_no", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "event_id"),
    )


def _store_labels() -> None:
    every = " UNION ".join(
        f"SELECT tenant, {column} AS label FROM {table} WHERE {column} IS NOT NULL"
        for table, column in _LABELLED
    )
    found = op.get_bind().execute(sa.text(f"{every} ORDER BY 1, 2")).all()
    label = sa.table("label", *map(sa.column, ("tenant", "label_no", "digest", "label")))
    rows = [
        {
            "tenant": tenant,
            "label_no": number,
            "digest": blake2b(text.encode(), digest_size=16).digest(),
            "label": text,
        }
        for number, (tenant, text) in enumerate(found, 1)
    ]
    for start in range(0, len(rows), _AT_ONCE):
        op.bulk_insert(label, rows[start : start + _AT_ONCE])


def _pack_data() -> int:
    """Object ids without their key texts, and data in rows of 500 events; returns how many rows of data there are."""
    bind = op.get_bind()
    named = sa.table("event_named", *map(sa.column, ("tenant", "event_id", "objects", "data_no")))
    data = sa.table("event_data", *map(sa.column, ("tenant", "data_no", "body")))
    last, packed = (-1, -1), 0
    while rows := bind.execute(
        sa.text(
            "SELECT tenant, event_id, objects, data FROM event WHERE (tenant, event_id) > (:tenant, :event_id) "
            f"ORDER BY tenant, event_id LIMIT {_AT_ONCE}"
        ).bindparams(tenant=last[0], event_id=last[1])
    ).all():
        # The rows of one tenant alone, so that its data stands apart from others'.
        mine = [row for row in rows if row.tenant == rows[0].tenant]
        kept = {str(row.event_id): row.data for row in mine if row.data is not None}
        if kept:
            packed += 1
            body = zstandard.compress(orjson.dumps(kept), 1)
            op.bulk_insert(data, [{"tenant": mine[0].tenant, "data_no": packed, "body": body}])
        op.bulk_insert(named, [_named(row, packed) for row in mine])
        last = (mine[-1].tenant, mine[-1].event_id)
    return packed


def _named(row: Any, data_no: int) -> dict[str, Any]:
    ids = [object_id for object_id, _ in orjson.loads(row.objects)]
    return {
        "tenant": row.tenant,
        "event_id": row.event_id,
        "objects": orjson.dumps(ids).decode(),
        "data_no": None if row.data is None else data_no,
    }


def _copy(is_sqlite: bool) -> None:
    def label(column: str, of: str = "o") -> str:
        return f"(SELECT label_no FROM numbered WHERE tenant = {of}.tenant AND label = {of}.{column})"

    # Found by text: there is no index over labels' texts, and a few dozen of them are read faster than asked for.
    op.execute("CREATE TEMPORARY TABLE numbered AS SELECT tenant, label_no, label FROM label")
    if is_sqlite:
        op.execute("CREATE INDEX temp.ix_numbered ON numbered (tenant, label)")
    content = _EVENT.format(
        hash="content_hash", type="type_label", system="system_label", objects="objects", data="data_no"
    )
    old = _EVENT.format(
        hash=_beginning(is_sqlite),
        type=label("type"),
        system=label("system"),
        objects="n.objects",
        data="n.data_no",
    )
    op.execute(
        f"INSERT INTO event_by_number (tenant, event_id, source_label, {content}) "
        f"SELECT o.tenant, o.event_id, {label('source')}, {old} FROM event o "
        "JOIN event_named n ON n.tenant = o.tenant AND n.event_id = o.event_id ORDER BY o.tenant, o.event_id"
    )
    op.execute(
        "INSERT INTO edge_by_number (tenant, parent_id, edge_id, child_id, role, event_id, definition_label, version, "
        f"rule_label, refused, recorded_at, retracted_at) SELECT tenant, parent_id, edge_id, child_id, {_ROLE}, event_id, "
        f"{label('definition')}, version, {label('rule')}, refused, recorded_at, retracted_at FROM edge o"
    )
    op.execute(
        "INSERT INTO milestone_by_number (tenant, txn_id, milestone_id, name_label, reached_at, event_id, definition_label, "
        f"version, recorded_at, retracted_at) SELECT tenant, txn_id, milestone_id, {label('name')}, reached_at, event_id, "
        f"{label('definition')}, version, recorded_at, retracted_at FROM milestone o"
    )
    op.execute(
        "INSERT INTO txn_event_by_number (tenant, txn_id, event_id, role, via_id, share_ppm, part_minor) "
        f"SELECT tenant, txn_id, event_id, {_ROLE}, via_id, share_ppm, part_minor FROM txn_event"
    )
    op.execute(
        "INSERT INTO txn_object_by_number (tenant, txn_id, object_id, role, parent_id, rule_label, event_id) "
        f"SELECT tenant, txn_id, object_id, {_ROLE}, parent_id, {label('rule')}, event_id FROM txn_object o"
    )
    op.execute("DROP TABLE numbered")


def _beginning(is_sqlite: bool) -> str:
    # A hash is the first half of what it was.
    return "substr(content_hash, 1, 8)" if is_sqlite else "substring(content_hash from 1 for 8)"


def _new_tables() -> None:
    op.create_table(
        "event_by_number",
        _tenant(),
        _big("event_id"),
        _big("source_label"),
        _text("source_event_id"),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        *(_big(name) for name in ("type_label", "occurred_at", "recorded_at", "system_label")),
        _text("objects"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        *(
            sa.Column(name, sa.Text(), nullable=True)
            for name in (
                "currency",
                "legal_entity",
                "region",
                "contract_subject",
                "contract_version",
                "message",
            )
        ),
        sa.Column("trace_id", sa.LargeBinary(), nullable=True),
        sa.Column("span_id", sa.LargeBinary(), nullable=True),
        sa.Column("data_no", sa.BigInteger(), nullable=True),
        sa.Column("rule_no", sa.SmallInteger(), nullable=True),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "event_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "edge_by_number",
        _tenant(),
        *(_big(name) for name in ("parent_id", "edge_id", "child_id")),
        _small("role"),
        *(_big(name) for name in ("event_id", "definition_label")),
        _small("version"),
        _big("rule_label"),
        _text("refused"),
        _big("recorded_at"),
        sa.Column("retracted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "parent_id", "edge_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "milestone_by_number",
        _tenant(),
        *(_big(name) for name in ("txn_id", "milestone_id", "name_label", "reached_at", "event_id")),
        _big("definition_label"),
        _small("version"),
        _big("recorded_at"),
        sa.Column("retracted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "txn_id", "milestone_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "txn_event_by_number",
        _tenant(),
        *(_big(name) for name in ("txn_id", "event_id")),
        _small("role"),
        _big("via_id"),
        sa.Column("share_ppm", sa.Integer(), nullable=False),
        sa.Column("part_minor", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "txn_id", "event_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "txn_object_by_number",
        _tenant(),
        *(_big(name) for name in ("txn_id", "object_id")),
        _small("role"),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("rule_label", sa.BigInteger(), nullable=True),
        _big("event_id"),
        sa.PrimaryKeyConstraint("tenant", "txn_id", "object_id"),
        sqlite_with_rowid=False,
    )


def _indexes() -> None:
    op.create_index("uq_event_identity", "event", ["tenant", "source_label", "source_event_id"], unique=True)
    named = sa.text("contract_subject IS NOT NULL")
    op.create_index(
        "ix_event_contract",
        "event",
        ["tenant", "contract_subject", "contract_version", "occurred_at"],
        sqlite_where=named,
        postgresql_where=named,
    )
    op.create_index("ix_txn_object_object", "txn_object", ["tenant", "object_id"])


def _figures() -> Sequence[tuple[str, str, str]]:
    """What the planner was told of the tables, which goes with them."""
    listed = ", ".join(f"'{table}'" for table in _TABLES)
    found = op.get_bind().execute(sa.text(f"SELECT tbl, idx, stat FROM sqlite_stat1 WHERE tbl IN ({listed})"))
    kept = [(row.tbl, row.idx, row.stat) for row in found if not row.idx.startswith("sqlite_autoindex_")]
    return [
        *kept,
        ("event", "uq_event_identity", "8000000 8000000 100000 1"),
        ("label", "label", "10000 10000 1"),
        ("label", "sqlite_autoindex_label_2", "10000 10000 1"),
    ]


def _count(series: str, table: str, column: str) -> None:
    op.execute(
        f"INSERT INTO row_number (tenant, series, next_no) SELECT tenant, '{series}', max({column}) + 1 FROM {table} "
        "GROUP BY tenant"
    )


def _tenant() -> sa.Column[int]:
    return sa.Column("tenant", sa.SmallInteger(), nullable=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _small(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)

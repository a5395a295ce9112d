# SPDX-License-Identifier: Apache-2.0
"""A big store in minutes: some deals go through the intake itself, then the database copies their rows with other numbers and keys.

A copy's rows are those of its original: row numbers are moved past all that were taken, and business keys and what else is unique
get the number of the copy (`SO-7` becomes `SO-7~12`). So tables and indexes are as large, and as deep, as after that many deals.
What a copy is not good for is its story: an event keeps a list of the objects it names, and a copy's still names the original's.
Statements go by the columns of the tables' own metadata, so a table that changes its shape is copied all the same.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from payloads.deals import AS_EVER, Pace, requests
from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import SQLModel, text

from collectors import definitions, intake, tables
from collectors.decoding.otlp import decode_protobuf
from collectors.spans.block import BLOCK
from controlplane.database import Actor, Database, checked_url
from controlplane.migrations import schema
from terms.instant import wall_clock

ORIGINALS = 1_000  # deals that go through the intake
AT_ONCE = 50  # copies in one transaction
PER_REQUEST = 5_000
# What stitching looks keys up in, and what hangs on them.
KEYS = (tables.ObjectRow, tables.EventObjectRow, tables.EdgeRow, tables.TxnRow, tables.TxnObjectRow, tables.TxnEventRow)  # fmt: skip
EVENTS = (tables.EventRow, tables.MilestoneRow)
SPANS = (tables.TraceRow, tables.SpanRow, tables.SpanBlockRow, tables.SpanObjectRow)
# column -> the series its numbers are of
_NUMBERS = {
    "trace_no": "trace", "block_id": "block", "event_id": "event", "object_id": "object", "parent_id": "object",
    "child_id": "object", "via_id": "object", "txn_id": "txn", "edge_id": "edge", "milestone_id": "milestone",
}  # fmt: skip
_STAMPED = {("trace", "trace_id"), ("event", "trace_id"), ("txn", "digest")}
_NAMED = {("object", "value"), ("event", "source_event_id"), ("txn", "anchor")}


def seed(
    url: str,
    deals: int,
    kinds: Iterable[type[SQLModel]] = (*KEYS, *EVENTS, *SPANS),
    pace: Pace = AS_EVER,
    first_deal: int = 0,
) -> None:
    """Fills the empty database with so many deals, a multiple of 1,000; rows of `kinds` are copied, others are of the originals alone.

    Nothing of it is left to be judged: the list of changed transactions is empty at the end.
    """
    schema.upgrade(url)
    _take_in(url, list(requests(ORIGINALS, PER_REQUEST, first_deal=first_deal, pace=pace)))
    engine = create_engine(checked_url(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
    try:
        _copy(engine, deals // ORIGINALS - 1, tuple(kinds))
    finally:
        engine.dispose()


def _take_in(url: str, bodies: list[bytes]) -> None:
    database, known = Database(url, wall_clock), definitions.load()
    try:
        for body in bodies:
            database.write(lambda session, body=body: intake.ingest(session, decode_protobuf(body), wall_clock(), known), actor=Actor("machine", "bench"), reason="bench")  # type: ignore[misc]  # fmt: skip
    finally:
        database.close()


def _prepare(connection: Any, _: object) -> None:
    """Should this process be killed, the bench begins anew: nothing has to be safe yet."""
    for pragma in ("synchronous=OFF", "cache_size=-1000000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("stamped", 2, _stamped, deterministic=True)


def _stamped(value: bytes | None, copy: int) -> bytes | None:
    return None if value is None else hashlib.blake2b(value + copy.to_bytes(4), digest_size=len(value)).digest()  # fmt: skip


def _copy(engine: Engine, copies: int, kinds: tuple[type[SQLModel], ...]) -> None:
    names = [str(kind.__tablename__) for kind in kinds]
    with engine.connect() as connection:
        taken = {row[0]: row[1] for row in connection.execute(text("SELECT series, next_no FROM row_number"))}
        for name in names:
            connection.execute(text(f"CREATE TEMPORARY TABLE original_{name} AS SELECT * FROM {name}"))
        connection.execute(text("CREATE TEMPORARY TABLE copies (copy INTEGER)"))
        connection.commit()
        stamp = _stamp(connection)
        for first in range(1, copies + 1, AT_ONCE):
            connection.execute(text("DELETE FROM copies"))
            numbers = [{"copy": one} for one in range(first, min(first + AT_ONCE, copies + 1))]
            connection.execute(text("INSERT INTO copies VALUES (:copy)"), numbers)
            for name in names:
                columns = list(SQLModel.metadata.tables[name].columns.keys())
                values = ", ".join(_value(name, column, taken, stamp) for column in columns)
                connection.execute(text(f"INSERT INTO {name} ({', '.join(columns)}) SELECT {values} FROM copies CROSS JOIN original_{name}"))  # fmt: skip
            connection.commit()
        moved = [
            {"series": one, "next": taken[one] * (copies + 1)} for one in {*_NUMBERS.values()} & taken.keys()
        ]
        connection.execute(text("UPDATE row_number SET next_no = :next WHERE series = :series"), moved)
        connection.execute(text("DELETE FROM changed_txn"))
        connection.commit()
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        else:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _value(table: str, column: str, taken: dict[str, int], stamp: Callable[[str], str]) -> str:
    """What stands in the column of a copy."""
    if column == "span_key":
        return f"span_key + copy * {taken['block'] * BLOCK}"
    if column in _NUMBERS:
        return f"{column} + copy * {taken[_NUMBERS[column]]}"
    if (table, column) in _STAMPED:
        return stamp(column)
    if (table, column) in _NAMED:
        return f"{column} || '~' || copy"
    return column


def _stamp(connection: Connection) -> Callable[[str], str]:
    if connection.dialect.name == "postgresql":
        return lambda column: f"substring(sha256({column} || int4send(copy)) FROM 1 FOR length({column}))"
    return lambda column: f"stamped({column}, copy)"

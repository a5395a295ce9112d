# SPDX-License-Identifier: Apache-2.0
"""What is stored for targets, by plain statements: every changed target is asked after, and most have nothing.

Table and column names come from this room's own tables, never from input.
"""
# ruff: noqa: S608  the only text put into a statement is names of our own

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from policies.fact import TargetKind
from policies.finding import Pair
from terms.tenant import TENANT

# How many targets a statement on SQLite has; what is missing is filled with NULL, which equals nothing, so that there
# are few statements and the driver keeps them prepared.
_SIZES = (8, 64, 500)


class Asked(NamedTuple):
    """Pairs of one kind of target, as statements ask for them: every rule with every target."""

    kind: TargetKind
    rule_ids: list[str]
    keys: list[str]
    pairs: Collection[Pair]


def asked_for(pairs: Collection[Pair]) -> tuple[Asked, ...]:
    """The pairs by kind of target, rules and targets in order."""
    return tuple(
        Asked(
            kind,
            sorted({pair.rule_id for pair in pairs if pair.target_kind == kind}),
            sorted({pair.target_key for pair in pairs if pair.target_kind == kind}),
            pairs,
        )
        for kind in sorted({pair.target_kind for pair in pairs})
    )


def rows_of(session: Session, table: Table, asked: Iterable[Asked], order: str) -> Iterator[tuple[Pair, Any]]:
    """Rows of these pairs with the pair of each, locked where the database can, for every caller in this order."""
    connection = session.connection()
    is_postgres = connection.dialect.name == "postgresql"
    # Where the rule leads the primary key, a target without its rule would have the whole table read.
    by_rule = "rule_id" in table.primary_key.columns
    made = _row(table)
    for kind, rule_ids, keys, pairs in asked:
        rows: list[tuple[Any, ...]] = []
        if is_postgres:
            statement = _select_on_postgres(table, order, by_rule)
            values = (kind, keys, rule_ids) if by_rule else (kind, keys)
            rows += _rows(connection, statement, values)
        else:
            for start in range(0, len(keys), _SIZES[-1]):
                chunk = keys[start : start + _SIZES[-1]]
                size = next(size for size in _SIZES if size >= len(chunk))
                statement = _select_on_sqlite(table, size, len(rule_ids) if by_rule else 0)
                filled = (kind, *chunk, *[None] * (size - len(chunk)), *(rule_ids if by_rule else ()))
                rows += _rows(connection, statement, filled)
        for row in map(made, rows):
            if (pair := Pair(row.rule_id, row.target_kind, row.target_key)) in pairs:
                yield pair, row


def put(session: Session, table: Table, replaced: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Stores rows, whose values follow the table's columns; of one that is there already only `replaced` changes."""
    _write(session, _upsert(table, replaced), rows)


def rewrite(session: Session, table: Table, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Sets `columns` of rows; each of `rows` holds the new values, then the primary key behind the tenant."""
    new = ", ".join(f"{name} = ?" for name in columns.split(", "))
    _write(session, f"UPDATE {table.name} SET {new} WHERE {_key(table)}", rows)


def drop(session: Session, table: Table, pairs: Collection[Pair]) -> None:
    """Deletes the row of each pair."""
    _write(session, f"DELETE FROM {table.name} WHERE {_key(table)}", sorted(pairs))


def _rows(connection: Connection, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The driver's rows: mostly none, and asking through a layer costs ten times as much as finding none."""
    broken: type[Exception] = connection.dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, values)
        return cursor.fetchall()  # type: ignore[return-value]  # both drivers give tuples
    except broken as error:
        raise DBAPIError.instance(statement, None, error, broken) from error
    finally:
        cursor.close()


def _write(session: Session, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    connection = session.connection()
    marked = statement.replace("?", "%s") if connection.dialect.name == "postgresql" else statement
    connection.exec_driver_sql(marked, [tuple(row) for row in rows])


def _key(table: Table) -> str:
    names = [name for name in table.primary_key.columns.keys() if name != "tenant"]  # noqa: SIM118 the keys are names
    return " AND ".join([f"tenant = {TENANT:d}", *(f"{name} = ?" for name in names)])


@cache
def _row(table: Table) -> Callable[[Iterable[Any]], Any]:
    kind: Any = namedtuple(table.name, table.columns.keys())  # type: ignore[misc]
    return kind._make


@cache
def _upsert(table: Table, replaced: str) -> str:
    marks = ", ".join("?" * len(table.columns))
    new = ", ".join(f"{name} = excluded.{name}" for name in replaced.split(", "))
    return (
        f"INSERT INTO {table.name} ({', '.join(table.columns.keys())}) VALUES ({marks}) "
        f"ON CONFLICT ({', '.join(table.primary_key.columns.keys())}) DO UPDATE SET {new}"
    )


@cache
def _select_on_postgres(table: Table, order: str, by_rule: bool) -> str:
    rule = " AND rule_id = ANY(%s)" if by_rule else ""
    return (
        f"SELECT {', '.join(table.columns.keys())} FROM {table.name} WHERE tenant = {TENANT:d} AND target_kind = %s "
        f"AND target_key = ANY(%s){rule} ORDER BY {order} FOR UPDATE"
    )


@cache
def _select_on_sqlite(table: Table, targets: int, rules: int) -> str:
    # Not sorted: one writer locks nothing, and SQLite would read the whole primary key to save itself the sorting.
    rule = f" AND rule_id IN ({', '.join('?' * rules)})" if rules else ""
    return (
        f"SELECT {', '.join(table.columns.keys())} FROM {table.name} WHERE tenant = {TENANT:d} AND target_kind = ? "
        f"AND target_key IN ({', '.join('?' * targets)}){rule}"
    )

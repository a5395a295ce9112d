# SPDX-License-Identifier: Apache-2.0
"""Many rows in one statement. The walk's hot path speaks plain SQL here, because an ORM costs ten times as much a row.

Table and column names come from the table classes' own metadata or are written in this room, never from input.
"""
# ruff: noqa: S608  the only text put into a statement is names of our own

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection
from sqlmodel import Session, SQLModel

from terms.tenant import TENANT

# How many values a statement on SQLite has; what is missing is filled with NULL, which equals nothing, so that there
# are few statements and the driver keeps them prepared.
_SIZES = (8, 64, 200, 450)


class Bulk:
    """Statements of one session. `session` must be in the transaction that everything belongs to."""

    def __init__(self, session: Session) -> None:
        self.connection: Connection = session.connection()
        self.is_postgres = self.connection.dialect.name == "postgresql"
        self._mark = "%s" if self.is_postgres else "?"

    def insert(
        self,
        table: type[SQLModel],
        columns: str,
        rows: Sequence[tuple[Any, ...]],
        known: Literal["refuse", "skip"] = "refuse",
    ) -> int:
        """Inserts `rows`, whose values follow `columns` behind the tenant; returns how many were new.

        A row whose unique key is stored already is an error, or left out with `skip`.
        """
        if not rows:
            return 0
        names = f"tenant, {columns}"
        marks = ", ".join([self._mark] * (columns.count(",") + 1))
        ending = " ON CONFLICT DO NOTHING" if known == "skip" else ""
        statement = f"INSERT INTO {table.__tablename__} ({names}) VALUES ({TENANT:d}, {marks}){ending}"
        done: int = self.connection.exec_driver_sql(statement, list(rows)).rowcount
        return done

    def update(self, table: type[SQLModel], columns: str, keys: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Sets `columns` of the rows with `keys`; each of `rows` holds the new values, then those of the keys."""
        if not rows:
            return
        new = ", ".join(f"{column} = {self._mark}" for column in columns.split(", "))
        self.connection.exec_driver_sql(
            f"UPDATE {table.__tablename__} SET {new} WHERE {self._same(keys)}", list(rows)
        )

    def delete(self, table: type[SQLModel], keys: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Deletes the rows with these keys."""
        if rows:
            self.connection.exec_driver_sql(
                f"DELETE FROM {table.__tablename__} WHERE {self._same(keys)}", list(rows)
            )

    def select(
        self,
        columns: str,
        table: str,
        by: str,
        values: Iterable[Any],
        also: str = "",
        same: Mapping[str, Any] | None = None,
        join: str = "",
        index: str = "",
        tenant: str = "tenant",
    ) -> list[tuple[Any, ...]]:
        """`columns` of the rows of `table` whose `by` is one of `values`, in no order.

        `also` narrows by a condition of our own, `same` by equal values; `join` adds a table to each row; `index` is
        the one to use on SQLite.
        """
        wanted = list(values)
        if not wanted:
            return []
        fixed = tuple(same.values()) if same else ()
        narrower = "".join(f" AND {column} = {self._mark}" for column in same or ())
        where = f"WHERE {tenant} = {TENANT:d}{also}{narrower} AND {by}"
        if self.is_postgres:
            statement = f"SELECT {columns} FROM {table}{join} {where} = ANY(%s)"
            return self._rows(statement, (*fixed, wanted))
        # SQLite takes any index that begins with the tenant for selective and would scan a table of one tenant; CROSS
        # JOIN and INDEXED BY make it look up one value after the other.
        source = (
            f"{table}{f' INDEXED BY {index}' if index else ''}{join.replace(' JOIN ', ' CROSS JOIN ', 1)}"
        )
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(wanted), _SIZES[-1]):
            chunk = wanted[start : start + _SIZES[-1]]
            size = next(size for size in _SIZES if size >= len(chunk))
            chunk += [None] * (size - len(chunk))
            marks = ", ".join(["(?)"] * size)
            statement = f"WITH wanted(one) AS (VALUES {marks}) SELECT {columns} FROM wanted CROSS JOIN {source} {where} = one"
            found += self._rows(statement, (*chunk, *fixed))
        return found

    def lock(self, number: int) -> None:
        """On PostgreSQL waits until no other transaction holds this lock; SQLite has one writer anyway."""
        if self.is_postgres:
            self.connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))

    def _rows(self, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        # The driver's own cursor: a request makes two dozen such reads, and each would cost a layer's bookkeeping.
        cursor = self.connection.connection.cursor()
        try:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def _same(self, keys: str) -> str:
        wanted = [f"tenant = {TENANT:d}", *(f"{key} = {self._mark}" for key in keys.split(", "))]
        return " AND ".join(wanted)

# SPDX-License-Identifier: Apache-2.0
"""Many rows in one statement. The walk's hot path speaks plain SQL here, because an ORM costs ten times as much a row.

Table and column names come from the table classes' own metadata or are written in this room, never from input.
"""
# ruff: noqa: S608  the only text put into a statement is names of our own

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from typing import Any, Literal

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, SQLModel

from terms.tenant import TENANT

# How many values a statement on SQLite has; what is missing is filled with NULL, which equals nothing, so that there
# are few statements and the driver keeps them prepared.
_SIZES = (8, 64, 200, 450)
# How many rows an INSERT on SQLite has: starting a statement costs about as much as a small row does.
_ROWS = 16
# Up to how many rows PostgreSQL is given one by one: for these the arrays of one statement cost more than they save.
_FEW = 2
_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]


class Bulk:
    """Statements of one session. `session` must be in the transaction that everything belongs to."""

    def __init__(self, session: Session) -> None:
        self.connection: Connection = session.connection()
        self.is_postgres = self.connection.dialect.name == "postgresql"
        self._error: type[Exception] = self.connection.dialect.loaded_dbapi.Error
        self._mark = "%s" if self.is_postgres else "?"
        self._cursor: DBAPICursor = self.connection.connection.cursor()

    def insert(
        self,
        table: type[SQLModel],
        columns: str,
        rows: Sequence[tuple[Any, ...]],
        known: Literal["refuse", "skip", "skip_few"] = "refuse",
    ) -> int:
        """Inserts `rows`, whose values follow `columns` behind the tenant; returns how many were new.

        A row whose unique key is stored already is an error, or left out with `skip`. `skip_few` says that hardly any
        is: on PostgreSQL all are copied, which takes half as long, and inserted anew where one of them was there.
        """
        if not rows:
            return 0
        if known == "skip_few" and self._at_once(rows):
            with suppress(IntegrityError), self.connection.begin_nested():
                return self.insert(table, columns, rows)
        into = f"{table.__tablename__} (tenant, {columns})"
        ending = "" if known == "refuse" else " ON CONFLICT DO NOTHING"
        if self.is_postgres and known == "refuse":
            return self._copy(f"COPY {into} FROM STDIN", rows)
        if self._at_once(rows):
            given = _given(table, columns)
            return self._write_at_once(f"INSERT INTO {into} SELECT {TENANT:d}, * FROM {given}{ending}", rows)
        marks = ", ".join([self._mark] * (columns.count(",") + 1))
        one = f"({TENANT:d}, {marks})"
        head = f"INSERT INTO {into} VALUES "
        whole = 0 if self.is_postgres else len(rows) - len(rows) % _ROWS
        joined = [tuple(chain.from_iterable(rows[start : start + _ROWS])) for start in range(0, whole, _ROWS)]
        done = self._write(f"{head}{', '.join([one] * _ROWS)}{ending}", joined)
        return done + self._write(f"{head}{one}{ending}", rows[whole:])

    def update(self, table: type[SQLModel], columns: str, keys: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Sets `columns` of the rows with `keys`; each of `rows` holds the new values, then those of the keys.

        No two of `rows` may have the same keys: which of them lasts is not said.
        """
        if self._at_once(rows):
            names = columns.split(", ")
            new = ", ".join(f"{name} = value_{place}" for place, name in enumerate(names))
            where = _matched(table, keys, len(names))
            given = _given(table, f"{columns}, {keys}")
            self._write_at_once(f"UPDATE {table.__tablename__} SET {new} FROM {given} WHERE {where}", rows)
            return
        new = ", ".join(f"{column} = {self._mark}" for column in columns.split(", "))
        self._write(f"UPDATE {table.__tablename__} SET {new} WHERE {self._same(keys)}", rows)

    def delete(self, table: type[SQLModel], keys: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Deletes the rows with these keys."""
        if self._at_once(rows):
            given, where = _given(table, keys), _matched(table, keys, 0)
            self._write_at_once(f"DELETE FROM {table.__tablename__} USING {given} WHERE {where}", rows)
            return
        self._write(f"DELETE FROM {table.__tablename__} WHERE {self._same(keys)}", rows)

    def delete_range(self, table: type[SQLModel], key: str, first: int, last: int) -> None:
        """Deletes the rows whose `key` is from `first` to `last`."""
        where = f"tenant = {TENANT:d} AND {key} BETWEEN {self._mark} AND {self._mark}"
        self._write(f"DELETE FROM {table.__tablename__} WHERE {where}", [(first, last)])

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
        among: Mapping[str, Sequence[Any]] | None = None,
        ending: str = "",
    ) -> list[tuple[Any, ...]]:
        """`columns` of the rows of `table` whose `by` is one of `values`, in no order.

        `also` narrows by a condition of our own, `same` by equal values, `among` by one of a few; `join` adds a table to
        each row; `index` is the one to use on SQLite; `ending` stands behind the condition, such as a GROUP BY.
        """
        wanted = list(values)
        if not wanted:
            return []
        few = [*(same or {}).values(), *chain.from_iterable((among or {}).values())]
        narrower = "".join(f" AND {column} = {self._mark}" for column in same or ())
        for column, some in (among or {}).items():
            narrower += f" AND {column} IN ({', '.join([self._mark] * len(some))})"
        where = f"WHERE {tenant} = {TENANT:d}{also}{narrower} AND {by}"
        if self.is_postgres:
            statement = f"SELECT {columns} FROM {table}{join} {where} = ANY(%s){ending}"
            return self._rows(statement, (*few, wanted))
        # CROSS JOIN and INDEXED BY keep SQLite from beginning elsewhere. The values are a list and no table of their own: it
        # takes hundreds of VALUES for millions, and would read all that is stored to make a Bloom filter of it.
        joined = join.replace(" JOIN ", " CROSS JOIN ").replace(" LEFT CROSS ", " LEFT ")
        source = f"{table}{f' INDEXED BY {index}' if index else ''}{joined}"
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(wanted), _SIZES[-1]):
            chunk = wanted[start : start + _SIZES[-1]]
            size = next(size for size in _SIZES if size >= len(chunk))
            chunk += [None] * (size - len(chunk))
            statement = f"SELECT {columns} FROM {source} {where} IN ({', '.join('?' * size)}){ending}"
            found += self._rows(statement, (*few, *chunk))
        return found

    def after(
        self, columns: str, table: str, key: str, cursor: int, limit: int, also: str = ""
    ) -> list[tuple[Any, ...]]:
        """`columns` of the rows behind the cursor in the order of their key, at most `limit`; `also` is a condition of our own."""
        return self._rows(
            f"SELECT {columns} FROM {table} WHERE tenant = {TENANT:d}{also} AND {key} > {cursor:d} "
            f"ORDER BY {key} LIMIT {limit:d}",
            (),
        )

    def any_in(self, *tables: type[SQLModel]) -> tuple[bool, ...]:
        """For each table whether it has rows at all."""
        asked = ", ".join(
            f"EXISTS (SELECT 1 FROM {t.__tablename__} WHERE tenant = {TENANT:d})" for t in tables
        )
        return tuple(bool(one) for one in self._rows(f"SELECT {asked}", ())[0])

    def lock(self, number: int) -> None:
        """On PostgreSQL waits until no other transaction holds this lock; SQLite has one writer anyway."""
        if self.is_postgres:
            self.connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))

    def analyze(self) -> None:
        """On PostgreSQL lets the planner see how much there is; statements to SQLite name the index they are to use.

        Autovacuum sees to it as well, but a minute late, and a plan made for an empty table reads all of a full one.
        """
        if self.is_postgres:
            self.connection.exec_driver_sql(f"ANALYZE {', '.join(sorted(SQLModel.metadata.tables))}")

    def _at_once(self, rows: Sequence[tuple[Any, ...]]) -> bool:
        return self.is_postgres and len(rows) > _FEW

    # The driver's own cursor, one for all: a request makes three dozen statements, and each would cost a layer's bookkeeping.

    def _rows(self, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        cursor = self._cursor
        try:
            cursor.execute(statement, parameters)
            return cursor.fetchall()  # type: ignore[return-value]  # both drivers give tuples
        except self._error as error:
            raise self._told(statement, error) from error

    def _write(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> int:
        if not rows:
            return 0
        cursor = self._cursor
        try:
            cursor.executemany(statement, rows)
            return cursor.rowcount
        except self._error as error:
            raise self._told(statement, error) from error

    def _write_at_once(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> int:
        cursor = self._cursor
        try:
            cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
            return cursor.rowcount
        except self._error as error:
            raise self._told(statement, error) from error

    def _copy(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> int:
        cursor: Any = self._cursor
        try:
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row((TENANT, *row))
            return int(cursor.rowcount)
        except self._error as error:
            raise self._told(statement, error) from error

    def _told(self, statement: str, error: Exception) -> Exception:
        """The driver's error as SQLAlchemy raises it, so that a full disk or a lost connection is one kind to callers."""
        return DBAPIError.instance(statement, None, error, self._error)

    def _same(self, keys: str) -> str:
        wanted = [f"tenant = {TENANT:d}", *(f"{key} = {self._mark}" for key in keys.split(", "))]
        return " AND ".join(wanted)


@cache
def _given(table: type[SQLModel], names: str) -> str:
    """The rows of a PostgreSQL statement, from one array for each of these columns: value_0, value_1, ..."""
    columns = SQLModel.metadata.tables[str(table.__tablename__)].columns
    # Which column there is not the database says, as everywhere else.
    types = [columns[name].type if name in columns else postgresql.TEXT() for name in names.split(", ")]
    # %b: written as text, bytes in an array take five times as long.
    arrays = ", ".join(f"%b::{one.compile(_POSTGRES)}[]" for one in types)
    return f"unnest({arrays}) AS given({', '.join(f'value_{place}' for place in range(len(types)))})"


def _matched(table: type[SQLModel], keys: str, first: int) -> str:
    """Which row of the table belongs to which of those given, whose keys begin at value `first`."""
    pairs = (
        f"{table.__tablename__}.{key} = value_{first + place}" for place, key in enumerate(keys.split(", "))
    )
    return " AND ".join((f"tenant = {TENANT:d}", *pairs))

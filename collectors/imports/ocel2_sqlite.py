# SPDX-License-Identifier: Apache-2.0
"""An OCEL 2.0 SQLite file -> a log. Each type of event and object has a table of its own, named through a map table."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from collectors.imports.ocel2 import Log, LogEvent
from terms.problem import ProblemError

MAGIC = b"SQLite format 3\x00"
_TABLE = re.compile(r"[A-Za-z0-9_]+")


def read(path: Path) -> Log:
    """The log in the file. Raises ProblemError when it is no OCEL 2.0 database, or a damaged one."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            types = {
                str(key): str(kind) for key, kind in database.execute("SELECT ocel_id, ocel_type FROM object")
            }
            pairs = database.execute("SELECT ocel_source_id, ocel_target_id FROM object_object ORDER BY 1, 2")
            relations = [(str(one), str(other)) for one, other in pairs]
            return Log(types, list(_events(database, str(path))), relations)
    except sqlite3.Error as error:
        raise ProblemError(
            f"cannot be read as an OCEL 2.0 database: {error}", str(path), "export it as OCEL 2.0 SQLite"
        ) from error


def _events(database: sqlite3.Connection, name: str) -> Iterator[LogEvent]:
    named: dict[str, list[str]] = {}
    for event, key in database.execute(
        "SELECT ocel_event_id, ocel_object_id FROM event_object ORDER BY 1, 2"
    ):
        named.setdefault(str(event), []).append(str(key))
    maps = database.execute("SELECT ocel_type, ocel_type_map FROM event_map_type ORDER BY 1").fetchall()
    for kind, mapped in maps:
        if not _TABLE.fullmatch(str(mapped)):  # it becomes a part of the statement
            raise ProblemError(f"'{mapped}' is not the name of a table", f"{name}: event_map_type")
        rows = database.execute(f"SELECT * FROM event_{mapped} ORDER BY ocel_time, ocel_id")  # noqa: S608
        columns = [column[0] for column in rows.description]
        for row in rows:
            values: dict[str, Any] = {
                column: item for column, item in zip(columns, row, strict=True) if item is not None
            }
            key, time = str(values.pop("ocel_id", "")), str(values.pop("ocel_time", ""))
            if not key or not time:
                raise ProblemError("an event has no ocel_id or no ocel_time", f"{name}: event_{mapped}")
            yield LogEvent(key, str(kind), time, tuple(named.get(key, ())), values)

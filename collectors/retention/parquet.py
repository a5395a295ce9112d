# SPDX-License-Identifier: Apache-2.0
"""Spans as a Parquet file, and back. DuckDB writes and reads it; nothing else here knows that library."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from collectors.retention.store import OldSpan
from terms.problem import ProblemError

MAGIC = b"PAR1"

_TYPES = dict.fromkeys(("trace_id", "span_id", "parent_span_id", "name", "service", "scope"), "VARCHAR") | {
    "kind": "TINYINT", "start_ns": "BIGINT", "end_ns": "BIGINT", "status": "TINYINT", "status_message": "VARCHAR",
    "attributes": "VARCHAR", "resource": "VARCHAR",
}  # fmt: skip
_CONFIG: dict[str, Any] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is on the disk to stay."""

    path: Path
    sha256: str
    bytes: int


def require() -> None:
    """Raises ProblemError when the library is not installed."""
    if find_spec("duckdb") is None:
        raise ProblemError(
            "archives are written by DuckDB, which is not installed",
            "THROUGHLINE_ARCHIVE",
            "install throughline[server,archive], or set it to none to remove spans without an archive",
        )


def write(path: Path, spans: Iterable[OldSpan]) -> Written:
    """Writes the spans, one row each, attributes and resource as JSON text, `start` as a UTC time beside the exact
    nanoseconds. The file appears whole or not at all; one that is there gives way to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".archive-") as folder:
        lines, made = Path(folder, "spans.ndjson"), Path(folder, "spans.parquet")
        with lines.open("wb") as file:
            for span in spans:
                row = asdict(span) | {"attributes": orjson.dumps(span.attributes).decode()}
                file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        columns = ", ".join(f"{each.name}: '{_TYPES[each.name]}'" for each in fields(OldSpan))
        told = f"read_json({_text(lines)}, format='newline_delimited', columns={{{columns}}})"
        rows = f"SELECT *, make_timestamp_ns(start_ns) AS start FROM {told}"  # noqa: S608 names of ours, quoted paths
        _run(f"COPY ({rows}) TO {_text(made)} (FORMAT parquet, COMPRESSION zstd)")
        content = made.read_bytes()
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(path)
    return Written(path, sha256(content).hexdigest(), len(content))


def read(path: Path, at_once: int) -> Iterator[list[OldSpan]]:
    """The spans of a file that `write` made, so many at a time. Raises ProblemError for what is no such file."""
    require()
    import duckdb

    names = [each.name for each in fields(OldSpan)]
    with duckdb.connect(config=_CONFIG) as connection:
        try:
            found = connection.execute(f"SELECT {', '.join(names)} FROM read_parquet({_text(path)})")  # noqa: S608 names of ours
            while rows := found.fetchmany(at_once):
                yield [_span(dict(zip(names, row, strict=True))) for row in rows]
        except duckdb.Error as error:
            what = f"is no archive of spans: {str(error).splitlines()[0]}"
            raise ProblemError(what, str(path), "name a file that retention wrote") from error


def _span(row: dict[str, Any]) -> OldSpan:
    return OldSpan(**row | {"attributes": orjson.loads(row["attributes"])})


def _run(statement: str) -> None:
    import duckdb

    with duckdb.connect(config=_CONFIG) as connection:
        connection.execute(statement)


def _text(path: Path) -> str:
    """A path as SQL text: COPY takes no parameter where the file's name stands."""
    return "'" + str(path).replace("'", "''") + "'"

# SPDX-License-Identifier: Apache-2.0
"""A CSV file and what its columns mean -> batches of CloudEvents, a row an event. The file is never held whole."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from collectors.imports.batch import Batch, of_events
from collectors.imports.csv_mapping import CsvMapping
from terms.problem import ProblemError, did_you_mean

BATCH = 500  # events
_SEVERAL = "|"  # between the keys of one cell that names several objects


def batches(path: Path, mapping: CsvMapping, source: str) -> Iterator[Batch]:
    """At most 500 rows to a batch, in order. A cell may name several objects, as `A|B`; an empty one names none.

    A row without a time, which has not happened yet, is left out and told, and so is one whose time cannot be read. Raises
    ProblemError for a column that is missing (with the nearest there is), and for a time before any was read: then the mapping
    is wrong.
    """
    read = 0
    waiting: list[bytes] = []
    left_out: list[str] = []
    has_read = False
    with path.open("rb") as file:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        reader = csv.DictReader(text, delimiter=mapping.delimiter)
        _refuse_missing(reader.fieldnames or [], mapping, str(path))
        for row in reader:
            try:
                waiting.append(_cloudevent(row, mapping, source, f"{path}:{reader.line_num}"))
                has_read = True
            except ProblemError as error:
                if not has_read and row[mapping.time]:
                    raise
                left_out.append(str(error))
            if len(waiting) == BATCH:
                position = file.tell()
                yield of_events(waiting, position - read, left_out=left_out)
                waiting, left_out, read = [], [], position
        if waiting or left_out:
            yield of_events(waiting, file.tell() - read, left_out=left_out)


def _refuse_missing(columns: Any, mapping: CsvMapping, name: str) -> None:
    for column in mapping.columns:
        if column not in columns:
            raise ProblemError(f"has no column '{column}'", f"{name}:1", did_you_mean(column, list(columns)))


def _cloudevent(row: dict[str, Any], mapping: CsvMapping, source: str, where: str) -> bytes:
    data: dict[str, Any] = {}
    for kind, column in mapping.objects.items():
        if keys := [key.strip() for key in (row[column] or "").split(_SEVERAL) if key.strip()]:
            data[f"throughline.object.{kind}"] = keys
    data |= {name: row[column] for name, column in mapping.attributes.items() if row[column]}
    event = {
        "specversion": "1.0",
        "source": source,
        "type": row[mapping.type_column] if mapping.type_column else mapping.type,
        "time": _time(row[mapping.time] or "", mapping, where),
        "data": data,
    }
    if mapping.id:
        event["id"] = row[mapping.id]
    else:
        event["id"] = blake2b(orjson.dumps(row, option=orjson.OPT_SORT_KEYS), digest_size=12).hexdigest()
    return orjson.dumps(event)


def _time(text: str, mapping: CsvMapping, where: str) -> str:
    if not text:
        raise ProblemError(f"column '{mapping.time}' is empty: what has no time has not happened", where)
    try:
        moment = _parsed(text, mapping.time_format)
    except ValueError as error:
        wanted = mapping.time_format or "2026-03-01T07:00:00Z"
        raise ProblemError(
            f"'{text}' is not a time of column '{mapping.time}'",
            where,
            f"the mapping says it is written like {wanted}",
        ) from error
    written = moment.isoformat()
    return written if moment.tzinfo is not None else f"{written}{mapping.zone}"


def _parsed(text: str, written_like: str) -> datetime:
    # A zone that the text does not state is the mapping's to say.
    return datetime.strptime(text, written_like) if written_like else datetime.fromisoformat(text)  # noqa: DTZ007

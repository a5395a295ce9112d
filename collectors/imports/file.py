# SPDX-License-Identifier: Apache-2.0
"""Which reader a file needs, told by what it holds and not by its name. Files of one document a line are never held whole."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from collectors.decoding import jaeger_json, zipkin_json
from collectors.imports import (
    archive_file,
    by_line,
    cloudevents_file,
    csv_file,
    csv_mapping,
    ocel,
    ocel2,
    ocel2_sqlite,
    otlp_file,
)
from collectors.imports.batch import Batch, contents
from collectors.retention import parquet
from terms.problem import ProblemError

KINDS = "OTLP (JSON or protobuf), Jaeger JSON, Zipkin v2 JSON, OCEL 1.0 or 2.0, CloudEvents (one a line), CSV with a mapping, an archive of spans"


def batches(path: Path, source: str = "", mapping: Path | None = None) -> Iterator[Batch]:
    """The batches of one file. `source` names the source of its events; without it the file's name does.

    `mapping` says what the columns of a CSV file mean. Raises ProblemError that says what was expected when the file is
    of no known kind.
    """
    if mapping is not None:
        asked = csv_mapping.read(mapping)
        _beginning(path)
        yield from csv_file.batches(path, asked, source or asked.source or f"csv/{path.stem}")
        return
    begin = _beginning(path)
    if begin.startswith(ocel2_sqlite.MAGIC):
        yield from ocel2.batches(ocel2_sqlite.read(path), source or f"ocel/{path.stem}", path.stat().st_size)
    elif begin.startswith(parquet.MAGIC):
        yield from archive_file.batches(path)
    elif (reader := _line_reader(path, begin)) is not None:
        with path.open("rb") as file:
            yield from reader(file, str(path))
    elif begin.lstrip()[:1] not in (b"{", b"["):
        yield from _no_json(path, begin)
    else:
        yield from _document(path, source)


def _beginning(path: Path) -> bytes:
    """The file's first bytes. Raises ProblemError when it cannot be read, or holds nothing."""
    try:
        with path.open("rb") as file:
            begin = file.read(64)
    except OSError as error:
        raise ProblemError(f"cannot be read: {error.strerror}", str(path)) from error
    if not begin.strip():
        raise ProblemError("is empty", str(path))
    return begin


def _no_json(path: Path, begin: bytes) -> Iterator[Batch]:
    if path.suffix.lower() == ".csv":
        raise ProblemError(
            "is a CSV file, and nothing says what its columns mean", str(path), "add --mapping FILE"
        )
    if not by_line.is_protobuf(begin):
        raise ProblemError("is of no kind that can be imported", str(path), f"it may be {KINDS}")
    yield from otlp_file.protobuf(contents(path), str(path))


def _line_reader(path: Path, begin: bytes) -> Any:
    """How to read the file line by line; None when it is one document. Its first lines may be broken."""
    if by_line.is_protobuf(begin):
        return None
    with path.open("rb") as file:
        for document in by_line.documents(file):
            if cloudevents_file.is_cloudevent(document):
                return cloudevents_file.batches
            if otlp_file.is_otlp(document):
                return otlp_file.lines
    return None


def _document(path: Path, source: str) -> Iterator[Batch]:
    content, name = contents(path), str(path)
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ProblemError(f"is not JSON: {error}", name) from error
    source = source or f"ocel/{path.stem}"
    if ocel.is_ocel(document):
        yield from ocel.batches(document, source, name, len(content))
    elif ocel2.is_ocel2(document):
        yield from ocel2.batches(ocel2.of_json(document, name), source, len(content))
    elif otlp_file.is_otlp(document):
        yield from otlp_file.batches(document, name, len(content))
    elif jaeger_json.is_jaeger(document):
        yield from otlp_file.batches(
            {"resourceSpans": jaeger_json.groups(document, name)}, name, len(content)
        )
    elif zipkin_json.is_zipkin(document):
        yield from _zipkin(document, name, len(content))
    else:
        raise ProblemError("is of no kind that can be imported", name, f"it may be {KINDS}")


def _zipkin(document: Any, name: str, size: int) -> Iterator[Batch]:
    groups, left_out = zipkin_json.groups(document, name)
    for number, batch in enumerate(otlp_file.batches({"resourceSpans": groups}, name, size)):
        yield batch if number else replace(batch, left_out=tuple(left_out))

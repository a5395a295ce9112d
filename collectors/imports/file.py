# SPDX-License-Identifier: Apache-2.0
"""Which reader a file needs, told by what it holds and not by its name."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from collectors.imports import ocel, otlp_file
from collectors.imports.batch import Batch, contents
from terms.problem import ProblemError


def batches(path: Path, source: str = "") -> Iterator[Batch]:
    """The batches of one file. `source` names the source of its events; without it the file's name does.

    Raises ProblemError that says what was expected when the file is of no known kind.
    """
    content = contents(path)
    if not content.strip():
        raise ProblemError("is empty", str(path))
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if b"\n" not in content.strip():
            raise ProblemError(f"is not JSON: {error}", str(path)) from error
        yield from otlp_file.lines(content, str(path))
        return
    if ocel.is_ocel(document):
        yield from ocel.batches(document, source or f"ocel/{path.stem}", str(path), len(content))
    elif otlp_file.is_otlp(document):
        yield from otlp_file.batches(document, str(path), len(content))
    else:
        raise ProblemError(
            "is neither OTLP JSON nor OCEL 1.0 JSON",
            str(path),
            "OTLP begins with resourceSpans, OCEL with ocel:events",
        )

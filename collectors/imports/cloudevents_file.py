# SPDX-License-Identifier: Apache-2.0
"""CloudEvents, one JSON object a line -> batches for the events door. The file is never held whole."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from collectors.imports.batch import Batch, of_events
from terms.problem import ProblemError

BATCH = 500  # events


def is_cloudevent(document: Any) -> bool:
    """Whether a JSON document is a CloudEvent in the JSON format."""
    return isinstance(document, dict) and "specversion" in document and "type" in document


def batches(lines: Iterable[bytes], name: str) -> Iterator[Batch]:
    """At most 500 events to a batch, in the order of the lines; empty lines are passed over.

    Raises ProblemError (`name:line`) for a line that is no JSON object. What a CloudEvent lacks, the door says of it.
    """
    waiting: list[bytes] = []
    read = 0
    for number, line in enumerate(lines, start=1):
        read += len(line)
        if not line.strip():
            continue
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise ProblemError(f"is not JSON: {error}", f"{name}:{number}") from error
        if not isinstance(document, dict):
            raise ProblemError(
                "is not a CloudEvent", f"{name}:{number}", 'each line is {"specversion": "1.0", ...'
            )
        waiting.append(line.strip())
        if len(waiting) == BATCH:
            yield of_events(waiting, read)
            waiting, read = [], 0
    if waiting:
        yield of_events(waiting, read)

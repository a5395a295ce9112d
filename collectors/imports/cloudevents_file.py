# SPDX-License-Identifier: Apache-2.0
"""CloudEvents, one JSON object a line -> batches for the events door. The file is never held whole."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from collectors.imports.batch import Batch, of_events
from terms.problem import Problem

BATCH = 500  # events


def is_cloudevent(document: Any) -> bool:
    """Whether a JSON document is a CloudEvent in the JSON format."""
    return isinstance(document, dict) and "specversion" in document and "type" in document


def batches(lines: Iterable[bytes], name: str) -> Iterator[Batch]:
    """At most 500 events to a batch, in the order of the lines; empty lines are passed over.

    A line that is no JSON object, such as one that was cut off, is left out and told (`name:line`). What a CloudEvent lacks, the
    door says of it.
    """
    waiting: list[bytes] = []
    left_out: list[str] = []
    read = 0
    for number, line in enumerate(lines, start=1):
        read += len(line)
        if not line.strip():
            continue
        if why := _flaw(line):
            left_out.append(str(Problem(why, f"{name}:{number}", 'each line is {"specversion": "1.0", ...}')))
        else:
            waiting.append(line.strip())
        if len(waiting) == BATCH:
            yield of_events(waiting, read, left_out=left_out)
            waiting, left_out, read = [], [], 0
    if waiting or left_out:
        yield of_events(waiting, read, left_out=left_out)


def _flaw(line: bytes) -> str:
    """Why a line is no CloudEvent that could be sent; empty when it may be one."""
    try:
        return "" if isinstance(orjson.loads(line), dict) else "is not a CloudEvent"
    except orjson.JSONDecodeError as error:
        return f"is not JSON: {error}"

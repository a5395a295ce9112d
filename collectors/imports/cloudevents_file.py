# SPDX-License-Identifier: Apache-2.0
"""CloudEvents, one JSON object a line -> batches for the events door. The file is never held whole."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from collectors.imports.batch import EVENTS, EVENTS_TYPE, Batch, of_events
from terms.problem import ProblemError
from terms.strict_json import strict_json

BATCH = 500  # events
_NO_EVENT = 'is not a CloudEvent (each line is {"specversion": "1.0", ...})'


def is_cloudevent(document: Any) -> bool:
    """Whether a JSON document is a CloudEvent in the JSON format."""
    return isinstance(document, dict) and "specversion" in document and "type" in document


def batches(lines: Iterable[bytes], name: str) -> Iterator[Batch]:
    """At most 500 events to a batch, in the order of the lines; empty lines are passed over.

    A line that is no JSON object, such as one that was cut off, or that means two things, such as one with a key twice, is a batch
    of its own, for the door to refuse and to count. What a CloudEvent lacks, the door says of it.
    """
    waiting: list[bytes] = []
    read = 0
    for number, line in enumerate(lines, start=1):
        told = line.strip()
        if told and (broken := _broken(told)):
            body, flaw = broken
            yield Batch(EVENTS, EVENTS_TYPE, body, 1, len(line), line=f"{name}:{number}", flaw=flaw)
            continue
        read += len(line)
        if told:
            waiting.append(told)
        if len(waiting) == BATCH:
            yield of_events(waiting, read)
            waiting, read = [], 0
    if waiting:
        yield of_events(waiting, read)


def _broken(line: bytes) -> tuple[bytes, str] | None:
    """What to send of a line that is no CloudEvent, so that every door refuses it, and why it will; None when it may be one.

    A list is sent as text: a door would take it for events.
    """
    alone = b"[%b]" % line
    try:
        document = orjson.loads(line)
        strict_json(alone)
    except orjson.JSONDecodeError as error:
        return line, f"is not JSON: {error}"
    except ProblemError as error:
        return alone, str(error)
    return None if isinstance(document, dict) else (orjson.dumps(line.decode()), _NO_EVENT)

# SPDX-License-Identifier: Apache-2.0
"""Archives of spans -> batches: what retention took out comes back in as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from collectors.decoding import otlp_words
from collectors.imports.batch import JSON_TYPE, TRACES, Batch
from collectors.imports.otlp_file import BATCH
from collectors.retention import parquet
from collectors.retention.store import OldSpan

_APART = ("span.events", "span.links")


def batches(path: Path) -> Iterator[Batch]:
    """The batches of one Parquet file. Raises ProblemError when it is no archive of ours."""
    size = path.stat().st_size
    for count, spans in enumerate(parquet.read(path, BATCH)):
        body = orjson.dumps({"resourceSpans": [_group(span) for span in spans]})
        yield Batch(TRACES, JSON_TYPE, body, len(spans), 0 if count else size)


def _group(span: OldSpan) -> otlp_words.Group:
    """As OTLP has it."""
    own = [(name, value) for name, value in span.attributes.items() if name not in _APART]
    told = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_span_id or "",
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "status": {"code": span.status, "message": span.status_message or ""},
        "attributes": otlp_words.attributes(own),
        "events": [_event(each) for each in span.attributes.get("span.events", ())],
        "links": [_link(each) for each in span.attributes.get("span.links", ())],
    }
    return otlp_words.group(orjson.loads(span.resource).items(), span.scope, [told])


def _event(said: dict[str, Any]) -> dict[str, Any]:
    attributes = otlp_words.attributes(said["attributes"].items())
    return {"name": said["name"], "timeUnixNano": str(said["time_unix_nano"]), "attributes": attributes}


def _link(said: dict[str, Any]) -> dict[str, Any]:
    attributes = otlp_words.attributes(said["attributes"].items())
    return {"traceId": said["trace_id"], "spanId": said["span_id"], "attributes": attributes}

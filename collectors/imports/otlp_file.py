# SPDX-License-Identifier: Apache-2.0
"""OTLP files -> batches of bounded size: JSON, one request or one a line (as the collector's file exporter writes), protobuf."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collectors.decoding import otlp_json
from collectors.imports.batch import JSON_TYPE, PROTOBUF_TYPE, TRACES, Batch
from collectors.imports.by_line import document_of
from terms.problem import ProblemError

BATCH = 2_000  # spans; one request of a file may hold more than a door should take at once
_NO_REQUEST = 'is not an OTLP request (each line begins with {"resourceSpans": ...)'


def is_otlp(document: Any) -> bool:
    """Whether a JSON document is an OTLP request of some signal."""
    return isinstance(document, dict) and any(
        key in document for key in ("resourceSpans", "resourceLogs", "resourceMetrics")
    )


def batches(document: dict[str, Any], name: str, size: int) -> Iterator[Batch]:
    """The requests that together hold the document's spans, at most 2,000 to a batch. Raises ProblemError (JSON pointer).

    One that takes several is decoded beforehand, so that a door refuses none of them after it took the others.
    """
    if "resourceSpans" not in document:
        raise ProblemError("holds no traces", name, "only OTLP traces are taken")
    flat = list(_spans(document, name))
    if len(flat) > BATCH:
        otlp_json.decode_request(document)
    for start in range(0, max(len(flat), 1), BATCH):
        part = flat[start : start + BATCH]
        body = orjson.dumps({"resourceSpans": [_group(*one) for one in part]})
        yield Batch(TRACES, JSON_TYPE, body, len(part), size * len(part) // max(len(flat), 1))


def protobuf(content: bytes, name: str) -> Iterator[Batch]:
    """One batch of a file that holds one request in protobuf. Raises ProblemError when it does not."""
    try:
        request = ExportTraceServiceRequest.FromString(content)
    except DecodeError as error:
        raise ProblemError(f"is not an OTLP request in protobuf: {error}", name) from error
    spans = sum(len(scoped.spans) for group in request.resource_spans for scoped in group.scope_spans)
    if not spans:
        raise ProblemError("holds no spans", name, "only OTLP traces are taken")
    yield Batch(TRACES, PROTOBUF_TYPE, content, spans, len(content))


def lines(told: Iterable[bytes], name: str) -> Iterator[Batch]:
    """Batches of a file with one request on each line; empty lines are passed over, the file is never held whole.

    A line that cannot be read is a batch of its own, as it is: the door says why, and counts it as it counts all it refuses.
    JSON that is no request at all, which a door would take for an empty one, comes in a list, which it takes for none.
    """
    for number, line in enumerate(told, start=1):
        where = f"{name}:{number}"
        document = document_of(line)
        if not line.strip() or document == {}:
            continue
        if document is not None and not is_otlp(document):
            body = b"[" + line.strip() + b"]"
            yield Batch(TRACES, JSON_TYPE, body, 1, len(line), line=where, flaw=_NO_REQUEST)
            continue
        for batch in _of_line(line, document, where):
            yield replace(batch, line=where)


def _of_line(line: bytes, document: Any, where: str) -> list[Batch]:
    try:
        if document is not None:
            return list(batches(document, where, len(line)))
    except ProblemError:
        pass
    return [Batch(TRACES, JSON_TYPE, line.strip(), 1, len(line))]


def _spans(document: dict[str, Any], name: str) -> Iterator[tuple[Any, Any, Any]]:
    for i, group in enumerate(_list(document.get("resourceSpans"), f"{name}#/resourceSpans")):
        scopes = group.get("scopeSpans") if isinstance(group, dict) else None
        for j, scoped in enumerate(_list(scopes, f"{name}#/resourceSpans/{i}/scopeSpans")):
            spans = scoped.get("spans") if isinstance(scoped, dict) else None
            for span in _list(spans, f"{name}#/resourceSpans/{i}/scopeSpans/{j}/spans"):
                yield group.get("resource"), scoped.get("scope"), span


def _list(value: Any, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ProblemError("is not a list", where)
    return value


def _group(resource: Any, scope: Any, span: Any) -> dict[str, Any]:
    return {"resource": resource, "scopeSpans": [{"scope": scope, "spans": [span]}]}

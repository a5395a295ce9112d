# SPDX-License-Identifier: Apache-2.0
"""A piece of work that never changes: OTLP protobuf -> tuples, every attribute read. What costs twice as much in one minute
as in another costs so because of the machine, and its ratio to this says the same in both.
"""

import gc
import time
from collections.abc import Sequence
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def parse_only(bodies: Sequence[bytes], spans: int) -> float:
    """CPU seconds for a million spans of parsing alone; nothing is read."""
    return _timed(bodies, spans, ExportTraceServiceRequest.FromString)


def decode_only(bodies: Sequence[bytes], spans: int) -> float:
    """CPU seconds for a million spans of parsing them into tuples."""
    return _timed(bodies, spans, _tuples)


def _timed(bodies: Sequence[bytes], spans: int, work: Any) -> float:
    gc.collect()
    begun = time.process_time()
    for body in bodies:
        work(body)
    return (time.process_time() - begun) / spans * 1e6


def _tuples(body: bytes) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope.name
            for span in scope_spans.spans:
                status = span.status
                events = [(e.name, e.time_unix_nano, _attributes(e.attributes)) for e in span.events]
                links = [(k.trace_id, k.span_id, _attributes(k.attributes)) for k in span.links]
                found.append(
                    (
                        resource, scope, span.trace_id, span.span_id, span.parent_span_id, span.name, span.kind,
                        span.start_time_unix_nano, span.end_time_unix_nano, status.code, status.message,
                        _attributes(span.attributes), events, links,
                    )
                )  # fmt: skip
    return found


def _attributes(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        value = pair.value
        found[pair.key] = value.string_value or getattr(value, value.WhichOneof("value") or "string_value")
    return found

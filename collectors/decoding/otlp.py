# SPDX-License-Identifier: Apache-2.0
"""OTLP protobuf -> spans: the first step of the walk. What one span has wrong rejects that span, never its neighbours."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from collectors.decoding import otlp_json, otlp_wire
from collectors.decoding.wire_attributes import WireAttributes, attributes
from collectors.span import Decoded, Origin, Rejected, Span, flaw_of, mark_of, without_nul
from terms.problem import ProblemError

decode_json = otlp_json.decode_json


def decode_protobuf(body: bytes) -> Decoded:
    """The spans of an ExportTraceServiceRequest. Raises ProblemError when the bytes are none.

    Zero or short ids and times beyond int64 reject the span (OTLP partial success).
    """
    try:
        # Checks every byte of it: UTF-8, how deep it is nested. What passes can be opened later, piece by piece.
        ExportTraceServiceRequest.FromString(body)
        request, said = otlp_wire.Request.FromString(body), otlp_wire.SaidInRequest.FromString(body)
    except DecodeError as error:
        raise ProblemError(
            "is not an OTLP trace request", "body", "send ExportTraceServiceRequest as protobuf"
        ) from error
    said.DiscardUnknownFields()  # ids and times, which are not kept twice
    decoded = Decoded()
    for in_resource, said_in_resource in zip(request.resource_spans, said.resource_spans, strict=True):
        resource = attributes(Resource.FromString(in_resource.resource).attributes)
        service = str(resource.get("service.name", ""))
        for in_scope, said_in_scope in zip(
            in_resource.scope_spans, said_in_resource.scope_spans, strict=True
        ):
            origin = Origin(service, in_scope.scope.name, resource)
            _take(origin, zip(in_scope.spans, said_in_scope.spans, strict=True), decoded)
    return decoded


def _take(origin: Origin, spans: Iterable[tuple[Any, Any]], decoded: Decoded) -> None:
    taken = decoded.spans
    for span, said in spans:
        trace_id, span_id, parent = span.trace_id, span.span_id, span.parent_span_id
        start_ns, end_ns, name, kind = (
            span.start_time_unix_nano, span.end_time_unix_nano, span.name, span.kind
        )  # fmt: skip
        flaw = flaw_of(trace_id, span_id, parent, start_ns, end_ns)
        if flaw is not None:
            decoded.rejected.append(
                Rejected(
                    flaw[0], f"span '{name}': {flaw[1]}", mark_of(name, trace_id, span_id, start_ns, end_ns)
                )
            )
            continue
        code, message = 0, None
        if span.HasField("status"):
            code, message = span.status.code, without_nul(span.status.message) or None
        taken.append(
            Span(
                origin, trace_id, span_id, parent or None, name if "\0" not in name else without_nul(name),
                kind if 0 <= kind <= 5 else 0, start_ns, end_ns, code if 0 <= code <= 2 else 0, message,
                WireAttributes(said, span.attributes),
            )
        )  # fmt: skip

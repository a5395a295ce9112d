# SPDX-License-Identifier: Apache-2.0
"""OTLP protobuf -> spans: the first step of the walk. What one span has wrong rejects that span, never its neighbours."""

from base64 import b64encode
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collectors import otlp_json
from collectors.span import Decoded, Origin, Rejected, Span, flaw_of, without_nul
from terms.problem import ProblemError

decode_json = otlp_json.decode_json


def decode_protobuf(body: bytes) -> Decoded:
    """The spans of an ExportTraceServiceRequest. Raises ProblemError when the bytes are none.

    Zero or short ids and times beyond int64 reject the span (OTLP partial success).
    """
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise ProblemError(
            "is not an OTLP trace request", "body", "send ExportTraceServiceRequest as protobuf"
        ) from error
    decoded = Decoded()
    for resource_spans in request.resource_spans:
        attributes = _attributes(resource_spans.resource.attributes)
        service = str(attributes.get("service.name", ""))
        for scope_spans in resource_spans.scope_spans:
            origin = Origin(service, scope_spans.scope.name, attributes)
            for span in scope_spans.spans:
                _take(span, origin, decoded)
    return decoded


def _take(span: Any, origin: Origin, decoded: Decoded) -> None:
    trace_id, span_id, parent = span.trace_id, span.span_id, span.parent_span_id
    start_ns, end_ns = span.start_time_unix_nano, span.end_time_unix_nano
    flaw = flaw_of(trace_id, span_id, parent, start_ns, end_ns)
    name = span.name
    if flaw is not None:
        decoded.rejected.append(Rejected(flaw[0], f"span '{name}': {flaw[1]}"))
        return
    attributes = _attributes(span.attributes)
    if span.events:
        attributes["span.events"] = [
            {"name": e.name, "time_unix_nano": e.time_unix_nano, "attributes": _attributes(e.attributes)}
            for e in span.events
        ]
    if span.links:
        attributes["span.links"] = [
            {
                "trace_id": k.trace_id.hex(),
                "span_id": k.span_id.hex(),
                "attributes": _attributes(k.attributes),
            }
            for k in span.links
        ]
    status, kind = span.status, span.kind
    code = status.code
    decoded.spans.append(
        Span(
            origin, trace_id, span_id, parent or None, without_nul(name),
            kind if 0 <= kind <= 5 else 0, start_ns, end_ns, code if 0 <= code <= 2 else 0, without_nul(status.message) or None, attributes,
        )
    )  # fmt: skip


def _attributes(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        value = pair.value
        # Nine of ten attributes are strings, and asking which one a value is costs more than reading it.
        found[pair.key] = value.string_value or _value(value)
    return found


def _value(value: Any) -> Any:
    """The JSON value of an AnyValue; bytes become base64, and floats that JSON lacks their name."""
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return b64encode(value.bytes_value).decode()
        case "double_value":
            number = value.double_value
            return number if number - number == 0 else str(number)
        case name:
            return getattr(value, name)

# SPDX-License-Identifier: Apache-2.0
"""Bytes of OTLP become spans: protobuf and JSON alike, and what is wrong with one span harms no other."""

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from collectors.decoding.otlp import decode_json, decode_protobuf
from collectors.span import MAX_INT64, Decoded
from terms.problem import ProblemError

TRACE, SPAN = bytes(range(1, 17)), bytes(range(1, 9))


def a_request(**span: Any) -> ExportTraceServiceRequest:
    """A request with one span; `span` overrides its fields."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "billing"
    scoped = group.scope_spans.add()
    scoped.scope.name = "flows"
    fields = {"trace_id": TRACE, "span_id": SPAN, "name": "post", "kind": 3, "start_time_unix_nano": 5} | span
    scoped.spans.add(**fields)
    return request


def as_json(request: ExportTraceServiceRequest) -> bytes:
    """The request in the OTLP JSON encoding: hex ids and integer enums, which plain protobuf JSON does not have."""

    def hexed(node: Any) -> Any:
        if isinstance(node, list):
            return [hexed(item) for item in node]
        if not isinstance(node, dict):
            return node
        ids = ("traceId", "spanId", "parentSpanId")
        return {key: b64decode(value).hex() if key in ids else hexed(value) for key, value in node.items()}

    return json.dumps(hexed(MessageToDict(request, use_integers_for_enums=True))).encode()


def shown(decoded: Decoded) -> str:
    """All that was decoded, attributes by name. A text, because nan is not equal to itself."""
    spans = [span._replace(attributes=dict(sorted(span.attributes.items()))) for span in decoded.spans]
    return repr(replace(decoded, spans=spans))


CHARACTERS = st.characters(exclude_categories=("Cs",))
scalars = st.one_of(
    st.text(CHARACTERS).map(lambda text: AnyValue(string_value=text)),
    st.booleans().map(lambda value: AnyValue(bool_value=value)),
    st.integers(-MAX_INT64 - 1, MAX_INT64).map(lambda value: AnyValue(int_value=value)),
    st.floats().map(lambda value: AnyValue(double_value=value)),
    st.binary(max_size=20).map(lambda value: AnyValue(bytes_value=value)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: AnyValue(array_value={"values": items})),
        st.dictionaries(st.text(CHARACTERS, max_size=5), inner, max_size=3).map(
            lambda items: AnyValue(
                kvlist_value={"values": [KeyValue(key=key, value=value) for key, value in items.items()]}
            )
        ),
    ),
    max_leaves=6,
)


@given(
    attributes=st.dictionaries(st.text(CHARACTERS, min_size=1, max_size=8), values, max_size=6),
    name=st.text(CHARACTERS, max_size=10),
    start=st.integers(0, MAX_INT64),
    parent=st.one_of(st.just(b""), st.binary(min_size=8, max_size=8)),
    status=st.integers(0, 2),
)
def test_both_encodings_say_the_same(
    attributes: dict[str, AnyValue], name: str, start: int, parent: bytes, status: int
) -> None:
    """A span sent as protobuf and as JSON is decoded to the same span, whatever its attributes hold."""
    request = a_request(
        name=name,
        start_time_unix_nano=start,
        parent_span_id=parent,
        status={"code": status, "message": name},
        attributes=[KeyValue(key=key, value=value) for key, value in attributes.items()],
        events=[{"name": "retry", "time_unix_nano": start}],
        links=[{"trace_id": TRACE, "span_id": SPAN}],
    )
    from_protobuf, from_json = decode_protobuf(request.SerializeToString()), decode_json(as_json(request))
    assert shown(from_protobuf) == shown(from_json)
    span = from_protobuf.spans[0]
    assert (span.trace_id, span.span_id, span.parent_span_id, span.start_ns) == (
        TRACE,
        SPAN,
        parent or None,
        start,
    )
    assert span.origin.service == "billing"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"trace_id": b"\0" * 16}, "bad_trace_id", id="trace id of zeros"),
        pytest.param({"trace_id": b"\1" * 15}, "bad_trace_id", id="short trace id"),
        pytest.param({"span_id": b""}, "bad_span_id", id="no span id"),
        pytest.param({"span_id": b"\0" * 8}, "bad_span_id", id="span id of zeros"),
        pytest.param({"parent_span_id": b"\1"}, "bad_parent_id", id="short parent id"),
        pytest.param({"end_time_unix_nano": 2**63}, "bad_time", id="time beyond 63 bits"),
    ],
)
def test_a_flawed_span_is_rejected_alone(fields: dict[str, Any], reason: str) -> None:
    """A span that cannot be kept is rejected with its reason, in both encodings, and its neighbour is taken."""
    request = a_request(**fields)
    request.resource_spans.extend(a_request(name="neighbour").resource_spans)
    for decoded in (decode_protobuf(request.SerializeToString()), decode_json(as_json(request))):
        assert [span.name for span in decoded.spans] == ["neighbour"]
        assert [one.reason for one in decoded.rejected] == [reason]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        pytest.param(b"{", "body", id="not JSON"),
        pytest.param(b"[]", "", id="a list"),
        pytest.param(b'{"resourceLogs": []}', "/resourceLogs", id="logs"),
        pytest.param(b'{"resourceSpans": {}}', "/resourceSpans", id="an object for a list"),
        pytest.param(
            b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"SPAN_KIND_SERVER"}]}]}]}',
            "/resourceSpans/0/scopeSpans/0/spans/0/kind",
            id="enum name",
        ),
        pytest.param(
            b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"soon"}]}]}]}',
            "/resourceSpans/0/scopeSpans/0/spans/0/startTimeUnixNano",
            id="time in words",
        ),
        pytest.param(
            b'{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":'
            + b'{"arrayValue":{"values":[' * 90
            + b"{}"
            + b"]}}" * 90
            + b"}]}}]}",
            "/resourceSpans/0/attributes/a",
            id="nested too deeply",
        ),
    ],
)
def test_what_is_no_trace_request_is_refused_with_its_place(body: bytes, where: str) -> None:
    """A JSON body that cannot be a trace request is refused as a whole, and the place of the mistake is named."""
    with pytest.raises(ProblemError) as caught:
        decode_json(body)
    assert caught.value.problems[0].where == where


def test_bytes_that_are_no_protobuf_are_refused() -> None:
    """Garbage on the protobuf path is one clear problem."""
    with pytest.raises(ProblemError, match="not an OTLP trace request"):
        decode_protobuf(b"\xff" * 40)


def test_numbers_may_come_as_text_and_unknown_fields_are_passed_over() -> None:
    """OTLP JSON allows decimal text for 64-bit integers, upper-case hex ids and fields of later versions."""
    span = {
        "traceId": TRACE.hex().upper(), "spanId": SPAN.hex(), "name": "a", "startTimeUnixNano": "1", "endTimeUnixNano": 2,
        "flags": 1, "later": {}, "attributes": [
            {"key": "n", "value": {"intValue": "9007199254740993"}},
            {"key": "b", "value": {"bytesValue": b64encode(b"x").decode()}},
        ],
    }  # fmt: skip
    decoded = decode_json(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode())
    assert decoded.spans[0].attributes == {"n": 9007199254740993, "b": "eA=="}
    assert (decoded.spans[0].start_ns, decoded.spans[0].end_ns) == (1, 2)


def test_a_zero_byte_in_a_name_becomes_a_mark() -> None:
    """U+0000 cannot be stored as text everywhere; the span is kept with U+FFFD in its place."""
    assert decode_protobuf(a_request(name="a\0b").SerializeToString()).spans[0].name == "a\ufffdb"

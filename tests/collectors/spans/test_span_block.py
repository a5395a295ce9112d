# SPDX-License-Identifier: Apache-2.0
"""Attributes come out of a block as they went in, also from blocks of the first version."""

import zlib

import orjson
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from collectors.decoding.otlp import decode_protobuf
from collectors.spans.block import pack, unpack, unpack_some

attributes = st.dictionaries(
    st.text(max_size=8),
    st.one_of(st.text(max_size=8), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.none()),
)


@given(st.lists(attributes, max_size=6))
def test_what_is_packed_comes_out_in_order(spans: list[dict[str, object]]) -> None:
    """No attribute is lost, changed or given to a neighbour."""
    assert unpack(pack(spans)) == spans


def test_a_block_of_the_first_version_is_read() -> None:
    """An upgrade leaves the blocks that are stored as they are."""
    spans = [{"throughline.step": "invoice.read"}, {}]
    assert unpack(zlib.compress(orjson.dumps(spans), 1)) == spans


def test_one_span_of_a_block_is_read_alone() -> None:
    """A transaction's story reads the spans it shows, not the five hundred they were stored with."""
    assert unpack_some(pack([{"a": 1}, {"b": 2}, {"c": 3}]), [2, 0]) == {2: {"c": 3}, 0: {"a": 1}}


def test_what_came_as_otlp_is_kept_as_it_came() -> None:
    """Every kind of value, the events and links of a span, and the neighbour that came as JSON."""
    pairs = [
        KeyValue(key="text", value=AnyValue(string_value="x" * 200)),
        KeyValue(key="number", value=AnyValue(int_value=7)),
        KeyValue(key="none"),
        KeyValue(key="list", value=AnyValue(array_value={"values": [AnyValue(bytes_value=b"\1")]})),
    ]
    span = Span(
        trace_id=b"\1" * 16,
        span_id=b"\1" * 8,
        attributes=pairs,
        events=[{"name": "retry", "time_unix_nano": 5, "attributes": pairs[:1]}],
        links=[{"trace_id": b"\2" * 16, "span_id": b"\2" * 8}],
    )
    request = ExportTraceServiceRequest(resource_spans=[{"scope_spans": [{"spans": [span]}]}])
    (decoded,) = decode_protobuf(request.SerializeToString()).spans
    said = {
        "text": "x" * 200,
        "number": 7,
        "none": None,
        "list": ["AQ=="],
        "span.events": [{"name": "retry", "time_unix_nano": 5, "attributes": {"text": "x" * 200}}],
        "span.links": [{"trace_id": "02" * 16, "span_id": "02" * 8, "attributes": {}}],
    }
    assert decoded.attributes == said
    assert len(decoded.attributes) == 6
    assert "span.links" in decoded.attributes
    assert "span.kind" not in decoded.attributes
    assert unpack(pack([{"came": "as JSON"}, decoded.attributes])) == [{"came": "as JSON"}, said]

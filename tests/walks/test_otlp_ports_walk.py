# SPDX-License-Identifier: Apache-2.0
"""Walk (a) at ports of its own: the real exporter sends, an acknowledged span is there after a kill, and a refusal says why."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, TraceFlags
from served_plain import Served, serve

TRACE = int("71" * 16, 16)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = serve(tmp_path)
    yield running
    running.kill()


def a_span() -> ReadableSpan:
    context = SpanContext(
        TRACE, 0x7171717171717171, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )
    now = time.time_ns()
    return ReadableSpan("post journal", context=context, start_time=now - 1_000, end_time=now)


def exporter(served: Served, token: str) -> OTLPSpanExporter:
    headers = (("authorization", f"Bearer {token}"),)
    return OTLPSpanExporter(f"127.0.0.1:{served.grpc_port}", insecure=True, headers=headers, timeout=5)


def test_what_the_exporter_was_told_is_kept_is_kept(served: Served) -> None:
    """The span is there after kill -9, and once however often it is sent."""
    sender = exporter(served, served.token)
    assert sender.export([a_span()]) is SpanExportResult.SUCCESS
    served.kill()
    served.start()
    assert served.spans(TRACE) == 1
    again = exporter(served, served.token)
    assert again.export([a_span()]) is SpanExportResult.SUCCESS
    assert served.spans(TRACE) == 1
    sender.shutdown()
    again.shutdown()


def test_a_refusal_over_grpc_says_why(served: Served) -> None:
    """No credential, undecodable bytes, and a span with a zero id: each its own answer, and nothing is stored."""

    def send(body: Any, token: str) -> Any:
        with grpc.insecure_channel(f"127.0.0.1:{served.grpc_port}") as channel:
            call = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            return call(body, metadata=(("authorization", f"Bearer {token}"),), timeout=10)

    with pytest.raises(grpc.RpcError) as unknown:
        send(b"", "tl_ingest_no_no")
    assert unknown.value.code() is grpc.StatusCode.UNAUTHENTICATED  # type: ignore[attr-defined]
    with pytest.raises(grpc.RpcError) as undecodable:
        send(b"\xff\xff", served.token)
    assert undecodable.value.code() is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(
        name="no id", trace_id=bytes(16), span_id=b"12345678"
    )
    with grpc.insecure_channel(f"127.0.0.1:{served.grpc_port}") as channel:
        answer = TraceServiceStub(channel).Export(
            request, metadata=(("authorization", f"Bearer {served.token}"),)
        )
    assert answer.partial_success.rejected_spans == 1
    assert served.spans(TRACE) == 0


def test_the_port_for_traces_takes_traces_and_shows_nothing(served: Served) -> None:
    """What listens for a collector's spans is no way to the pages, the API or their web socket."""
    at, who = f"http://127.0.0.1:{served.otlp_port}", {"authorization": f"Bearer {served.token}"}
    sender = HttpExporter(f"{at}/v1/traces", headers=who)
    assert sender.export([a_span()]) is SpanExportResult.SUCCESS
    assert served.spans(TRACE) == 1
    sender.shutdown()
    unasked = [
        httpx2.get(f"{at}{path}", headers=who).status_code
        for path in ("/", "/graphql", "/events", "/metrics")
    ]
    assert unasked == [404] * 4
    assert httpx2.get(f"{at}/readyz").status_code == 200
    assert httpx2.post(f"{at}/v1/traces", content=b"").status_code == 401

# SPDX-License-Identifier: Apache-2.0
"""Walk (a) over gRPC: the real exporter sends, an acknowledged span is there after a kill, and a refusal says why."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx2
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, TraceFlags
from sync_sandbox import wait_until

ROOT = Path(__file__).parents[2]
TRACE = int("71" * 16, 16)


@dataclass
class Served:
    """A server that is no demo: with a port for gRPC and an admin's token."""

    port: int
    grpc_port: int
    token: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "controlplane.cli", "serve", "--port", str(self.port)],
            cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(self._is_ready, 60)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def spans(self) -> int:
        answer = httpx2.post(
            f"http://127.0.0.1:{self.port}/graphql",
            json={
                "query": "query T($id: ID!) { trace(id: $id) { count } }",
                "variables": {"id": f"{TRACE:032x}"},
            },
            headers={"authorization": f"Bearer {self.token}"},
        ).json()
        return int(answer["data"]["trace"]["count"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    secret, token = tmp_path / "admin-token", "0123456789abcdef" * 4
    secret.write_text(token)
    secret.chmod(0o600)
    port, grpc_port = free_port(), free_port()
    running = Served(port, grpc_port, token, {
        **os.environ, "THROUGHLINE_DATA_DIR": str(tmp_path / "data"), "THROUGHLINE_ADMIN_TOKEN_FILE": str(secret),
        "THROUGHLINE_GRPC_PORT": str(grpc_port),
    })  # fmt: skip
    running.start()
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
    assert served.spans() == 1
    again = exporter(served, served.token)
    assert again.export([a_span()]) is SpanExportResult.SUCCESS
    assert served.spans() == 1
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
    assert served.spans() == 0

# SPDX-License-Identifier: Apache-2.0
"""The made-up company's other applications: they really call the domain APIs, and each call leaves a span at the OTLP door.

So observed use is observed: a portal on version 1, a desk on version 2, a close on both, and an export nobody declared.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from controlplane.demo.line import AWAY, ControlPlane, Sandbox, Unanswered

EVERY_S = 5.0
DECLARATIONS = Path(__file__).with_name("applications")
PLACES = ("dev", "test", "stage", "prod")
_KEPT = 500  # spans that wait for a server that is away; older ones are let go


@dataclass(frozen=True, slots=True)
class Caller:
    """An application and what it asks in a round: (API, major version, path with query)."""

    name: str
    asks: tuple[tuple[str, int, str], ...]


CALLERS = (
    Caller("partner-portal", (
        ("invoices", 1, "/invoices?perPage=20"), ("customer-accounts", 1, "/accounts?perPage=20"),
        ("contracts", 1, "/contracts?perPage=20"), ("payments", 1, "/payments?perPage=20"),
    )),
    Caller("collections-desk", (
        ("invoices", 2, "/invoices?limit=50"), ("payments", 2, "/payments?limit=50"),
        ("customer-accounts", 2, "/accounts?limit=50"),
    )),
    Caller("revenue-close", (
        ("revenue-postings", 1, "/postings?perPage=50"), ("revenue-postings", 2, "/postings?limit=50"),
        ("billing-events", 2, "/billing-events?limit=50"), ("contracts", 2, "/contracts?limit=50"),
    )),
    Caller("weekly-export", (("invoices", 1, "/invoices?perPage=100"), ("billing-events", 1, "/billing-events?perPage=100"))),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Done:
    """One call as it went. Times are wall times in nanoseconds; `status` 0: nobody answered."""

    caller: str
    api: str
    major: int
    path: str
    status: int
    started_ns: int
    ended_ns: int


class Callers:
    """A thread that makes the rounds. A server or sandbox that is away is asked again in the next one."""

    def __init__(self, server: ControlPlane, sandbox: Sandbox, seed: int, stop: threading.Event) -> None:
        self._server = server
        self._sandbox = sandbox
        self._seed = seed
        self._stop = stop
        self._is_declared = False
        self._unsent: list[Done] = []
        self._thread = threading.Thread(target=self._run, name="demo-callers", daemon=True)

    def start(self) -> None:
        """Begins; returns at once."""
        self._thread.start()

    def join(self) -> None:
        """Waits for the round under way; call it after `stop` is set."""
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._round()
            except (*AWAY, Unanswered, OSError, ValueError):
                pass  # the spans of this round wait for the next
            self._stop.wait(EVERY_S)

    def _round(self) -> None:
        for caller in CALLERS:
            for api, major, path in caller.asks:
                if self._stop.is_set():
                    return
                started = time.time_ns()
                status = self._sandbox.call(caller.name, f"/apis/{api}/v{major}{path}")
                self._unsent.append(Done(caller.name, api, major, path, status, started, time.time_ns()))
        del self._unsent[:-_KEPT]
        if not self._is_declared:
            self._declare()
        self._server.send_spans(encoded(self._unsent, self._seed))
        self._unsent.clear()

    def _declare(self) -> None:
        """What each application says of itself, and where it runs: the two newest of them are not in prod yet."""
        for file in sorted(DECLARATIONS.glob("*.yaml")):
            said = self._server.declare(file.read_bytes())
            for place in PLACES if said["application"] != "revenue-close" else PLACES[:3]:
                self._server.record_deployment(said["application"], said["version"], place)
        self._is_declared = True


def encoded(calls: Iterable[Done], seed: int) -> bytes:
    """An ExportTraceServiceRequest with a client span for each call; the same call has the same ids."""
    by_caller: dict[str, list[Span]] = {}
    for one in calls:
        by_caller.setdefault(one.caller, []).append(_span(one, seed))
    parts = [
        ResourceSpans(
            resource=Resource(attributes=[_text("service.name", caller)]),
            scope_spans=[
                ScopeSpans(scope=InstrumentationScope(name="throughline.demo.callers"), spans=spans)
            ],
        )
        for caller, spans in by_caller.items()
    ]
    return bytes(ExportTraceServiceRequest(resource_spans=parts).SerializeToString(deterministic=True))


def _span(one: Done, seed: int) -> Span:
    identity = f"{seed}|{one.caller}|{one.api}|{one.major}|{one.started_ns}".encode()
    return Span(
        trace_id=blake2b(identity, digest_size=16).digest(),
        span_id=blake2b(identity, digest_size=8).digest(),
        name=f"GET /apis/{one.api}/v{one.major}",
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=one.started_ns,
        end_time_unix_nano=one.ended_ns,
        status=Status(code=Status.STATUS_CODE_OK if 0 < one.status < 400 else Status.STATUS_CODE_ERROR),
        attributes=[
            _text("throughline.contract.subject", f"{one.api}-api"),
            _text("throughline.contract.version", f"{one.major}.0.0"),
            _text("http.request.method", "GET"),
            _text("url.path", f"/apis/{one.api}/v{one.major}{one.path.partition('?')[0]}"),
            KeyValue(key="http.response.status_code", value=AnyValue(int_value=one.status)),
        ],
    )


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))

# SPDX-License-Identifier: Apache-2.0
"""What a gateway and a workflow engine report of themselves, with the real OpenTelemetry SDK and its OTLP exporter.

Neither knows a word of ours. The names are those that Kong Gateway's OpenTelemetry plugin and Temporal's OpenTelemetry
interceptor write; business keys stand where such systems have them: in a path, and in a workflow's id.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

from opentelemetry import propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

HOST = "api.example.com"
_EVERY_MS = 500


class Reporter:
    """A system that reports to the OTLP door. Spans of a door that is away are tried again for a while, then lost."""

    def __init__(self, service: str, scope: str, endpoint: str, token: str) -> None:
        self._provider = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint, headers={"authorization": f"Bearer {token}"}, timeout=5)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_EVERY_MS))
        self.tracer: Tracer = self._provider.get_tracer(scope)

    def close(self) -> None:
        """Sends what waits."""
        self._provider.shutdown()


@contextmanager
def gateway_call(tracer: Tracer, method: str, path: str, route: str) -> Iterator[dict[str, str]]:
    """One call through the gateway: the headers that the service behind it receives, with the trace's context."""
    attributes: dict[str, Any] = {
        "http.method": method, "http.url": f"https://{HOST}{path}", "http.host": HOST, "http.scheme": "https", "http.flavor": "1.1",
        "http.client_ip": "10.0.3.7", "net.peer.ip": "10.0.3.7", "kong.request.id": token_hex(16),
    }  # fmt: skip
    with tracer.start_as_current_span("kong", kind=SpanKind.SERVER, attributes=attributes) as span:
        with tracer.start_as_current_span("kong.router"):
            pass
        with tracer.start_as_current_span("kong.access.plugin.key-auth"):
            pass
        peer: dict[str, Any] = {
            "try_count": 1, "net.peer.ip": "10.0.8.2", "net.peer.port": 8080, "net.peer.name": "e-invoicing",
        }  # fmt: skip
        with tracer.start_as_current_span("kong.balancer", kind=SpanKind.CLIENT, attributes=peer):
            headers: dict[str, str] = {}
            propagate.inject(headers)
            yield headers
        span.set_attribute("http.status_code", 202)
        span.set_attribute("http.route", route)


class Workflow:
    """One run of a workflow, as the engine's workers report it: every part bears the workflow's id, and the run's."""

    def __init__(self, tracer: Tracer, kind: str, workflow_id: str, headers: dict[str, str]) -> None:
        self._tracer = tracer
        self._kind = kind
        run = token_hex(16)
        self._about = {
            "temporalWorkflowID": workflow_id,
            "temporalRunID": f"{run[:8]}-{run[8:12]}-7{run[13:16]}-9{run[17:20]}-{run[20:]}",
        }
        self._activities = 0
        asked = propagate.extract(headers)
        about = {"temporalWorkflowID": workflow_id}
        with tracer.start_as_current_span(f"StartWorkflow:{kind}", asked, SpanKind.CLIENT, attributes=about):
            self._carrier: dict[str, str] = {}
            propagate.inject(self._carrier)
        self._moment(f"RunWorkflow:{kind}", SpanKind.SERVER)

    @contextmanager
    def activity(self, name: str) -> Iterator[Span]:
        """One try of an activity. An error inside it is the span's status, as the engine writes it, and goes on."""
        self._activities += 1
        about = {"temporalActivityID": str(self._activities), **self._about}
        with self._tracer.start_as_current_span(
            f"RunActivity:{name}", propagate.extract(self._carrier), SpanKind.SERVER, attributes=about,
            set_status_on_exception=False,
        ) as span:  # fmt: skip
            try:
                yield span
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
                raise

    def complete(self) -> None:
        """The workflow has ended well."""
        self._moment(f"CompleteWorkflow:{self._kind}", SpanKind.INTERNAL)

    def _moment(self, name: str, kind: SpanKind) -> None:
        """A span without length: a workflow may run for months, and no worker keeps a span open that long."""
        context = propagate.extract(self._carrier)
        self._tracer.start_span(name, context, kind, attributes=self._about).end()

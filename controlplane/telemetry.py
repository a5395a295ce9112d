# SPDX-License-Identifier: Apache-2.0
"""The runtime's own spans, made from rows: each step and effect attempt is a row first, and becomes the same span ever again.

A durable engine re-runs steps after a crash and would report them anew, with other ids and other times. A row's ids and
times do not change, so a span sent twice is stored once. Nothing here is global: the receiver never traces itself.
"""

from collections.abc import Callable
from hashlib import blake2b

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from sync.span_record import SpanRecord

BATCH = 200
SCOPE = "throughline.sync"

_KINDS = {"internal": SpanKind.INTERNAL, "client": SpanKind.CLIENT}


def trace_id(run_id: str) -> int:
    """The trace of a run: the same for the same run, wherever and whenever it is asked."""
    return int.from_bytes(blake2b(run_id.encode(), digest_size=16, person=b"tl-trace").digest()) or 1


def span_id(run_id: str, step: str, attempt: int) -> int:
    """The span of one attempt of one step of a run."""
    name = f"{run_id}\x00{step}\x00{attempt}".encode()
    return int.from_bytes(blake2b(name, digest_size=8, person=b"tl-span").digest()) or 1


class Telemetry:
    """Sends unsent rows to the ordinary OTLP door and marks them sent after its 2xx; a kill in between sends them again."""

    def __init__(
        self,
        unsent: Callable[[int], list[SpanRecord]],
        mark_sent: Callable[[list[SpanRecord]], None],
        endpoint: str,
        credential: str,
        service: str = "throughline",
    ) -> None:
        self._unsent = unsent
        self._mark_sent = mark_sent
        self._resource = Resource({"service.name": service})
        self._exporter = OTLPSpanExporter(
            endpoint, headers={"authorization": f"Bearer {credential}"}, timeout=10
        )

    def send(self) -> bool:
        """Sends at most one batch. Returns whether more may wait; False also when the door did not take it."""
        records = self._unsent(BATCH)
        if not records:
            return False
        if self._exporter.export([self._span(record) for record in records]) is not SpanExportResult.SUCCESS:
            return False
        self._mark_sent(records)
        return len(records) == BATCH

    def close(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def _span(self, record: SpanRecord) -> ReadableSpan:
        trace = trace_id(record.run_id)
        return ReadableSpan(
            name=record.name,
            context=_context(trace, span_id(record.run_id, record.step, record.attempt)),
            # Steps have one attempt of their own; the attempts of an effect hang below their step.
            parent=_context(trace, span_id(record.run_id, record.parent, 1)) if record.parent else None,
            resource=self._resource,
            attributes={**record.attributes, "throughline.attempt": record.attempt},
            kind=_KINDS[record.kind],
            status=Status(StatusCode.OK) if record.ok else Status(StatusCode.ERROR, record.message),
            start_time=record.started_at * 1000,
            end_time=record.ended_at * 1000,
            instrumentation_scope=InstrumentationScope(SCOPE),
        )


def _context(trace: int, span: int) -> SpanContext:
    return SpanContext(trace, span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))

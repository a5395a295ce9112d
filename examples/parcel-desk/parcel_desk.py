# SPDX-License-Identifier: Apache-2.0
"""A runtime of somebody else's: it packs and ships what orders ask for, and reports with OpenTelemetry in its own words.

    python examples/parcel-desk/parcel_desk.py SO-1001 SO-1002

Where its spans go is said by the variables that every OpenTelemetry SDK reads (OTEL_EXPORTER_OTLP_ENDPOINT ...).
"""

import os
import sys
import time
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult


class Remembering(SpanExporter):
    """Sends spans, and remembers how many could not be sent: an SDK only logs it."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.exporter, self.lost = exporter, 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Whether the spans were taken."""
        result = self.exporter.export(spans)
        self.lost += 0 if result is SpanExportResult.SUCCESS else len(spans)
        return result

    def shutdown(self) -> None:
        """Ends what sends."""
        self.exporter.shutdown()


def main(orders: list[str]) -> int:
    """Ships a parcel for each order. How many spans could not be sent."""
    sending = Remembering(OTLPSpanExporter())
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(sending))
    tracer = provider.get_tracer("parcel_desk")
    for order in orders:
        parcel = {"parcel.id": f"P{time.time_ns() % 10**9}", "parcel.carrier": "Gull Post"}
        with tracer.start_as_current_span("ship", attributes={"parcel.for": order}):
            with tracer.start_as_current_span("pack", attributes={"parcel.for": order, "weight.grams": 400}):
                time.sleep(0.01)
            with tracer.start_as_current_span("hand over", attributes=parcel):
                time.sleep(0.01)
    provider.shutdown()
    return sending.lost


if __name__ == "__main__":
    if lost := main(sys.argv[1:]):
        where = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318")
        sys.exit(
            f"parcel-desk: {lost} spans could not be sent to {where}: see above why. Is the server running, and are"
            " OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS set to it and its token? Then ship again."
        )

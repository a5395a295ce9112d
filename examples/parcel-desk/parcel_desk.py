# SPDX-License-Identifier: Apache-2.0
"""A runtime of somebody else's: it packs and ships what orders ask for, and reports with OpenTelemetry in its own words.

    python examples/parcel-desk/parcel_desk.py SO-1001 SO-1002

Where its spans go is said by the variables that every OpenTelemetry SDK reads (OTEL_EXPORTER_OTLP_ENDPOINT ...).
"""

import sys
import time

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def main(orders: list[str]) -> None:
    """Ships a parcel for each order."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("parcel_desk")
    for order in orders:
        parcel = {"parcel.id": f"P{time.time_ns() % 10**9}", "parcel.carrier": "Gull Post"}
        with tracer.start_as_current_span("ship", attributes={"parcel.for": order}):
            with tracer.start_as_current_span("pack", attributes={"parcel.for": order, "weight.grams": 400}):
                time.sleep(0.01)
            with tracer.start_as_current_span("hand over", attributes=parcel):
                time.sleep(0.01)
    provider.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])

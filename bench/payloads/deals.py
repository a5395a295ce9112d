# SPDX-License-Identifier: Apache-2.0
"""Deterministic OTLP payloads for the benches: deals on their way from CRM to the ledger, told by five services.

One deal is 20 spans in 5 traces, 8 of them with a business event; it has 8 objects of which 6 hang together by 6
edges, and reaches 8 milestones. Spans of a window of 50 deals are shuffled and cut into requests.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from terms.instant import Instant, text

WINDOW = 50
SPANS_PER_DEAL = 20
MINUTE = 60_000_000
# service, system, event type, what it names, what the steps around it are called
_STAGES = (
    ("crm-sync", "salesforce", "order-placed", ("opportunity", "order", "customer"), ("opportunity.read", "order.validate")),
    ("billing-sync", "chargebee", "customer-created", ("customer", "order"), ("customer.map",)),
    ("billing-sync", "chargebee", "subscription-activated", ("subscription", "order", "customer"), ("subscription.map",)),
    ("billing-sync", "chargebee", "invoice-issued", ("invoice", "order", "subscription", "customer"), ("webhook.verify", "invoice.read")),
    ("ledger-sync", "netsuite", "journal-posted", ("journal", "invoice"), ("journal.build", "journal.send")),
    ("payment-sync", "stripe", "payment-settled", ("payment", "invoice", "customer"), ("webhook.verify",)),
    ("ledger-sync", "netsuite", "journal-posted", ("receipt", "payment"), ("receipt.build", "receipt.send")),
    ("status-sync", "salesforce", "crm-updated", ("order",), ("status.write",)),
)  # fmt: skip
Entities = tuple[tuple[str, str, str], ...]  # legal entity, region, currency
ENTITIES: Entities = (
    ("US", "AMER", "USD"),
    ("CA", "AMER", "CAD"),
    ("DE", "EMEA", "EUR"),
    ("UK", "EMEA", "GBP"),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """When deals begin, how far apart they begin, and how long one takes from stage to stage; in microseconds.

    `spans` is how many a deal has: its 8 events, and attempts of steps around them. `window`: so many deals are told at once.
    """

    start: int = 1_700_000_000_000_000  # long enough ago for 40,000 deals that far apart: what is yet to come is flagged
    apart: int = 37 * MINUTE
    shortest: int = 5 * MINUTE
    longest: int = 90 * MINUTE
    spans: int = SPANS_PER_DEAL
    window: int = WINDOW


AS_EVER = Pace()


def requests(
    deals: int, spans_per_request: int, seed: int = 7, first_deal: int = 0, pace: Pace = AS_EVER
) -> Iterator[bytes]:
    """Serialised requests, the last one shorter. The same arguments give the same bytes."""
    waiting: list[tuple[str, Span]] = []
    for window in range(first_deal, first_deal + deals, pace.window):
        draw = random.Random(f"{seed}/{window}")
        last = min(window + pace.window, first_deal + deals)
        spans = [one for deal in range(window, last) for stage in told(deal, draw, pace) for one in stage]
        draw.shuffle(spans)
        waiting += spans
        while len(waiting) >= spans_per_request:
            yield request(waiting[:spans_per_request])
            del waiting[:spans_per_request]
    if waiting:
        yield request(waiting)


def told(
    deal: int, draw: random.Random, pace: Pace = AS_EVER, entities: Entities = ENTITIES
) -> Iterator[list[tuple[str, Span]]]:
    """One deal, stage by stage: the spans of each with the service that sends them."""
    entity, region, currency = entities[draw.randrange(len(entities))]
    amount = draw.randrange(10_000, 5_000_000)
    keys = {
        "opportunity": f"006{deal:015d}", "order": f"SO-{deal}", "customer": f"CUST-{deal}",
        "subscription": f"SUB-{deal}", "invoice": f"INV-{deal}", "payment": f"pi_{deal:024x}",
        "journal": f"JE-INV-{deal}", "receipt": f"JE-PAY-{deal}",
    }  # fmt: skip
    traces: dict[str, bytes] = {}
    at = pace.start + deal * pace.apart
    attempts = _attempts(pace.spans)
    for number, (service, system, kind, named, steps) in enumerate(_STAGES):
        trace = traces.setdefault(service, draw.randbytes(16))
        objects = {("journal" if name == "receipt" else name): keys[name] for name in named}
        at += draw.randrange(pace.shortest, pace.longest)
        parent = draw.randbytes(8)
        words: dict[str, Any] = {
            "throughline.system": system, "throughline.legal_entity": entity, "throughline.flow": "lead-to-cash",
            "throughline.run": f"run-{deal}-{number}",
        }  # fmt: skip
        event = words | {
            "cloudevents.event_id": f"{kind}-{deal}-{number}", "cloudevents.event_source": f"throughline/{system}",
            "cloudevents.event_type": kind, "throughline.event_time": text(Instant(at)),
            "throughline.amount_minor": amount, "throughline.currency": currency, "throughline.region": region,
        }  # fmt: skip
        event |= {f"throughline.object.{name}": key for name, key in objects.items()}
        spans = [(service, _span(trace, parent, b"", kind, at, draw, event))]
        for attempt_no in range(attempts[number]):
            step = steps[attempt_no % len(steps)]
            name, key = next(iter(objects.items()))
            attempt = words | {
                "throughline.step": step, f"throughline.object.{name}": key, "idempotency.key": f"{key}:{step}",
                "http.request.method": "POST", "http.response.status_code": 200,
                "url.full": f"https://{system}.example.com/v2/{step.replace('.', '/')}/{key}",
            }  # fmt: skip
            spans.append((service, _span(trace, draw.randbytes(8), parent, step, at, draw, attempt)))
        yield spans


def _attempts(spans: int) -> list[int]:
    """How many attempts of steps each stage has, so that a deal has so many spans."""
    if spans == SPANS_PER_DEAL:
        return [len(steps) for *_, steps in _STAGES]
    each, more = divmod(spans - len(_STAGES), len(_STAGES))
    return [each + (number < more) for number in range(len(_STAGES))]


def _span(
    trace: bytes,
    span_id: bytes,
    parent: bytes,
    name: str,
    at: int,
    draw: random.Random,
    words: dict[str, Any],
) -> Span:
    start = at * 1_000 + draw.randrange(1_000_000)
    span = Span(
        trace_id=trace, span_id=span_id, parent_span_id=parent, name=name, kind=Span.SPAN_KIND_CLIENT if parent else Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start, end_time_unix_nano=start + draw.randrange(2_000_000, 900_000_000),
    )  # fmt: skip
    for key, value in words.items():
        attribute = span.attributes.add(key=key)
        if isinstance(value, int):
            attribute.value.int_value = value
        else:
            attribute.value.string_value = value
    return span


def request(spans: list[tuple[str, Span]]) -> bytes:
    """One serialised request of these spans."""
    made = ExportTraceServiceRequest()
    for service in sorted({service for service, _ in spans}):
        group = made.resource_spans.add()
        for key, value in (
            ("service.name", service), ("service.version", "1.4.2"), ("deployment.environment.name", "bench"),
            ("telemetry.sdk.language", "python"), ("telemetry.sdk.name", "opentelemetry"),
            ("telemetry.sdk.version", "1.45.0"), ("host.name", f"{service}-0"), ("service.namespace", "throughline"),
        ):  # fmt: skip
            group.resource.attributes.add(key=key).value.string_value = value
        scope = group.scope_spans.add()
        scope.scope.name = "throughline.sync"
        scope.spans.extend(span for name, span in spans if name == service)
    body: bytes = made.SerializeToString()
    return body

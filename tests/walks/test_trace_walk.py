# SPDX-License-Identifier: Apache-2.0
"""Walk (a): OTLP bytes come in at the door and are a transaction on a page, whatever happens to the process in between."""

from random import Random
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from served_plane import ControlPlane
from sync_sandbox import wait_until

STORY: list[tuple[str, str, str, dict[str, str]]] = [
    ("order-placed", "2026-11-10T09:00:00Z", "salesforce", {"order": "SO-1", "customer": "CUST-1"}),
    ("customer-created", "2026-11-10T09:01:00Z", "chargebee", {"order": "SO-1", "customer": "CUST-1"}),
    (
        "subscription-activated",
        "2026-11-10T12:00:00Z",
        "chargebee",
        {"subscription": "SUB-1", "order": "SO-1"},
    ),
    ("invoice-issued", "2026-11-10T13:00:00Z", "chargebee", {"invoice": "INV-1", "order": "SO-1"}),
    ("journal-posted", "2026-11-10T14:30:00Z", "netsuite", {"journal": "JE-INV-1", "invoice": "INV-1"}),
    ("payment-settled", "2026-11-11T08:00:00Z", "stripe", {"payment": "pi_1", "invoice": "INV-1"}),
    ("journal-posted", "2026-11-11T08:10:00Z", "netsuite", {"journal": "JE-pi_1", "payment": "pi_1"}),
    ("crm-updated", "2026-11-11T08:20:00Z", "salesforce", {"order": "SO-1"}),
]
FIND = """query Find($key: String!) { transactions(first: 5, filter: {key: $key}) { totalCount nodes {
  id status sentence amount { amount currency } milestones { name state } events { type why } members { object { text } role why }
  spans { count } } } }"""


def _request(position: int) -> ExportTraceServiceRequest:
    """One span with one event, in a trace of its own: nothing but its business keys says what it belongs to."""
    kind, at, system, objects = STORY[position]
    attributes: dict[str, Any] = {
        "cloudevents.event_id": f"{kind}:{position}",
        "cloudevents.event_source": "test",
        "cloudevents.event_type": kind,
        "throughline.event_time": at,
        "throughline.system": system,
        "throughline.legal_entity": "DE",
        **(
            {"throughline.amount_minor": 120_000, "throughline.currency": "EUR"}
            if kind == "order-placed"
            else {}
        ),
        **{f"throughline.object.{name}": value for name, value in objects.items()},
    }
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=bytes([position + 1] * 16),
            span_id=bytes([position + 1] * 8),
            name=kind,
            kind=1,
            start_time_unix_nano=1_794_000_000_000_000_000 + position,
            end_time_unix_nano=1_794_000_000_001_000_000 + position,
        )
    )
    for name, value in attributes.items():
        text = AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
        span.attributes.append(KeyValue(key=name, value=text))
    return request


def test_eight_unrelated_traces_become_one_transaction(plane: ControlPlane) -> None:
    """Eight traces that share nothing but business keys, sent in any order and twice, are one completed deal with reasons."""
    order = list(range(len(STORY))) * 2
    Random(5).shuffle(order)
    for position in order:
        plane.send(_request(position).SerializeToString())
    (found,) = plane.ask(FIND, key="INV-1")["transactions"]["nodes"]
    assert found["status"] == "COMPLETED"
    assert found["amount"] == {"amount": "1200.00", "currency": "EUR"}
    assert [m["state"] for m in found["milestones"]] == ["REACHED"] * 8
    assert found["spans"]["count"] == len(STORY)
    assert {m["object"]["text"]: m["role"] for m in found["members"]} == {
        "order:SO-1": "ANCHOR",
        "invoice:INV-1": "CHILD_OF",
        "journal:JE-INV-1": "CHILD_OF",
        "payment:pi_1": "LINK",
        "journal:JE-pi_1": "LINK",
        "subscription:SUB-1": "SUCCEEDS",
        "customer:CUST-1": "ANNOTATE",
    }
    assert all(member["why"] for member in found["members"])
    page = plane.http.get(f"/transactions/{found['id']}")
    assert page.status_code == 200
    assert "SO-1" in page.text
    assert "Posted to the ledger" in page.text


def test_what_was_acknowledged_survives_a_kill(plane: ControlPlane) -> None:
    """A 200 means durable, stitched and queryable, even if the process dies with the very next instruction."""
    for position in range(4):
        plane.send(_request(position).SerializeToString())
    plane.kill()
    plane.start()
    (found,) = plane.ask(FIND, key="order:SO-1")["transactions"]["nodes"]
    assert [m["state"] for m in found["milestones"]][:4] == ["REACHED"] * 4
    wait_until(lambda: plane.ask("{ violations { totalCount } }")["violations"]["totalCount"] == 1)
    (violation,) = plane.ask("{ violations { nodes { rule state transaction { id } } } }")["violations"][
        "nodes"
    ]
    assert violation == {"rule": "tx.posted.within", "state": "OPEN", "transaction": {"id": found["id"]}}


def test_the_json_encoding_says_the_same(plane: ControlPlane) -> None:
    """A sender of OTLP/JSON gets the same transaction as one of protobuf, and its answer in JSON."""
    body = MessageToDict(_request(0))
    span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span.update(traceId="01" * 16, spanId="01" * 8, kind=1)
    answer = plane.http.post("/v1/traces", json=body)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (
        200,
        "application/json",
        {},
    )
    plane.send(_request(0).SerializeToString())  # the very same span again
    (found,) = plane.ask(FIND, key="SO-1")["transactions"]["nodes"]
    assert found["spans"]["count"] == 1


def test_the_receiver_does_not_trace_itself(plane: ControlPlane) -> None:
    """An idle server makes no spans: what it would say of its own requests would be requests again."""
    plane.send(_request(0).SerializeToString())
    first = plane.http.get(
        "/graphql", params={"query": "{ transactions { totalCount nodes { spans { count } } } }"}
    ).json()
    for _ in range(20):
        plane.ask("{ transactions { totalCount } }")
    again = plane.http.get(
        "/graphql", params={"query": "{ transactions { totalCount nodes { spans { count } } } }"}
    ).json()
    assert first == again

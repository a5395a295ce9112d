# SPDX-License-Identifier: Apache-2.0
"""Walk (a) through its other doors: the same deal told by a Zipkin tracer, by CloudEvents, and by packed spans is found by its key."""

import json
from typing import Any

import zstandard
from served_plane import ControlPlane

FIND = """query Find($key: String!) { transactions(first: 5, filter: {key: $key}) { totalCount nodes { events { type } spans { count } } } }"""
SAID = {
    "cloudevents.event_type": "order-placed",
    "cloudevents.event_source": "zipkin-test",
    "cloudevents.event_id": "1",
    "throughline.event_time": "2026-11-10T09:00:00Z",
    "throughline.object.order": "SO-71",
    "throughline.object.customer": "CUST-71",
}


def found(plane: ControlPlane, key: str) -> dict[str, Any]:
    answer: dict[str, Any] = plane.ask(FIND, key=key)["transactions"]
    assert answer["totalCount"] == 1
    node: dict[str, Any] = answer["nodes"][0]
    return node


def test_zipkin_spans_become_a_transaction(plane: ControlPlane) -> None:
    """202 and the spans are there; one without a time is rejected alone; sent again, nothing changes."""
    span = {"traceId": "aa" * 8, "id": "bb" * 8, "name": "order", "timestamp": 1_794_000_000_000_000, "duration": 5,
            "localEndpoint": {"serviceName": "shop"}, "tags": SAID}  # fmt: skip
    body = json.dumps([span, {"traceId": "aa" * 8, "id": "cc" * 8, "name": "late"}])
    for _ in range(2):
        answer = plane.http.post("/api/v2/spans", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 202
        assert len(answer.json()["rejected"]) == 1
    assert found(plane, "SO-71") == {"events": [{"type": "order-placed"}], "spans": {"count": 1}}


def test_a_cloudevent_in_headers_is_the_same_event(plane: ControlPlane) -> None:
    """Binary mode: the attributes are headers, percent-encoded where they must be, the data is the body."""
    headers = {"ce-specversion": "1.0", "ce-id": "7", "ce-source": "/shop/caf%C3%A9", "ce-type": "order-placed",
               "ce-time": "2026-11-10T09:00:00Z", "content-type": "application/json"}  # fmt: skip
    data = json.dumps({"throughline.object.order": "SO-72", "throughline.object.customer": "CUST-72"})
    answer = plane.http.post("/events", content=data, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"rejected": []})
    structured = {"specversion": "1.0", "id": "7", "source": "/shop/café", "type": "order-placed",
                  "time": "2026-11-10T09:00:00Z", "data": json.loads(data)}  # fmt: skip
    again = plane.http.post(
        "/events", content=json.dumps(structured), headers={"content-type": "application/cloudevents+json"}
    )
    assert again.status_code == 200
    assert found(plane, "SO-72")["events"] == [{"type": "order-placed"}]


def test_events_that_are_no_json_are_refused_and_counted_by_reason(plane: ControlPlane) -> None:
    """In every mode, under the source that sent them; what has two meanings is none."""
    attributes = {"ce-specversion": "1.0", "ce-id": "8", "ce-source": "/shop", "ce-type": "t", "content-type": "application/json"}  # fmt: skip
    batch = {"content-type": "application/cloudevents-batch+json"}
    for headers, body in (
        (attributes, '{"a": '),
        (batch, "[{"),
        (batch, '[{"id": "1", "id": "2"}]'),
    ):
        answer = plane.http.post("/events", content=body, headers=headers)
        assert answer.status_code == 400, answer.text
    nodes = plane.ask("{ sources { nodes { rejections { reason count } } } }")["sources"]["nodes"]
    assert {"reason": "undecodable", "count": 3} in [one for each in nodes for one in each["rejections"]]


def test_other_signals_are_refused_in_their_encoding(plane: ControlPlane) -> None:
    """404 with a Status that says traces only, so that the exporter's log says what to switch off."""
    for signal in ("logs", "metrics"):
        answer = plane.http.post(f"/v1/{signal}", content=b"{}", headers={"content-type": "application/json"})
        assert answer.status_code == 404
        assert "only traces" in answer.json()["message"]


def test_zstd_is_taken(plane: ControlPlane) -> None:
    """As gzip and deflate are."""
    body = zstandard.ZstdCompressor().compress(b'{"resourceSpans": []}')
    headers = {"content-type": "application/json", "content-encoding": "zstd"}
    assert plane.http.post("/v1/traces", content=body, headers=headers).status_code == 200

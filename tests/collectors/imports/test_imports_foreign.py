# SPDX-License-Identifier: Apache-2.0
"""Files of other tracers and other event logs: each says in our words what it said in its own, and nothing is lost on the way."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collectors.definitions import load
from collectors.imports.batch import decode, refused
from collectors.imports.file import batches
from collectors.span import Decoded
from terms.instant import Instant, parse
from terms.problem import ProblemError

RULES = load((Path(__file__).parents[3] / "examples" / "purchase-to-pay",)).extractor


def imported(path: Path, mapping: Path | None = None) -> Decoded:
    whole = Decoded()
    for batch in batches(path, mapping=mapping):
        decoded = decode(batch, RULES, Instant(0))
        whole.spans.extend(decoded.spans)
        whole.events.extend(decoded.events)
        whole.rejected.extend(decoded.rejected)
    return whole


def written(path: Path, document: Any) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


JAEGER = {
    "data": [
        {
            "traceID": "a1b2c3",
            "spans": [
                {
                    "traceID": "a1b2c3", "spanID": "1", "operationName": "post journal", "processID": "p1",
                    "startTime": 1_700_000_000_000_000, "duration": 2_500,
                    "references": [
                        {"refType": "FOLLOWS_FROM", "traceID": "ff", "spanID": "9"},
                        {"refType": "CHILD_OF", "traceID": "a1b2c3", "spanID": "7"},
                    ],
                    "tags": [
                        {"key": "span.kind", "type": "string", "value": "client"},
                        {"key": "error", "type": "bool", "value": True},
                        {"key": "order", "type": "int64", "value": "9007199254740993"},
                    ],
                    "logs": [{"timestamp": 1_700_000_000_001_000, "fields": [{"key": "event", "value": "retry"}]}],
                }
            ],
            "processes": {"p1": {"serviceName": "erp-sync", "tags": [{"key": "host.name", "value": "h1"}]}},
        }
    ]
}  # fmt: skip


def test_a_trace_of_jaeger_keeps_parent_links_kind_and_failure(tmp_path: Path) -> None:
    """CHILD_OF in the trace is the parent, all else a link; short ids are filled up; a large whole number stays exact."""
    (span,) = imported(written(tmp_path / "jaeger.json", JAEGER)).spans
    assert span.trace_id.hex() == "a1b2c3".zfill(32)
    assert span.parent_span_id.hex() == "7".zfill(16)
    assert (span.name, span.kind, span.status) == ("post journal", 3, 2)
    assert (span.start_ns, span.end_ns) == (1_700_000_000_000_000_000, 1_700_000_000_002_500_000)
    assert span.attributes["order"] == 9007199254740993


ZIPKIN = [
    {"traceId": "00000000000000aa", "id": "0000000000000001", "kind": "CLIENT", "name": "charge", "timestamp": 5_000_000,
     "duration": 300, "localEndpoint": {"serviceName": "billing"}, "tags": {"error": "declined"}},
    {"traceId": "00000000000000aa", "id": "0000000000000001", "kind": "SERVER", "name": "charge", "timestamp": 5_000_050,
     "localEndpoint": {"serviceName": "gateway"}, "shared": True},
    {"traceId": "00000000000000aa", "id": "0000000000000002", "name": "no time"},
]  # fmt: skip


def test_the_two_halves_of_a_shared_span_are_two_spans(tmp_path: Path) -> None:
    """Zipkin gives both one id: their kinds tell them apart."""
    found = imported(written(tmp_path / "zipkin.json", ZIPKIN)).spans
    assert [(span.span_id.hex()[-1], span.kind, span.status) for span in found] == [("1", 3, 2), ("1", 2, 0)]


def test_a_span_without_a_time_is_left_out_and_told(tmp_path: Path) -> None:
    """It has no place on the line of time; the import counts it."""
    (batch,) = batches(written(tmp_path / "zipkin.json", ZIPKIN))
    assert (batch.items, batch.left_out) == (2, ("span 0000000000000002: it has no timestamp",))


OCEL2 = {
    "eventTypes": [], "objectTypes": [],
    "objects": [
        {"id": "PO-1", "type": "PURCHORD", "relationships": [{"objectId": "I-1", "qualifier": "invoiced by"}]},
        {"id": "I-1", "type": "INVOICE"},
    ],
    "events": [
        {"id": "e1", "type": "Create Purchase Order", "time": "2026-01-01T08:00:00Z", "attributes": [{"name": "by", "value": "kim"}],
         "relationships": [{"objectId": "PO-1", "qualifier": "order"}]},
        {"id": "e2", "type": "Receive Invoice", "time": "2026-01-03 08:00:00",
         "relationships": [{"objectId": "I-1", "qualifier": "invoice"}, {"objectId": "GONE", "qualifier": "?"}]},
    ],
}  # fmt: skip


def ocel2_database(path: Path) -> Path:
    """The same log as a database."""
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            """
            CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
            CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
            CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);
            CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
            CREATE TABLE event_Create (ocel_id TEXT, ocel_time TEXT, by TEXT);
            CREATE TABLE event_Receive (ocel_id TEXT, ocel_time TEXT);
            INSERT INTO object VALUES ('PO-1', 'PURCHORD'), ('I-1', 'INVOICE');
            INSERT INTO object_object VALUES ('PO-1', 'I-1', 'invoiced by');
            INSERT INTO event_map_type VALUES ('Create Purchase Order', 'Create'), ('Receive Invoice', 'Receive');
            INSERT INTO event_object VALUES ('e1', 'PO-1', 'order'), ('e2', 'GONE', '?'), ('e2', 'I-1', 'invoice');
            INSERT INTO event_Create VALUES ('e1', '2026-01-01T08:00:00Z', 'kim');
            INSERT INTO event_Receive VALUES ('e2', '2026-01-03 08:00:00');
            """
        )
    return path


@pytest.mark.parametrize("form", ["json", "sqlite"])
def test_both_forms_of_an_event_log_say_the_same(tmp_path: Path, form: str) -> None:
    """Events with their objects, then the relation between an order and its invoice as an event of its own."""
    path = (
        written(tmp_path / "log.json", OCEL2) if form == "json" else ocel2_database(tmp_path / "log.sqlite")
    )
    told = [
        (event.source_event_id, event.type, event.occurred_at, set(event.objects))
        for event in imported(path).events
    ]
    first, third = parse("2026-01-01T08:00:00Z"), parse("2026-01-03T08:00:00Z")
    assert told == [
        ("e1", "Create Purchase Order", first, {"PURCHORD:PO-1"}),
        ("e2", "Receive Invoice", third, {"INVOICE:I-1", "unknown:GONE"}),
        ("ocel.relation/PO-1/I-1", "ocel.relation", first, {"PURCHORD:PO-1", "INVOICE:I-1"}),
    ]
    assert sum(batch.dangling for batch in batches(path)) == 1


def test_events_one_a_line_are_read_line_by_line(tmp_path: Path) -> None:
    """Empty lines are passed over; what is no JSON object is told with its line."""
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/erp",
        "type": "invoice-issued",
        "time": "2026-01-01T08:00:00Z",
    }
    lines = "\n\n".join(json.dumps({**event, "id": str(n)}) for n in range(3))
    path = written(tmp_path / "events.ndjson", lines + "\n")
    assert [found.source_event_id for found in imported(path).events] == ["0", "1", "2"]


def test_a_line_that_was_cut_off_costs_no_other_line(tmp_path: Path) -> None:
    """An export that stopped in the middle of a line: the others are taken, and the line is for the door to refuse and to count."""
    event = {"specversion": "1.0", "id": "0", "source": "/s", "type": "t", "time": "2026-01-03T08:00:00Z"}
    path = written(
        tmp_path / "events.ndjson", f"{json.dumps(event)}\n7\n[{json.dumps(event)}]\n{json.dumps(event)[:40]}"
    )

    *broken, good = batches(path)

    assert (good.items, good.line) == (1, "")
    assert sum(batch.read_bytes for batch in (*broken, good)) == path.stat().st_size
    for batch, where in zip(broken, (2, 3, 4), strict=True):
        with pytest.raises(ProblemError):
            decode(batch, RULES, Instant(0))
        (why,) = refused(batch, "").reasons
        assert why.startswith(f"{path}:{where}: is not")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param(
            '{"specversion": "1.0", "id": "1", "id": "2"}', "key 'id' stands twice", id="a key twice"
        ),
        pytest.param(f'{{"data": {"[" * 63}{"]" * 63}}}', "nested deeper than 64", id="too deep"),
    ],
)
def test_a_line_that_a_door_would_refuse_costs_no_other_line(tmp_path: Path, line: str, says: str) -> None:
    """JSON that every parser reads, and each otherwise: among 500 events of one request it would have refused them all."""
    event = {"specversion": "1.0", "id": "0", "source": "/s", "type": "t", "time": "2026-01-03T08:00:00Z"}
    path = written(
        tmp_path / "events.ndjson", f"{json.dumps(event)}\n{line}\n{json.dumps({**event, 'id': '1'})}"
    )

    bad, good = batches(path)

    assert [one.source_event_id for one in decode(good, RULES, Instant(0)).events] == ["0", "1"]
    with pytest.raises(ProblemError, match=says):
        decode(bad, RULES, Instant(0))
    (why,) = refused(bad, "").reasons
    assert why.startswith(f"{path}:2: ")
    assert says in why


MAPPING = """
kind: csv-mapping
source: /erp/export
type: {column: activity}
time: when
time_format: "%d.%m.%Y %H:%M"
zone: "+01:00"
objects: {PURCHORD: order, INVOICE: invoices}
attributes: {"event.by": clerk}
"""
ROWS = "activity,when,order,invoices,clerk\nReceive Invoice,03.01.2026 09:00,PO-1,I-1|I-2,kim\nClear Invoice,04.01.2026 09:00,PO-1,,\n"


def test_a_row_of_a_spreadsheet_is_an_event(tmp_path: Path) -> None:
    """The mapping says what its columns mean; a cell may name several objects; importing it again brings the same ids."""
    mapping = written(tmp_path / "mapping.yaml", MAPPING)
    path = written(tmp_path / "export.csv", ROWS)
    first, second = imported(path, mapping).events
    assert (first.source, first.type, first.occurred_at) == (
        "/erp/export",
        "Receive Invoice",
        parse("2026-01-03T08:00:00Z"),
    )
    assert set(first.objects) == {"PURCHORD:PO-1", "INVOICE:I-1", "INVOICE:I-2"}
    assert set(second.objects) == {"PURCHORD:PO-1"}
    assert [event.source_event_id for event in imported(path, mapping).events] == [
        first.source_event_id,
        second.source_event_id,
    ]


@pytest.mark.parametrize(
    ("when", "says"),
    [
        pytest.param("", "column 'when' is empty: what has no time has not happened", id="not happened yet"),
        pytest.param("soon", "'soon' is not a time of column 'when'", id="a word among times"),
    ],
)
def test_a_row_without_a_time_is_left_out_and_the_rest_is_taken(tmp_path: Path, when: str, says: str) -> None:
    """An order that is not shipped yet has an empty cell; the rows before and after it are events."""
    rows = ROWS.replace("Clear Invoice,04", f"Receive Goods,{when},PO-1,,\nClear Invoice,04")
    path, mapping = written(tmp_path / "export.csv", rows), written(tmp_path / "mapping.yaml", MAPPING)

    (batch,) = batches(path, mapping=mapping)

    assert batch.items == 2
    (why,) = batch.left_out
    assert why.startswith(f"{path}:3: ")
    assert says in why


@pytest.mark.parametrize(
    ("mapping", "rows", "says"),
    [
        pytest.param(
            MAPPING.replace("when", "whan"), ROWS, "no column 'whan'", id="a column that is not there"
        ),
        pytest.param(MAPPING.replace("objects:", "objcts:"), ROWS, "objcts", id="a typo in the mapping"),
        pytest.param(MAPPING, ROWS.replace("03.01.2026", "2026-01-03"), "csv:2", id="a time of another form"),
    ],
)
def test_a_spreadsheet_that_cannot_be_read_says_why(
    tmp_path: Path, mapping: str, rows: str, says: str
) -> None:
    """The line or the key, and what it may be."""
    with pytest.raises(ProblemError) as caught:
        imported(written(tmp_path / "export.csv", rows), written(tmp_path / "mapping.yaml", mapping))
    assert says in str(caught.value)


def test_a_request_in_protobuf_is_told_by_its_bytes(tmp_path: Path) -> None:
    """As an exporter would have sent it."""
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = bytes(15) + b"\1", bytes(7) + b"\2", "one"
    span.start_time_unix_nano, span.end_time_unix_nano = 10, 20
    path = tmp_path / "request.bin"
    path.write_bytes(request.SerializeToString())
    assert [found.name for found in imported(path).spans] == ["one"]

# SPDX-License-Identifier: Apache-2.0
"""Files of spans and event logs are read into bounded batches; what a file has wrong is told with its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.definitions import load
from collectors.imports import ocel, otlp_file
from collectors.imports.batch import Batch, decode, refused
from collectors.imports.file import batches
from collectors.intake import ingest
from collectors.span import BusinessEvent
from collectors.transactions.condition import Wanted
from collectors.transactions.listing import Sort, Stretch, page
from collectors.transactions.query import Condition
from controlplane.database import Actor, Database
from terms.instant import Instant, parse
from terms.problem import ProblemError

DEFINITIONS = load((Path(__file__).parents[3] / "examples" / "purchase-to-pay",))


def a_log(orders: int) -> dict[str, Any]:
    """A purchase-to-pay log: each order has a requisition, a receipt, two invoices, and material that others share."""
    objects: dict[str, Any] = {f"MAT-{n}": {"ocel:type": "MATERIAL", "ocel:ovmap": {}} for n in range(3)}
    events: dict[str, Any] = {}

    def say(activity: str, hour: int, *named: str) -> None:
        events[f"e{len(events)}"] = {
            "ocel:activity": activity, "ocel:timestamp": f"2026-01-0{1 + hour // 24}T{hour % 24:02}:00:00+01:00",
            "ocel:omap": list(named), "ocel:vmap": {"by": "p-1"},
        }  # fmt: skip

    for n in range(orders):
        names = {"PURCHREQ": f"REQ-{n}", "PURCHORD": f"PO-{n}", "GDSRCPT": f"GR-{n}"}
        for kind, key in (*names.items(), ("INVOICE", f"I-{n}-a"), ("INVOICE", f"I-{n}-b")):
            objects[key] = {"ocel:type": kind, "ocel:ovmap": {}}
        say("Create Purchase Requisition", 1, f"REQ-{n}", f"MAT-{n % 3}")
        say("Create Purchase Order", 5, f"REQ-{n}", f"PO-{n}", f"MAT-{n % 3}")
        say("Receive Goods", 30, f"PO-{n}", f"GR-{n}", f"MAT-{n % 3}")
        say("Receive Invoice", 40, f"PO-{n}", f"I-{n}-a", f"I-{n}-b")
        say("Clear Invoice", 50, f"I-{n}-a", f"GR-{n}")
    return {"ocel:global-log": {"ocel:version": ["1.0"]}, "ocel:events": events, "ocel:objects": objects}


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def store(database: Database, batch: Batch) -> int:
    decoded = decode(batch, DEFINITIONS.extractor, Instant(0))
    assert decoded.rejected == []
    result = database.write(
        lambda session: ingest(session, decoded, Instant(0), DEFINITIONS),
        actor=Actor("machine", "test"),
        reason="test",
    )
    assert result.rejected == ()
    return result.accepted


def anchors(database: Database) -> list[str]:
    wanted = Wanted((Condition("process", ":", ("purchase-to-pay",)),), Instant(0))
    found = database.read(
        lambda session: page(session, DEFINITIONS.milestone_names, wanted, Sort(), Stretch(200))
    )
    return sorted(view.anchor.value for view in found.items)


def test_an_event_log_becomes_one_transaction_per_order(database: Database, tmp_path: Path) -> None:
    """However its events are shuffled: the shared material attaches to the orders and merges none."""
    log = a_log(9)
    log["ocel:events"] = dict(sorted(log["ocel:events"].items(), key=lambda item: hash_of(item[0])))
    for batch in batches(write(tmp_path / "log.jsonocel", log)):
        store(database, batch)
    assert anchors(database) == [f"PO-{n}" for n in range(9)]


def hash_of(text: str) -> int:
    """A fixed shuffle."""
    return int.from_bytes(text.encode()[::-1], "big") * 2_654_435_761 % 2**32


def test_a_vendor_and_a_payment_run_merge_nothing(database: Database, tmp_path: Path) -> None:
    """A vendor that every event names and a run that names all orders leave one transaction per order."""
    log = a_log(9)
    log["ocel:objects"] |= {"V-1": {"ocel:type": "VENDOR"}, "RUN-1": {"ocel:type": "PAYMENTRUN"}}
    for event in log["ocel:events"].values():
        event["ocel:omap"].append("V-1")
    log["ocel:events"]["run"] = {
        "ocel:activity": "Pay", "ocel:timestamp": "2026-02-01T00:00:00Z",
        "ocel:omap": ["RUN-1", "V-1", *(f"PO-{n}" for n in range(9))],
    }  # fmt: skip
    for batch in batches(write(tmp_path / "log.jsonocel", log)):
        store(database, batch)
    assert len(anchors(database)) == 9


def test_an_event_of_a_log_keeps_what_it_says(tmp_path: Path) -> None:
    """Activity, time with its zone, objects by their type, and the event's own attributes."""
    (batch,) = batches(write(tmp_path / "p2p.jsonocel", a_log(1)), source="erp")
    event: BusinessEvent = decode(batch, DEFINITIONS.extractor, Instant(0)).events[0]
    assert event[:3] == ("erp", "e0", "Create Purchase Requisition")
    assert event.occurred_at == parse("2026-01-01T00:00:00Z")
    assert event.objects == ("MATERIAL:MAT-0", "PURCHREQ:REQ-0")
    assert event.data == '{"event.attributes":{"by":"p-1"}}'


def test_a_dangling_reference_is_kept_and_counted(database: Database, tmp_path: Path) -> None:
    """An object that the log does not describe is of type unknown; the event that names it is stored."""
    log = a_log(1)
    del log["ocel:objects"]["GR-0"]
    (batch,) = batches(write(tmp_path / "log.jsonocel", log))
    assert (batch.items, batch.dangling, store(database, batch)) == (5, 2, 5)


def test_importing_a_log_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    """The file's name is the source of its events, so that a second import finds each of them."""
    path = write(tmp_path / "log.jsonocel", a_log(2))
    assert [[store(database, batch) for batch in batches(path)] for _ in range(2)] == [[10], [0]]


def test_a_long_log_comes_in_bounded_batches(tmp_path: Path) -> None:
    """No batch holds more than 500 events, and together they hold all."""
    found = list(batches(write(tmp_path / "log.jsonocel", a_log(250))))
    assert [batch.items for batch in found] == [ocel.BATCH, ocel.BATCH, 250]


def otlp(spans: int, first: int = 1) -> dict[str, Any]:
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
                "scopeSpans": [
                    {"spans": [{"traceId": "1" * 32, "spanId": f"{n:016x}", "name": f"step {n}"} for n in range(first, first + spans)]}
                ],
            }
        ]
    }  # fmt: skip


def test_spans_of_a_file_keep_their_resource(tmp_path: Path) -> None:
    """A file with one large request is cut into batches, and each span stays with the service that sent it."""
    found = list(batches(write(tmp_path / "trace.json", otlp(otlp_file.BATCH + 5))))
    assert [batch.items for batch in found] == [otlp_file.BATCH, 5]
    assert {span.origin.service for batch in found for span in decode(batch, (), Instant(0)).spans} == {
        "shop"
    }


def test_a_file_with_one_request_a_line_is_read_line_by_line(tmp_path: Path) -> None:
    """As a collector's file exporter writes it; empty lines are passed over."""
    path = tmp_path / "traces.jsonl"
    path.write_text("\n".join([json.dumps(otlp(2)), "", json.dumps(otlp(1, first=3)), ""]))
    assert [batch.items for batch in batches(path)] == [2, 1]


BROKEN = {
    "cut off": '{"resourceSpans": [{"scopeSp',
    "no JSON": "rotated at midnight",
    "logs": '{"resourceLogs": []}',
    "no list": '{"resourceSpans": 7}',
    "unknown kind": json.dumps(otlp(1, first=9)).replace('"step 9"', '"step 9", "kind": "SPAN_KIND_ODD"'),
    "null": "null",
    "another log": '{"level": "info"}',
    "a number": "7",
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("at", [1, 2], ids=["first", "in the middle"])
def test_a_broken_line_is_left_to_the_door_by_itself(tmp_path: Path, line: str, at: int) -> None:
    """It is a request of its own that names its line, so that the door refuses and counts it; its neighbours come."""
    lines = [json.dumps(otlp(2)), json.dumps(otlp(1, first=3))]
    lines.insert(at - 1, line)
    path = tmp_path / "traces.jsonl"
    path.write_text("\n".join(lines))
    kept, refused = [], []
    for batch in batches(path):
        try:
            kept.append(len(decode(batch, DEFINITIONS.extractor, Instant(0)).spans))
        except ProblemError:
            refused.append(batch.line)
    assert (kept, refused) == ([2, 1], [f"{path}:{at}"])


def test_a_line_that_is_no_request_says_so_itself(tmp_path: Path) -> None:
    """A door that ignores what it does not know can only say that it is none; an empty request is one."""
    path = tmp_path / "traces.jsonl"
    path.write_text("\n".join([json.dumps(otlp(1)), '{"level": "info"}', "{}"]))
    kept, none = batches(path)
    assert (kept.items, kept.flaw) == (1, "")
    assert refused(none, "is not a JSON object").reasons == (
        f'{path}:2: is not an OTLP request (each line begins with {{"resourceSpans": ...)',
    )


@pytest.mark.parametrize("name", ["line", "document"])
def test_of_a_request_that_takes_several_batches_none_is_taken_when_one_would_be_refused(
    tmp_path: Path, name: str
) -> None:
    """Nothing is stored of half a line, or of half a document."""
    document = otlp(otlp_file.BATCH + 5)
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][-1]["kind"] = "SPAN_KIND_ODD"
    path = tmp_path / name
    if name == "document":
        path.write_text(json.dumps(document, indent=1))
        with pytest.raises(ProblemError, match="SPAN_KIND_ODD"):
            next(batches(path))
        return
    path.write_text(json.dumps(document) + "\n" + json.dumps(otlp(1)))
    assert [(batch.items, batch.line[-2:]) for batch in batches(path)] == [(1, ":1"), (1, ":2")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param("{", "is not JSON", id="broken"),
        pytest.param('{"a": 1}', "of no kind that can be imported", id="something else"),
        pytest.param('{\n"resourceLogs": []}', "holds no traces", id="logs"),
        pytest.param('{"ocel:events": []}', "are not JSON objects", id="events as a list"),
        pytest.param(
            '{"ocel:events": {"e1": {"ocel:omap": []}}}',
            "#/ocel:events/e1: has no ocel:activity",
            id="no activity",
        ),
        pytest.param(
            '{"ocel:events": {}, "ocel:objects": {"o": {}}}',
            "#/ocel:objects/o: has no ocel:type",
            id="no type",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(tmp_path: Path, content: str, says: str) -> None:
    """Each mistake names the file and the place in it."""
    path = tmp_path / "file"
    path.write_text(content)
    with pytest.raises(ProblemError) as caught:
        list(batches(path))
    assert says in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A wrong path is one clear problem."""
    with pytest.raises(ProblemError, match="cannot be read"):
        list(batches(tmp_path / "nowhere.json"))

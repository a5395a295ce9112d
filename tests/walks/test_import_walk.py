# SPDX-License-Identifier: Apache-2.0
"""Files that others wrote: an event log becomes transactions, a trace without business keys is shown as a trace."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from served_plane import ROOT, ControlPlane

ORDERS = 3
FOUND = """{ transactions(first: 10, filter: {process: "purchase-to-pay"}) { totalCount nodes { status anchor { text } } } }"""


def _log() -> dict[str, Any]:
    """Three orders, one vendor for all, one payment run that names all, and one reference to nothing."""
    objects = {"V1": "VENDOR", "RUN": "PAYMENTRUN"}
    events: list[tuple[str, str, list[str]]] = []
    for n in range(ORDERS):
        objects |= {f"PR{n}": "PURCHREQ", f"PO{n}": "PURCHORD", f"GR{n}": "GDSRCPT", f"I{n}": "INVOICE"}
        events += [
            ("Create Purchase Requisition", f"2021-03-0{n + 1}T09:00:00+01:00", [f"PR{n}"]),
            ("Create Purchase Order", f"2021-03-0{n + 2}T09:00:00+01:00", [f"PR{n}", f"PO{n}", "V1"]),
            ("Receive Goods", f"2021-03-0{n + 3}T09:00:00+01:00", [f"PO{n}", f"GR{n}", "V1", "NOWHERE"]),
            ("Receive Invoice", f"2021-03-0{n + 4}T09:00:00+01:00", [f"PO{n}", f"I{n}", "V1"]),
            ("Clear Invoice", f"2021-03-0{n + 5}T09:00:00+01:00", [f"PO{n}", f"I{n}"]),
        ]
    events.append(("Pay", "2021-03-09T09:00:00+01:00", ["RUN", "V1", *(f"PO{n}" for n in range(ORDERS))]))
    return {
        "ocel:global-log": {"ocel:version": ["1.0"], "ocel:ordering": ["timestamp"]},
        "ocel:events": {
            str(n): {"ocel:activity": kind, "ocel:timestamp": at, "ocel:omap": named, "ocel:vmap": {}}
            for n, (kind, at, named) in enumerate(reversed(events))
        },
        "ocel:objects": {name: {"ocel:type": kind, "ocel:ovmap": {}} for name, kind in objects.items()},
    }


def _import(file: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "controlplane.cli", "traces", "import", str(file)],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def outside_url() -> str:
    """The intake's own tests run on both databases; this is about files and doors."""
    return ""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(ROOT / "examples" / "purchase-to-pay"))
    file = tmp_path / "orders.jsonocel"
    file.write_text(json.dumps(_log()))
    return file


def test_a_log_becomes_one_transaction_for_each_order(log: Path, plane: ControlPlane) -> None:
    """A shared vendor and a payment run that names every order merge nothing; what the log does not describe is counted."""
    token = (plane.data / "demo-token").read_text()
    events = 5 * ORDERS + 1
    for new in (events, 0):  # importing again changes nothing, and says so
        done = _import(log, THROUGHLINE_URL=plane.url, THROUGHLINE_TOKEN=token)
        assert done.returncode == 0, done.stderr
        assert f": {new} new, {events - new} there already" in " ".join(done.stdout.split())
    assert "3 references to objects that the file does not describe" in done.stdout
    found = plane.ask(FOUND)["transactions"]
    assert found["totalCount"] == ORDERS
    assert {node["status"] for node in found["nodes"]} == {"COMPLETED"}


def _spans() -> list[str]:
    span = {"traceId": "7" * 32, "name": "post", "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000"}  # fmt: skip
    good = [
        json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span | {"spanId": f"{n:016x}"}]}]}]})
        for n in (1, 2)
    ]
    return [
        good[0][:50],
        good[0],
        good[1].replace('"post"', '"post", "kind": "ODD"'),
        good[1],
        '{"level": "info"}',
    ]


def _events() -> list[str]:
    good = [
        json.dumps(
            {
                "specversion": "1.0",
                "id": str(n),
                "source": "/shop",
                "type": "order-placed",
                "time": "2026-11-10T09:00:00Z",
            }
        )
        for n in (1, 2)
    ]
    return [good[0][:50], good[0], "7", good[1], f"[{good[0]}]"]


@pytest.mark.parametrize("lines", [_spans(), _events()], ids=["spans", "events"])
@pytest.mark.parametrize("where", ["server", "data directory"])
def test_broken_lines_are_told_and_the_rest_of_the_file_is_stored(
    plane: ControlPlane, tmp_path: Path, where: str, lines: list[str]
) -> None:
    """Each with its number and why; the exit code says so, and the same file again brings nothing and counts nothing twice."""
    file = tmp_path / "lines"
    file.write_text("\n".join(lines))
    token = (plane.data / "demo-token").read_text()
    to_server = {"THROUGHLINE_URL": plane.url, "THROUGHLINE_TOKEN": token}
    environment = to_server if where == "server" else {"THROUGHLINE_DATA_DIR": str(tmp_path / "elsewhere")}
    for new in (2, 0):
        done = _import(file, **environment)
        assert done.returncode == 1, done.stderr
        assert [f"rejected: {file}:{n}: " in done.stderr for n in range(1, 6)] == [True, False] * 2 + [True]
        assert (
            f"2 of 5 spans and events stored from 1 file: {new} new, {2 - new} there already; 3 lines not read"
            in done.stdout
        )
    if where == "server":
        found = plane.ask("{ sources { nodes { name rejections { reason count } } } }")["sources"]["nodes"]
        assert {"reason": "undecodable", "count": 3} in [one for each in found for one in each["rejections"]]


def test_a_held_data_directory_is_left_alone(log: Path, plane: ControlPlane) -> None:
    """Without an address the command would open the server's own files: it is refused and told who holds them."""
    done = _import(log, THROUGHLINE_DATA_DIR=str(plane.data))
    assert done.returncode == 2
    assert "holds the data directory" in done.stderr
    assert "THROUGHLINE_URL" in done.stderr


def test_a_trace_without_business_keys_shows_as_a_trace(plane: ControlPlane, tmp_path: Path) -> None:
    """Spans that name nothing make no transaction; who knows the trace's id finds them by it."""
    trace = "5b8efff798038103d269b633813fc60c"
    span = {"traceId": trace, "spanId": "eee19b7ec3c1b174", "name": "I am a server", "kind": 2,
            "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712661000000000"}  # fmt: skip
    file = tmp_path / "trace.json"
    file.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    token = (plane.data / "demo-token").read_text()
    assert _import(file, THROUGHLINE_URL=plane.url, THROUGHLINE_TOKEN=token).returncode == 0
    assert plane.ask("{ transactions { totalCount } }")["transactions"]["totalCount"] == 0
    page = plane.http.get("/transactions", params={"key": trace}, follow_redirects=True)
    assert page.url.path == f"/traces/{trace}"
    assert "I am a server" in page.text
    assert plane.http.get(f"/traces/{'0' * 31}1").status_code == 404

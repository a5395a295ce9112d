# SPDX-License-Identifier: Apache-2.0
"""`throughline traces import` sends files to a running server, or stores them here when the roof lets it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from collectors.cli import app
from collectors.imports.batch import Batch, Sink, Taken
from terms.problem import ProblemError

SPAN = {"traceId": "1" * 32, "spanId": "2" * 16, "name": "post"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}))
    return path


@contextmanager
def a_server(*answers: tuple[int, dict[str, str], Any]) -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    """A server that gives these answers one after the other, the last one for ever; what it got is listed."""
    got: list[tuple[str, str, bytes]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.path, self.headers["authorization"], body))
            status, headers, answer = answers[min(len(got), len(answers)) - 1]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(file: Path, url: str = "", token: str = "tl_x", local: Any = None) -> Any:
    return CliRunner(env={"THROUGHLINE_URL": url, "THROUGHLINE_TOKEN": token}).invoke(
        app, ["import", str(file)], obj=local
    )


def test_a_file_goes_to_the_server_that_is_named(file: Path) -> None:
    """Each batch is a request to the ordinary door with the caller's token."""
    with a_server((200, {}, {})) as (url, got):
        result = run(file, url)
    assert result.exit_code == 0, result.output
    assert "1 of 1 spans and events stored from 1 file" in result.output
    assert [(path, token) for path, token, _ in got] == [("/v1/traces", "Bearer tl_x")]


def test_what_the_server_rejects_is_told(file: Path) -> None:
    """Rejected spans are counted with a reason, and the command says so with its exit code."""
    partial = {"partialSuccess": {"rejectedSpans": "1", "errorMessage": "bad_time: span 'post'"}}
    with a_server((200, {}, partial)) as (url, _):
        result = run(file, url)
    assert result.exit_code == 1
    assert "rejected: bad_time" in result.output
    assert "0 of 1 spans" in result.output


def test_what_was_there_already_is_told_from_what_is_new(file: Path) -> None:
    """A file that is imported again says that it brought nothing."""
    with a_server((200, {"throughline-new": "0", "throughline-known": "1"}, {})) as (url, _):
        result = run(file, url)
    assert "1 of 1 spans and events stored from 1 file: 0 new, 1 there already" in result.output


def test_a_line_that_is_refused_is_told_and_the_others_are_sent(tmp_path: Path) -> None:
    """Each with its number and the server's reason; the exit code says that something was refused."""
    path = tmp_path / "traces.jsonl"
    good = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]})
    path.write_text("\n".join([good, *["{oops"] * 7, good]))
    counted = {"throughline-new": "1", "throughline-known": "0"}
    refusals = [(400, {}, {"code": 3, "message": "body: is not JSON"})] * 7
    with a_server((200, counted, {}), *refusals, (200, counted, {})) as (url, got):
        result = run(path, url)
    assert result.exit_code == 1
    assert [f"rejected: {path}:{n}: body: is not JSON" in result.output for n in range(1, 10)] == [
        False, *[True] * 7, False,
    ]  # fmt: skip
    assert (
        "2 of 9 spans and events stored from 1 file: 2 new, 0 there already; 7 lines not read"
        in result.output
    )
    assert len(got) == 9


def test_a_busy_server_is_asked_again(file: Path) -> None:
    """503 with Retry-After is waited for; the batch is sent again as it was."""
    with a_server((503, {"retry-after": "0"}, {}), (200, {}, {})) as (url, got):
        result = run(file, url)
    assert result.exit_code == 0
    assert got[0][2] == got[1][2]


@pytest.mark.parametrize(("status", "says"), [(401, "credential is not accepted"), (400, "answered 400")])
def test_a_refusal_is_one_clear_problem(file: Path, status: int, says: str) -> None:
    """A wrong token, or a document the door refuses, ends the import with the reason."""
    file.write_text(json.dumps(json.loads(file.read_text()), indent=1))
    with a_server((status, {}, {"message": "no"})) as (url, _):
        result = run(file, url)
    assert isinstance(result.exception, ProblemError)
    assert says in str(result.exception)


def test_nobody_there_is_exit_code_4(file: Path) -> None:
    """A server that does not answer is told apart from a file that is wrong."""
    assert run(file, "http://127.0.0.1:9").exit_code == 4


def test_without_a_server_the_roof_may_store_it_here(file: Path) -> None:
    """The same batches go to the sink the roof opens."""
    batches: list[Batch] = []

    def take(batch: Batch) -> Taken:
        batches.append(batch)
        return Taken(0)

    @contextmanager
    def open_sink() -> Iterator[Sink]:
        yield take

    result = run(file, local=SimpleNamespace(open_sink=open_sink))
    assert result.exit_code == 0
    assert [batch.items for batch in batches] == [1]


def test_with_neither_the_command_says_what_to_set(file: Path) -> None:
    """No server and no roof: the problem names the variables."""
    result = run(file)
    assert isinstance(result.exception, ProblemError)
    assert "THROUGHLINE_URL" in str(result.exception)

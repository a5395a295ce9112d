# SPDX-License-Identifier: Apache-2.0
"""A sandbox served by a real web server on a loopback port, and a receiver that takes its webhooks."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from sync.connection import Connection
from sync.sandbox import credentials
from sync.sandbox.app import create_sandbox
from sync.sandbox.ledger import Ledger
from terms import instant
from terms.instant import HOUR, Instant, wall_clock


class Served:
    """One running sandbox, its ledger file and a client."""

    def __init__(self, file: Path, ledger: Ledger, base_url: str, http: httpx2.Client) -> None:
        self.file = file
        self.ledger = ledger
        self.base_url = base_url
        self.http = http

    def connection(self, system: str, **changes: Any) -> Connection:
        rows = credentials.connections(self.ledger, self.base_url)["connections"]
        row = next(each for each in rows if each["system"] == system)
        return Connection(**{**row, "timeout_s": 5.0, **changes})

    def deals(self, *deals: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.http.post("/sandbox/deals", json={"deals": deals})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["opportunities"]
        return found

    def records(self, system: str, type_: str) -> list[dict[str, Any]]:
        rows = self.http.get("/sandbox/ledger", params={"system": system}).json()["records"]
        return [row for row in rows if row["type"] == type_]

    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/sandbox/summary").json()
        return found

    def faults(self, **faults: float) -> None:
        self.http.put("/sandbox/faults", json=faults).raise_for_status()


@contextmanager
def serve(file: Path, **settings: Any) -> Iterator[Served]:
    """Runs a sandbox over the file until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    ledger = Ledger(file)
    app = create_sandbox(ledger, **settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with httpx2.Client(base_url=base_url, timeout=10, trust_env=False, verify=False) as http:
        yield Served(file, ledger, base_url, http)
    server.should_exit = True
    thread.join(10)
    ledger.close()
    listener.close()


@dataclass
class Receiver:
    """Takes webhooks at `url`: (path, headers, body) of each; answers 503 while it is not `open`."""

    url: str
    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    refused: int = 0
    open: bool = True


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on a loopback port until the block ends."""
    found = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if found.open:
                found.taken.append(
                    (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                )
            else:
                found.refused += 1
            self.send_response(200 if found.open else 503)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/webhooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def until(met: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits for something to come true, and fails when it does not."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def deal(number: int, kind: str = "New Business", **changes: Any) -> dict[str, Any]:
    """A deal closed half a day ago, activated, invoiced and paid since."""
    now = wall_clock()

    def ago(hours: int) -> str:
        return instant.text(Instant(now - hours * HOUR))

    return {
        "kind": kind,
        "number": number,
        "customer": {"id": f"CUST-{number}", "name": "Ahorn Werke GmbH"},
        "legal_entity": "DE",
        "region": "EMEA",
        "currency": "EUR",
        "amount_minor": 1_200_000,
        "item": "PLATFORM",
        "quantity": 12,
        "quoted_at": ago(30),
        "closed_at": ago(12),
        "activated_at": ago(8),
        "invoiced_at": ago(6),
        "paid_at": ago(2),
        **changes,
    }

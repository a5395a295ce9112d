# SPDX-License-Identifier: Apache-2.0
"""The runtime with a door for webhooks, as a process has it: used by tests here, and as a process that can be killed.

python sync_line.py DATABASE_URL ENGINE_URL CONNECTIONS PORT
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from jsonschema import Draft202012Validator
from sqlmodel import Session

from controlplane.database import Actor, Database
from sync import connection
from sync.inbox_rows import Receipt
from sync.runtime import Runtime, RuntimeSettings
from terms.instant import wall_clock
from terms.problem import Problem

T = TypeVar("T")


CONTRACTS = {
    path.parent.name: path
    for path in sorted((Path(__file__).parents[2] / "registry" / "canonical").glob("*/*.json"))
}


def problems(subject: str, document: Mapping[str, Any]) -> tuple[Problem, ...]:
    """What the newest shipped contract of that subject says against the document."""
    validator = Draft202012Validator(json.loads(CONTRACTS[subject].read_text()))
    return tuple(Problem(error.message, error.json_path) for error in validator.iter_errors(dict(document)))


class Line:
    """Database, runtime and door. `port` 0 takes a free one."""

    def __init__(self, database_url: str, engine_url: str, connections: Path, port: int = 0) -> None:
        self.database = Database(database_url, wall_clock)
        self.errors: list[tuple[str, Exception]] = []
        self.runtime = Runtime(
            RuntimeSettings(engine_url, seed=7),
            read=self.database.read,
            write=self.write,
            clock=wall_clock,
            validate=problems,
            connections=connection.read(connections),
            on_error=lambda where, error: self.errors.append((where, error)),
        )
        self.door = ThreadingHTTPServer(("127.0.0.1", port), _handler(self.runtime))
        self._threads = [
            threading.Thread(target=self.door.serve_forever, daemon=True),
            threading.Thread(target=self._poll, daemon=True),
        ]
        self._ending = threading.Event()

    @property
    def webhooks(self) -> str:
        return f"http://127.0.0.1:{self.door.server_address[1]}/webhooks"

    def write(self, fn: Callable[[Session], T], reason: str) -> T:
        return self.database.write(fn, actor=Actor("machine", "sync"), reason=reason)

    def start(self) -> None:
        self.runtime.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ending.set()
        self.door.shutdown()
        self.door.server_close()
        self._threads[1].join()
        self.runtime.stop(5)
        self.database.close()

    def _poll(self) -> None:
        while not self._ending.wait(0.3):
            self.runtime.poll(wall_clock())


def _handler(runtime: Runtime) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found: Any = runtime.webhook(self.path.rpartition("/")[2], dict(self.headers), body, wall_clock())
            self.send_response(200 if isinstance(found, Receipt) else 401)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Door


if __name__ == "__main__":
    line = Line(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    line.start()
    sys.stdout.write("line ready\n")
    sys.stdout.flush()
    while True:
        time.sleep(60)

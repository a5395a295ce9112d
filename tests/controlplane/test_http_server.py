# SPDX-License-Identifier: Apache-2.0
"""The doors behind a real server and real sockets: what only shows when bytes travel."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette

from controlplane.database import Actor, Database
from controlplane.http import doors
from controlplane.http.doors import Doors
from controlplane.http.health import health_routes
from controlplane.http.live import Live
from controlplane.security import store
from controlplane.security.caller import Credentials
from terms.problem import Problem


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    return migrated_sqlite_url


class Running:
    def __init__(self, database: Database, clock: Any) -> None:
        self.credentials, self.live = Credentials(database, clock), Live()
        parts = Doors(self.take, self.take, self.take, self.receive)
        app = Starlette(
            routes=[*health_routes(self.ready), self.live.route(), *doors.routes(parts)],
            middleware=doors.layers(self.credentials),
            exception_handlers=doors.exception_handlers(),  # type: ignore[arg-type]
        )
        config = uvicorn.Config(
            app, port=0, http="httptools", log_level="warning", lifespan="off", timeout_graceful_shutdown=2
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        token = database.write(
            lambda s: store.create_token(s, "Ada", "admin", clock()),
            actor=Actor("person", "Ada"),
            reason="test",
        )
        self.client = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=10
        )

    async def ready(self) -> Problem | None:
        return None

    async def take(self, *_: Any) -> Any:
        raise AssertionError("nothing that is too large is taken")

    async def receive(self, *_: Any) -> None:
        raise LookupError

    def stop(self) -> None:
        self.client.close()
        self.live.end()
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture
def running(database: Database, clock: Any) -> Iterator[Running]:
    one = Running(database, clock)
    yield one
    one.stop()


def test_a_large_body_is_refused_before_it_has_all_come(running: Running) -> None:
    """A client that would send without end gets its 413 after 256 KiB, and the server reads no further."""
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 200_000_000:
            sent += 65_536
            yield bytes(65_536)

    answer = running.client.post("/sign-in", content=endless(), headers={"Accept": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["detail"] == "the body is larger than 256 KiB"
    assert sent < 20_000_000
    assert running.client.get("/healthz").status_code == 200


def test_a_page_hears_of_a_change(running: Running) -> None:
    """The hint comes while the stream stays open."""
    with running.client.stream("GET", "/live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == "retry: 2000"
        running.live.changed("exceptions")
        heard = next(line for line in lines if line.startswith("data:"))
        assert heard == 'data: {"topic":"exceptions","version":1}'


def test_a_stranger_hears_nothing(running: Running) -> None:
    """Hints are for those who may look."""
    assert httpx2.get(f"{running.client.base_url}/live").status_code == 401

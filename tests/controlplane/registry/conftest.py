# SPDX-License-Identifier: Apache-2.0
"""The real app behind a real server on loopback, over an empty SQLite file: what a registry's client meets."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import migrated
import pytest
import uvicorn

from controlplane.app import create_app
from controlplane.database import Actor
from controlplane.parts import build
from controlplane.security import store
from controlplane.security.permissions import Role
from controlplane.settings import Settings

ADA = Actor("person", "Ada")


class Served:
    """The app as it is served; `token` makes a credential, `http` speaks with an architect's."""

    def __init__(self, folder: Path, clock: Any) -> None:
        settings = Settings(data_dir=folder)
        migrated.started(folder, clock)
        self.clock, self.parts = clock, build(settings, clock)
        # The lifespan is off: no worker runs beside a test.
        config = uvicorn.Config(
            create_app(self.parts), port=0, http="httptools", log_level="warning", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        self.http = self.client("architect")

    def token(self, role: Role = "architect", name: str = "Ada") -> str:
        return str(
            self.parts.database.write(
                lambda s: store.create_token(s, name, role, self.clock()), actor=ADA, reason="test"
            )
        )

    def client(self, role: Role) -> httpx2.Client:
        headers = {"authorization": f"Bearer {self.token(role)}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30)

    def stop(self) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join()
        self.parts.database.close()


@pytest.fixture
def serve(clock: Any) -> Iterator[Callable[[Path], Served]]:
    """Starts an app over a folder; all are stopped at the end."""
    running: list[Served] = []

    def start(folder: Path) -> Served:
        running.append(Served(folder, clock))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], Served]) -> Served:
    return serve(tmp_path_factory.mktemp("served"))

# SPDX-License-Identifier: Apache-2.0
"""A database that cannot store: the sender is told to come again, the supervisor that nothing should be sent here, nothing is lost."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import migrated
import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from controlplane.app import create_app
from controlplane.parts import build
from controlplane.settings import Settings
from terms.instant import wall_clock

SPAN = {
    "traceId": "5b" * 16, "spanId": "5c" * 8, "name": "post journal", "kind": 1,
    "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000000000005",
}  # fmt: skip
REQUEST = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [SPAN | {"name": "x" * 200_000}]}]}]}


class Small:
    """The app over an SQLite file that a test can fill or lock."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(data_dir=folder, grpc_port=0, role="api")
        migrated.sqlite(folder / "throughline.sqlite3")
        self.file = folder / "throughline.sqlite3"
        self.parts = build(settings, wall_clock)
        self.pragmas: list[str] = []
        event.listen(self.parts.database.engine, "checkout", self._prepare)
        self.client = TestClient(create_app(self.parts))

    def _prepare(self, connection: Any, *_: object) -> None:
        for pragma in self.pragmas:
            connection.execute(f"PRAGMA {pragma}")

    def send(self) -> Any:
        return self.client.post(
            "/v1/traces",
            json=REQUEST,
            headers={"Authorization": f"Bearer {self.parts.credentials.boot_token}"},
        )

    def is_ready(self) -> bool:
        return self.client.get("/readyz").status_code == 200


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    made = Small(tmp_path)
    with made.client:
        yield made


def test_a_full_disk_refuses_and_says_when_to_come_again(small: Small) -> None:
    """503 with Retry-After and a Status; not ready; and taken when there is room again, though nobody sent it in between."""
    pages = sqlite3.connect(small.file).execute("PRAGMA page_count").fetchone()[0]
    small.pragmas = [f"max_page_count = {pages}"]
    refused = small.send()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json()["code"] == 14
    assert not small.is_ready()
    assert "full" in small.client.get("/readyz").text
    small.pragmas = ["max_page_count = 1000000"]
    assert small.is_ready()
    assert (small.send().status_code, small.send().json()) == (200, {})


def test_a_database_that_another_process_locks_is_not_ready(small: Small) -> None:
    """As soon as the lock is gone it is."""
    small.pragmas = ["busy_timeout = 50"]
    holder = sqlite3.connect(small.file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert small.send().status_code == 503
    assert not small.is_ready()
    holder.execute("ROLLBACK")
    assert small.is_ready()
    assert small.send().status_code == 200

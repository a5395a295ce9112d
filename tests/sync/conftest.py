# SPDX-License-Identifier: Apache-2.0
"""The line under test: a real sandbox process, and the runtime with a door for its webhooks."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Test modules are imported one by one; what they share lies beside them.
sys.path.append(str(Path(__file__).parent))

from sync_line import Line
from sync_sandbox import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def line(sandbox: Sandbox, tmp_path: Path, database_url: str) -> Iterator[Line]:
    """The runtime over SQLite and over PostgreSQL, with nothing told to its error handler in the end."""
    engine_url = (
        f"sqlite:///{tmp_path / 'engine.sqlite3'}" if database_url.startswith("sqlite") else database_url
    )
    running = Line(database_url, engine_url, sandbox.connections)
    running.start()
    sandbox.send_webhooks_to(running.webhooks)
    yield running
    running.stop()
    assert running.errors == []

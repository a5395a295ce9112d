# SPDX-License-Identifier: Apache-2.0
"""The whole line for a walk: a control plane, over SQLite and over PostgreSQL, and the stand-ins beside it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Test modules are imported one by one; what they share lies beside them.
sys.path += [
    str(Path(__file__).parent),
    *(str(Path(__file__).parents[1] / room) for room in ("sync", "collectors")),
]

from served_plane import ControlPlane
from sync_sandbox import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    running = Sandbox(tmp_path)
    yield running
    running.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def outside_url(request: pytest.FixtureRequest) -> str:
    """The database outside the data directory, empty for the embedded one."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres_url")
    return url.replace("postgresql+psycopg://", "postgresql://")


@pytest.fixture
def plane(tmp_path: Path, outside_url: str) -> Iterator[ControlPlane]:
    """A control plane that is connected to nothing."""
    running = ControlPlane(tmp_path, outside_url)
    yield running
    running.stop()


@pytest.fixture
def connected(tmp_path: Path, outside_url: str, sandbox: Sandbox) -> Iterator[ControlPlane]:
    """A control plane whose four systems are the stand-ins."""
    running = ControlPlane(tmp_path, outside_url, sandbox.connections, str(sandbox.http.base_url))
    sandbox.send_webhooks_to(f"{running.url}/webhooks")
    yield running
    running.stop()

# SPDX-License-Identifier: Apache-2.0
"""What `throughline serve` will not start with: said in a line, before anything is stored or a port is open."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _serve(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "controlplane.cli", "serve", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def _with_typo(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "definitions" / "processes"
    folder.mkdir(parents=True)
    shipped = (ROOT / "collectors" / "processes" / "lead-to-cash.yaml").read_text()
    (folder / "mine.yaml").write_text(shipped.replace("anchor: order", "ancor: order", 1))
    return {"THROUGHLINE_DEFINITIONS": str(tmp_path / "definitions")}


def _readable_by_all(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "connections.json"
    file.write_text('{"connections": []}')
    file.chmod(0o644)
    return {"THROUGHLINE_CONNECTIONS": str(file)}


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        pytest.param({"THROUGHLINE_PROT": "1"}, "did you mean port?", id="a setting with a typo"),
        pytest.param(
            {"THROUGHLINE_DATABASE_URL": "mysql://x/y"}, "'mysql' is not a database", id="an unknown database"
        ),
        pytest.param(
            {"THROUGHLINE_DATA_DIR": "/proc/nowhere"}, "cannot be written", id="an unwritable directory"
        ),
        pytest.param(
            {"THROUGHLINE_HOST": "0.0.0.0"}, "THROUGHLINE_ADMIN_TOKEN_FILE", id="beyond loopback, unguarded"
        ),
    ],
)
def test_a_wrong_setting_stops_the_start(environment: dict[str, str], says: str, tmp_path: Path) -> None:
    """Exit code 2, one line that says what is wrong, where, and what to write."""
    done = _serve("--port", "0", **{"THROUGHLINE_DATA_DIR": str(tmp_path / "data"), **environment})
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(_with_typo, "did you mean 'anchor'?", id="a process definition with a typo"),
        pytest.param(_readable_by_all, "chmod 600", id="secrets that others may read"),
    ],
)
def test_a_wrong_file_stops_the_start(make: object, says: str, tmp_path: Path) -> None:
    """The file and the line are named, and what the word may have been."""
    assert callable(make)
    done = _serve("--port", "0", THROUGHLINE_DATA_DIR=str(tmp_path / "data"), **make(tmp_path))
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """The operator reads which address is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = _serve("--port", port, THROUGHLINE_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 2
    assert f"127.0.0.1:{port}: cannot listen" in done.stderr


@pytest.mark.postgres
def test_tables_of_another_version_are_not_touched(tmp_path: Path, postgres_url: str) -> None:
    """On PostgreSQL, where others may be at work, nothing is migrated behind anybody's back."""
    url = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    done = _serve("--port", "0", THROUGHLINE_DATA_DIR=str(tmp_path), THROUGHLINE_DATABASE_URL=url)
    assert done.returncode == 2
    assert "throughline db upgrade" in done.stderr

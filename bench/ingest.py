# SPDX-License-Identifier: Apache-2.0
"""What it costs to take spans in: HTTP, decode, stitch, store, commit, ack. A real `throughline serve` is driven.

    make bench ARGS=ingest          (or python bench/ingest.py --spans 100000 --per-request 512 --concurrency 4 --runs 5)

Every run has a database of its own, empty or with `--seeded N` with the keys of N deals in it (see seeding.py). Prints, for each run and as the median of all, CPU seconds of the server per
million spans, bytes per span of its tables and indexes after a checkpoint, and the latency of the acknowledgement. Beside
them stands what a fixed piece of decoding costs in the same minute on the same machine: a shared machine is slow at times,
and the ratio of the two is steadier than either. With --postgres the CPU of the database's processes is told as well.
Writes bench/results/ingest.json.
"""

import argparse
import asyncio
import contextlib
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import httpx2
import psycopg
import seeding
import served
import yardstick
from payloads.deals import SPANS_PER_DEAL, requests
from served import Served
from sqlalchemy.engine import make_url

from controlplane.migrations import schema

SEEDED_FROM = 1_000_000  # numbers of deals that no run sends
RESULTS = Path(__file__).parent / "results" / "ingest.json"
_SHOWN = 1.0  # bytes per span from which on a table is told apart


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stores: a folder of its own, and with PostgreSQL a database's URL and its postmaster."""

    folder: Path
    database: str = ""
    postmaster: int = 0

    @property
    def file(self) -> Path:
        """The SQLite file; none with PostgreSQL."""
        return self.folder / "throughline.sqlite3"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured. CPU is user and system time, without the server's start; sizes are what the run added."""

    spans_per_s: float
    cpu_s_per_1m: float
    database_cpu_s_per_1m: float
    parse_only_cpu_s_per_1m: float
    decode_only_cpu_s_per_1m: float
    ratio_to_decode_only: float
    bytes_per_span: float
    ack_p50_ms: float
    ack_p99_ms: float
    rss_mib: float


def main() -> None:
    """Runs the bench and prints its figures."""
    asked = _asked()
    runs: list[Figures] = []
    sizes: list[dict[str, int]] = []
    with contextlib.ExitStack() as held:
        server = held.enter_context(served.postgres()) if asked.postgres else None
        for number in range(asked.runs):
            bodies = list(requests(asked.spans // SPANS_PER_DEAL, asked.per_request, seed=number + 1))
            with _place(number, server, asked.seeded) as place:
                figures, size = drive(place, bodies, asked.spans, asked.concurrency, asked.seeded)
            runs.append(figures)
            sizes.append(size)
            print(f"run {number + 1}: " + ", ".join(f"{k} {v:,.1f}" for k, v in asdict(figures).items()))
    median = Figures(*(statistics.median(getattr(run, f.name) for run in runs) for f in fields(Figures)))
    tables = {name: round(size / asked.spans, 1) for name, size in sizes[-1].items()}
    _write(asked, runs, median, tables)


def _asked() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--spans", type=int, default=100_000)
    options.add_argument("--per-request", type=int, default=512)
    options.add_argument(
        "--concurrency", type=int, default=1, help="requests that wait for their answers at once"
    )
    options.add_argument("--runs", type=int, default=1)
    options.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    options.add_argument("--seeded", type=int, default=0, help="deals whose keys are stored before")
    return options.parse_args()


@contextlib.contextmanager
def _place(number: int, server: tuple[str, int] | None, seeded: int) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder:
        if server is None:
            place = Place(Path(folder))
            _seed(f"sqlite:///{place.file}", seeded)
            yield place
            return
        admin, postmaster = server
        name = f"bench_{number}"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = make_url(admin).set(database=name).render_as_string(hide_password=False)
        schema.upgrade(url)
        _seed(url, seeded)
        yield Place(Path(folder), url, postmaster)


def _seed(url: str, deals: int) -> None:
    if deals:
        seeding.seed(url, deals, seeding.KEYS, first_deal=SEEDED_FROM)


def drive(
    place: Place, bodies: list[bytes], spans: int, concurrency: int, seeded: int = 0
) -> tuple[Figures, dict[str, int]]:
    """Starts a server, sends every body and stops it: the figures, and by how much each table and index grew."""
    parse, decode = yardstick.parse_only(bodies, spans), yardstick.decode_only(bodies, spans)
    with served.serving(place.folder, place.database) as server:
        before = sizes_of(place)
        ours, theirs = served.cpu_s(server.process.pid), _database_cpu_s(place)
        begun = time.perf_counter()
        took = asyncio.run(send(server, bodies, concurrency))
        wall = time.perf_counter() - begun
        ours = served.cpu_s(server.process.pid) - ours
        theirs = _database_cpu_s(place) - theirs
        rss = served.rss_mib(server.process.pid)
    after = sizes_of(place)
    grown = {name: size - before.get(name, 0) for name, size in after.items()}
    _check(place, spans // SPANS_PER_DEAL + seeded)
    took.sort()
    cpu = (ours + theirs) / spans * 1e6
    return (
        Figures(
            spans / wall, cpu, theirs / spans * 1e6, parse, decode, cpu / decode, sum(grown.values()) / spans,
            took[len(took) // 2] * 1e3, took[int(len(took) * 0.99)] * 1e3, rss,
        ),
        grown,
    )  # fmt: skip


async def send(server: Served, bodies: list[bytes], concurrency: int) -> list[float]:
    """Sends each body once, `concurrency` at a time; the seconds each took. What is not taken whole ends the bench."""
    waiting = iter(bodies)
    took: list[float] = []

    async def client() -> None:
        async with httpx2.AsyncClient(base_url=server.url, headers=server.headers, timeout=120) as http:
            for body in waiting:
                sent = time.perf_counter()
                answer = await http.post("/v1/traces", content=body)
                took.append(time.perf_counter() - sent)
                if answer.status_code != 200 or answer.content:
                    sys.exit(f"the server answered {answer.status_code}: {answer.text[:300]}")

    await asyncio.gather(*(client() for _ in range(concurrency)))
    return took


def _database_cpu_s(place: Place) -> float:
    return served.cpu_s(place.postmaster) if place.postmaster else 0.0


def sizes_of(place: Place) -> dict[str, int]:
    """Bytes of each table and index, after a checkpoint."""
    if place.database:
        query = "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND relnamespace::regnamespace::text IN ('public', 'pg_toast')"
        with psycopg.connect(place.database) as connection:
            return dict(connection.execute(query).fetchall())
    with contextlib.closing(sqlite3.connect(place.file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())


def _check(place: Place, deals: int) -> None:
    """A figure of a walk that went wrong would be none: every deal has to be one completed transaction."""
    query = "SELECT count(*), count(*) FILTER (WHERE status = 'completed') FROM txn"
    if place.database:
        with psycopg.connect(place.database) as connection:
            found = connection.execute(query).fetchone()
    else:
        with contextlib.closing(sqlite3.connect(place.file)) as file:
            found = file.execute(query).fetchone()
    if found != (deals, deals):
        sys.exit(f"stitching made {found} (transactions, completed ones) of {deals} deals")


def _write(asked: argparse.Namespace, runs: list[Figures], median: Figures, tables: dict[str, float]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    written = {
        "asked": vars(asked),
        "median": asdict(median),
        "runs": [asdict(run) for run in runs],
        "bytes_per_span": tables,
    }
    RESULTS.write_text(json.dumps(written, indent=2) + "\n")
    print(f"\nmedian of {len(runs)}: {vars(asked)}")
    for name, value in asdict(median).items():
        print(f"{name:>28}  {value:,.1f}")
    print("\nbytes per span of the last run:")
    for name, value in sorted(tables.items(), key=lambda one: -one[1]):
        if value >= _SHOWN:
            print(f"{name:>28}  {value:,.1f}")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""What does a day cost? 100,000 deals of 25 spans are replayed into a whole control plane on SQLite, as fast as it takes them.

    make bench ARGS=day          (or python bench/day.py --deals 10000 --window 2500)

A real `throughline serve` stitches them, keeps the KPIs, judges the rules, and draws a page for every hundred deals: by deals and
not by the clock, so that a slow machine does not draw more of them.
CPU counts until the last change has been judged. Payloads of events are off, as by default; sizes are those of the files after
an orderly stop. `--window` says how many deals are told at once: with 50 a deal arrives within a request or two, with thousands
its events come one by one, as they do on a day, and it is stitched and judged anew with each.
Writes bench/results/day.json.
"""

import argparse
import contextlib
import itertools
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import served
import yardstick
from figures import Figure, quantile, tell
from payloads.deals import WINDOW, Pace, requests
from served import Served

from terms.instant import DAY, wall_clock

PER_REQUEST = 512
CLIENTS = 2
PAGES = ("/", "/kpis", "/transactions", "/policies", "/map", "/exceptions")
DEALS_PER_LOOK = 100
SAMPLE = 40  # requests the yardstick is taken from


@dataclass
class Looking:
    """Somebody who opens one page after the other, so many in all, each when it is asked for; the seconds they took, by page."""

    server: Served
    looks: int
    took: dict[str, list[float]] = field(default_factory=dict)
    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def run(self) -> None:
        headers = {"authorization": f"Bearer {self.server.token}"}
        with httpx2.Client(base_url=self.server.url, headers=headers, timeout=60) as http:
            for page in itertools.islice(itertools.cycle(PAGES), self.looks):
                self.asked.acquire()
                begun = time.perf_counter()
                answer = http.get(page)
                self.took.setdefault(page, []).append(time.perf_counter() - begun)
                if answer.status_code != 200:
                    sys.exit(f"{page} answered {answer.status_code}: {answer.text[:300]}")


def main() -> None:
    """Replays the day and prints what it cost."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--deals", type=int, default=100_000)
    options.add_argument("--spans", type=int, default=25, help="of a deal")
    options.add_argument("--window", type=int, default=WINDOW, help="deals that are told at once")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="throughline-day-") as folder:
        tell("day", vars(asked), _replay(Path(folder), asked))


def _replay(folder: Path, asked: argparse.Namespace) -> list[Figure]:
    spans = asked.deals * asked.spans
    bodies = _bodies(asked)
    sample = list(itertools.islice(bodies, SAMPLE))
    costs = [_decode_cost(sample)]
    with served.serving(folder, role="all") as server:
        looking = Looking(server, asked.deals // DEALS_PER_LOOK)
        looker = threading.Thread(target=looking.run)
        looker.start()
        begun, cpu = time.perf_counter(), served.cpu_s(server.process.pid)
        took = _send(server, _asking(looking, itertools.chain(sample, bodies), asked.spans))
        told = time.perf_counter()
        looking.asked.release(looking.looks)  # what rounding left
        looker.join()
        _wait_until_judged(folder)
        judged = time.perf_counter()
        cpu = served.cpu_s(server.process.pid) - cpu
        rss = served.rss_mib(server.process.pid)
        costs.append(_decode_cost(sample))
    _check(folder, asked.deals)
    on_disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    decode = statistics.mean(costs)
    whole = asked.deals == 100_000 and asked.spans == 25
    return [
        Figure("CPU in all", cpu, "s", 300 if whole else None),
        Figure("CPU of a day of 100,000 transactions at this rate", cpu / asked.deals * 1e5, "s", 300),
        Figure("CPU a span", cpu / spans * 1e6, "us"),
        Figure("yardstick: decoding alone", decode, "us/span"),
        Figure("CPU a span / yardstick", cpu / spans * 1e6 / decode, ""),
        Figure("on disk", on_disk / 1e9, "GB", 1 if whole else None),
        Figure("on disk for 2,500,000 spans at this rate", on_disk / spans * 2.5e6 / 1e9, "GB", 1),
        Figure("on disk a span", on_disk / spans, "bytes"),
        Figure("spans a second", spans / (told - begun), ""),
        Figure("judged after the last acknowledgement", judged - told, "s"),
        Figure("acknowledged, p99", quantile(took, 0.99) * 1e3, "ms"),
        Figure("memory of the server", rss, "MiB"),
        *(Figure(f"page {page}, p95", quantile(each, 0.95) * 1e3, "ms") for page, each in looking.took.items()),
    ]  # fmt: skip


def _bodies(asked: argparse.Namespace) -> Iterator[bytes]:
    """The day before this moment."""
    pace = Pace(wall_clock() - 3 * DAY // 2, DAY // asked.deals, spans=asked.spans, window=asked.window)
    return requests(asked.deals, PER_REQUEST, pace=pace)


def _asking(looking: Looking, bodies: Iterator[bytes], spans_per_deal: int) -> Iterator[bytes]:
    """The bodies, and a look whenever a hundred deals have gone by."""
    looks = 0
    for number, body in enumerate(bodies):
        while looks < number * PER_REQUEST // (spans_per_deal * DEALS_PER_LOOK):
            looking.asked.release()
            looks += 1
        yield body


def _decode_cost(sample: list[bytes]) -> float:
    return yardstick.decode_only(sample, len(sample) * PER_REQUEST)


def _send(server: Served, bodies: Iterator[bytes]) -> list[float]:
    """Sends each body once, two at a time; the seconds each took."""
    took: list[float] = []
    lock = threading.Lock()
    refused: list[str] = []

    def client() -> None:
        with httpx2.Client(base_url=server.url, headers=server.headers, timeout=300) as http:
            while not refused:
                with lock:
                    body = next(bodies, None)
                if body is None:
                    return
                begun = time.perf_counter()
                answer = http.post("/v1/traces", content=body)
                took.append(time.perf_counter() - begun)
                if answer.status_code != 200 or answer.content:
                    refused.append(f"{answer.status_code}: {answer.text[:300]}")

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    if refused:
        sys.exit(f"the server answered {refused[0]}")
    return took


def _wait_until_judged(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / "throughline.sqlite3")) as file:
        while file.execute("SELECT EXISTS (SELECT 1 FROM changed_txn)").fetchone()[0]:
            time.sleep(0.2)


def _check(folder: Path, deals: int) -> None:
    """A cheap day would be none when something were left out: every deal is completed, sampled for KPIs, and breaks no rule."""
    counts = {
        "completed": "SELECT count(*) FROM txn WHERE status = 'completed'",
        "sampled": "SELECT count(DISTINCT transaction_id) FROM kpi_sample",
    }
    with contextlib.closing(sqlite3.connect(folder / "throughline.sqlite3")) as file:
        found = {name: file.execute(query).fetchone()[0] for name, query in counts.items()}
    if set(found.values()) != {deals}:
        sys.exit(f"of {deals} deals there are {found}")


if __name__ == "__main__":
    main()

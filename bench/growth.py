# SPDX-License-Identifier: Apache-2.0
"""By how much does a span cost more when fifty times as many keys are stored? Two servers, one with few keys and one with many.

    make bench ARGS=growth          (or python bench/growth.py --postgres)

The stores are filled below HTTP with the keys of 20,000 and of 1,000,000 deals, six joined keys a deal (see seeding.py): objects,
their events' lists, edges, transactions with their members; not the spans and the events themselves. Then the same new deals go
to both, a request to the one and the same request to the other, so that what else the machine does falls on both alike. Their keys
are spread over all that is stored, so that no page of an index is met twice in a row. The figure is the median over five rounds of
the difference in CPU per span, of the server and with PostgreSQL of the database's processes as well. It is that of the whole
walk, so whatever else grows with the store counts too.
Writes bench/results/growth.json (growth-postgres.json).
"""

import argparse
import asyncio
import contextlib
import random
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ingest
import psycopg
import seeding
import served
import yardstick
from figures import Figure, tell
from payloads.deals import SPANS_PER_DEAL, WINDOW, Pace, requests
from served import Served
from sqlalchemy.engine import make_url

KEYS_PER_DEAL = 6
PER_REQUEST = 512
LIMIT_US = {"sqlite": 10.0, "postgresql": 6.0}
_SPREAD = 10**9  # numbers of deals that nobody has stored


@dataclass(frozen=True, slots=True)
class Store:
    """A server over a store of its own; `postmaster` is 0 with SQLite."""

    server: Served
    postmaster: int

    def cpu_s(self) -> float:
        """What server and database have used so far."""
        theirs = served.cpu_s(self.postmaster) if self.postmaster else 0.0
        return served.cpu_s(self.server.process.pid) + theirs


def main() -> None:
    """Fills both stores, runs the rounds and prints the figures."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--few", type=int, default=120_000, help="keys")
    options.add_argument("--many", type=int, default=6_000_000, help="keys")
    options.add_argument("--spans", type=int, default=30_000, help="of a round, to each")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument(
        "--folder", type=Path, help="where SQLite stores are kept for the next time; forgotten otherwise"
    )
    options.add_argument(
        "--seed", type=int, default=1, help="of the new deals; another one for stores that were kept"
    )
    options.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    asked = options.parse_args()
    with contextlib.ExitStack() as held:
        few, many = (
            held.enter_context(_store(keys, asked.postgres, asked.folder)) for keys in (asked.few, asked.many)
        )
        _round(few, many, 5_000, asked.seed * 100)  # what is read for the first time
        rounds = [
            _round(few, many, asked.spans, asked.seed * 100 + number) for number in range(1, asked.rounds + 1)
        ]
    for number, (less, more) in enumerate(rounds, start=1):
        print(f"round {number}: {less:.1f} us a span with few keys, {more:.1f} with many")
    sample = list(requests(2_000, PER_REQUEST))
    database = "postgresql" if asked.postgres else "sqlite"
    growth = [more - less for less, more in rounds]
    tell(
        "growth-postgres" if asked.postgres else "growth",
        vars(asked),
        [
            Figure("CPU a span, few keys, median", statistics.median(less for less, _ in rounds), "us"),
            Figure("CPU a span, many keys, median", statistics.median(more for _, more in rounds), "us"),
            Figure("growth, median of the rounds", statistics.median(growth), "us", LIMIT_US[database]),
            Figure("growth, least of the rounds", min(growth), "us"),
            Figure("growth, most of the rounds", max(growth), "us"),
            Figure("yardstick: decoding alone", yardstick.decode_only(sample, 2_000 * SPANS_PER_DEAL), "us/span"),
        ],
    )  # fmt: skip


@contextlib.contextmanager
def _store(keys: int, on_postgres: bool, kept: Path | None) -> Iterator[Store]:
    with contextlib.ExitStack() as held:
        made = held.enter_context(tempfile.TemporaryDirectory(prefix="throughline-growth-"))
        folder = kept / str(keys) if kept and not on_postgres else Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        url, postmaster = f"sqlite:///{folder / 'throughline.sqlite3'}", 0
        if on_postgres:
            admin, postmaster = held.enter_context(served.postgres())
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute("CREATE DATABASE growth")
            url = make_url(admin).set(database="growth").render_as_string(hide_password=False)
        if not (folder / "throughline.sqlite3").exists():
            seeding.seed(url, keys // KEYS_PER_DEAL, seeding.KEYS)
        server = held.enter_context(served.serving(folder, url if on_postgres else ""))
        yield Store(server, postmaster)


def _round(few: Store, many: Store, spans: int, seed: int) -> tuple[float, float]:
    """CPU microseconds a span with few keys and with many."""
    draw, stores = random.Random(seed), (few, many)
    starts = [draw.randrange(_SPREAD) * WINDOW for _ in range(spans // SPANS_PER_DEAL // WINDOW)]
    used = [0.0, 0.0]
    sent = 0
    for start in starts:
        bodies = list(requests(WINDOW, PER_REQUEST, seed, start, Pace(apart=0)))
        for place in (0, 1) if draw.random() < 0.5 else (1, 0):
            before = stores[place].cpu_s()
            asyncio.run(ingest.send(stores[place].server, bodies, 1))
            used[place] += stores[place].cpu_s() - before
        sent += WINDOW * SPANS_PER_DEAL
    return used[0] / sent * 1e6, used[1] / sent * 1e6


if __name__ == "__main__":
    main()

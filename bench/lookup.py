# SPDX-License-Identifier: Apache-2.0
"""How long does it take to find a transaction by a business key, in a small store and in a large one?

    make bench ARGS=lookup          (or python bench/lookup.py --spans 1000000 10000000)

Each store is filled below HTTP: a thousand deals go through the intake, and the database copies their rows under other keys
(see seeding.py). Then keys of every type, drawn from the whole store, are asked for one by one over HTTP, with the query the
search box of the pages asks. Beside it stands what the server takes for a question that touches nothing, asked in turn, and what
the store alone computes for a lookup, which says the same on a busy machine. `--folder` is a data directory that is full already.
Writes bench/results/lookup.json.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import seeding
import served
from figures import Figure, quantile, tell
from payloads.deals import SPANS_PER_DEAL

from collectors import definitions
from collectors.transactions import listing
from collectors.transactions.condition import Wanted
from collectors.transactions.listing import Sort, Stretch
from collectors.transactions.query import KEY, Condition
from controlplane.database import Database
from dashboards import queries
from terms.instant import wall_clock

TYPES = ("opportunity", "order", "customer", "subscription", "invoice", "payment", "journal")
WARM = 20
LIMIT_MS = 20.0
NOTHING = "{ me { name } }"


def main() -> None:
    """Fills the stores, asks, and prints the figures."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--spans", type=int, nargs="*", default=[1_000_000])
    options.add_argument("--folder", type=Path, help="a data directory to ask instead")
    options.add_argument("--lookups", type=int, default=500)
    asked = options.parse_args()
    figures: list[Figure] = _measure(asked.folder, asked.folder.name, asked.lookups) if asked.folder else []
    for spans in () if asked.folder else asked.spans:
        with tempfile.TemporaryDirectory(prefix="throughline-lookup-") as folder:
            begun = time.perf_counter()
            seeding.seed(f"sqlite:///{folder}/throughline.sqlite3", spans // SPANS_PER_DEAL)
            figures.append(Figure(f"{spans:,} spans: filled in", time.perf_counter() - begun, "s"))
            figures += _measure(Path(folder), f"{spans:,} spans", asked.lookups)
    tell("lookup", vars(asked), figures)


def _measure(folder: Path, name: str, lookups: int) -> list[Figure]:
    file = folder / "throughline.sqlite3"
    found, nothing = [], []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        keys = _keys(store, lookups + WARM)
    alone = _in_the_store(file, keys)
    with served.serving(folder, role="api") as server:
        headers = {"authorization": f"Bearer {server.token}"}
        with httpx2.Client(base_url=server.url, headers=headers, timeout=60) as http:
            for number, key in enumerate(keys):
                if number == WARM:
                    cpu = served.cpu_s(server.process.pid)
                took, answer = _ask(http, queries.FIND, key=key)
                if not answer["transactions"]["nodes"]:
                    sys.exit(f"{key} was not found")
                found.append(took)
                nothing.append(_ask(http, NOTHING)[0])
        cpu = served.cpu_s(server.process.pid) - cpu
        rss = served.rss_mib(server.process.pid)
    return [
        Figure(f"{name}: by any business key, p95", quantile(found[WARM:], 0.95), "ms", LIMIT_MS),
        Figure(f"{name}: by any business key, median", quantile(found[WARM:], 0.5), "ms"),
        Figure(f"{name}: yardstick, a question about nothing, p95", quantile(nothing[WARM:], 0.95), "ms"),
        Figure(f"{name}: yardstick, a question about nothing, median", quantile(nothing[WARM:], 0.5), "ms"),
        Figure(f"{name}: CPU of both questions together", cpu / lookups * 1e3, "ms"),
        Figure(f"{name}: CPU of the store alone for a lookup, p95", quantile(alone[WARM:], 0.95), "ms"),
        Figure(f"{name}: CPU of the store alone for a lookup, median", quantile(alone[WARM:], 0.5), "ms"),
        Figure(f"{name}: the file", file.stat().st_size / 1e9, "GB"),
        Figure(f"{name}: memory of the server", rss, "MiB"),
    ]


def _keys(store: sqlite3.Connection, count: int) -> list[str]:
    """Keys of the types that belong to transactions, in turn, drawn evenly from all that are stored."""
    draw = random.Random(7)
    last = store.execute("SELECT max(object_id) FROM object").fetchone()[0]
    query = "SELECT type, value FROM object WHERE tenant = 1 AND object_id >= ? AND type = ? ORDER BY tenant, object_id LIMIT 1"
    keys: list[str] = []
    while len(keys) < count:
        row = store.execute(query, (draw.randrange(last), TYPES[len(keys) % len(TYPES)])).fetchone()
        if row is not None:
            keys.append(":".join(row))
    return keys


def _in_the_store(file: Path, keys: list[str]) -> list[float]:
    """Milliseconds of CPU for each lookup in this very process, without server and GraphQL."""
    names, took = definitions.load().milestone_names, []
    database = Database(f"sqlite:///{file}", wall_clock)
    try:
        for key in keys:
            begun = time.thread_time()
            wanted = Wanted((Condition(KEY, ":", (key,)),), wall_clock())
            page = database.read(
                lambda session, wanted=wanted: listing.page(session, names, wanted, Sort(), Stretch(2))
            )  # type: ignore[misc]
            took.append((time.thread_time() - begun) * 1e3)
            if not page.items:
                sys.exit(f"{key} was not found")
    finally:
        database.close()
    return took


def _ask(http: httpx2.Client, query: str, **variables: str) -> tuple[float, dict[str, Any]]:
    """Milliseconds, and what was answered."""
    begun = time.perf_counter()
    answer = http.post("/graphql", json={"query": query, "variables": variables}).json()
    took = (time.perf_counter() - begun) * 1e3
    if "errors" in answer:
        sys.exit(f"the server answered {answer['errors']}")
    return took, answer["data"]


if __name__ == "__main__":
    main()

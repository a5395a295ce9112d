# SPDX-License-Identifier: Apache-2.0
"""How long does it take to find a transaction by a business key, in a small store and in a large one?

    make bench ARGS=lookup          (or python bench/lookup.py --spans 1000000 10000000)

Each store is filled below HTTP: a thousand deals go through the intake, and the database copies their rows under other keys
(see seeding.py). Then keys of every type, drawn from the whole store, are asked for one by one over HTTP, with the query the
search box of the pages asks. Beside it stands what the server takes for a question that touches nothing, asked in turn.
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

from dashboards import queries

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
    options.add_argument("--lookups", type=int, default=500)
    asked = options.parse_args()
    figures: list[Figure] = []
    for spans in asked.spans:
        with tempfile.TemporaryDirectory(prefix="throughline-lookup-") as folder:
            figures += _measure(Path(folder), spans, asked.lookups)
    tell("lookup", vars(asked), figures)


def _measure(folder: Path, spans: int, lookups: int) -> list[Figure]:
    file = folder / "throughline.sqlite3"
    begun = time.perf_counter()
    seeding.seed(f"sqlite:///{file}", spans // SPANS_PER_DEAL)
    seeded = time.perf_counter() - begun
    found, nothing = [], []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        keys = _keys(store, lookups + WARM)
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
    name = f"{spans:,} spans"
    return [
        Figure(f"{name}: by any business key, p95", quantile(found[WARM:], 0.95), "ms", LIMIT_MS),
        Figure(f"{name}: by any business key, median", quantile(found[WARM:], 0.5), "ms"),
        Figure(f"{name}: yardstick, a question about nothing, p95", quantile(nothing[WARM:], 0.95), "ms"),
        Figure(f"{name}: yardstick, a question about nothing, median", quantile(nothing[WARM:], 0.5), "ms"),
        Figure(f"{name}: CPU of both questions together", cpu / lookups * 1e3, "ms"),
        Figure(f"{name}: the file", file.stat().st_size / 1e9, "GB"),
        Figure(f"{name}: memory of the server", rss, "MiB"),
        Figure(f"{name}: filled in", seeded, "s"),
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

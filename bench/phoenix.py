# SPDX-License-Identifier: Apache-2.0
"""How much computing does a span cost Arize Phoenix, and how much does it cost us? The same payload, in one run.

    make bench ARGS=phoenix PEER=path/to/script          (or python bench/phoenix.py path/to/script --peer-spans 2000)

The script starts and stops the peer: `sh SCRIPT start FOLDER PORT` prints `pid=... url=.../v1/traces db=FILE` when it answers, and
`sh SCRIPT stop FOLDER` ends it. Its CPU counts until its database holds every span, because it answers before it stores; ours
counts until the acknowledgement, which is given after the commit. Ours is measured before and after, and the mean is taken.
Writes bench/results/phoenix.json.
"""

import argparse
import asyncio
import contextlib
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import ingest
import served
import yardstick
from figures import Figure, tell
from payloads.deals import SPANS_PER_DEAL, requests

PER_REQUEST = 512
STORED_WITHIN_S = 1_800
CAVEAT = """\
Phoenix is a tool for traces of language models: it writes span by span, keeps aggregates of each trace, and is not tuned for bulk
intake; nor does it stitch by business keys. It is the OTLP store that pip installs, not the fastest there is: stores such as Jaeger,
Tempo, VictoriaTraces, OpenObserve or ClickHouse could not be had for this bench, and must be expected to beat any decoder in Python
at taking spans in."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A running Phoenix: its process, where it takes spans, and the file it stores them in."""

    pid: int
    url: str
    file: Path

    def stored(self) -> int:
        """How many spans can be asked for."""
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=60)) as store:
            return int(store.execute("SELECT count(*) FROM spans").fetchone()[0])


def main() -> None:
    """Runs both and prints the ratio, with what it does not say."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("script", type=Path, nargs="?", default=os.environ.get("PEER"), help="starts and stops the peer")  # fmt: skip
    options.add_argument(
        "--folder", type=Path, help="where the script has installed the peer before; a new one otherwise"
    )
    options.add_argument("--spans", type=int, default=50_000, help="sent to us, each time")
    options.add_argument("--peer-spans", type=int, default=5_000)
    asked = options.parse_args()
    if asked.script is None:
        options.error("name the script that starts and stops Phoenix, or set PEER")
    before = _ours(asked.spans, seed=1)
    theirs, decode = _theirs(Path(asked.script).absolute(), asked.folder, asked.peer_spans)
    ours = statistics.mean((before, _ours(asked.spans, seed=2)))
    tell(
        "phoenix",
        vars(asked),
        [
            Figure("CPU a span, Phoenix", theirs, "us"),
            Figure("CPU a span, ours", ours, "us"),
            Figure("Phoenix / ours", theirs / ours, "times", 100, is_least=True),
            Figure("yardstick: decoding alone", decode, "us/span"),
        ],
        CAVEAT,
    )


def _ours(spans: int, seed: int) -> float:
    """Microseconds of CPU for a span, in a server of its own on SQLite."""
    bodies = list(requests(spans // SPANS_PER_DEAL, PER_REQUEST, seed=seed))
    with tempfile.TemporaryDirectory(prefix="throughline-phoenix-") as folder:
        place = ingest.Place(Path(folder))
        figures, _ = ingest.drive(place, bodies, spans, concurrency=1)
    return figures.cpu_s_per_1m


def _theirs(script: Path, kept: Path | None, spans: int) -> tuple[float, float]:
    """Microseconds of CPU for a span until it is stored, and for decoding one in the same minutes."""
    bodies = list(requests(spans // SPANS_PER_DEAL, PER_REQUEST, seed=3))
    with _running(script, kept) as peer:
        known, cpu = peer.stored(), served.cpu_s(peer.pid)
        asyncio.run(_send(peer, bodies))
        until = time.monotonic() + STORED_WITHIN_S
        while (missing := known + spans - peer.stored()) > 0:
            if time.monotonic() > until:
                sys.exit(f"the peer has not stored {missing} of {spans} spans within {STORED_WITHIN_S} s")
            time.sleep(0.5)
        cpu = served.cpu_s(peer.pid) - cpu
    return cpu / spans * 1e6, yardstick.decode_only(bodies, spans)


@contextlib.contextmanager
def _running(script: Path, kept: Path | None) -> Iterator[Peer]:
    with tempfile.TemporaryDirectory(prefix="peer-") as made, socket.socket() as free:
        folder = str(kept or made)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        try:
            told = subprocess.run(["sh", script, "start", folder, str(port)], stdout=subprocess.PIPE, text=True, check=True).stdout  # fmt: skip
            words = dict(word.split("=", 1) for word in told.split() if "=" in word)
            yield Peer(int(words["pid"]), words["url"], Path(words["db"]))
        finally:
            subprocess.run(["sh", script, "stop", folder], check=False)
            time.sleep(2)  # it writes while it ends


async def _send(peer: Peer, bodies: list[bytes]) -> None:
    async with httpx2.AsyncClient(timeout=300) as http:
        for body in bodies:
            while True:
                answer = await http.post(peer.url, content=body, headers={"content-type": "application/x-protobuf"})  # fmt: skip
                if answer.status_code not in (429, 503):
                    break
                await asyncio.sleep(0.5)
            if answer.status_code >= 300:
                sys.exit(f"the peer answered {answer.status_code}: {answer.text[:300]}")


if __name__ == "__main__":
    main()

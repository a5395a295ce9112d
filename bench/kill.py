# SPDX-License-Identifier: Apache-2.0
"""What does a kill -9 in the middle of intake cost? Nothing that was acknowledged, and nothing twice.

    make soak          (or python bench/kill.py --kills 200 --seed 7; half of them with --postgres)

A real `throughline serve` is sent spans of deals by several clients, and killed at moments drawn from the seed: with requests in
flight, within a commit, between two. Clients keep what was acknowledged and send again what was not, now and then also what was.
After every kill the database is looked at before anything else touches it: spans that were acknowledged and are not there,
spans that are there twice, and what is there of a walk that was not finished (a span without its attributes, an event without its objects, an order
without its transaction, a transaction that is not on the list of changed ones). At the end all is sent that is missing, and the transactions, edges,
memberships and milestones are compared with those of the same spans taken in without a kill. Exit code 1 when anything differs.
"""

import argparse
import contextlib
import queue
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx2
import psycopg
import served
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from payloads.deals import requests
from served import Served
from sqlalchemy.engine import make_url
from sqlmodel import Session, text

from collectors import definitions, intake
from collectors.decoding.otlp import decode_protobuf
from collectors.spans.block import place, unpack
from controlplane.database import Actor, Database
from controlplane.migrations import schema
from terms.instant import wall_clock

CLIENTS = 4
LONGEST_S = 1.2
PER_REQUEST = 100
SpanId = tuple[bytes, bytes]

# Of a walk that was cut off these would find something: what has lost what belongs to it. (WHAT, less WHAT is there.)
HALVES = {
    "spans without a block": ("span_key / 512 FROM span", "block_id FROM span_block"),
    "events without objects": ("event_id FROM event", "event_id FROM event_object"),
    "objects of no event": ("event_id FROM event_object", "event_id FROM event"),
    "orders without a transaction": (
        "event_id FROM event WHERE type_label = (SELECT label_no FROM label WHERE label = 'order-placed')",
        "event_id FROM txn_event",
    ),
    "memberships of no event": ("event_id FROM txn_event", "event_id FROM event"),
    "transactions nobody will look at": ("digest FROM txn", "digest FROM changed_txn"),
    "milestones of no transaction": ("txn_id FROM milestone WHERE retracted_at IS NULL", "txn_id FROM txn"),
}
MADE = (
    "SELECT process, anchor, status, started_at, ended_at, amount_minor, currency, waiting_for, due_at FROM txn",
    "SELECT t.anchor, e.source_event_id, m.role, m.share_ppm FROM txn_event m JOIN txn t ON t.txn_id = m.txn_id JOIN event e ON e.event_id = m.event_id",
    "SELECT t.anchor, (SELECT l.label FROM label l WHERE l.label_no = m.name_label), m.reached_at FROM milestone m JOIN txn t ON t.txn_id = m.txn_id WHERE m.retracted_at IS NULL",
    "SELECT c.value, p.value, g.role, (SELECT l.label FROM label l WHERE l.label_no = g.rule_label), g.refused FROM edge g JOIN object c ON c.object_id = g.child_id JOIN object p ON p.object_id = g.parent_id WHERE g.retracted_at IS NULL",
)
STORED = "SELECT t.trace_id, s.span_id FROM span s JOIN trace t ON t.trace_no = s.trace_no"


@dataclass
class Sending:
    """Which requests wait, which were acknowledged, and which are with the server now."""

    bodies: list[bytes]
    draw: random.Random
    waiting: "queue.SimpleQueue[int]" = field(default_factory=queue.SimpleQueue)
    acknowledged: set[int] = field(default_factory=set)
    in_flight: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> int:
        """A request that is still to be sent; one that was acknowledged when there is none, or now and then."""
        with self.lock:
            again = sorted(self.acknowledged) if self.acknowledged and self.draw.random() < 0.1 else ()
        if again:
            return self.draw.choice(again)
        try:
            return self.waiting.get_nowait()
        except queue.Empty:
            return self.draw.randrange(len(self.bodies))

    def send(self, server: Served, stop: threading.Event) -> None:
        """Sends until it is told to stop or the server is gone; what was not acknowledged waits again."""
        with httpx2.Client(base_url=server.url, headers=server.headers, timeout=30) as http:
            while not stop.is_set():
                number = self.next()
                with self.lock:
                    self.in_flight.add(number)
                try:
                    answer = http.post("/v1/traces", content=self.bodies[number])
                except httpx2.TransportError:
                    self.waiting.put(number)
                    return
                finally:
                    with self.lock:
                        self.in_flight.discard(number)
                if answer.status_code == 200:
                    with self.lock:
                        self.acknowledged.add(number)
                else:
                    self.waiting.put(number)


def main() -> int:
    """Prints a line for every tenth kill and what was found; 1 when anything was lost, doubled, half there or different."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--kills", type=int, default=10)
    options.add_argument("--deals", type=int, default=2_000)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="throughline-kill-") as folder, contextlib.ExitStack() as held:
        url = _database(held) if asked.postgres else f"sqlite:///{folder}/throughline.sqlite3"
        return run(Path(folder), url, asked)


def run(folder: Path, url: str, asked: argparse.Namespace) -> int:
    """All kills on one database, then the comparison."""
    draw = random.Random(asked.seed)
    bodies = list(requests(asked.deals, PER_REQUEST, seed=asked.seed))
    spans = [_ids(body) for body in bodies]
    sending = Sending(bodies, draw)
    wrong, hits = 0, 0
    for kill in range(1, asked.kills + 1):
        # Every kill meets spans that nobody has sent before.
        for number in range(len(bodies) * (kill - 1) // asked.kills, len(bodies) * kill // asked.kills):
            sending.waiting.put(number)
        met = killed(folder, url, sending, draw.uniform(0.01, LONGEST_S))
        hits += met > 0
        found = look(url, {one for number in sending.acknowledged for one in spans[number]})
        wrong += sum(found.values())
        print(
            f"kill {kill}: {met} new requests in flight, {len(sending.acknowledged)} of {len(bodies)} acknowledged, "
            f"{found or 'nothing wrong'}",
            flush=True,
        )
    finish(folder, url, sending)
    wrong += sum(look(url, {one for each in spans for one in each}).values())
    same = made(url) == undisturbed(folder, bodies)
    print(f"{asked.kills} kills on {make_url(url).get_backend_name()}: {wrong} spans lost, doubled or half there; transactions are {'the same as' if same else 'NOT those'} without a kill")  # fmt: skip
    return int(bool(wrong) or not same or not hits)


def killed(folder: Path, url: str, sending: Sending, after_s: float) -> int:
    """Starts a server, lets clients send, and kills it that many seconds after they began. How many requests
    were in flight that were not acknowledged before."""
    with _clients(folder, url, sending) as server:
        time.sleep(after_s)
        met = len(sending.in_flight - sending.acknowledged)
        server.process.kill()
        server.process.wait()
    return met


def finish(folder: Path, url: str, sending: Sending) -> None:
    """Sends until every request is acknowledged, and stops the server in order."""
    with _clients(folder, url, sending) as server:
        until = time.monotonic() + 600
        while len(sending.acknowledged) < len(sending.bodies):
            if time.monotonic() > until:
                sys.exit("not all requests were taken within ten minutes")
            time.sleep(0.05)
    server.process.terminate()
    server.process.wait(60)


@contextlib.contextmanager
def _clients(folder: Path, url: str, sending: Sending) -> Iterator[Served]:
    server, stop = served.start(folder, "" if url.startswith("sqlite") else url), threading.Event()
    threads = [threading.Thread(target=sending.send, args=(server, stop)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield server
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def look(url: str, acknowledged: set[SpanId]) -> dict[str, int]:
    """What is wrong in a database that no server has open, by kind; empty when nothing is."""
    database = Database(url, wall_clock)
    try:
        stored = database.read(_stored)
        found = database.read(_halves) | {"spans whose attributes cannot be read": database.read(_unreadable)}
    finally:
        database.close()
    found |= {
        "spans lost": len(acknowledged - set(stored)),
        "spans doubled": len(stored) - len(set(stored)),
    }
    return {name: count for name, count in found.items() if count}


def _stored(session: Session) -> list[SpanId]:
    return [(bytes(trace), bytes(span)) for trace, span in session.execute(text(STORED))]


def _halves(session: Session) -> dict[str, int]:
    found = {}
    for name, (all_of, those_with) in HALVES.items():
        left = f"SELECT count(*) FROM (SELECT {all_of} EXCEPT SELECT {those_with}) AS lost"
        found[name] = int(session.execute(text(left)).scalar_one())
    return found


def _unreadable(session: Session) -> int:
    held = {number: len(unpack(bytes(body))) for number, body in session.execute(text("SELECT block_id, body FROM span_block"))}  # fmt: skip
    places = [place(key) for (key,) in session.execute(text("SELECT span_key FROM span"))]
    return sum(position >= held.get(block, 0) for block, position in places)


def made(url: str) -> str:
    """A digest of all that stitching made, without row numbers and without when it was recorded."""
    database = Database(url, wall_clock)
    try:
        rows = database.read(lambda session: [sorted((tuple(row) for row in session.execute(text(query))), key=repr) for query in MADE])  # fmt: skip
    finally:
        database.close()
    return sha256(repr(rows).encode()).hexdigest()


def undisturbed(folder: Path, bodies: list[bytes]) -> str:
    """The digest of the same spans taken in one after the other by nobody who is killed."""
    url, known = f"sqlite:///{folder}/undisturbed.sqlite3", definitions.load()
    schema.upgrade(url)
    database = Database(url, wall_clock)
    try:
        for body in bodies:
            decoded = decode_protobuf(body)
            database.write(lambda session, d=decoded: intake.ingest(session, d, wall_clock(), known), actor=Actor("machine", "bench"), reason="bench")  # fmt: skip
    finally:
        database.close()
    return made(url)


def _ids(body: bytes) -> frozenset[SpanId]:
    request = ExportTraceServiceRequest.FromString(body)
    return frozenset(
        (span.trace_id, span.span_id)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    )


def _database(held: contextlib.ExitStack) -> str:
    admin, _ = held.enter_context(served.postgres())
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE kill")
    url = make_url(admin).set(database="kill").render_as_string(hide_password=False)
    schema.upgrade(url)
    return url


if __name__ == "__main__":
    sys.exit(main())

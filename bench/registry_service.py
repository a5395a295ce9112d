# SPDX-License-Identifier: Apache-2.0
"""How fast does the registry answer? A real `throughline serve` is asked over real sockets.

    make bench ARGS=registry_service          (or python bench/registry_service.py --seconds 5 --subjects 10000 --postgres)

Two rows: a schema by its id, and registering the same content again, in requests a second on one process with the CPU of the
server for each. Their asker is a process of its own with a few connections that always have one request under way. Then lists
and searches over many subjects, one after the other, by every door that has them: REST, GraphQL with all facets, and the page
as a browser gets it. A third of the subjects is in use, so that lists tell by whom, and of one in ten a break was accepted, so that
lists tell that too. Writes bench/results/registry_service.json.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import served
from sqlalchemy import insert
from sqlmodel import Session

from collectors.contract_use.tables import ContractUseRow
from controlplane.database import Actor, Database
from controlplane.migrations import schema as migrations
from registry import approval_store, store
from registry.approval_store import Approval
from registry.contract import Contract, contract
from registry.document import parse
from terms.instant import DAY, HOUR, Instant, day, wall_clock
from terms.tenant import TENANT

RESULTS = Path(__file__).parent / "results" / "registry_service.json"
CONNECTIONS = 16
ROUNDS = 30
DAYS_OF_USE = 40
TYPE = "application/vnd.schemaregistry.v1+json"
REST: Sequence[Mapping[str, str]] = (
    {"first": "50"},
    {"first": "50", "after": "team7/event-5000"},
    {"search": "event-42"},
    {"search": "account_"},
    {"search": "owner-17 amount"},
    {"search": "nothing is called so"},
    {"domain": "domain-3", "first": "200"},
    {"prefix": "team4/"},
    {"search": "LINE_AMOUNT_99", "facets": "true"},
)
GRAPHQL: Sequence[Mapping[str, Any]] = (
    {},
    {"after": "subject:team7/event-5000"},
    {"search": "event-42"},
    {"search": "account_"},
    {"search": "owner-17 amount"},
    {"search": "nothing is called so"},
    {"filter": {"domain": "domain-3"}, "first": 100},
    {"search": "LINE_AMOUNT_99", "filter": {"type": "json-schema"}},
)
PAGES: Sequence[Mapping[str, str]] = (
    {},
    {"after": "subject:team7/event-5000"},
    {"search": "event-42"},
    {"search": "account_"},
    {"search": "owner-17 amount", "lifecycle": "active"},
    {"domain": "domain-3"},
)
CONTRACTS = """
query ($first: Int = 50, $after: String, $search: String, $filter: ContractFilter) {
  contracts(first: $first, after: $after, search: $search, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor } facets { name values { value count } }
    nodes { subject title owner steward domain type lifecycle compatibilityMode currentVersion }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second, the CPU of the server for each, and how long the asker waited."""

    per_s: float
    server_cpu_us: float
    p50_ms: float
    p99_ms: float


def main() -> None:
    """Runs the bench and prints its figures."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--subjects", type=int, default=10_000)
    options.add_argument(
        "--postgres", action="store_true", help="on a PostgreSQL of its own instead of SQLite"
    )
    asked = options.parse_args()
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="throughline-bench-")))
        database = held.enter_context(served.postgres())[0] if asked.postgres else ""
        fill(database or f"sqlite:///{folder / 'throughline.sqlite3'}", asked.subjects)
        server = held.enter_context(served.serving(folder, database))
        figures = {
            **rates(server.url, server.token, server.process.pid, asked.seconds),
            **lists(server.url, server.token, server.process.pid),
        }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    for name, value in figures.items():
        print(f"{name:>60}  {value:,.1f}")


def fill(url: str, subjects: int) -> None:
    """A database with that many subjects, each an event of 30 fields; every third of them is used."""
    migrations.upgrade(url)
    database, bench = Database(url, wall_clock), Actor("machine", "bench")
    for start in range(0, subjects, 500):
        numbers = range(start, min(start + 500, subjects))
        made = [contract(parse(event(n), f"{n}.json")) for n in numbers]
        rows = [row for n in numbers if n % 3 == 0 for row in uses(n, wall_clock())]

        def write(session: Session, made: list[Contract] = made, rows: list[dict[str, Any]] = rows) -> None:
            for each in made:
                store.register(session, each, wall_clock())
                if int(each.subject.rpartition("-")[2]) % 10 == 0:
                    accept(session, each.subject)
            session.execute(insert(ContractUseRow), rows)

        database.write(write, actor=bench, reason="fill")
    database.close()


def accept(session: Session, subject: str) -> None:
    """A second version of the subject, which breaks the first; somebody accepted that for a month."""
    number, now = int(subject.rpartition("-")[2]), wall_clock()
    store.register(session, contract(parse(event(number, "1.1.0", limit=40), f"{number}.json")), now)
    found = store.subject(session, subject)
    verdict = found.versions[-1].verdict if found else None
    for finding in verdict.findings if verdict else ():
        until = Instant(now + 30 * DAY)
        approval_store.approve(session, Approval(subject, finding.fingerprint, "agreed", "bench", now, until))


def uses(number: int, now: Instant) -> list[dict[str, Any]]:
    """What one to four applications did with that event on each of the last days."""
    return [
        {
            "tenant": TENANT,
            "subject": f"team{number % 10}/event-{number}",
            "version": "1.0.0",
            "application": f"application-{(number + place) % 50}",
            "day": day(Instant(now - back * DAY)),
            "uses": 10 + back,
            "first_seen": now - back * DAY,
            "last_seen": now - back * DAY + HOUR // 2,
        }
        for place in range(1 + number % 4)
        for back in range(DAYS_OF_USE)
    ]


def event(number: int, version: str = "1.0.0", limit: int = 0) -> bytes:
    """A contract like those of a real registry; its first text is at most as long as `limit` says."""
    said = {
        "subject": f"team{number % 10}/event-{number}",
        "version": version,
        "owner": f"owner-{number % 100}",
        "steward": f"steward-{number % 40}",
        "domain": f"domain-{number % 12}",
    }
    names = [f"line_amount_{number % 997}", *(f"account_{number % 61}_{place}" for place in range(29))]
    fields = {
        name: {
            "type": "string",
            "description": f"What {name} is, said in a sentence of usual length.",
            **({"maxLength": limit} if limit and name == names[0] else {}),
        }
        for name in names
    }
    return json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"Event {number}",
            "description": "Something happened that others want to know about, told in one or two sentences.",
            "x-throughline": said,
            "type": "object",
            "properties": fields,
        }
    ).encode()


def rates(url: str, token: str, pid: int, seconds: float) -> dict[str, float]:
    """The two rows of the contract registry's own promise."""
    schema = json.loads(event(7))
    schema.pop("x-throughline")
    body = json.dumps({"schema": json.dumps(schema), "schemaType": "JSON"}).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": TYPE}
    path = "/apis/ccompat/v7/subjects/bench-value/versions"
    schema_id = httpx2.post(f"{url}{path}", content=body, headers=headers).json()["id"]
    found: dict[str, float] = {}
    for name, method, target, sent in (
        ("GET schema by id", "GET", f"/apis/ccompat/v7/schemas/ids/{schema_id}", b""),
        ("POST register again", "POST", path, body),
    ):
        before = served.cpu_s(pid)
        took = asyncio.run(drive(url, request(url, method, target, token, sent), seconds))
        cpu = served.cpu_s(pid) - before
        took.sort()
        rate = Rate(len(took) / seconds, cpu / len(took) * 1e6, at(took, 0.5) * 1e3, at(took, 0.99) * 1e3)
        found |= {f"{name}, {key}": value for key, value in asdict(rate).items()}
    return found


def request(url: str, method: str, path: str, token: str, body: bytes) -> bytes:
    """The bytes of a request."""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        f"Authorization: Bearer {token}",
        *([f"Content-Type: {TYPE}", f"Content-Length: {len(body)}"] if body else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def drive(url: str, sent: bytes, seconds: float) -> list[float]:
    """How long each request took, over CONNECTIONS connections for that many seconds."""
    took: list[float] = []
    parts = urlsplit(url)
    ends = time.perf_counter() + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while (begun := time.perf_counter()) < ends:
            writer.write(sent)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                sys.exit(f"the server answered {head[:200]!r}")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            took.append(time.perf_counter() - begun)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return took


def lists(url: str, token: str, pid: int) -> dict[str, float]:
    """Lists and searches over all subjects, one after the other, by each door."""
    headers = {"authorization": f"Bearer {token}", "accept-encoding": "identity"}
    with httpx2.Client(base_url=url, headers=headers, timeout=30) as http:
        doors = {
            "REST list and search": {
                address: http.build_request("GET", address)
                for asked in REST
                for address in [f"/apis/registry/v1/subjects?{urlencode(asked)}"]
            },
            "GraphQL list and search with facets": {
                json.dumps(given): http.build_request(
                    "POST", "/graphql", json={"query": CONTRACTS, "variables": given}
                )
                for given in GRAPHQL
            },
            "page /contracts": {
                address: http.build_request("GET", address)
                for asked in PAGES
                for address in [f"/contracts?{urlencode(asked)}"]
            },
        }
        return {
            f"{door}, {name}": value
            for door, requests in doors.items()
            for name, value in waited(door, http, requests, pid).items()
        }


def waited(
    door: str, http: httpx2.Client, requests: Mapping[str, httpx2.Request], pid: int
) -> dict[str, float]:
    """How long an asker waits for what this door gives and for the slowest of its requests, and the CPU of the server for one."""
    before = served.cpu_s(pid)
    took = {name: sorted(timed(http, one) for _ in range(ROUNDS)) for name, one in requests.items()}
    cpu = served.cpu_s(pid) - before
    slowest = max(took, key=lambda name: at(took[name], 0.95))
    print(f"slowest: {door}, {slowest}")
    every = sorted(seconds for each in took.values() for seconds in each)
    return {
        "p50_ms": at(every, 0.5) * 1e3,
        "p95_ms": at(every, 0.95) * 1e3,
        "max_ms": every[-1] * 1e3,
        "p95_ms of the slowest": at(took[slowest], 0.95) * 1e3,
        "server_cpu_ms": cpu / len(every) * 1e3,
    }


def timed(http: httpx2.Client, request: httpx2.Request) -> float:
    """Seconds one request took, answered with 200 and without errors."""
    begun = time.perf_counter()
    answer = http.send(request)
    took = time.perf_counter() - begun
    if answer.status_code != 200 or answer.content.startswith(b'{"errors"'):
        sys.exit(f"the server answered {answer.status_code}: {answer.text[:300]}")
    return took


def at(took: list[float], share: float) -> float:
    """The value below which that share of the sorted values lies."""
    return took[min(int(len(took) * share), len(took) - 1)]


if __name__ == "__main__":
    main()

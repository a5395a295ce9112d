# SPDX-License-Identifier: Apache-2.0
"""Two ingest processes over one PostgreSQL make of spans what one makes of them, whichever of the two is sent what and when."""

import contextlib
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import psycopg
import pytest

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from kill import look, made, undisturbed
from payloads.deals import SPANS_PER_DEAL, requests
from served import Served, serving

from controlplane.migrations import schema

DEALS = 100
CLIENTS = 2  # of each process


def send(server: Served, bodies: list[bytes]) -> list[tuple[int, bytes]]:
    """Sends one after the other; the status and the body of each answer. An empty one says that all was taken."""
    with httpx2.Client(base_url=server.url, headers=server.headers, timeout=60) as http:
        answers = [http.post("/v1/traces", content=body) for body in bodies]
    return [(answer.status_code, answer.content) for answer in answers]


@pytest.mark.crash
@pytest.mark.postgres
@pytest.mark.timeout(600)
def test_two_processes_that_are_sent_the_same_deals_at_once(tmp_path: Path, postgres_url: str) -> None:
    """Each process is sent every span, in an order of its own and some of them again: no client is refused, no span is
    stored twice, and transactions, memberships, milestones and edges are those of one process that nobody hurried.
    """
    url = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    schema.upgrade(url)
    bodies = list(requests(DEALS, SPANS_PER_DEAL, seed=5))
    draw = random.Random(11)
    with contextlib.ExitStack() as held:
        shares: list[tuple[Served, list[bytes]]] = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            server = held.enter_context(serving(tmp_path / name, url))
            sent = [*bodies, *draw.sample(bodies, DEALS // 4)]
            draw.shuffle(sent)
            shares += [(server, sent[client::CLIENTS]) for client in range(CLIENTS)]
        with ThreadPoolExecutor(len(shares)) as clients:
            answers = [one for each in clients.map(lambda share: send(*share), shares) for one in each]

    assert set(answers) == {(200, b"")}
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM span").fetchone() == (DEALS * SPANS_PER_DEAL,)
        assert connection.execute("SELECT count(*) FROM txn WHERE status = 'completed'").fetchone() == (
            DEALS,
        )
    assert look(url, set()) == {}
    assert made(url) == undisturbed(tmp_path, bodies)

# SPDX-License-Identifier: Apache-2.0
"""The server is killed in the middle of work, again and again, while the systems it writes to live on."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import migrated
import pytest
from sqlmodel import select
from sync_sandbox import ROOT, Sandbox, deal, wait_until

from controlplane.database import Database
from sync.tables import EffectAttemptRow, EffectRow, RunRow, StepRow
from terms.instant import Instant, wall_clock


@pytest.mark.crash
def test_kill_minus_nine_again_and_again_loses_nothing_and_doubles_nothing(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """The server dies five times in the middle of eight deals: all are done, each attempt is told once, with its true times."""
    sandbox.faults(timeout_after_effect=0.1, hold_s=1.2)
    database = tmp_path / "throughline.sqlite3"
    urls = [migrated.sqlite(database), f"sqlite:///{tmp_path / 'engine.sqlite3'}"]
    port = free_port()
    sandbox.send_webhooks_to(f"http://127.0.0.1:{port}/webhooks")
    sandbox.deals(*(deal(number) for number in range(40, 48)))
    began = wall_clock()
    for life in range(6):
        process = start_line(urls, sandbox.connections, port)
        if life < 5:
            time.sleep(1.2 + 0.35 * life)
            process.send_signal(signal.SIGKILL)
            process.wait()
    try:
        wait_until(lambda: payments(sandbox) == 8 and receipts(sandbox) == 8, 90)
        wait_until(lambda: unfinished(urls[0]) == 0, 30)
    finally:
        process.kill()
        process.wait()
    assert sandbox.summary()["duplicates"] == []
    told(urls[0], began)


def told(url: str, began: Instant) -> None:
    """Every attempt has its own row with a start before its end, all within the time of the test; every step one row."""
    with opened(url) as database:
        attempts = database.read(lambda s: s.exec(select(EffectAttemptRow)).all())
        steps = database.read(lambda s: s.exec(select(StepRow)).all())
        effects = database.read(lambda s: s.exec(select(EffectRow)).all())
    assert all(began <= row.started_at <= (row.ended_at or 0) <= wall_clock() for row in attempts)
    assert len({(row.run_id, row.step, row.attempt) for row in attempts}) == len(attempts)
    assert len({(row.run_id, row.step, row.attempt) for row in steps}) == len(steps)
    assert sum(row.step != "stage" for row in steps) == 8 * 8
    assert len(effects) == 8 * 6
    assert {row.state for row in effects} == {"CONFIRMED"}


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url, wall_clock)
    try:
        yield database
    finally:
        database.close()


def unfinished(url: str) -> int:
    with opened(url) as database:
        return database.read(lambda s: sum(row.state != "done" for row in s.exec(select(RunRow))))


def payments(sandbox: Sandbox) -> int:
    return len(sandbox.records("stripe", "payment_intent"))


def receipts(sandbox: Sandbox) -> int:
    return len(sandbox.records("netsuite", "customerPayment"))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start_line(urls: list[str], connections: Path, port: int) -> subprocess.Popen[str]:
    script = str(Path(__file__).parent / "sync_line.py")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, script, *urls, str(connections), str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "ready" in process.stdout.readline()
    process.stdout.close()
    return process

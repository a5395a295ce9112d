# SPDX-License-Identifier: Apache-2.0
"""The engine: started once by its id, one at a time for a key, taken up again after the process died."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync.engine import Engine, JsonSerializer
from sync.failure import InterruptedRunError


def until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    """Waits for it, and fails when it does not come."""
    ends_at = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends_at, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'engine.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def test_one_id_starts_one_flow(engine_url: str) -> None:
    """A signal that starts the same workflow id twice runs it once."""
    ran: list[str] = []
    engine = Engine(engine_url, "local", {"flow": lambda arguments: ran.append(arguments["deal"])})
    engine.start()
    try:
        for _ in range(3):
            engine.enqueue("flow", "1", {"deal": "SO-1"}, "order:SO-1")
        until(lambda: engine.state("1") == "ended")
        engine.enqueue("flow", "1", {"deal": "SO-1"}, "order:SO-1")
        time.sleep(0.3)
        assert ran == ["SO-1"]
        assert engine.state("unheard of") is None
    finally:
        engine.stop(5)


def test_flows_of_one_key_keep_their_order_and_exclude_each_other(engine_url: str) -> None:
    """Twelve stages of three deals: in each deal one after another and in order, between deals side by side."""
    lock, running, together = threading.Lock(), dict.fromkeys("abc", 0), 0
    done: dict[str, list[int]] = {key: [] for key in "abc"}

    def flow(arguments: dict[str, Any]) -> None:
        nonlocal together
        key = arguments["key"]
        with lock:
            running[key] += 1
            assert running[key] == 1
            together = max(together, sum(running.values()))
        time.sleep(0.1)
        with lock:
            running[key] -= 1
            done[key].append(arguments["number"])

    engine = Engine(engine_url, "local", {"flow": flow})
    engine.start()
    try:
        for number in range(4):
            for key in "abc":
                engine.enqueue("flow", f"{number:020d}.{key}", {"key": key, "number": number}, key)
        until(lambda: sum(map(len, done.values())) == 12, 40)
        assert all(order == [0, 1, 2, 3] for order in done.values())
        assert together > 1
    finally:
        engine.stop(5)


def test_an_interrupted_flow_goes_on_at_the_next_start_without_its_finished_steps(engine_url: str) -> None:
    """Stopping in the middle is no failure: the same flow ends later, and its first step is not done again."""
    steps: list[str] = []
    stopping = threading.Event()

    def make() -> Engine:
        def flow(arguments: dict[str, Any]) -> None:
            assert engine.step("first", lambda: {"id": steps.append("first") or "kept"}) == {"id": "kept"}
            if not stopping.is_set():
                stopping.set()
                raise InterruptedRunError
            engine.step("second", lambda: {"id": steps.append("second") or ""})

        engine = Engine(engine_url, "local", {"flow": flow})
        return engine

    first = make()
    first.start()
    first.enqueue("flow", "7", {}, "key")
    assert stopping.wait(20)
    time.sleep(0.2)
    assert first.state("7") == "running"
    first.stop(1)
    second = make()
    second.start()
    try:
        until(lambda: second.state("7") == "ended")
        assert steps == ["first", "second"]
    finally:
        second.stop(1)


def test_what_the_engine_stores_is_json(engine_url: str) -> None:
    """Errors too: nothing that is read back can run code."""
    serializer = JsonSerializer()
    assert serializer.serialize({"a": [1, "x", None]}) == '{"a": [1, "x", null]}'
    back = serializer.deserialize(serializer.serialize(ValueError("no such invoice")))
    assert isinstance(back, RuntimeError)
    assert str(back) == "ValueError: no such invoice"


FLOW_THAT_IS_KILLED = """
import os, signal, sys, time
from sync.engine import Engine
url, marks = sys.argv[1:]
def mark(text):
    with open(marks, "a") as file:
        file.write(text + "\\n")
def flow(arguments):
    engine.step("first", lambda: mark("first") or {})
    if arguments["dies"] and open(marks).read().count("second") == 0:
        mark("second")
        os.kill(os.getpid(), signal.SIGKILL)
    engine.step("second", lambda: mark("done") or {})
engine = Engine(url, "local", {"flow": flow})
engine.start()
engine.enqueue("flow", "1", {"dies": True}, "key")
while engine.state("1") != "ended":
    time.sleep(0.05)
engine.stop(1)
"""


@pytest.mark.crash
def test_a_killed_process_leaves_a_flow_that_the_next_one_ends(engine_url: str, tmp_path: Path) -> None:
    """kill -9 between two steps: the next process does the second step alone."""
    marks = tmp_path / "marks"
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", FLOW_THAT_IS_KILLED, engine_url, str(marks)]
    first = subprocess.run(command, cwd=root, env=os.environ, timeout=60)
    assert first.returncode == -signal.SIGKILL
    assert subprocess.run(command, cwd=root, env=os.environ, timeout=60).returncode == 0
    assert marks.read_text().split() == ["first", "second", "done"]

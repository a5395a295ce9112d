# SPDX-License-Identifier: Apache-2.0
"""The demo's processes and its directory: found again after a crash, never taken for a stranger, one demo at a time."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.demo.place import Memory, Place
from controlplane.demo.process import Process, wait_for
from terms.instant import parse
from terms.problem import ProblemError

NOW = parse("2026-11-23T14:20:00Z")
SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process("sleeper", tmp_path)
    yield process
    process.stop()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "demo")
    yield place
    place.close()


def _memory(place: Place, seed: int | None = None, sandbox_lives: bool = False) -> Memory:
    return place.memory(seed, 0, 0, sandbox_lives, NOW)


def test_a_process_is_found_again_by_the_next_demo(process: Process, tmp_path: Path) -> None:
    """A second demo sees the process that the first one started, and can end it."""
    process.start(SLEEPS, {})
    next_one = Process("sleeper", tmp_path)
    assert next_one.pid() == process.pid()
    os.kill(next_one.pid() or 0, signal.SIGKILL)
    assert wait_for(lambda: process.ended() == -signal.SIGKILL, 5)
    assert next_one.pid() is None


def test_a_stranger_with_the_same_id_is_left_alone(process: Process, tmp_path: Path) -> None:
    """A note that an ended process left behind names nobody, even when its id belongs to someone else by now."""
    stranger = subprocess.Popen(SLEEPS)
    try:
        (tmp_path / "sleeper.pid").write_text(str(stranger.pid))
        assert process.pid() is None
        process.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_process_that_fails_to_start_says_its_last_words(process: Process) -> None:
    """What a process wrote before it ended is in the problem."""
    process.start([sys.executable, "-c", "raise SystemExit('port 1 is in use')"], {})
    assert wait_for(lambda: process.ended() is not None, 10)
    with pytest.raises(ProblemError, match="port 1 is in use"):
        process.must_live()


def test_one_demo_at_a_time(place: Place) -> None:
    """A second demo on the same directory is refused and told what to do."""
    with pytest.raises(ProblemError, match="already") as refused:
        Place(place.path)
    assert "--data-dir" in str(refused.value)


def test_the_next_start_goes_on(place: Place) -> None:
    """Seed, first start and ports are those of the first time."""
    first = _memory(place, seed=11)
    again = place.memory(None, 0, 0, False, parse("2027-01-01T00:00:00Z"))
    assert again == first
    assert (first.seed, first.started_at) == (11, NOW)


def test_another_seed_on_a_begun_directory_is_refused(place: Place) -> None:
    """Two made-up companies do not share a directory."""
    _memory(place, seed=11)
    with pytest.raises(ProblemError, match="--seed 11"):
        _memory(place, seed=12)


def test_a_port_that_was_asked_for_and_is_taken_is_refused(place: Place) -> None:
    """An explicit port is never exchanged for another in silence; a usual one that is taken is passed over."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ProblemError, match=f"port {port} is in use"):
            place.memory(None, port, 0, False, NOW)


def test_a_sandbox_that_lives_keeps_its_port(place: Place) -> None:
    """A sandbox found alive is spoken to where it is, although its port is in use: by itself."""
    first = _memory(place)
    with socket.socket() as sandbox:
        sandbox.bind(("127.0.0.1", first.sandbox_port))
        sandbox.listen()
        assert _memory(place, sandbox_lives=True).sandbox_port == first.sandbox_port
        assert _memory(place, sandbox_lives=False).sandbox_port != first.sandbox_port


def test_a_memory_that_cannot_be_read_is_told(place: Place) -> None:
    """A damaged note names its file and a way out."""
    (place.path / "demo.json").write_text("{")
    with pytest.raises(ProblemError, match="not what a demo remembers"):
        _memory(place)

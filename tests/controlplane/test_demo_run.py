# SPDX-License-Identifier: Apache-2.0
"""The whole demo, as a newcomer runs it: real processes, a killed server, an ordered end, and a second start."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.demo.process import Process, wait_for

pytestmark = pytest.mark.crash
PATIENCE_S = 170


class Running:
    """A demo under way in a directory of its own."""

    def __init__(self, place: Path, *words: str) -> None:
        self.place = place
        self._said = place.parent / f"said-{len(list(place.parent.glob('said-*')))}"
        with self._said.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "controlplane.cli", "demo", "--data-dir", str(place), *words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env={**os.environ, "COLUMNS": "120"},
            )

    def said(self) -> str:
        return self._said.read_text()

    def waits_to_say(self, words: str) -> None:
        """Returns when it has said so."""
        assert wait_for(lambda: words in self.said() or self.process.poll() is not None, PATIENCE_S), (
            self.said()
        )
        assert words in self.said(), self.said()

    def ends(self) -> int:
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "demo"
    yield place
    for name in ("server", "sandbox"):
        if place.exists():
            Process(name, place).stop()


@pytest.mark.timeout(2 * PATIENCE_S)
def test_a_killed_server_loses_no_deal(place: Path) -> None:
    """The server dies by kill -9 while deals are under way: it comes back, every deal is accounted for, no ledger holds a
    duplicate, and the renewal into the closed period waits for a person. The same command then finds all of it done."""
    demo = Running(place, "--deals", "4", "--seed", "7", "--exit")
    demo.waits_to_say("deals on their way")
    os.kill(Process("server", place).pid() or 0, signal.SIGKILL)
    demo.waits_to_say("It is back")
    assert demo.ends() == 0, demo.said()
    assert "was killed by signal 9" in demo.said()
    assert "Every deal is accounted for, and no ledger holds a duplicate." in demo.said()
    assert re.search(
        r"waits for a person: NetSuite refused journal JE-INV-50001: period \d{4}-\d\d is closed", demo.said()
    )
    assert Process("server", place).pid() is None
    assert Process("sandbox", place).pid() is None

    again = Running(place, "--exit", "--deals", "4")
    assert again.ends() == 0, again.said()
    assert "Every deal is accounted for, and no ledger holds a duplicate." in again.said()


@pytest.mark.timeout(PATIENCE_S)
def test_killed_without_a_word_the_next_start_goes_on(place: Path) -> None:
    """The demo itself dies by kill -9: sandbox and server live on, the next start takes the sandbox over and ends the
    server nobody minds, and Ctrl-C ends both in order."""
    demo = Running(place, "--deals", "1")
    demo.waits_to_say("Throughline is up")
    demo.process.kill()
    demo.process.wait()
    sandbox, server = Process("sandbox", place).pid(), Process("server", place).pid()
    assert sandbox is not None
    assert server is not None

    again = Running(place)
    again.waits_to_say("Throughline is up")
    assert Process("sandbox", place).pid() == sandbox
    assert Process("server", place).pid() not in (None, server)
    again.process.send_signal(signal.SIGINT)
    assert again.ends() == 0, again.said()
    assert "the same command goes on with it" in again.said()
    assert Process("sandbox", place).pid() is None
    assert Process("server", place).pid() is None

# SPDX-License-Identifier: Apache-2.0
"""The two processes of a demo: the sandbox, which outlives whatever happens to the rest, and the server, which is watched."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from terms.problem import ProblemError

_LAST_LINES = 12


def command(*words: str) -> list[str]:
    """Our own command line, in a new interpreter of the same environment."""
    return [sys.executable, "-m", "controlplane.cli", *words]


class Process:
    """One process with a log file and a note of its id in the data directory.

    It holds a lock on its note for as long as it lives, however it dies, so that the next demo can tell it from a
    stranger who got the same id. It belongs to no terminal: Ctrl-C reaches only the demo, which ends the others in order.
    """

    def __init__(self, name: str, place: Path) -> None:
        self.name = name
        self.log = place / f"{name}.log"
        self._note = place / f"{name}.pid"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, words: list[str], environment: Mapping[str, str]) -> None:
        """Starts it; returns at once."""
        with self.log.open("ab") as log, self._note.open("w") as note:
            fcntl.flock(note, fcntl.LOCK_EX)
            # The words are our own and there is no shell between.
            self._child = subprocess.Popen(  # noqa: S603
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **environment},
                pass_fds=(note.fileno(),),
                start_new_session=True,
            )
            note.write(str(self._child.pid))

    def pid(self) -> int | None:
        """The id of the living process, whether this demo started it or one before."""
        if self._child is not None:
            return self._child.pid if self._child.poll() is None else None
        try:
            with self._note.open() as note:
                fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(self._note.read_text())
        except FileNotFoundError:
            return None
        return None

    def ended(self) -> int | None:
        """The exit code, once a process of ours has ended. Negative: the signal that ended it."""
        return self._child.poll() if self._child is not None else None

    def stop(self, patience_s: float = 15) -> None:
        """Asks it to end, and makes it end when it does not. The note goes with it."""
        pid = self.pid()
        if pid is not None:
            self._send(pid, signal.SIGTERM)
            if not wait_for(lambda: self.pid() is None, patience_s):
                self._send(pid, signal.SIGKILL)
                wait_for(lambda: self.pid() is None, 5)
        self._note.unlink(missing_ok=True)

    def must_live(self) -> None:
        """Raises ProblemError with its last words when it has ended."""
        code = self.ended()
        if code is not None:
            words = self.log.read_text(errors="replace").strip().splitlines()[-_LAST_LINES:]
            raise ProblemError(f"the {self.name} ended with {code}: " + "\n".join(words), str(self.log))

    @staticmethod
    def _send(pid: int, what: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, what)


def wait_for(is_so: Callable[[], bool], patience_s: float, every_s: float = 0.05) -> bool:
    """Whether it became so in time."""
    until = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(every_s)
    return True

# SPDX-License-Identifier: Apache-2.0
"""The demo's data directory: what it remembers from one start to the next, and that only one demo runs on it."""

import fcntl
import json
import os
import socket
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from controlplane.data_directory import write_private
from terms.instant import Instant, parse, text
from terms.problem import ProblemError

SERVER_PORT = 8321
SANDBOX_PORT = 8322
BEGINNING = Instant(0)
_TRIED = 100  # ports; every second one, so that the two do not run into each other


@dataclass(frozen=True, slots=True)
class Memory:
    """What a demo was started with, and how far it has come. The history is sent up to `history_until`."""

    seed: int
    started_at: Instant
    port: int
    sandbox_port: int
    next_deal: int = 0
    history_until: Instant = BEGINNING


class Place:
    """Holds the directory for one demo at a time, until it closes or its process dies.

    Raises ProblemError when another demo runs there or the directory cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self.path / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ProblemError(
                f"the data directory cannot be written: {error.strerror}",
                str(self.path),
                "choose another with --data-dir",
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise ProblemError(
                "a demo runs on this data directory already",
                str(self.path),
                "stop it, or choose another with --data-dir",
            ) from error

    def close(self) -> None:
        """Lets the next demo in."""
        os.close(self._lock)

    def memory(
        self, seed: int | None, port: int, sandbox_port: int, sandbox_lives: bool, now: Instant
    ) -> Memory:
        """What was remembered here, or a new memory. A port of 0 means: the one of last time, or the first free one
        from there on. A sandbox that lives keeps its port.

        Raises ProblemError when the directory was begun with another seed, or a port that was asked for is taken.
        """
        known = self._recall()
        if known and seed is not None and seed != known.seed:
            raise ProblemError(
                f"this demo was begun with --seed {known.seed}",
                str(self.path),
                "leave --seed out to go on with it, or choose another --data-dir",
            )
        memory = known or Memory(7 if seed is None else seed, now, SERVER_PORT, SANDBOX_PORT)
        memory = replace(
            memory,
            port=_port("--port", port, memory.port),
            sandbox_port=memory.sandbox_port
            if sandbox_lives
            else _port("--sandbox-port", sandbox_port, memory.sandbox_port),
        )
        self.remember(memory)
        return memory

    def remember(self, memory: Memory) -> None:
        """Keeps `memory` for the next start."""
        values = {
            **asdict(memory),
            "started_at": text(memory.started_at),
            "history_until": text(memory.history_until),
        }
        write_private(self.path / "demo.json", json.dumps(values, indent=2))

    def _recall(self) -> Memory | None:
        path = self.path / "demo.json"
        if not path.exists():
            return None
        try:
            values = json.loads(path.read_text())
            values |= {name: parse(values[name]) for name in ("started_at", "history_until")}
            return Memory(**values)
        except (ValueError, TypeError, KeyError) as error:
            raise ProblemError(
                f"is not what a demo remembers: {error}",
                str(path),
                "remove the directory, or choose another --data-dir",
            ) from error


def _port(option: str, asked: int, usual: int) -> int:
    if asked:
        if not _is_free(asked):
            raise ProblemError(
                f"port {asked} is in use", option, "choose another, or leave it out to get a free one"
            )
        return asked
    return next((port for port in range(usual, usual + _TRIED, 2) if _is_free(port)), usual)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

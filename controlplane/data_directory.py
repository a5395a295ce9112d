# SPDX-License-Identifier: Apache-2.0
"""The data directory: private to its owner, and held by one process at a time. The lock goes with the process."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from terms.problem import ProblemError


class DataDirectory:
    """Holds the directory's lock from construction to `close`; the kernel drops it when the process dies, however it dies.

    Raises ProblemError when the directory cannot be written, or another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ProblemError(
                f"the data directory cannot be written: {error.strerror}",
                str(path),
                "choose another with THROUGHLINE_DATA_DIR",
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._lock, 32, 0).decode().strip() or "unknown"
            os.close(self._lock)
            raise ProblemError(
                f"process {holder} holds the data directory",
                str(path),
                "stop it, or reach it over HTTP with THROUGHLINE_URL and THROUGHLINE_TOKEN",
            ) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Lets go of the directory. Safe to call twice."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> "DataDirectory":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_private(path: Path, text: str) -> None:
    """Replaces a file that only its owner may read, in one step: a reader sees the old text or the new."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)

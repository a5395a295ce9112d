# SPDX-License-Identifier: Apache-2.0
"""Databases with the tables of this version, as an upgrade makes them. Every migration runs once a process; a test gets a copy."""

import tempfile
from functools import cache
from pathlib import Path

from controlplane.migrations import schema


def sqlite(file: Path) -> str:
    """Makes the file, and its folder if there is none; returns its URL."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_made())
    return f"sqlite:///{file}"


@cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "throughline.sqlite3"
        schema.upgrade(f"sqlite:///{file}")
        return file.read_bytes()

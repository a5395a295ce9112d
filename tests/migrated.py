# SPDX-License-Identifier: Apache-2.0
"""SQLite files as an upgrade, or a first start, leaves them. Every migration runs once a process; a test gets a copy."""

import tempfile
from functools import cache
from pathlib import Path

from controlplane.migrations import schema
from terms.instant import Clock

FILE = "throughline.sqlite3"


def sqlite(file: Path) -> str:
    """Makes the file, with all tables and no rows, and its folder if there is none; returns its URL."""
    return _copied(_tables(), file)


def started(folder: Path, clock: Clock) -> str:
    """The same in the data folder of an app that was started once at that time: the shipped contracts are registered."""
    return _copied(_registered(clock()), folder / FILE)


def _copied(content: bytes, file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return f"sqlite:///{file}"


@cache
def _tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / FILE
        schema.upgrade(f"sqlite:///{file}")
        return file.read_bytes()


@cache
def _registered(at: int) -> bytes:
    from controlplane.parts import build  # the whole app, which most tests do without
    from controlplane.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        sqlite(Path(folder) / FILE)
        build(Settings(data_dir=Path(folder)), lambda: at).database.close()  # type: ignore[arg-type,return-value]
        assert [one.name for one in Path(folder).glob(f"{FILE}*")] == [FILE]
        return (Path(folder) / FILE).read_bytes()

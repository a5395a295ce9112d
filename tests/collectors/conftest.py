# SPDX-License-Identifier: Apache-2.0
"""What tests of the collectors share lies beside them: test modules are imported one by one."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.database import Database

sys.path.append(str(Path(__file__).parent))

from pulled import Plane


@pytest.fixture
def plane(migrated_sqlite_url: str, clock) -> Iterator[Plane]:  # type: ignore[no-untyped-def]
    """What pulls, over SQLite."""
    database = Database(migrated_sqlite_url, clock)
    yield Plane(database, clock)
    database.close()


@pytest.fixture
def on_both(database: Database, clock) -> Plane:  # type: ignore[no-untyped-def]
    """The same over SQLite and over PostgreSQL, for what statements decide."""
    return Plane(database, clock)

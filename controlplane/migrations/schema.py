# SPDX-License-Identifier: Apache-2.0
"""The database's tables, brought to this version step by step (alembic). The engine's tables are none of our business."""

from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError

from controlplane.database import checked_url
from controlplane.migrations.tables import metadata
from terms.problem import ProblemError

HERE = Path(__file__).parent


def upgrade(url: str) -> tuple[str | None, str]:
    """Applies every missing migration; returns the revision before and after. Does nothing when there is none missing."""
    before, head = revisions(url)
    if before != head:
        alembic.command.upgrade(_config(url), "head")
        _tell_planner(url)
    return before, head


def revisions(url: str) -> tuple[str | None, str]:
    """The revision the database is at (None when it has none) and the newest one there is.

    Raises ProblemError when the database does not answer.
    """
    engine = create_engine(_driver(url))
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(
                connection, opts={"version_table": "throughline_version"}
            ).get_current_revision()
    except OperationalError as error:
        what = str(error.orig).strip().splitlines()[0]
        raise ProblemError(
            f"the database does not answer: {what}", checked_url(url).render_as_string()
        ) from error
    finally:
        engine.dispose()
    head = ScriptDirectory.from_config(_config(url)).get_current_head()
    assert head is not None
    return found, head


def _tell_planner(url: str) -> None:
    """Tells SQLite that one tenant has most of the rows: without figures it takes `tenant = ?` for selective, and scans."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE sqlite_master")  # makes the table of figures
            connection.exec_driver_sql("DELETE FROM sqlite_stat1")
            for table in metadata.tables:
                connection.exec_driver_sql(
                    "INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", _figures(connection, table)
                )
    engine.dispose()


def _figures(connection: Connection, table: str) -> list[tuple[str, str, str]]:
    """(table, index, figures) of each index: a million rows, as many for the tenant, few for each column more."""
    found: list[tuple[str, str, str]] = []
    for _, index, _, origin, _ in connection.exec_driver_sql(f"PRAGMA index_list({table})").all():
        width = len(connection.exec_driver_sql(f"PRAGMA index_info({index})").all())
        figures = " ".join(("1000000", "1000000", *("10" for _ in range(width - 2)), "1")[: width + 1])
        found.append((table, index, figures))
        if origin == "pk":  # a table that is its own primary key's index goes by its own name
            found.append((table, table, figures))
    return found


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = _driver(url)
    return config


def _driver(url: str) -> str:
    return checked_url(url).render_as_string(hide_password=False)

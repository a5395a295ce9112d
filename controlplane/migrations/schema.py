# SPDX-License-Identifier: Apache-2.0
"""The database's tables, brought to this version step by step (alembic). The engine's tables are none of our business."""

from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from controlplane.database import checked_url
from terms.problem import ProblemError

HERE = Path(__file__).parent


def upgrade(url: str) -> tuple[str | None, str]:
    """Applies every missing migration; returns the revision before and after. Does nothing when there is none missing."""
    before, head = revisions(url)
    if before != head:
        alembic.command.upgrade(_config(url), "head")
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


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = _driver(url)
    return config


def _driver(url: str) -> str:
    return checked_url(url).render_as_string(hide_password=False)

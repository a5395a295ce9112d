# SPDX-License-Identifier: Apache-2.0
"""On SQLite no page reads all spans to show those of one trace: the planner knows what large tables look like."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import alembic.command
import pytest

from controlplane.migrations import schema

STATISTICS = import_module("controlplane.migrations.versions.0022_planner_statistics").STATISTICS


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A new database as an installation makes it, empty."""
    path = tmp_path_factory.mktemp("planned") / "throughline.sqlite3"
    schema.upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        yield connection


@pytest.mark.parametrize(
    ("query", "index"),
    [
        pytest.param("SELECT * FROM span WHERE tenant = 1 AND trace_no IN (1, 2)", "INDEX uq_span_identity (tenant=? AND trace_no=?)", id="the spans of a trace"),
        pytest.param("SELECT * FROM span WHERE tenant = 1 AND trace_no IN (1, 2) ORDER BY start_ns, span_key LIMIT 9", "INDEX uq_span_identity (tenant=? AND trace_no=?)", id="the spans of a story, by start"),
        pytest.param("SELECT * FROM txn_object WHERE tenant = 1 AND object_id = 7", "INDEX ix_txn_object_object (tenant=? AND object_id=?)", id="the transactions of an object"),
        pytest.param("SELECT * FROM txn_event WHERE tenant = 1 AND txn_id = 7", "PRIMARY KEY (tenant=? AND txn_id=?)", id="the events of a transaction"),
        pytest.param("SELECT * FROM event_object WHERE tenant = 1 AND object_id = 7", "PRIMARY KEY (tenant=? AND object_id=?)", id="the events of an object"),
        pytest.param("SELECT * FROM milestone WHERE tenant = 1 AND txn_id IN (7)", "PRIMARY KEY (tenant=? AND txn_id=?)", id="the milestones of a transaction"),
        pytest.param("SELECT * FROM event WHERE tenant = 1 AND source_label = 3 AND source_event_id = 'evt-1'", "INDEX uq_event_identity (tenant=? AND source_label=? AND source_event_id=?)", id="an event by its identity"),
        pytest.param("SELECT * FROM label WHERE tenant = 1 AND label_no = 7", "PRIMARY KEY (tenant=? AND label_no=?)", id="a label by its number"),
        pytest.param("SELECT * FROM object WHERE tenant = 1 AND type = 'order' AND value = 'SO-1'", "INDEX uq_object_key", id="an object by its key"),
        pytest.param("SELECT * FROM policy_deadline WHERE tenant = 1 AND target_kind = 'transaction' AND target_key IN ('a', 'b') AND rule_id IN ('r', 's')", "INDEX sqlite_autoindex_policy_deadline_1 (tenant=? AND rule_id=? AND target_kind=? AND target_key=?)", id="the deadlines of a target"),
        pytest.param("SELECT * FROM violation WHERE tenant = 1 AND target_kind = 'transaction' AND target_key IN ('a', 'b')", "INDEX ix_violation_target (tenant=? AND target_kind=? AND target_key=?)", id="the violations of a target"),
        pytest.param("SELECT * FROM txn WHERE tenant = 1 AND status = 'open' AND due_at < 5", "INDEX ix_txn_status_due (tenant=? AND status=? AND due_at<?)", id="what has come due"),
        pytest.param("SELECT * FROM txn WHERE tenant = 1 ORDER BY started_at DESC, txn_id DESC LIMIT 50", "INDEX ix_txn_started", id="the newest transactions"),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_looked_up(file: sqlite3.Connection, query: str, index: str) -> None:
    plan = [row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {query}")]

    assert index in plan[0], plan


def test_every_figure_is_of_an_index_there_is_and_counts_its_columns(file: sqlite3.Connection) -> None:
    for table, index, figures in STATISTICS:
        name = f"sqlite_autoindex_{table}_1" if index == table else index
        columns = file.execute("SELECT count(*) FROM pragma_index_info(?)", (name,)).fetchone()[0]
        assert columns, f"{index} of {table} is gone"
        assert len(figures.split(" ")) == columns + 1, (table, index, columns)


def test_an_older_database_is_told_too(tmp_path: Path) -> None:
    """The figures come with a migration, so that an upgrade brings them."""
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    alembic.command.upgrade(schema._config(url), "0021")

    assert schema.upgrade(url)[0] == "0021"

    with closing(sqlite3.connect(tmp_path / "old.sqlite3")) as new:
        assert new.execute("SELECT count(*) FROM sqlite_stat1").fetchone()[0] > len(STATISTICS)

# SPDX-License-Identifier: Apache-2.0
"""Processes over one database that were given different definitions: told, and none undoes the other's work."""

import logging
from pathlib import Path
from typing import Any

import pytest

from collectors import definitions
from collectors.rederivation import store as rederivation_store
from controlplane.database import Database
from controlplane.parts import Parts, build
from controlplane.presence import GONE_AFTER, Presence
from controlplane.settings import Role, Settings
from terms.instant import SECOND
from tests.conftest import FixedClock

SHIPPED = (definitions.SHIPPED / "processes" / "lead-to-cash.yaml").read_text()


def named(database: Database, clock: FixedClock, name: str, **contents: str) -> Presence:
    return Presence(database, clock, name, f"worker on {name}", lambda: contents)


def test_one_with_the_same_definitions_is_no_news(database: Database, clock: FixedClock) -> None:
    one, two = (named(database, clock, name, orders="a") for name in ("one", "two"))
    for each in (one, two) * 3:
        each.look()
    assert (one.differences, two.differences) == ((), ())
    assert not database.read(two.stands_aside)


def test_one_with_others_is_told_until_it_is_gone(
    database: Database, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Once in the log, at both; not in the seconds in which files spread; and no more once it was not heard from."""
    one, two = named(database, clock, "one", orders="a", kpi="x"), named(database, clock, "two", orders="b")
    with caplog.at_level(logging.INFO, "throughline"):
        one.look()
        two.look()
        assert database.read(two.stands_aside)
        assert two.differences == ()
        for _ in range(3):
            two.look()
            one.look()
    (problem,) = two.differences
    assert (problem.where, problem.what) == (
        "worker on one",
        "works with other definitions: only there kpi; not the same orders",
    )
    assert [problem.where for problem in one.differences] == ["worker on two"]
    assert len([line for line in caplog.messages if "worker on one" in line]) == 1
    clock.advance(GONE_AFTER / SECOND + 1)
    assert not database.read(two.stands_aside)
    two.look()
    two.look()
    assert two.differences == ()


def test_one_that_reads_no_rules_is_not_asked_about_them(database: Database, clock: FixedClock) -> None:
    """An ingest process takes events by processes and judges nothing; those that judge need the same rules."""
    rules = {"rule one-journal@1": "a"}
    judging = named(database, clock, "one", orders="a", **rules)
    taking = named(database, clock, "two", orders="a")
    judging.look()
    taking.look()
    assert not database.read(judging.stands_aside)
    assert not database.read(taking.stands_aside)
    named(database, clock, "two", orders="b").look()
    assert database.read(judging.stands_aside)
    named(database, clock, "two", orders="a", **{"rule one-journal@1": "b"}).look()
    assert database.read(judging.stands_aside)


def test_one_that_ends_in_order_is_gone_at_once(database: Database, clock: FixedClock) -> None:
    one, two = named(database, clock, "one", orders="a"), named(database, clock, "two", orders="b")
    one.look()
    assert database.read(two.stands_aside)
    one.leave()
    assert not database.read(two.stands_aside)


def started(url: str, folder: Path, clock: FixedClock, *more: Path) -> Parts:
    return build(Settings(data_dir=folder, database_url=url, definitions=more, grpc_port=0), clock)


def work(parts: Parts, name: str) -> Any:
    (worker,) = (each for each in parts.workers if each.name == name)
    return worker


@pytest.mark.postgres
def test_history_is_not_judged_back_and_forth(
    migrated_postgres_url: str, tmp_path: Path, clock: FixedClock
) -> None:
    """The second has another version of a process: neither begins a job; when the first has ended, the second does."""
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "lead-to-cash.yaml").write_text(SHIPPED.replace("version: 1", "version: 2", 1))
    first = started(migrated_postgres_url, tmp_path / "one", clock)
    second = started(migrated_postgres_url, tmp_path / "two", clock, folder)

    def jobs() -> list[tuple[str, ...]]:
        found = second.database.read(lambda s: rederivation_store.jobs(s))
        return [name for job in found for name in job.names if name.startswith("lead-to-cash@")]

    try:
        for parts in (first, second, first):
            work(parts, "processes")._work()
        assert jobs() == []
        assert first.reload.presence is not None
        first.reload.presence.leave()
        work(second, "processes")._work()
        assert len(jobs()) == 1
        assert jobs()[0].startswith("lead-to-cash@2")
    finally:
        first.database.close()
        second.database.close()


@pytest.mark.postgres
def test_a_process_that_only_takes_spans_holds_nobody_up(
    migrated_postgres_url: str, tmp_path: Path, clock: FixedClock
) -> None:
    """With the files that all have: it registers the shipped contracts and leaves what is judged, and what was, to the others."""

    def of(role: Role) -> Parts:
        settings = Settings(
            data_dir=tmp_path / role, database_url=migrated_postgres_url, role=role, grpc_port=0
        )
        return build(settings, clock)  # fmt: skip

    taking, judging = of("ingest"), of("scheduler")
    try:
        assert not judging.reload.stands_aside()
        assert not taking.reload.stands_aside()
    finally:
        taking.database.close()
        judging.database.close()

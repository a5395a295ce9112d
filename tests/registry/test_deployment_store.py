# SPDX-License-Identifier: Apache-2.0
"""Deployments in the database: what runs where, since when, and what ran there before."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from controlplane.database import Actor, Database
from registry import canonical, declaration_store, deletion, deployment_store, matrix, store
from registry.declaration import read
from registry.deployment import Declaration, Environment
from registry.refusal import RefusedError
from terms.problem import ProblemError
from tests.conftest import FixedClock

SYSTEM = Actor("machine", "tests")
Write = Callable[[Callable[[Any], Any]], Any]

ERP = """
name: erp-sync
version: {version}
owner: finance-systems
produces: [{{subject: journal-posted, version: "1.0.0"}}]
consumes:
- subject: invoice-issued
  version: 1.0.0
  fields: [/invoice_number, /total]
"""
BILLING = "{{name: billing, version: '{version}', produces: [{{subject: invoice-issued, version: '1.1.0'}}]}}"


@pytest.fixture
def write(database: Database) -> Write:
    return lambda work: database.write(work, actor=SYSTEM, reason="test")


def declared(write: Write, text: str, version: str, clock: FixedClock) -> Declaration:
    found = read(text.format(version=version).encode(), "application.yaml", clock())
    kept: Declaration = write(lambda session: declaration_store.declare(session, found))
    return kept


def deploy(write: Write, name: str, version: str, to: str, clock: FixedClock) -> Any:
    return write(
        lambda session: deployment_store.record_deployment(
            session, name, version, to, clock.advance(60), "ci"
        )
    )


def test_a_version_runs_until_another_takes_its_place(
    database: Database, write: Write, clock: FixedClock
) -> None:
    """What ran before is kept with its time; recording the same again changes nothing."""
    for version in ("1.0.0", "1.1.0"):
        declared(write, ERP, version, clock)
    first = deploy(write, "erp-sync", "1.0.0", "test", clock)
    assert deploy(write, "erp-sync", "1.0.0", "test", clock) == first
    second = deploy(write, "erp-sync", "1.1.0", "test", clock)
    assert database.read(deployment_store.deployments) == (second,)
    history = database.read(lambda s: deployment_store.deployments(s, "test", "erp-sync", history=True))
    assert [(one.version, one.ended_at) for one in history] == [
        ("1.1.0", None),
        ("1.0.0", second.deployed_at),
    ]
    ended = write(lambda s: deployment_store.end_deployment(s, "erp-sync", "test", clock.advance(1)))
    assert ended.version == "1.1.0"
    assert database.read(deployment_store.deployments) == ()
    assert write(lambda s: deployment_store.end_deployment(s, "erp-sync", "test", clock())) is None


def test_what_something_deployed_reads_is_deleted_only_by_force(
    database: Database, write: Write, clock: FixedClock
) -> None:
    """The refusal says what runs where; a range speaks of what it spoke of when it was declared; what ran is nobody's reader."""
    for each in canonical.versions("invoice-issued"):
        write(lambda s, each=each: store.register_on(s, each, clock(), store.Terms()))

    def delete(number: int, **how: bool) -> Any:
        return write(lambda s: deletion.delete_version(s, "invoice-issued", number, clock(), **how))

    declared(write, ERP, "1.0.0", clock)
    for to in ("test", "stage"):
        deploy(write, "erp-sync", "1.0.0", to, clock)
    with pytest.raises(
        RefusedError,
        match=r"version 1 of 'invoice-issued' is read by erp-sync 1\.0\.0 in stage, erp-sync 1\.0\.0 in test",
    ) as refused:
        delete(1)
    assert refused.value.kind == "in-use"
    with pytest.raises(RefusedError, match="'invoice-issued' is read by"):
        write(lambda s: deletion.delete_subject(s, "invoice-issued", clock()))
    assert delete(2) == 2, "it reads 1.0.0 alone"
    write(lambda s: deployment_store.end_deployment(s, "erp-sync", "test", clock.advance(1)))
    with pytest.raises(RefusedError, match=r"read by erp-sync 1\.0\.0 in stage, which"):
        delete(1)
    assert delete(1, force=True) == 1
    write(lambda s: deletion.restore_version(s, "invoice-issued", 1, clock()))
    write(lambda s: deployment_store.end_deployment(s, "erp-sync", "stage", clock.advance(1)))
    assert delete(1) == 1


def test_what_was_never_declared_cannot_be_recorded(write: Write, clock: FixedClock) -> None:
    """A deployment nobody knows the contracts of would make every later answer a guess."""
    with pytest.raises(ProblemError, match=r"no record of erp-sync 9 \(declare it first"):
        deploy(write, "erp-sync", "9", "test", clock)
    declared(write, ERP, "1.0.0", clock)
    with pytest.raises(ProblemError, match="no environment 'production'"):
        deploy(write, "erp-sync", "1.0.0", "production", clock)


def test_a_declaration_is_kept_once(database: Database, write: Write, clock: FixedClock) -> None:
    """The same again keeps its time; another one under the same version replaces it."""
    kept = declared(write, ERP, "1.0.0", clock)
    clock.advance(60)
    assert declared(write, ERP, "1.0.0", clock) == kept
    changed = declared(write, ERP.replace("/total", "/due_on"), "1.0.0", clock)
    assert database.read(declaration_store.applications) == (changed,)
    assert database.read(lambda s: declaration_store.users_of(s, "invoice-issued")) == (changed,)
    assert changed.of("consumes")[0].fields == ("/invoice_number", "/due_on")


def test_the_answer_comes_from_what_is_stored(database: Database, write: Write, clock: FixedClock) -> None:
    """The whole way: contracts registered, applications declared and deployed, then asked."""
    for contract in canonical.load():
        write(lambda session, one=contract: store.register(session, one, clock()))
    clock.advance(1)
    declared(write, ERP, "2.3.0", clock)
    declared(write, BILLING, "7", clock)
    deploy(write, "erp-sync", "2.3.0", "dev", clock)

    def ask(**more: Any) -> Any:
        return database.read(lambda s: deployment_store.ask(s, "billing", "7", "dev", **more))

    answer = ask()
    assert answer.answer == "yes"
    assert [(m.reader, m.written, m.read, m.status) for m in answer.meetings] == [
        ("erp-sync", "1.1.0", "1.0.0", "compatible")
    ]
    assert [r.kind for r in answer.reasons] == ["unread-field-differs"]
    declared(write, ERP.replace("[/invoice_number, /total]", "[]"), "2.3.0", clock)
    assert ask().answer == "no"
    assert database.read(lambda s: deployment_store.ask(s, "billing", "8", "dev")).answer == "undecided"


def test_the_matrix_shows_each_version_against_what_runs(
    database: Database, write: Write, clock: FixedClock
) -> None:
    """Rows are versions, columns are the applications that run, each with where it runs."""
    for contract in canonical.versions("invoice-issued"):
        write(lambda session, one=contract: store.register(session, one, clock()))
    declared(write, ERP, "2.3.0", clock)
    declared(write, BILLING, "7", clock)
    for name, version, where in (
        ("erp-sync", "2.3.0", "test"),
        ("erp-sync", "2.3.0", "dev"),
        ("billing", "7", "dev"),
    ):
        deploy(write, name, version, where, clock)
    found = database.read(lambda s: matrix.matrix(s, "invoice-issued"))
    assert [v.semver for v in found.versions] == ["1.0.0", "1.1.0"]
    assert [(c.application, c.role, c.environments) for c in found.columns] == [
        ("billing", "produces", ("dev",)), ("erp-sync", "consumes", ("dev", "test")),
    ]  # fmt: skip
    assert [[cell.status for cell in row] for row in found.cells] == [
        ["", "declared"],
        ["declared", "compatible"],
    ]
    assert database.read(lambda s: matrix.matrix(s, "nobody")).columns == ()


def test_environments_are_rows(database: Database, write: Write, clock: FixedClock) -> None:
    """They can be set anew, in order; one in which something runs cannot be left out."""
    assert [one.name for one in database.read(deployment_store.environments)] == [
        "dev",
        "test",
        "stage",
        "prod",
    ]
    mine = (Environment("build", "", "ignore"), Environment("live", "build", "refuse"))
    assert write(lambda s: deployment_store.set_environments(s, mine)) == mine
    assert database.read(deployment_store.environments) == mine
    declared(write, ERP, "1.0.0", clock)
    deploy(write, "erp-sync", "1.0.0", "live", clock)
    with pytest.raises(ProblemError, match="something is deployed in live"):
        write(lambda s: deployment_store.set_environments(s, mine[:1]))
    with pytest.raises(ProblemError, match="not an environment before it"):
        write(lambda s: deployment_store.set_environments(s, mine[::-1]))


def test_racing_records_leave_one_version_running(
    database: Database, write: Write, clock: FixedClock
) -> None:
    """Two pipelines at once: both are in the history, one runs."""
    versions = [f"1.{n}.0" for n in range(6)]
    for version in versions:
        declared(write, ERP, version, clock)
    threads = [threading.Thread(target=deploy, args=(write, "erp-sync", v, "dev", clock)) for v in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = database.read(lambda s: deployment_store.deployments(s, history=True))
    assert sorted(one.version for one in history) == versions
    assert len([one for one in history if one.ended_at is None]) == 1

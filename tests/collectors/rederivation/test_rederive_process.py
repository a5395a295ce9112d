# SPDX-License-Identifier: Apache-2.0
"""A changed process is applied to history step by step, and ends where it would have ended had it always been so."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import Session

from collectors.decisions import store as decision_store
from collectors.definitions import Definitions, load
from collectors.rederivation import from_events as rederive_process
from collectors.rederivation import store as rederivation_store
from collectors.rederivation.job import Rederivation
from collectors.span import BusinessEvent
from controlplane.database import Actor, Database
from terms.instant import Instant
from terms.object_key import ObjectKey
from tests.collectors.stitching.test_stitching_order import digest, empty, take

MACHINE = Actor("machine", "test")
BEFORE = """kind: process
id: orders
version: 1
title: Orders
anchor: order
edges:
  - {id: invoice-of-order, child: invoice, parent: order, role: child_of}
  - {id: journal-of-invoice, child: journal, parent: invoice, role: child_of}
  - {id: shipment-of-order, child: shipment, parent: order, role: child_of}
  - {id: label-of-shipment, child: label, parent: shipment, role: child_of}
milestones: [{name: placed, event: order-placed}, {name: posted, event: journal-posted}]
completed_when: [posted]
"""
CHANGES: dict[str, Callable[[str], str]] = {
    "a rule gone": lambda text: (
        "\n".join(line for line in text.splitlines() if "shipment" not in line) + "\n"
    ),
    "a rule turned to a link": lambda text: text.replace(
        "child: journal, parent: invoice, role: child_of", "child: journal, parent: invoice, role: link"
    ),
    "another milestone": lambda text: text.replace(
        "{name: posted, event: journal-posted}", "{name: posted, event: crm-updated}"
    ),
    "another anchor": lambda text: (
        text.replace("anchor: order", "anchor: invoice")
        .replace("  - {id: invoice-of-order, child: invoice, parent: order, role: child_of}\n", "")
        .replace("child: shipment, parent: order", "child: shipment, parent: invoice")
    ),
    "a stricter hub": lambda text: text + "hubs: [{object: invoice, joins: 1, within: 1h}]\n",
}


def definitions(folder: Path, text: str, version: int = 1) -> Definitions:
    folder.mkdir(exist_ok=True)
    (folder / "orders.yaml").write_text(text.replace("version: 1", f"version: {version}"))
    found = load((folder,))
    return replace(found, processes=tuple(one for one in found.processes if one.id == "orders"))


def said(at: int, kind: str, *objects: str) -> BusinessEvent:
    return BusinessEvent(
        "test", f"{kind}@{at}", kind, Instant(at), "test", tuple(sorted(objects)), 100, "EUR"
    )


HISTORY = [
    said(1, "order-placed", "order:SO-1", "customer:C-1"),
    said(2, "order-placed", "order:SO-2", "customer:C-1"),
    said(3, "invoice-issued", "invoice:INV-1", "order:SO-1"),
    said(4, "invoice-issued", "invoice:INV-1", "order:SO-2"),
    said(5, "invoice-issued", "invoice:INV-2", "order:SO-2"),
    said(6, "journal-posted", "invoice:INV-1", "journal:JE-1"),
    said(7, "shipped", "order:SO-1", "shipment:SH-1"),
    said(8, "labelled", "label:L-1", "shipment:SH-1"),
    said(9, "crm-updated", "order:SO-2"),
]


def step(database: Database, known: Definitions) -> tuple[Rederivation | None, bool]:
    return database.write(
        lambda session: rederive_process.step(session, known, Instant(9)), actor=MACHINE, reason="test"
    )


def through(database: Database, known: Definitions) -> Rederivation:
    for _ in range(100):
        job, goes_on = step(database, known)
        if not goes_on:
            assert job is not None
            return job
    raise AssertionError("it does not end")


def decide(session: Session, known: Definitions) -> None:
    wanted = decision_store.Wanted(
        "apart", ObjectKey("journal", "JE-1"), ObjectKey("invoice", "INV-1"), "paper", "ann", "k"
    )
    decision_store.decide(session, known.processes, wanted, Instant(3))


def test_going_back_to_the_earlier_version_judges_history_again(database: Database, tmp_path: Path) -> None:
    """An operator takes a new version away; what it made of the stored events goes with it."""
    before = definitions(tmp_path / "before", BEFORE)
    after = definitions(tmp_path / "after", CHANGES["another milestone"](BEFORE), 2)
    take(database, HISTORY, before)
    through(database, before)
    made = digest(database)
    through(database, after)

    back = through(database, before)

    assert back.names == tuple(process.content_name for process in before.processes)
    assert back.state == "done"
    assert digest(database) == made


@pytest.mark.parametrize("change", CHANGES, ids=lambda name: name.replace(" ", "-"))
def test_history_ends_where_it_would_have_been(
    database: Database, tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transactions, edges, members and milestones are those of the new definition, decisions included; nothing of the old lives."""
    monkeypatch.setattr(rederive_process, "OBJECTS_A_STEP", 3)
    monkeypatch.setattr(rederive_process, "EDGES_A_STEP", 2)
    before = definitions(tmp_path / "before", BEFORE)
    after = definitions(tmp_path / "after", CHANGES[change](BEFORE), version=2)
    take(database, HISTORY, after)
    database.write(lambda session: decide(session, after), actor=MACHINE, reason="test")
    wanted = digest(database)
    empty(database)

    job, goes_on = step(database, before)
    assert job is not None
    assert (job.state, goes_on) == ("done", False)  # there was nothing yet
    take(database, HISTORY[:7], before)
    database.write(lambda session: decide(session, before), actor=MACHINE, reason="test")
    assert step(database, before) == (None, False)
    step(database, after)
    step(database, after)
    take(database, HISTORY[7:], after)  # what comes meanwhile is taken under the new one at once
    job = through(database, after)
    assert job.names == tuple(process.content_name for process in after.processes)
    assert (job.state, job.ended_at) == ("done", 9)
    assert digest(database) == wanted
    assert step(database, after) == (None, False)


def test_a_job_stops_when_asked_and_goes_on_where_it_was(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped it does nothing; resumed it repeats nothing."""
    monkeypatch.setattr(rederive_process, "OBJECTS_A_STEP", 2)
    take(database, HISTORY, definitions(tmp_path / "before", BEFORE))
    after = definitions(tmp_path / "after", BEFORE, version=2)
    step(database, after)
    job, _ = step(database, after)
    assert job is not None
    assert job.done == 2

    def turn(to: str) -> Rederivation | None:
        assert job is not None
        return database.write(
            lambda session: rederivation_store.turn(session, job.job_id, to == "stop"),
            actor=MACHINE,
            reason="test",
        )

    stopped = turn("stop")
    assert stopped is not None
    assert (stopped.state, step(database, after)) == ("stopped", (stopped, False))
    assert turn("resume") == job
    assert through(database, after).done == job.total
    assert turn("stop") is None


def test_a_newer_version_overtakes_a_job(database: Database, tmp_path: Path) -> None:
    """What is through under neither is begun anew under the newest."""
    take(database, HISTORY, definitions(tmp_path / "before", BEFORE))
    first, _ = step(database, definitions(tmp_path / "second", BEFORE, version=2))
    through(database, definitions(tmp_path / "third", BEFORE, version=3))
    assert first is not None
    states = database.read(lambda session: [job.state for job in rederivation_store.jobs(session)])
    assert states == ["done", "overtaken"]


def test_titles_and_owners_change_nothing_that_is_derived(tmp_path: Path) -> None:
    """Who answers for a stage may change without history being judged again; a rule may not."""
    one = definitions(tmp_path / "one", BEFORE).processes[0]
    owned = BEFORE.replace(
        "{name: placed, event: order-placed}", "{name: placed, event: order-placed, owner: Ann, title: X}"
    )
    assert definitions(tmp_path / "two", owned).processes[0].content_name == one.content_name
    for name, change in CHANGES.items():
        assert (
            definitions(tmp_path / "three", change(BEFORE)).processes[0].content_name != one.content_name
        ), name

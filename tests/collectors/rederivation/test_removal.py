# SPDX-License-Identifier: Apache-2.0
"""A process that is taken away while the server runs takes its transactions with it, and brings the same ones back."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from collectors import tables
from collectors.definitions import Definitions, load
from collectors.keys.tables import KeyFindingRow
from collectors.rederivation import from_events as rederive_process
from collectors.rederivation import removal
from collectors.rederivation import store as rederivation_store
from collectors.rederivation.job import Rederivation
from collectors.transactions.transaction import transaction_id
from controlplane.database import Actor, Database
from terms.instant import Instant
from terms.object_key import ObjectKey
from tests.collectors.rederivation.test_rederive_process import BEFORE, HISTORY, decide, said
from tests.collectors.stitching.test_stitching_order import digest, empty, take

MACHINE = Actor("machine", "test")
SHIPPING = """kind: process
id: shipping
version: 1
title: Shipping
anchor: shipment
edges: [{id: label-of-shipment, child: label, parent: shipment, role: child_of}]
milestones: [{name: shipped, event: shipped}, {name: labelled, event: labelled}]
completed_when: [labelled]
"""


def both(folder: Path, more: str = "") -> Definitions:
    folder.mkdir(exist_ok=True)
    (folder / "orders.yaml").write_text(BEFORE + more)
    (folder / "shipping.yaml").write_text(SHIPPING)
    return read(folder)


def read(folder: Path) -> Definitions:
    found = load((folder,))
    return replace(found, processes=tuple(one for one in found.processes if one.id in ("orders", "shipping")))


def without(known: Definitions, process_id: str) -> Definitions:
    return replace(known, processes=tuple(one for one in known.processes if one.id != process_id))


def step(database: Database, known: Definitions) -> tuple[Rederivation | None, bool]:
    return database.write(
        lambda session: removal.step(session, known, Instant(9)), actor=MACHINE, reason="test"
    )


def settle(database: Database, known: Definitions) -> Rederivation | None:
    """Every step of both kinds of job until there is none; the last removal as it ended."""
    last = None
    for _ in range(100):
        job, goes_on = step(database, known)
        last = job or last
        if not (goes_on or judge(database, known)):
            return last
    raise AssertionError("it does not end")


def judge(database: Database, known: Definitions) -> bool:
    """One step of bringing processes into force, and whether it goes on."""
    return database.write(
        lambda session: rederive_process.step(session, known, Instant(9)), actor=MACHINE, reason="test"
    )[1]


def transactions(database: Database) -> dict[str, int]:
    of = tables.TxnRow.process
    rows = database.read(lambda session: session.execute(select(of, func.count()).group_by(of)).all())  # type: ignore[call-overload]
    return {row[0]: row[1] for row in rows}


def count(database: Database, table: type) -> int:  # type: ignore[type-arg]
    return database.read(
        lambda session: session.execute(select(func.count()).select_from(table)).scalar_one()
    )


def test_its_transactions_go_and_come_back_with_their_ids(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In steps; events, edges and decisions stay, those of other processes as they are."""
    monkeypatch.setattr(removal, "TRANSACTIONS_A_STEP", 1)
    known = both(tmp_path / "definitions")
    settle(database, known)
    take(database, HISTORY, known)
    database.write(lambda session: decide(session, known), actor=MACHINE, reason="test")
    made = digest(database)
    kept = {t: count(database, t) for t in (tables.EventRow, tables.EdgeRow)}
    assert transactions(database) == {"orders": 2, "shipping": 1}

    job, _ = step(database, without(known, "orders"))
    assert job is not None
    assert (job.kind, job.names, job.total, job.done, job.state) == (
        "removal", (known.process("orders").content_name,), 2, 0, "running",  # type: ignore[union-attr]
    )  # fmt: skip
    job, _ = step(database, without(known, "orders"))
    assert job is not None
    assert (job.done, transactions(database)) == (1, {"orders": 1, "shipping": 1})
    job = settle(database, without(known, "orders"))
    assert job is not None
    assert (job.state, job.removed, job.ended_at) == ("done", 2, 9)
    assert transactions(database) == {"shipping": 1}
    assert {t: count(database, t) for t in kept} == kept
    assert step(database, without(known, "orders")) == (None, False)

    settle(database, known)

    assert digest(database) == made
    order = transaction_id("orders", ObjectKey("order", "SO-1"))
    found = select(tables.TxnRow.digest).where(tables.TxnRow.process == "orders")
    ids = database.read(lambda session: {bytes(row.digest).hex() for row in session.execute(found)})
    assert order in ids


CONTRADICTING = [
    *HISTORY,
    said(10, "shipped", "order:SO-2", "shipment:SH-1"),
    said(11, "labelled", "label:L-1", "shipment:SH-2"),
    said(12, "invoice-issued", "invoice:INV-2", "order:SO-1"),
]


@pytest.mark.parametrize("gone", ["orders", "shipping"])
@pytest.mark.parametrize(
    "hub", ["", "hubs: [{object: invoice, joins: 1, within: 1h}]\n"], ids=["no hub", "a hub"]
)
def test_what_it_found_wrong_with_keys_goes_too_and_comes_back(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str, hub: str
) -> None:
    """What another process finds as well stays: the report is the one of a plane that never had the process."""
    monkeypatch.setattr(removal, "FINDINGS_A_STEP", 1)
    known = both(tmp_path / "definitions", hub)
    settle(database, without(known, gone))
    take(database, CONTRADICTING, without(known, gone))
    never = digest(database)
    empty(database)
    settle(database, known)
    take(database, CONTRADICTING, known)
    had = digest(database)
    assert (had["findings"] != never["findings"]) is (gone == "orders"), (
        "all that shipping finds, orders finds too"
    )

    settle(database, without(known, gone))

    left = digest(database)
    assert (left["findings"], left["hubs"]) == (never["findings"], never["hubs"])

    settle(database, known)

    assert digest(database) == had


def test_a_key_that_joins_too_much_is_told_by_a_limit_that_is_in_force(
    database: Database, tmp_path: Path
) -> None:
    """Not by that of a process nobody has any more, nor by what one allowed before it was changed."""
    lots = "edges: [{id: invoice-of-lot, child: invoice, parent: shipment, role: child_of}]\n"
    (tmp_path / "orders.yaml").write_text(BEFORE + "hubs: [{object: invoice, joins: 1, within: 1h}]\n")
    (tmp_path / "shipping.yaml").write_text(
        re.sub("edges: .*\n", lots, SHIPPING) + "hubs: [{object: invoice, joins: 2, within: 1h}]\n"
    )
    known = read(tmp_path)
    settle(database, known)
    invoiced = [
        said(n, "invoice-issued", "invoice:TEST", f"order:SO-{n}", f"shipment:SH-{n}") for n in range(1, 6)
    ]
    take(database, invoiced, known)
    assert hub_words(database) == ["would join more than 1 others within 1 h"]

    settle(database, without(known, "orders"))
    assert hub_words(database) == ["would join more than 2 others within 1 h"]

    shipping = tmp_path / "shipping.yaml"
    shipping.write_text(
        shipping.read_text().replace("joins: 2", "joins: 3").replace("version: 1", "version: 2")
    )
    settle(database, without(read(tmp_path), "orders"))
    assert hub_words(database) == ["would join more than 3 others within 1 h"]


def hub_words(database: Database) -> list[str]:
    rows = select(KeyFindingRow.what).where(KeyFindingRow.reason == "hub")  # type: ignore[call-overload]
    return database.read(lambda session: list(session.execute(rows).scalars()))


def test_what_happens_while_it_is_away_is_in_it_when_it_is_back(database: Database, tmp_path: Path) -> None:
    known = both(tmp_path / "definitions")
    settle(database, known)
    take(database, HISTORY, known)
    made = digest(database)

    settle(database, without(known, "shipping"))
    take(database, HISTORY[6:], without(known, "shipping"))
    settle(database, known)

    assert digest(database) == made


def test_a_process_that_comes_back_at_once_overtakes_its_removal(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was taken out already comes back: its last word is not that it holds."""
    monkeypatch.setattr(removal, "TRANSACTIONS_A_STEP", 1)
    known = both(tmp_path / "definitions")
    settle(database, known)
    take(database, HISTORY, known)
    made = digest(database)
    step(database, without(known, "orders"))
    step(database, without(known, "orders"))

    settle(database, known)

    states = database.read(
        lambda session: [(job.kind, job.state) for job in rederivation_store.jobs(session, 2)]
    )
    assert states == [("process", "done"), ("removal", "overtaken")]
    assert digest(database) == made


def test_a_process_that_was_never_through_is_taken_out_too(database: Database, tmp_path: Path) -> None:
    """Turned on and off again while history is still judged by it."""
    known = both(tmp_path / "definitions")
    settle(database, without(known, "shipping"))
    take(database, HISTORY, without(known, "shipping"))
    assert judge(database, known)
    assert judge(database, known)
    assert transactions(database)["shipping"] == 1

    settle(database, without(known, "shipping"))

    assert transactions(database) == {"orders": 2}


def test_it_stops_when_asked(database: Database, tmp_path: Path) -> None:
    known = both(tmp_path / "definitions")
    settle(database, known)
    take(database, HISTORY, known)
    job, _ = step(database, without(known, "orders"))
    assert job is not None

    stopped = database.write(
        lambda session: rederivation_store.turn(session, job.job_id, True), actor=MACHINE, reason="test"
    )

    assert step(database, without(known, "orders")) == (stopped, False)
    assert transactions(database)["orders"] == 2

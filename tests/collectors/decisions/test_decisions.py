# SPDX-License-Identifier: Apache-2.0
"""A person's word on two objects wins over every rule, says who and why, and can be taken back."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from collectors import tables
from collectors.decisions import store as decision_store
from collectors.decisions.decision import DecisionKind
from collectors.decisions.store import Decided, Refused, Wanted
from collectors.definitions import Definitions, load
from collectors.intake import ingest
from collectors.span import BusinessEvent, Decoded
from collectors.transactions import story_store
from collectors.transactions.store import changed_transactions, forget_changed, transactions_by_id
from collectors.transactions.transaction import MemberView, transaction_id
from controlplane.database import Actor, Database
from terms import object_key
from terms.instant import Instant
from terms.object_key import ObjectKey

DEFINITIONS = load()
MACHINE = Actor("machine", "test")
LEAD = "lead-to-cash"
ALIASES = """kind: process
id: with-aliases
version: 1
title: Orders under two names
anchor: order
edges:
  - {id: quote-is-order, child: quote, parent: order, role: same_as}
  - {id: line-of-quote, child: line, parent: quote, role: child_of}
milestones: [{name: placed, event: order-placed}]
completed_when: [placed]
"""


def said(at: int, kind: str, *objects: str) -> BusinessEvent:
    return BusinessEvent(
        "test", f"{kind}@{at}", kind, Instant(at), "test", tuple(sorted(objects)), None, None
    )


DEAL = (
    said(1, "order-placed", "order:SO-1"),
    said(2, "order-placed", "order:SO-2"),
    said(3, "invoice-issued", "invoice:INV-1", "order:SO-1"),
    said(4, "journal-posted", "invoice:INV-1", "journal:JE-1"),
)


def order(number: int, process: str = LEAD) -> str:
    return transaction_id(process, ObjectKey("order", f"SO-{number}"))


def take(database: Database, events: Sequence[BusinessEvent], definitions: Definitions = DEFINITIONS) -> None:
    database.write(
        lambda session: ingest(session, Decoded(events=list(events)), Instant(1_000), definitions),
        actor=MACHINE,
        reason="test",
    )
    database.write(
        lambda session: forget_changed(session, changed_transactions(session, 500)),
        actor=MACHINE,
        reason="test",
    )


def decide(
    database: Database,
    kind: DecisionKind,
    one: str,
    other: str,
    key: str = "",
    definitions: Definitions = DEFINITIONS,
) -> Decided | Refused:
    wanted = Wanted(
        kind,
        object_key.parse(one),
        object_key.parse(other),
        "seen on paper",
        "ann",
        key or f"{one}|{other}|{kind}",
    )
    return database.write(
        lambda session: decision_store.decide(session, definitions.processes, wanted, Instant(2_000)),
        actor=MACHINE,
        reason="test",
    )


def revoke(
    database: Database, decided: Decided | Refused, definitions: Definitions = DEFINITIONS
) -> Decided | None:
    assert isinstance(decided, Decided)
    return database.write(
        lambda session: decision_store.revoke(
            session,
            definitions.processes,
            decided.decision.decision_id,
            "bob",
            "it was right",
            Instant(3_000),
        ),
        actor=MACHINE,
        reason="test",
    )


def members(database: Database, one: str) -> dict[str, MemberView]:
    found = database.read(lambda session: story_store.members(session, (one,)))
    return {str(view.object): view for view in found.get(one, ())}


def everything(database: Database) -> list[list[tuple[Any, ...]]]:
    """All that stitching made, without what only says when it was recorded."""

    def read(session: Session) -> list[list[tuple[Any, ...]]]:
        rows: list[list[tuple[Any, ...]]] = []
        for row in (tables.TxnRow, tables.TxnEventRow, tables.TxnObjectRow):
            table = row.__table__  # type: ignore[attr-defined]
            columns = [column for column in table.columns if column.name not in ("txn_id",)]
            rows.append(sorted((tuple(one) for one in session.execute(select(*columns))), key=repr))
        edge: Any = tables.EdgeRow.__table__  # type: ignore[attr-defined]
        live = select(edge.c.child_id, edge.c.parent_id, edge.c.role, edge.c.refused).where(
            edge.c.retracted_at.is_(None)
        )
        rows.append(sorted((tuple(one) for one in session.execute(live)), key=repr))
        return rows

    return database.read(read)


def test_what_was_joined_wrongly_is_taken_apart_and_put_back(database: Database) -> None:
    """The invoice and what hangs on it leave the order in the same commit, and come back when the decision is revoked."""
    take(database, DEAL)
    decided = decide(database, "apart", "invoice:INV-1", "order:SO-1")
    assert isinstance(decided, Decided)
    assert decided.changed == (order(1),)
    assert set(members(database, order(1))) == {"order:SO-1", "invoice:INV-1"}
    assert members(database, order(1))["invoice:INV-1"].role == "annotate"
    listed = database.read(lambda session: changed_transactions(session, 10))
    assert [one.transaction_id for one in listed] == [order(1)]
    # What comes later does not bring it back.
    take(database, [said(9, "invoice-issued", "invoice:INV-1", "order:SO-1")])
    assert "journal:JE-1" not in members(database, order(1))
    back = revoke(database, decided)
    assert back is not None
    assert (back.decision.revoked_by, back.decision.revoked_reason, back.decision.stands) == (
        "bob", "it was right", False,
    )  # fmt: skip
    assert members(database, order(1))["journal:JE-1"].role == "child_of"


def test_a_decision_and_its_end_leave_nothing_behind(database: Database) -> None:
    """Taken back at once, everything stands as it stood."""
    take(database, DEAL)
    before = everything(database)
    for kind, one, other in (
        ("apart", "invoice:INV-1", "order:SO-1"),
        ("part", "invoice:INV-1", "order:SO-2"),
        ("same", "order:SO-1", "order:SO-2"),
    ):
        decided = decide(database, kind, one, other)  # type: ignore[arg-type]
        assert everything(database) != before
        revoke(database, decided)
        assert everything(database) == before


def test_a_person_may_say_to_whom_a_part_belongs(database: Database) -> None:
    """Against what its event says: the invoice moves to the other order, and the event's word is kept as refused."""
    take(database, DEAL)
    decided = decide(database, "part", "invoice:INV-1", "order:SO-2")
    assert isinstance(decided, Decided)
    assert set(decided.changed) == {order(1), order(2)}
    moved = members(database, order(2))
    assert (moved["invoice:INV-1"].role, moved["invoice:INV-1"].why) == (
        "child_of",
        "belongs to order:SO-2, decided by ann: seen on paper",
    )
    assert moved["journal:JE-1"].role == "child_of"
    assert "journal:JE-1" not in members(database, order(1))
    edge: Any = tables.EdgeRow.__table__  # type: ignore[attr-defined]
    refused = database.read(
        lambda s: s.execute(
            select(edge.c.refused).where(edge.c.retracted_at.is_(None), edge.c.refused != "")
        ).all()
    )
    assert [row.refused for row in refused] == ["it was decided that invoice:INV-1 belongs to order:SO-2"]


def test_orders_that_are_one_share_an_id_and_get_their_own_back(database: Database) -> None:
    """A doubled order: its address leads to the one that stands for both, until they are told apart again."""
    take(database, DEAL)
    decided = decide(database, "same", "order:SO-2", "order:SO-1")

    def found() -> dict[str, str]:
        views = database.read(
            lambda s: transactions_by_id(s, DEFINITIONS.milestone_names, (order(1), order(2)))
        )
        return {one: str(view.anchor) for one, view in views.items()}

    assert found() == {order(1): "order:SO-1", order(2): "order:SO-1"}
    assert (
        members(database, order(1))["order:SO-2"].why
        == "the same as order:SO-1, decided by ann: seen on paper"
    )
    revoke(database, decided)
    assert found() == {order(1): "order:SO-1", order(2): "order:SO-2"}


def test_two_quotes_of_one_order_are_settled_by_a_word(database: Database, tmp_path: Any) -> None:
    """Events contradict each other and none is believed; a person says which quote it was, and the other stays out."""
    (tmp_path / "aliases.yaml").write_text(ALIASES)
    definitions = load((tmp_path,))
    events = [
        said(1, "order-placed", "order:SO-1"),
        said(2, "won", "quote:Q-1", "order:SO-1"),
        said(3, "won", "quote:Q-2", "order:SO-1"),
    ]
    take(database, events, definitions)
    one = order(1, "with-aliases")
    assert {key: view.role for key, view in members(database, one).items()} == {
        "order:SO-1": "anchor", "quote:Q-1": "annotate", "quote:Q-2": "annotate",
    }  # fmt: skip
    decide(database, "apart", "quote:Q-2", "order:SO-1", definitions=definitions)
    assert {key: view.role for key, view in members(database, one).items()} == {
        "order:SO-1": "anchor", "quote:Q-1": "same_as", "quote:Q-2": "annotate",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "one", "other", "refused"),
    [
        pytest.param("same", "order:SO-1", "order:SO-1", "itself", id="one object twice"),
        pytest.param("part", "customer:C-1", "order:SO-1", "means-nothing", id="a pair no process joins"),
        pytest.param("part", "order:SO-1", "invoice:INV-1", "means-nothing", id="the wrong way round"),
        pytest.param("same", "customer:C-1", "customer:C-2", "means-nothing", id="types that join nothing"),
        pytest.param("same", "order:SO-1", "order:SO-3", "contradicts", id="one by a chain, apart by a word"),
        pytest.param("part", "invoice:INV-9", "order:SO-2", "contradicts", id="a second parent"),
        pytest.param("apart", "order:SO-2", "order:SO-1", "contradicts", id="apart and the same"),
    ],
)
def test_what_cannot_hold_is_refused(
    database: Database, kind: DecisionKind, one: str, other: str, refused: str
) -> None:
    """A decision beside which another cannot stand is refused with the one it contradicts; nothing is stored."""
    for done in (
        decide(database, "same", "order:SO-1", "order:SO-2"),
        decide(database, "apart", "order:SO-2", "order:SO-3"),
        decide(database, "part", "invoice:INV-9", "order:SO-1"),
    ):
        assert isinstance(done, Decided)
    answer = decide(database, kind, one, other)
    assert isinstance(answer, Refused)
    assert answer.kind == refused
    assert (answer.beside is not None) == (refused == "contradicts")
    assert database.read(lambda s: decision_store.decisions(s, 50)).total == 3


def test_saying_it_again_says_nothing_new(database: Database) -> None:
    """The same key, or the same word under another key, finds the decision that is there; a used key for another is refused."""
    take(database, DEAL)
    first = decide(database, "apart", "invoice:INV-1", "order:SO-1", key="k1")
    assert isinstance(first, Decided)
    for key, one, other in (("k1", "invoice:INV-1", "order:SO-1"), ("k2", "order:SO-1", "invoice:INV-1")):
        again = decide(database, "apart", one, other, key=key)
        assert again == Decided(first.decision, True, ())
    other = decide(database, "apart", "journal:JE-1", "order:SO-1", key="k1")
    assert isinstance(other, Refused)
    assert other.kind == "key-used"
    assert revoke(database, first) is not None
    again = revoke(database, first)
    assert again is not None
    assert (again.already, again.changed) == (True, ())


def test_decisions_are_listed_newest_first(database: Database) -> None:
    """All, or those that stand; the ones about a transaction's own objects go with it."""
    take(database, DEAL)
    first = decide(database, "apart", "journal:JE-1", "invoice:INV-1")
    second = decide(database, "apart", "invoice:INV-7", "order:SO-7")
    assert isinstance(first, Decided)
    assert isinstance(second, Decided)
    revoke(database, second)

    def listed(standing: bool | None, after: str | None = None) -> list[str]:
        page = database.read(lambda s: decision_store.decisions(s, 1, after, standing))
        return [one.decision_id for one in page.items]

    assert listed(None) == [second.decision.decision_id]
    assert listed(None, second.decision.decision_id) == [first.decision.decision_id]
    assert listed(True) == [first.decision.decision_id]
    about = database.read(lambda s: decision_store.of_transactions(s, (order(1), order(2))))
    assert {one: [d.decision_id for d in found] for one, found in about.items()} == {
        order(1): [first.decision.decision_id]
    }

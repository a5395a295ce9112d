# SPDX-License-Identifier: Apache-2.0
"""Why an object belongs to a transaction, in full: every event that says so, what was refused, and what is said no more."""

from collections.abc import Sequence
from pathlib import Path

from collectors.decisions import store as decision_store
from collectors.decisions.decision import DecisionKind
from collectors.decisions.store import Decided, Wanted
from collectors.definitions import Definitions, load
from collectors.intake import ingest
from collectors.span import BusinessEvent, Decoded
from collectors.transactions import support_store
from collectors.transactions.support import Support
from collectors.transactions.transaction import transaction_id
from controlplane.database import Actor, Database
from terms import object_key
from terms.instant import Instant
from terms.object_key import ObjectKey

DEFINITIONS = load()
MACHINE = Actor("machine", "test")
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
        "billing", f"{kind}@{at}", kind, Instant(at), "chargebee", tuple(sorted(objects)), None, None
    )


def take(database: Database, *events: BusinessEvent, definitions: Definitions = DEFINITIONS) -> None:
    database.write(
        lambda session: ingest(session, Decoded(events=list(events)), Instant(1_000), definitions),
        actor=MACHINE,
        reason="test",
    )


def decide(database: Database, kind: DecisionKind, one: str, other: str) -> Decided:
    wanted = Wanted(kind, object_key.parse(one), object_key.parse(other), "seen on paper", "ann", "k")
    taken = database.write(
        lambda s: decision_store.decide(s, DEFINITIONS.processes, wanted, Instant(2_000)),
        actor=MACHINE,
        reason="test",
    )
    assert isinstance(taken, Decided)
    return taken


def supports(
    database: Database, key: str, order: str = "SO-1", process: str = "lead-to-cash"
) -> Sequence[Support]:
    one = transaction_id(process, ObjectKey("order", order))
    found = database.read(lambda session: support_store.supports(session, [one]))
    return found[one][object_key.parse(key)]


def test_every_event_that_says_so_is_a_support_and_the_earliest_is_first(database: Database) -> None:
    """An invoice that was corrected twice hangs on its order by three events, whichever arrived first."""
    corrected = [said(at, "invoice-issued", "invoice:INV-1", "order:SO-1") for at in (30, 10, 20)]
    take(database, said(1, "order-placed", "order:SO-1"), *corrected)
    told = supports(database, "invoice:INV-1")
    assert [(one.at, one.rule, one.rule_version, one.source, one.state) for one in told] == [
        (at, "invoice-of-order", 1, "billing", "holds") for at in (10, 20, 30)
    ]
    assert told[0].why == "invoice-issued of 01 Jan 00:00 says that invoice:INV-1 belongs to order:SO-1"
    assert supports(database, "order:SO-1") == ()


def test_what_was_refused_is_told_with_its_reason_where_the_object_stands(database: Database) -> None:
    """A later event gives the invoice to another order: the first keeps it, and shows who else claims it."""
    take(database, said(1, "order-placed", "order:SO-1"), said(2, "order-placed", "order:SO-2"))
    take(database, said(3, "invoice-issued", "invoice:INV-1", "order:SO-1"))
    take(database, said(4, "invoice-issued", "invoice:INV-1", "order:SO-2"))
    first, second = supports(database, "invoice:INV-1")
    assert (first.state, first.refused) == ("holds", "")
    assert (second.state, str(second.parent)) == ("refused", "order:SO-2")
    assert second.why.endswith("refused: invoice:INV-1 already belongs to order:SO-1")


def test_what_is_said_no_more_stays_and_is_marked(database: Database) -> None:
    """Taken apart and put back: the support of before was retracted, the one of now holds again, by the same event."""
    take(database, said(1, "order-placed", "order:SO-1"))
    take(database, said(3, "invoice-issued", "invoice:INV-1", "order:SO-1"))
    decided = decide(database, "apart", "invoice:INV-1", "order:SO-1")
    assert [one.state for one in supports(database, "invoice:INV-1")] == ["retracted", "refused"]
    database.write(
        lambda s: decision_store.revoke(
            s, DEFINITIONS.processes, decided.decision.decision_id, "bob", "no", Instant(3_000)
        ),
        actor=MACHINE,
        reason="test",
    )
    told = supports(database, "invoice:INV-1")
    assert [(one.state, one.retracted_at) for one in told] == [
        ("retracted", 2_000),
        ("retracted", 3_000),
        ("holds", None),
    ]
    assert len({one.event_key for one in told}) == 1


def test_a_decision_is_a_support_with_the_person_who_took_it(database: Database) -> None:
    """What Ann joined hangs on her word, which is told like an event's."""
    take(database, said(1, "order-placed", "order:SO-1"), said(2, "invoice-issued", "invoice:INV-9"))
    decided = decide(database, "part", "invoice:INV-9", "order:SO-1")
    (told,) = supports(database, "invoice:INV-9")
    assert (told.decision_id, told.event_key) == (decided.decision.decision_id, None)
    assert told.why == "ann decided that invoice:INV-9 belongs to order:SO-1: seen on paper"


def test_what_hangs_on_another_name_of_the_order_is_told_of_it(database: Database, tmp_path: Path) -> None:
    """The line belongs to the quote, the quote is the order: each name has what makes it one, the line what hangs it on."""
    (tmp_path / "aliases.yaml").write_text(ALIASES)
    definitions = load((tmp_path,))
    take(
        database,
        said(1, "order-placed", "order:SO-1"),
        said(2, "quote-accepted", "order:SO-1", "quote:Q-1"),
        said(3, "line-added", "line:L-1", "quote:Q-1"),
        definitions=definitions,
    )
    (quote,) = supports(database, "quote:Q-1", process="with-aliases")
    assert quote.why.endswith("says that quote:Q-1 is the same as order:SO-1")
    (line,) = supports(database, "line:L-1", process="with-aliases")
    assert (str(line.parent), line.rule) == ("quote:Q-1", "line-of-quote")

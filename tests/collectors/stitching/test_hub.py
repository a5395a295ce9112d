# SPDX-License-Identifier: Apache-2.0
"""A key that belongs to everything belongs to nothing: counted by event time, demoted whole, and told."""

import random
from pathlib import Path

import pytest
from sqlmodel import select

from collectors.decisions import store as decision_store
from collectors.decisions.tables import HubRow
from collectors.definitions import Definitions, load
from collectors.intake import ingest
from collectors.keys.tables import KeyFindingRow
from collectors.processes.process import HubLimit
from collectors.span import BusinessEvent, Decoded
from collectors.stitching.hub import crosses
from collectors.stitching.stitch import assertions
from collectors.stitching.stitch_event import StitchEvent
from collectors.stitching.tree import object_type
from collectors.transactions import story_store
from collectors.transactions.transaction import transaction_id
from controlplane.database import Actor, Database
from terms.instant import MINUTE, Instant
from terms.object_key import ObjectKey

MACHINE = Actor("machine", "test")
PROCESS = """kind: process
id: with-hubs
version: 1
title: Orders
anchor: order
edges:
  - {id: invoice-of-order, child: invoice, parent: order, role: child_of}
  - {id: journal-of-invoice, child: journal, parent: invoice, role: child_of}
milestones: [{name: placed, event: order-placed}]
completed_when: [placed]
hubs:
  - {object: invoice, joins: 3, within: 1h}
"""


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    folder = tmp_path_factory.mktemp("definitions")
    (folder / "hubs.yaml").write_text(PROCESS)
    return load((folder,))


def said(minute: int, *objects: str, event_id: str = "") -> BusinessEvent:
    return BusinessEvent(
        "test", event_id or f"e{minute}", "invoice-issued", Instant(minute * MINUTE), "test", tuple(sorted(objects)),
        None, None,
    )  # fmt: skip


def take(database: Database, definitions: Definitions, *events: BusinessEvent) -> None:
    database.write(
        lambda session: ingest(session, Decoded(events=list(events)), Instant(1), definitions),
        actor=MACHINE,
        reason="test",
    )


def roles(database: Database, number: int) -> dict[str, str]:
    one = transaction_id("with-hubs", ObjectKey("order", f"SO-{number}"))
    found = database.read(lambda session: story_store.members(session, (one,)))
    return {str(view.object): view.role for view in found.get(one, ()) if view.role != "anchor"}


def hubs(database: Database) -> int:
    return len(database.read(lambda session: session.exec(select(HubRow)).all()))


@pytest.mark.parametrize(
    ("minutes", "is_hub"),
    [
        pytest.param([0, 1, 2], False, id="as many as allowed"),
        pytest.param([0, 1, 2, 3], True, id="one more within the hour"),
        pytest.param([0, 20, 40, 61], False, id="spread over more than an hour"),
        pytest.param([0, 500, 501, 502, 503], True, id="a dense hour among thin ones"),
        pytest.param([0, 1, 2, 60], True, id="to the very minute"),
    ],
)
def test_a_hub_is_a_matter_of_how_many_within_which_time(
    definitions: Definitions, minutes: list[int], is_hub: bool
) -> None:
    """Different orders count, and the time of the events, in whatever order they are looked at."""
    process = definitions.process("with-hubs")
    assert process is not None
    events = []
    for number, minute in enumerate(minutes):
        keys = ("invoice:TEST", f"order:SO-{number}")
        kinds = tuple(object_type(key) for key in keys)
        events.append(
            StitchEvent(
                minute * MINUTE, "test", f"e{number}", number, "invoice-issued", "test", kinds, keys, None, None, None, None
            )
        )  # fmt: skip
    random.Random(7).shuffle(events)
    found = [a for event in events for a in assertions(process, event)]
    assert crosses("invoice:TEST", found * 2, [HubLimit(3, 60 * MINUTE)]) is is_hub


def test_a_hub_links_and_carries_nothing(database: Database, definitions: Definitions) -> None:
    """Before the limit the first claim wins; past it all claims are links, and what hung on the key hangs on nothing."""
    take(database, definitions, *(said(n, "invoice:TEST", f"order:SO-{n}") for n in range(3)))
    take(database, definitions, said(4, "invoice:TEST", "journal:JE-1", event_id="j"))
    assert roles(database, 0) == {"invoice:TEST": "child_of", "journal:JE-1": "child_of"}
    assert roles(database, 1) == {}
    take(database, definitions, said(5, "invoice:TEST", "order:SO-5"))
    for number in (0, 1, 2, 5):
        assert roles(database, number) == {"invoice:TEST": "link"}
    (finding,) = database.read(lambda s: s.exec(select(KeyFindingRow)).all())
    assert (finding.reason, finding.key, finding.what) == (
        "hub", "invoice:TEST", "would join more than 3 others within 1 h",
    )  # fmt: skip
    take(
        database,
        definitions,
        said(6, "invoice:TEST", "order:SO-6"),
        said(7, "invoice:TEST", event_id="alone"),
    )
    assert roles(database, 6) == {"invoice:TEST": "link"}


def test_a_key_that_joins_less_again_joins(database: Database, definitions: Definitions) -> None:
    """Once an event was told otherwise and the limit is kept, the key is judged like any other again, by all its events."""
    take(database, definitions, *(said(n, "invoice:TEST", f"order:SO-{n}") for n in range(4)))
    assert hubs(database) == 1
    # Which of two contents holds is a matter of their hashes: two tries, of which one is greater.
    for other in range(100, 120):
        take(database, definitions, said(other, f"order:SO-{other}", event_id="e3"))
        if not hubs(database):
            break
    assert hubs(database) == 0
    assert roles(database, 0) == {"invoice:TEST": "child_of"}
    assert roles(database, 2) == {}
    assert not [
        row for row in database.read(lambda s: s.exec(select(KeyFindingRow)).all()) if row.reason == "hub"
    ]


def test_a_person_may_still_say_where_a_hub_belongs(database: Database, definitions: Definitions) -> None:
    """What people decide holds for hubs as well."""
    take(database, definitions, *(said(n, "invoice:TEST", f"order:SO-{n}") for n in range(5)))
    wanted = decision_store.Wanted(
        "part", ObjectKey("invoice", "TEST"), ObjectKey("order", "SO-4"), "looked it up", "ann", "k"
    )
    database.write(
        lambda s: decision_store.decide(s, definitions.processes, wanted, Instant(2)),
        actor=MACHINE,
        reason="test",
    )
    assert roles(database, 4) == {"invoice:TEST": "child_of"}
    assert roles(database, 3) == {}


@pytest.mark.parametrize(
    ("hub", "what"),
    [
        ("{object: order, joins: 3, within: 1h}", "'order' joins nothing here"),
        ("{object: invoice, joins: 0, within: 1h}", "joins is not a whole number from 1"),
        ("{object: invoice, joins: 3, within: soon}", "'soon' is not a length of time"),
    ],
)
def test_a_limit_that_means_nothing_is_refused(tmp_path: Path, hub: str, what: str) -> None:
    """A limit on a type that joins nothing, of none, or of no time is told with its line."""
    (tmp_path / "hubs.yaml").write_text(PROCESS.replace("{object: invoice, joins: 3, within: 1h}", hub))
    with pytest.raises(ValueError, match=what) as told:
        load((tmp_path,))
    assert "hubs.yaml:12" in str(told.value)

# SPDX-License-Identifier: Apache-2.0
"""What is wrong with keys is kept by type, source and reason: rejected ones are counted, demoted ones hold until judged again."""

from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest
from sqlmodel import select

from collectors.bulk import Bulk
from collectors.keys import finding_store as key_finding_store
from collectors.keys.finding import DEMOTED, REJECTED, KeyFinding, Reason
from collectors.keys.tables import KeyFindingRow
from controlplane.database import Actor, Database
from terms.instant import DAY, Instant, parse

NOON = parse("2026-03-01T12:00:00Z")
LATER = Instant(NOON + DAY)


def a_finding(key: str, at: Instant = NOON, reason: Reason = "null-like", **more: Any) -> KeyFinding:
    return KeyFinding(reason, "order", "shop", key, at, **more)


def note(database: Database, *findings: KeyFinding) -> None:
    write(database, lambda bulk: key_finding_store.note(bulk, findings))


def hold(database: Database, keys: Iterable[str], *findings: KeyFinding) -> None:
    write(database, lambda bulk: key_finding_store.hold(bulk, list(keys), ["hub", "conflict"], findings))


def write(database: Database, work: Any) -> None:
    database.write(lambda session: work(Bulk(session)), actor=Actor("machine", "test"), reason="test")


def stored(database: Database) -> list[tuple[str, str, int, int, int, str]]:
    rows = database.read(lambda session: session.exec(select(KeyFindingRow)).all())
    return sorted((one.reason, one.key, one.uses, one.first_seen, one.last_seen, one.what) for one in rows)


def test_a_key_that_is_none_is_counted_each_time_it_is_used(database: Database) -> None:
    note(database, a_finding("n/a"), a_finding("n/a", LATER), a_finding("0"))
    note(database, a_finding("n/a"))
    assert stored(database) == [
        ("null-like", "0", 1, NOON, NOON, ""),
        ("null-like", "n/a", 3, NOON, LATER, ""),
    ]


def test_one_source_with_a_million_bad_keys_fills_nobodys_disk(database: Database) -> None:
    """Some are kept by name as examples; the others are one row with their number."""
    kept = key_finding_store.KEPT
    for start in range(0, 3 * kept, 40):
        note(database, *(a_finding(f"x{number}") for number in range(start, min(start + 40, 3 * kept))))
    rows = stored(database)
    assert len(rows) == kept + 1
    assert rows[0] == ("null-like", "", 2 * kept, NOON, NOON, "")
    assert sum(row[2] for row in rows) == 3 * kept
    note(database, a_finding("x0"), a_finding("x149"))
    assert sum(row[2] for row in stored(database)) == 3 * kept + 2


def test_a_hub_holds_until_its_key_is_judged_again(database: Database) -> None:
    hub = a_finding("order:2026", LATER, "hub", what="51 orders in 1 h", uses=51, since=NOON)
    other = a_finding("order:SO-1", reason="conflict")
    hold(database, ["order:2026", "order:SO-1"], hub, other)
    hold(database, ["order:2026", "order:SO-1"], hub, other)
    assert [row[:3] for row in stored(database)] == [("conflict", "order:SO-1", 1), ("hub", "order:2026", 51)]
    assert stored(database)[1][3:5] == (NOON, LATER)
    hold(database, ["order:2026"])
    assert [row[:3] for row in stored(database)] == [("conflict", "order:SO-1", 1)]


def test_a_demoted_key_leaves_the_counts_of_rejected_ones_alone(database: Database) -> None:
    note(database, a_finding("order:2026"))
    hold(database, ["order:2026"])
    assert [row[:3] for row in stored(database)] == [("null-like", "order:2026", 1)]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=lambda order: "".join(map(str, order)))
def test_what_is_told_does_not_depend_on_the_order_of_arrival(
    database: Database, order: tuple[int, ...]
) -> None:
    told = [a_finding("-", Instant(NOON + n), what=f"event {n}", event_id=n) for n in range(3)]
    for n in order:
        note(database, told[n])
    assert stored(database) == [("null-like", "-", 3, NOON, NOON + 2, "event 2")]


def test_every_reason_has_a_sentence_for_people() -> None:
    sentences = [*REJECTED.values(), *DEMOTED.values()]
    assert all(sentence.endswith(".") for sentence in sentences)
    assert len(set(sentences)) == len(sentences)

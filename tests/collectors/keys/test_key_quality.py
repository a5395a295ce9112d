# SPDX-License-Identifier: Apache-2.0
"""The report on keys says per object type and source what was refused and what joins less than it could, with examples."""

from collections.abc import Iterable
from typing import Any

import pytest

from collectors.bulk import Bulk
from collectors.definitions import load
from collectors.keys import finding_store as key_finding_store
from collectors.keys import quality as key_quality
from collectors.keys.finding import KeyFinding, Reason
from controlplane.database import Actor, Database
from terms.instant import DAY, Instant, parse
from terms.problem import ProblemError

NOON = parse("2026-03-01T12:00:00Z")


def a_finding(
    key: str, kind: str = "order", source: str = "shop", reason: Reason = "null-like", **more: Any
) -> KeyFinding:
    return KeyFinding(reason, kind, source, key, more.pop("at", NOON), **more)


def note(database: Database, findings: Iterable[KeyFinding]) -> None:
    database.write(
        lambda session: key_finding_store.note(Bulk(session), findings),
        actor=Actor("machine", "test"),
        reason="test",
    )


def report(database: Database, first: int = 50, **more: Any) -> key_quality.KeyQualityPage:
    classified = more.pop("classified", frozenset())
    return database.read(lambda session: key_quality.report(session, classified, first, **more))


def test_findings_are_told_by_type_source_and_reason(database: Database) -> None:
    """The keys used most come first as examples; times are those of the events."""
    later = Instant(NOON + DAY)
    note(
        database,
        [
            a_finding("n/a"),
            a_finding("n/a", at=later),
            a_finding("0"),
            a_finding("17", reason="too-short"),
            a_finding("x", "invoice"),
        ],
    )
    found = report(database)
    assert [(one.type, one.reason, one.uses, one.keys) for one in found.items] == [
        ("invoice", "null-like", 1, 1), ("order", "null-like", 3, 2), ("order", "too-short", 1, 1),
    ]  # fmt: skip
    order = found.items[1]
    assert [(one.key, one.uses) for one in order.examples] == [("n/a", 2), ("0", 1)]
    assert (order.first_seen, order.last_seen, order.is_rejected) == (NOON, later, True)
    assert order.sentence == "It stands for nothing, such as n/a, 0 or test."


def test_keys_beyond_those_known_by_name_are_counted(database: Database) -> None:
    note(database, [a_finding(f"x{n}") for n in range(key_finding_store.KEPT + 7)])
    (one,) = report(database).items
    assert (one.uses, one.keys, one.more_keys) == (key_finding_store.KEPT + 7, key_finding_store.KEPT, True)


def test_pages_follow_one_another(database: Database) -> None:
    """By cursor, without gaps, and narrowed to one type or source."""
    note(
        database,
        [a_finding("n/a", kind, source) for kind in ("invoice", "order") for source in ("desk", "shop")],
    )
    seen, after = [], None
    while True:
        page = report(database, 3, after=after)
        seen += [(one.type, one.source) for one in page.items]
        assert page.total == 4
        if not page.has_next:
            break
        after = page.cursors[-1]
    assert seen == [("invoice", "desk"), ("invoice", "shop"), ("order", "desk"), ("order", "shop")]
    assert [one.source for one in report(database, object_type="order", source="desk").items] == ["desk"]
    for wrong in ("x", "WzFd"):
        with pytest.raises(ProblemError, match="not a cursor"):
            report(database, after=wrong)


def test_a_classified_key_is_shown_masked(database: Database) -> None:
    """A demoted key of a classified type, and whatever looks like an address, without its company."""
    hub = a_finding("customer:Ada Byron", "customer", reason="hub", what="beside customer:Charles")
    note(
        database,
        [
            hub,
            a_finding("order:a@b.example", reason="two-parents"),
            a_finding("order:SO-1", reason="hub", what="51 orders"),
        ],
    )
    found = report(database, classified={"customer"}).items
    assert [(one.examples[0].key, one.examples[0].what) for one in found] == [
        ("customer:A… (9 characters)", ""), ("order:SO-1", "51 orders"), ("order:a… (11 characters)", ""),
    ]  # fmt: skip
    assert [one.is_rejected for one in found] == [False, False, False]


def test_the_types_that_a_rule_classifies_are_known() -> None:
    """None of the shipped ones does; a rule that does is tested with its file."""
    assert key_quality.classified_types(load()) == frozenset()

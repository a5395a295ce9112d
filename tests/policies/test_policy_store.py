# SPDX-License-Identifier: Apache-2.0
"""Violations in both databases: they open once, are seen again, resolve and reopen under one name; deadlines come due; pages hold."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from controlplane.database import Actor, Database
from policies import listing, store
from policies.finding import Deadline, Evaluation, Finding, Pair, RuleError
from policies.lifecycle import Change
from terms.instant import HOUR, SECOND, Instant
from terms.money import Money
from terms.problem import ProblemError
from tests.conftest import FixedClock

MACHINE = Actor("machine", "governance")
EUR_100 = Money(100, "EUR")


def pair(key: str = "T1", rule: str = "tx.posted.within") -> Pair:
    return Pair(rule, "transaction", key)


def finding(of: Pair, path: str = "/milestones/posted", money: Money | None = EUR_100) -> Finding:
    return Finding(of, path, 1, "error", "title", f"{of.target_key} is late", "post it", money)


def fails(*findings: Finding) -> Evaluation:
    return Evaluation(findings, tuple({item.pair: None for item in findings}))


def passes(*pairs: Pair) -> Evaluation:
    return Evaluation((), pairs)


def silent(*pairs: Pair) -> Evaluation:
    return Evaluation(errors=tuple(RuleError(item, 1, "Key not found") for item in pairs))


def applied(database: Database, evaluation: Evaluation, now: Instant) -> store.Changes:
    return database.write(
        lambda session: store.apply(session, evaluation, now), actor=MACHINE, reason="evaluate"
    )


def only(database: Database) -> listing.Violation:
    page = database.read(lambda session: listing.violations(session, listing.ViolationFilter(), 10))
    assert page.total == 1
    return page.items[0]


LATE = fails(finding(pair()))
HOLDS = passes(pair())
SILENT = silent(pair())


@pytest.mark.parametrize(
    ("steps", "state", "occurrences", "reopened", "log"),
    [
        ([LATE], "open", 1, 0, ["opened"]),
        ([LATE, LATE, LATE], "open", 3, 0, ["opened"]),
        ([LATE, HOLDS], "resolved", 1, 0, ["opened", "resolved"]),
        ([LATE, HOLDS, HOLDS], "resolved", 1, 0, ["opened", "resolved"]),
        ([LATE, SILENT], "open", 1, 0, ["opened"]),
        ([LATE, HOLDS, SILENT], "resolved", 1, 0, ["opened", "resolved"]),
        ([LATE, HOLDS, LATE], "open", 2, 1, ["opened", "resolved", "reopened"]),
        ([HOLDS, SILENT, LATE, HOLDS, LATE, HOLDS], "resolved", 2, 1, ["opened", "resolved", "reopened", "resolved"]),
    ],
    ids=["opens", "seen again", "resolves", "resolves once", "no answer keeps it open", "no answer keeps it resolved", "reopens", "a whole life"],
)  # fmt: skip
def test_the_life_of_a_violation(
    database: Database,
    clock: FixedClock,
    steps: list[Evaluation],
    state: str,
    occurrences: int,
    reopened: int,
    log: list[Change],
) -> None:
    """One violation whatever happens, with a line in its history for each transition and none for being seen again."""
    started = clock()
    for evaluation in steps:
        applied(database, evaluation, clock.advance(60))
    violation = only(database)
    assert (violation.state, violation.occurrences, violation.reopened) == (state, occurrences, reopened)
    assert (violation.resolved_at is None) == (state == "open")
    assert violation.first_seen_at == started + 60 * SECOND * (1 + steps.index(LATE))
    history = database.read(lambda session: listing.history(session, violation.fingerprint))
    assert [event.change for event in history] == log
    assert database.read(lambda session: len(listing.rule_errors(session))) == (
        1 if steps[-1] is SILENT else 0
    )


def test_paths_of_one_target_open_and_close_apart(database: Database, clock: FixedClock) -> None:
    """Of two doubled keys one is cleared; the other stays open, and its money is at risk once."""
    first, second = (finding(pair(), path) for path in ("/effects/a", "/effects/b"))
    opened = applied(database, fails(first, second), clock())
    assert len(opened.opened) == 2
    (standing,) = database.read(listing.standings).values()
    assert (standing.open, standing.money) == (2, (Money(100, "EUR"),))
    changes = applied(database, fails(second), clock.advance(1))
    assert (changes.resolved, changes.seen) == ((first.fingerprint,), (second.fingerprint,))


def test_a_violation_carries_the_newest_words(database: Database, clock: FixedClock) -> None:
    """Amount, message and rule version may change while it stays the same violation."""
    applied(database, LATE, clock())
    newer = replace(finding(pair(), money=Money(250, "EUR")), rule_version=2, message="later still")
    applied(database, fails(newer), clock.advance(60))
    violation = only(database)
    assert (violation.rule_version, violation.message, violation.money) == (
        2,
        "later still",
        Money(250, "EUR"),
    )


def test_money_is_summed_by_currency(database: Database, clock: FixedClock) -> None:
    """Amounts never add across currencies; a target without an amount counts without one."""
    amounts = {
        "T1": Money(100, "EUR"),
        "T2": Money(50, "EUR"),
        "T3": Money(7, "GBP"),
        "T4": None,
        "T5": Money(900, "EUR"),
    }
    applied(database, fails(*(finding(pair(key), money=money) for key, money in amounts.items())), clock())
    applied(database, passes(pair("T5")), clock.advance(1))
    applied(database, silent(pair("T1", "other.rule")), clock.advance(1))
    standings = database.read(listing.standings)
    assert standings["tx.posted.within"] == listing.RuleStanding(
        4, (Money(150, "EUR"), Money(7, "GBP")), errors=0
    )
    assert standings["other.rule"] == listing.RuleStanding(0, (), errors=1)


def test_a_deadline_comes_due_once_and_moves_with_its_pair(database: Database, clock: FixedClock) -> None:
    """It is due after its instant, not at it; an evaluation of the pair replaces or removes it."""
    due_at = Instant(clock() + HOUR)
    waiting = replace(HOLDS, deadlines=(Deadline(pair(), due_at),))
    other = replace(passes(pair("T2")), deadlines=(Deadline(pair("T2"), Instant(due_at + 1)),))
    applied(database, waiting, clock())
    applied(database, other, clock())

    def due(now: int, limit: int = 10) -> list[str]:
        found = database.read(lambda session: store.due(session, Instant(now), limit))
        return [item.pair.target_key for item in found]

    assert due(due_at) == []
    assert due(due_at + 1) == ["T1"]
    assert due(due_at + 2) == ["T1", "T2"]
    assert due(due_at + 2, limit=1) == ["T1"]
    applied(database, replace(HOLDS, deadlines=(Deadline(pair(), Instant(due_at + HOUR)),)), clock())
    assert due(due_at + 2) == ["T2"]
    applied(database, LATE, clock())
    applied(database, passes(pair("T2")), clock())
    assert due(due_at + 9 * HOUR) == []


def test_what_is_gone_does_not_stay_open(database: Database, clock: FixedClock) -> None:
    """A target that became part of another, and a rule that was removed, leave no open violation behind; the history says why."""
    applied(database, fails(finding(pair("T1")), finding(pair("T2", "old.rule"))), clock())
    applied(
        database,
        replace(passes(pair("T1", "b")), deadlines=(Deadline(pair("T1", "b"), clock()),)),
        clock(),
    )
    gone = database.write(
        lambda session: store.forget_targets(session, "transaction", ["T1"], clock.advance(1)),
        actor=MACHINE,
        reason="merge",
    )
    assert gone.resolved == (finding(pair("T1")).fingerprint,)
    assert database.read(lambda session: store.due(session, clock.advance(9))) == ()
    gone = database.write(
        lambda session: store.keep_rules(session, ["tx.posted.within"], clock.advance(1)),
        actor=MACHINE,
        reason="start",
    )
    (fingerprint,) = gone.resolved
    history = database.read(lambda session: listing.history(session, fingerprint))
    assert [(event.change, event.reason) for event in history] == [
        ("opened", "T2 is late"),
        ("resolved", "the rule is gone"),
    ]


def test_pages_neither_repeat_nor_skip(database: Database, clock: FixedClock) -> None:
    """Newest first, in pages of two, while the filter holds; a new violation in between moves nothing."""
    for number in range(5):
        applied(
            database, fails(finding(pair(f"T{number}"))), clock.advance(number % 2)
        )  # some share an instant
    applied(database, passes(pair("T3")), clock.advance(1))
    chosen = listing.ViolationFilter(state="open", rule_id="tx.posted.within")
    seen: list[str] = []
    after: str | None = None
    while True:
        page = database.read(lambda session, after=after: listing.violations(session, chosen, 2, after))  # type: ignore[misc]
        seen += [item.pair.target_key for item in page.items]
        if not page.has_next:
            break
        after = listing.cursor(page.items[-1])
        applied(database, fails(finding(pair(f"X{len(seen)}"))), clock.advance(1))
    assert sorted(seen) == ["T0", "T1", "T2", "T4"]
    with pytest.raises(ProblemError, match="not a cursor"):
        database.read(lambda session: listing.violations(session, chosen, 2, "nonsense!"))


def test_violations_of_many_targets_come_at_once(database: Database, clock: FixedClock) -> None:
    """One query for a page of transactions; what is open stands first."""
    applied(database, fails(finding(pair("T1")), finding(pair("T1", "b")), finding(pair("T2"))), clock())
    applied(database, passes(pair("T1", "b")), clock.advance(1))
    found = database.read(lambda session: listing.of_targets(session, "transaction", ["T1", "T2", "T3"]))
    assert {key: [item.state for item in items] for key, items in found.items()} == {
        "T1": ["open", "resolved"],
        "T2": ["open"],
    }
    one = found["T2"][0]
    assert database.read(lambda session: listing.violation(session, one.fingerprint)) == one
    assert database.read(lambda session: listing.violation(session, "0" * 64)) is None


def test_a_large_batch_is_stored_whole(database: Database, clock: FixedClock) -> None:
    """More targets than one statement takes; the second time all are only seen again."""
    batch = fails(*(finding(pair(f"T{number:05}")) for number in range(1_200)))
    assert len(applied(database, batch, clock()).opened) == 1_200
    assert len(applied(database, batch, clock.advance(1)).seen) == 1_200


def test_what_was_not_looked_at_stays(database: Database, clock: FixedClock) -> None:
    """One rule looked at one deal and another rule at another deal: what each said of the other's deal is untouched."""
    looked_at = (pair("T1", "a"), pair("T2", "b"))
    aside = (pair("T1", "b"), pair("T2", "a"))
    late = Instant(clock() + HOUR)
    before = fails(*map(finding, aside))
    applied(database, replace(before, deadlines=tuple(Deadline(one, late) for one in aside)), clock())
    assert applied(database, passes(*looked_at), clock.advance(1)) == store.Changes()
    due = database.read(lambda session: store.due(session, Instant(late + 1)))
    assert {one.pair for one in due} == set(aside)


def test_what_the_database_refuses_comes_as_from_any_other_statement(
    database: Database, clock: FixedClock
) -> None:
    """A lost race is tried again and a full disk told by its kind, so the driver's own error must not come through."""
    with Session(database.engine) as session:
        session.execute(text("DROP TABLE policy_deadline"))
        with pytest.raises(DBAPIError, match="policy_deadline"):
            store.apply(session, LATE, clock())


def test_a_violation_that_another_writer_opened_meanwhile_is_seen_again(
    database: Database, clock: FixedClock
) -> None:
    """Two workers that find the same at once leave one violation and one opening."""
    if database.is_sqlite:
        pytest.skip("one writer")
    with Session(database.engine) as one, Session(database.engine) as two:
        assert listing.violations(two, listing.ViolationFilter(), 1).total == 0
        store.apply(one, LATE, clock())
        one.commit()
        assert len(store.apply(two, LATE, clock.advance(1)).seen) == 1
        two.commit()
    assert only(database).occurrences == 2

# SPDX-License-Identifier: Apache-2.0
"""A break that somebody accepted: until when it passes, and how lists tell it."""

from dataclasses import replace
from typing import Any

import pytest

from registry import (
    approval_store,
    judgement,
)
from registry.approval_store import Approval
from registry.standing import Answer, standings
from registry.verdict import Verdict
from terms.instant import DAY, Instant
from terms.problem import ProblemError
from tests.registry.held_contracts import Registry, made


def test_an_approved_break_passes_until_its_day(registry: Registry) -> None:
    """One finding is accepted, by name and for a time; another break is not."""
    registry.register(made("a", "1.0.0", maxProperties=9))
    smaller = made("a", "2.0.0", maxProperties=5)

    def ask() -> Verdict:
        verdict: Verdict = registry.database.read(
            lambda s: judgement.judged(s, smaller, registry.clock())
        ).verdict
        return verdict

    (finding,) = ask().findings
    until = Instant(registry.clock() + DAY)
    approval = Approval("a", finding.fingerprint, "agreed with ERP", "Ada", registry.clock(), until)
    registry.do(lambda s: approval_store.approve(s, approval))
    assert ask().status == "compatible"
    assert ask().findings[0].approval == "approved by Ada until 2026-11-21: agreed with ERP"
    registry.clock.advance(86_400)
    assert ask().status == "breaking"
    assert registry.do(lambda s: approval_store.withdraw(s, "a", finding.fingerprint))
    with pytest.raises(ProblemError, match="without a reason"):
        registry.do(lambda s: approval_store.approve(s, replace(approval, reason=" ")))


def test_a_list_tells_how_a_contract_stands_with_the_approvals_in_force(registry: Registry) -> None:
    """Two breaks of one version: accepting one is not enough, and the first acceptance that ends is the one that counts.

    What was approved on the day of registration counts as long as it is in force, and no longer.
    """
    registry.register(made("a", "1.0.0", maxProperties=9, minProperties=1))
    smaller = made("a", "2.0.0", maxProperties=5, minProperties=2)
    verdict = registry.database.read(lambda s: judgement.judged(s, smaller, registry.clock())).verdict
    lower, higher = (each.fingerprint for each in verdict.findings)

    def accept(fingerprint: str, days: int) -> Instant:
        until = Instant(registry.clock() + days * DAY)
        one = Approval("a", fingerprint, "agreed", "Ada", registry.clock(), until)
        registry.do(lambda s: approval_store.approve(s, one))
        return until

    def stands() -> Answer | None:
        now = registry.clock()
        answer: Answer | None = registry.database.read(lambda s: standings(s, ["a"], now))["a"].verdict
        return answer

    assert stands() is None
    accept(lower, 9)
    registry.register(smaller)
    assert stands() == Answer("breaking", "breaking")
    first = accept(higher, 2)
    assert stands() == Answer("compatible", "breaking", first)
    registry.clock.advance(2 * 86_400)
    assert stands() == Answer("breaking", "breaking")
    registry.register(made("b", "1.0.0", maxProperties=9))
    registry.register(made("b", "1.1.0", maxProperties=12))
    compatible = registry.database.read(lambda s: standings(s, ["b", "none"], registry.clock()))
    assert {name: one.verdict for name, one in compatible.items()} == {
        "b": Answer("compatible", "compatible")
    }


def test_approvals_are_listed_a_page_at_a_time(registry: Registry) -> None:
    """By subject and fingerprint, those in force or those that have ended; never one twice."""
    now = registry.clock()
    for subject, fingerprint, days in (("b", "f2", 2), ("b", "f1", 9), ("a", "f3", 9), ("a", "f1", 1)):
        until = Instant(now + days * DAY)
        one = Approval(subject, fingerprint, "agreed", "Ada", now, until)
        registry.do(lambda s, one=one: approval_store.approve(s, one))

    def listed(
        after: tuple[str, str] | None, at: Instant = now, **wanted: Any
    ) -> tuple[list[str], int, bool]:
        page = registry.database.read(lambda s: approval_store.page(s, at, 2, after, **wanted))
        return [one.subject + one.fingerprint for one in page.approvals], page.total, page.has_more

    assert listed(None) == (["af1", "af3"], 4, True)
    assert listed(("a", "f3")) == (["bf1", "bf2"], 4, False)
    later = Instant(now + 2 * DAY)
    assert listed(None, later) == (["af3", "bf1"], 2, False)
    assert listed(None, later, ended=True) == (["af1", "bf2"], 2, False)
    assert listed(None, later, ended=True, subject="b") == (["bf2"], 1, False)
    of_both = registry.database.read(lambda s: approval_store.in_force_of(s, ["a", "b", "c"], later))
    assert {name: list(found) for name, found in of_both.items()} == {"a": ["f3"], "b": ["f1"]}

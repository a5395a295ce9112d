# SPDX-License-Identifier: Apache-2.0
"""Evaluation: findings, answers, errors and instants to look again, for known facts at known instants."""

from dataclasses import replace

import pytest

from policies.evaluate import LOOK_AGAIN, evaluate
from policies.fact import Fact
from policies.finding import Deadline, Pair, fingerprint
from policies.rule import Rule, load
from terms.instant import HOUR, SECOND, Instant, parse
from terms.money import Money

RULES = load()
ISSUED = parse("2026-03-02T08:00:00Z")


def invoice(status: str = "open", **milestones: str) -> Fact:
    return Fact(
        "transaction",
        "T1",
        {
            "process": "lead-to-cash",
            "status": status,
            "anchor": "order:SO-1",
            "currency": "EUR",
            "amount_minor": 1_240_000,
            "milestones": milestones,
            "effects": [],
        },
    )


def rule(rule_id: str) -> Rule:
    return next(rule for rule in RULES if rule.id == rule_id)


@pytest.mark.parametrize(
    ("fact", "after_hours", "fails", "due"),
    [
        (invoice(ordered="2026-03-01T08:00:00Z"), 9, False, False),
        (invoice(invoiced="2026-03-02T08:00:00Z"), 1, False, True),
        (invoice(invoiced="2026-03-02T08:00:00Z"), 4, False, True),
        (invoice(invoiced="2026-03-02T08:00:00Z"), 5, True, False),
        (invoice(invoiced="2026-03-02T08:00:00Z", posted="2026-03-02T09:00:00Z"), 1, False, False),
        (invoice(invoiced="2026-03-02T08:00:00Z", posted="2026-03-02T19:00:00Z"), 12, False, False),
        (invoice("cancelled", invoiced="2026-03-02T08:00:00Z"), 9, False, False),
    ],
    ids=["not issued", "in time", "at the limit", "late", "posted", "posted late", "cancelled"],
)
def test_an_invoice_is_late_when_its_limit_has_passed_without_a_posting(
    fact: Fact, after_hours: int, fails: bool, due: bool
) -> None:
    """Until then a deadline says when to look again; after it, the finding carries the money at risk."""
    answer = evaluate((rule("tx.posted.within"),), (fact,), Instant(ISSUED + after_hours * HOUR))
    assert [finding.money for finding in answer.findings] == ([Money(1_240_000, "EUR")] if fails else [])
    pair = Pair("tx.posted.within", "transaction", "T1")
    assert answer.answered == (pair,)
    # A cancelled deal may be looked at once more; that finds nothing.
    if fact.context["status"] != "cancelled":
        assert answer.deadlines == ((Deadline(pair, Instant(ISSUED + 4 * HOUR)),) if due else ())


def test_a_rule_without_an_answer_neither_passes_nor_fails() -> None:
    """The pair is in errors alone, so that the store leaves what is open."""
    answer = evaluate(
        (rule("tx.posted.within"),), (invoice(invoiced="yesterday"),), Instant(ISSUED + 9 * HOUR)
    )
    assert (answer.findings, answer.answered) == ((), ())
    assert "conversion failed" in answer.errors[0].message


def test_a_context_no_rule_can_hold_is_an_error_of_every_rule() -> None:
    """It does not stop the other facts."""
    poison = Fact("transaction", "T0", {"amount_minor": 1 << 70})
    answer = evaluate(RULES, (poison, invoice()), ISSUED)
    assert {error.pair.target_key for error in answer.errors} == {"T0"}
    assert {pair.target_key for pair in answer.answered} == {"T1"}


def test_each_doubled_key_is_a_violation_of_its_own() -> None:
    """Two doubled journals of one transaction open and close apart."""
    context = {
        "effects": [
            {"system": "netsuite", "type": "journal", "key": "JE-INV-1", "count": 2},
            {"system": "netsuite", "type": "journal", "key": "JE-INV-2", "count": 3},
            {"system": "chargebee", "type": "invoice", "key": "INV-1", "count": 1},
        ]
    }
    answer = evaluate((rule("idem.duplicate.effect"),), (Fact("transaction", "T1", context),), ISSUED)
    assert [finding.path for finding in answer.findings] == [
        "/effects/netsuite/journal/JE-INV-1",
        "/effects/netsuite/journal/JE-INV-2",
    ]
    assert len({finding.fingerprint for finding in answer.findings}) == 2


def test_a_rule_looks_only_at_its_kind_of_target() -> None:
    """A contract is not asked for milestones."""
    fact = Fact("contract", "invoice-issued", {"subject": "invoice-issued", "owner": "", "steward": "m", "lifecycle": "active"})  # fmt: skip
    answer = evaluate(RULES, (fact,), ISSUED)
    assert [pair.rule_id for pair in answer.answered] == ["contract.owner.present"]
    assert answer.findings[0].message == "The contract invoice-issued names no owner."


def test_a_fingerprint_does_not_depend_on_words_or_time() -> None:
    """Rule, target and path name the violation; parts that run together do not collide."""
    early, late = (
        evaluate(
            (rule("tx.posted.within"),), (invoice(invoiced="2026-03-02T08:00:00Z"),), Instant(ISSUED + 5 * HOUR + shift)
        )
        for shift in (0, SECOND)
    )  # fmt: skip
    assert early.findings[0].fingerprint == late.findings[0].fingerprint
    pairs = [Pair("a", "transaction", "bc"), Pair("ab", "transaction", "c")]
    assert fingerprint(pairs[0], "") != fingerprint(pairs[1], "")


@pytest.mark.parametrize(
    ("known_hours", "fails", "again_at"),
    [
        (5, True, None),
        (3, False, Instant(ISSUED + 6 * HOUR + LOOK_AGAIN)),
        (9, True, None),
    ],
    ids=["told past the limit", "told up to before the limit", "a lead is none"],
)
def test_a_limit_is_judged_by_what_the_source_of_its_milestone_has_told(
    known_hours: int, fails: bool, again_at: Instant | None
) -> None:
    """Six hours after the issue the ledger's source has told up to some of them: before that, nobody can say it is late."""
    fact = replace(
        invoice(invoiced="2026-03-02T08:00:00Z"),
        known_until={"posted": Instant(ISSUED + known_hours * HOUR), "paid": Instant(0)},
    )
    answer = evaluate((rule("tx.posted.within"),), (fact,), Instant(ISSUED + 6 * HOUR))
    assert bool(answer.findings) is fails
    pair = Pair("tx.posted.within", "transaction", "T1")
    assert answer.deadlines == ((Deadline(pair, again_at),) if again_at else ())

# SPDX-License-Identifier: Apache-2.0
"""A rule says what objects are to others, what of the amount is whose, and what is planned; its examples hold it to that."""

import json
from typing import Any

import pytest

from collectors.extraction.example import broken_examples, told
from collectors.extraction.extractor import Extractor
from collectors.extraction.file import read_extraction
from collectors.extraction.rule import ExtractionRule
from collectors.span import Origin, Span
from terms import yaml_lines
from terms.instant import parse
from terms.problem import Problem

GOOD = """kind: extraction
id: pay-hub
version: 1
title: Pay hub
spans: {service: [pay-hub]}
readings:
  - id: settled
    when: {name: settle}
    event: payment-settled
    amount: {major: total, currency: {from: cur}}
    objects:
      - {type: payment, from: pay}
      - {type: receipt, from: receipt, same_as: payment}
      - {type: invoice, each: {from: body, pointer: /lines}, item: /invoice, link: payment, allocated: {major: {item: /amount}}}
      - {type: invoice-line, each: {from: body, pointer: /lines}, item: /id, child_of: {type: invoice, item: /invoice}}
      - {type: order, from: similar, annotate: true}
      - {type: batch, from: batch, parent_of: [payment, receipt]}
      - {type: payment, from: retried, succeeds: {type: previous-payment, from: first}}
    planned: {journal: {count: 2, major: total}, refund: {count: {from: refunds}}}
examples:
  - name: two invoices
    span:
      service: pay-hub
      name: settle
      attributes:
        pay: P-1
        receipt: R-1
        total: "30.00"
        cur: EUR
        similar: SO-9
        batch: B-1
        refunds: 0
        body: '{"lines": [{"id": "L1", "invoice": "INV-1", "amount": "10.00"}, {"id": "L2", "invoice": "INV-2", "amount": 20}]}'
    gives:
      event: payment-settled
      amount: EUR 30.00
      objects: ["payment:P-1", "receipt:R-1", "invoice:INV-1", "invoice:INV-2", "order:SO-9", "invoice-line:L1", "invoice-line:L2", "batch:B-1"]
      allocated: {"invoice:INV-1": EUR 10.00, "invoice:INV-2": EUR 20.00}
      planned: {journal: {count: 2, amount: EUR 30.00}, refund: {count: 0}}
      related:
        - invoice-line:L1 child_of invoice:INV-1
        - invoice-line:L2 child_of invoice:INV-2
        - invoice:INV-1 link payment:P-1
        - invoice:INV-2 link payment:P-1
        - order:SO-9 annotate
        - payment:P-1 child_of batch:B-1
        - receipt:R-1 child_of batch:B-1
        - receipt:R-1 same_as payment:P-1
"""


def rule_of(content: str) -> tuple[ExtractionRule | None, list[Problem]]:
    problems: list[Problem] = []
    return read_extraction(yaml_lines.load(content.encode(), "hub.yaml"), problems), problems


def the_rule(content: str = GOOD) -> ExtractionRule:
    rule, problems = rule_of(content)
    assert rule is not None, [str(problem) for problem in problems]
    return rule


def say(**attributes: Any) -> Any:
    at = parse("2026-03-01T12:00:00Z") * 1000
    span = Span(
        Origin("pay-hub", "", {}), b"t" * 16, b"s" * 8, None, "settle", 2, at, at + 5, 0, None, attributes
    )
    return Extractor([the_rule()]).say(span)


def lines(*amounts: Any) -> str:
    return json.dumps(
        {"lines": [{"id": f"L{n}", "invoice": "INV-1", "amount": one} for n, one in enumerate(amounts)]}
    )


def test_every_relation_is_said_by_a_rule_and_shown_by_its_example() -> None:
    assert broken_examples(the_rule()) == []


def test_one_after_another_in_a_chain_is_said_by_both_numbers() -> None:
    (event,) = say(pay="P-2", retried="P-2", first="P-1").events

    assert told(event)["related"] == ["payment:P-2 succeeds previous-payment:P-1"]


def test_what_is_allocated_twice_to_one_object_adds_up() -> None:
    (event,) = say(pay="P-1", cur="EUR", body=lines("10.00", "2.50")).events

    assert told(event)["allocated"] == {"invoice:INV-1": "EUR 12.50"}


def test_where_nothing_stands_nothing_is_said() -> None:
    """A list that is none, an item without a key, a payment alone: the event is made of what there is."""
    (event,) = say(pay="P-1", body='{"lines": {"id": "L1"}}').events

    assert event.objects == ("payment:P-1",)
    assert {word for word in told(event) if word in ("related", "allocated")} == set()


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        pytest.param({"cur": "EUR", "body": lines("ten")}, "bad-amount", id="an allocation that is no amount"),
        pytest.param({"body": lines("10.00")}, "bad-amount", id="an allocation without a currency"),
        pytest.param({"cur": "EUR", "refunds": "some"}, "bad-amount", id="a plan that is no number"),
        pytest.param({"cur": "EUR", "batch": [f"B-{n}" for n in range(40)], "receipt": [f"R-{n}" for n in range(40)]}, "too-many", id="more relations than one event may state"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_makes_no_event_and_is_told(attributes: dict[str, Any], reason: str) -> None:
    said = say(pay="P-1", **attributes)

    assert said.events == []
    assert [finding.reason for finding in said.findings] == [reason]


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        pytest.param(("link: payment", "lnk: payment"), 14, "unknown key 'lnk'", id="role"),
        pytest.param(("link: payment", "link: 'pay:ment'"), 14, "is not an object type", id="type of the other"),
        pytest.param(("{type: invoice, item: /invoice}}", "{item: /invoice}}"), 15, "type", id="other without a type"),
        pytest.param(("annotate: true", "annotate: true, child_of: payment"), 16, "what annotates is nothing to others", id="annotates and more"),
        pytest.param(("annotate: true", "annotate: perhaps"), 16, "neither true nor false", id="annotate"),
        pytest.param(("allocated: {major: {item: /amount}}", "allocated: {item: /amount}"), 14, "minor units or in major", id="amount without units"),
        pytest.param(("allocated: {major:", "allocated: {currency: EUR, major:"), 14, "in the event's currency", id="currency of its own"),
        pytest.param(("    event: payment-settled\n    amount: {major: total, currency: {from: cur}}\n", ""), 11, "what objects are to others is said by an event", id="no event"),
        pytest.param(("journal: {count: 2, major: total}", "journal: {}"), 19, "how many are planned", id="plan of nothing"),
        pytest.param(("{type: payment, from: pay}", "{prefix: pay., link: invoice}"), 12, "cannot stand beside 'prefix'", id="prefix"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line(wrong: tuple[str, str], line: int, says: str) -> None:
    assert wrong[0] in GOOD
    rule, problems = rule_of(GOOD.replace(*wrong))
    assert rule is None
    found = [problem for problem in problems if says in str(problem)]
    assert found, [str(problem) for problem in problems]
    assert found[0].where == f"hub.yaml:{line}"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param(("invoice:INV-2 link payment:P-1", "invoice:INV-2 child_of payment:P-1"), "related is", id="another role"),
        pytest.param(("INV-1\": EUR 10.00", "INV-1\": EUR 11.00"), "allocated is", id="another amount"),
        pytest.param(("refund: {count: 0}}\n      related", "refund: {count: 1}}\n      related"), "planned is", id="another plan"),
    ],
)  # fmt: skip
def test_an_example_holds_a_rule_to_what_it_relates(wrong: tuple[str, str], says: str) -> None:
    assert wrong[0] in GOOD

    problems = broken_examples(the_rule(GOOD.replace(*wrong)))

    assert [says in str(problem) for problem in problems] == [True]

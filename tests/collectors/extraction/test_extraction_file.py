# SPDX-License-Identifier: Apache-2.0
"""A rule file maps the words of a foreign runtime: what it can say, and how it is told what is wrong with it."""

from pathlib import Path
from typing import Any

import pytest

from collectors.extraction.example import broken_examples
from collectors.extraction.extractor import Extractor, Said
from collectors.extraction.file import read_extraction
from collectors.extraction.rule import ExtractionRule
from collectors.span import Origin, Span
from terms import yaml_lines
from terms.instant import parse, text
from terms.problem import Problem

GOOD = """kind: extraction
id: shop
version: 3
title: A shop's own words
spans:
  service: [shop, "shop-*"]
readings:
  - id: paid
    when:
      name: ["checkout.*", pay]
      has: [cart.id]
      equals: {cart.state: [paid, settled], retry: false}
      kind: server
      status: [ok, unset]
    event: order-paid
    event_id: {from: cart.event}
    time: {from: cart.at, format: unix_ms}
    objects:
      - {type: order, from: [cart.order, cart.id], normalise: [trim, upper, {strip-prefix: "O-"}], least: 3, dates: false}
      - {type: invoice, from: payload, pointer: /invoices/*/number, matches: "INV-[0-9]+"}
      - {type: journal, from: ledger.doc, namespace: sap, scope: {from: ledger.year}}
      - {type: customer, from: buyer, classified: true}
    system: {resource: deployment.name}
    amount: {major: cart.total, currency: {from: cart.currency, normalise: [upper]}}
    message: {from: exception.message, span_event: exception}
    contract: {subject: order-paid, version: {span: scope}}
    keep: [cart.state]
    annotate: {outcome: {span: status}}
  - id: names
    objects:
      - {type: order, from: cart.id}
examples:
  - name: paid
    span:
      service: shop-eu
      scope: 2.1.0
      resource: {deployment.name: shop-eu-1}
      name: checkout.finish
      kind: server
      status: ok
      attributes:
        cart.id: 17
        cart.order: " o-1001 "
        cart.state: paid
        retry: false
        cart.at: 1772366400250
        cart.event: c-9
        cart.total: "12.5"
        cart.currency: eur
        payload: '{"invoices": [{"number": "INV-1"}, {"number": "INV-2"}]}'
        ledger.doc: 100017
        ledger.year: 2026
        buyer: ada@example.com
      events: [{name: exception, attributes: {exception.message: card declined once}}]
    gives:
      event: order-paid
      id: c-9
      at: "2026-03-01T12:00:00.250000Z"
      system: shop-eu-1
      objects: ["order:1001", "invoice:INV-1", "invoice:INV-2", "sap/journal@2026:100017", "customer:ada@example.com"]
      amount: EUR 12.50
      contract: order-paid 2.1.0
      message: card declined once
      data: {cart.state: paid, outcome: ok}
  - name: a cart that is not paid yet
    span: {service: shop, name: checkout.start, attributes: {cart.id: 17}}
    gives: {objects: ["order:17"]}
"""


def rule_of(content: str) -> tuple[ExtractionRule | None, list[Problem]]:
    problems: list[Problem] = []
    rule = read_extraction(yaml_lines.load(content.encode(), "shop.yaml"), problems)
    return rule, problems


def the_rule(content: str = GOOD) -> ExtractionRule:
    rule, problems = rule_of(content)
    assert rule is not None, [str(problem) for problem in problems]
    return rule


def say(attributes: dict[str, Any], **more: Any) -> Said:
    """What the rule makes of a span of the shop."""
    given: dict[str, Any] = {"service": "shop", "name": "pay", "kind": 2, "status": 0} | more
    at = parse("2026-03-01T12:00:00Z") * 1000
    span = Span(
        Origin(given["service"], "", {}), b"t" * 16, b"s" * 8, None, given["name"], given["kind"], at, at + 5_000_000_000,
        given["status"], None, attributes,
    )  # fmt: skip
    return Extractor([the_rule()]).say(span)


PAID = {"cart.id": "1001", "cart.state": "paid", "retry": False}


def test_a_rule_reads_every_part_of_an_event_from_where_it_stands() -> None:
    """Attributes, the resource, the span itself, its span events, JSON in an attribute: the example names them all."""
    assert broken_examples(the_rule()) == []


@pytest.mark.parametrize(
    ("attributes", "more", "reading"),
    [
        pytest.param({}, {}, "paid", id="all that is asked for"),
        pytest.param({"cart.state": "settled"}, {"name": "checkout.end"}, "paid", id="by the beginning of its name"),
        pytest.param({"cart.state": "open"}, {}, "names", id="another value"),
        pytest.param({"retry": True}, {}, "names", id="true for false"),
        pytest.param({}, {"name": "payout"}, "names", id="another name"),
        pytest.param({}, {"kind": 3}, "names", id="another kind"),
        pytest.param({}, {"status": 2}, "names", id="failed"),
        pytest.param({}, {"service": "shop-us"}, "paid", id="a service by its beginning"),
        pytest.param({}, {"service": "warehouse"}, "", id="another service"),
    ],
)  # fmt: skip
def test_the_first_reading_that_fits_is_used(
    attributes: dict[str, Any], more: dict[str, Any], reading: str
) -> None:
    """Everything that `when` says must hold; the next reading is tried where it does not."""
    assert say(PAID | attributes, **more).reading == reading


@pytest.mark.parametrize(
    ("attributes", "objects", "reasons"),
    [
        pytest.param({"cart.order": None}, ("order:1001",), [], id="the next place where the first is empty"),
        pytest.param({"cart.order": "20260301"}, (), ["date-like"], id="a date is no order"),
        pytest.param({"cart.order": "O-1"}, (), ["too-short"], id="too short after its prefix is gone"),
        pytest.param({"cart.order": "unknown"}, (), ["null-like"], id="stands for nothing"),
        pytest.param({"cart.order": {"id": 1}}, (), ["not-a-key"], id="an object"),
        pytest.param({"payload": '{"invoices": [{"number": "17"}]}'}, ("order:1001",), ["pattern"], id="another form"),
        pytest.param({"payload": "no JSON"}, ("order:1001",), [], id="a payload that is none"),
        pytest.param({"ledger.doc": 5, "ledger.year": "2026:7"}, ("order:1001",), ["pattern"], id="a scope with a colon"),
        pytest.param({"ledger.doc": 5}, ("order:1001",), ["pattern"], id="a scope that is not there"),
    ],
)  # fmt: skip
def test_what_is_no_key_is_left_out_and_told(
    attributes: dict[str, Any], objects: tuple[str, ...], reasons: list[str]
) -> None:
    """The event is made all the same: a bad key costs itself, not the span."""
    said = say(PAID | attributes)
    assert [event.type for event in said.events] == ["order-paid"]
    assert said.events[0].objects == objects
    assert [finding.reason for finding in said.findings] == reasons


@pytest.mark.parametrize(
    ("total", "currency", "minor"),
    [("12.5", "EUR", 1250), (12.5, "EUR", 1250), (1200, "JPY", 1200), ("1.234", "KWD", 1234), ("-0.05", "USD", -5), (0.29, "EUR", 29)],
)  # fmt: skip
def test_an_amount_in_main_units_becomes_minor_units_exactly(total: Any, currency: str, minor: int) -> None:
    """By the decimals that ISO 4217 gives the currency; a float counts as it is written."""
    event = say(PAID | {"cart.total": total, "cart.currency": currency}).events[0]
    assert (event.amount_minor, event.currency) == (minor, currency)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"cart.total": "12.345", "cart.currency": "EUR"}, "bad-amount"),
        ({"cart.total": "twelve", "cart.currency": "EUR"}, "bad-amount"),
        ({"cart.total": "12.00"}, "bad-amount"),
        ({"cart.at": "noon"}, "bad-time"),
        ({"cart.at": 10**30}, "bad-time"),
        ({"cart.event": "x" * 600}, "too-long"),
    ],
)
def test_a_foreign_span_that_cannot_be_read_is_kept_without_an_event(
    attributes: dict[str, Any], reason: str
) -> None:
    """Half an event would be a lie, and the span is not the rule's to refuse: it is reported instead."""
    said = say(PAID | attributes)
    assert (said.named, said.events) == ((), [])
    assert [finding.reason for finding in said.findings] == [reason]


def test_a_classified_key_is_masked_in_what_is_told() -> None:
    """What a report shows of a personal key is its length; and whatever looks like an address is masked unasked."""
    said = say(PAID | {"buyer": "x" * 600, "cart.order": "@"})
    assert sorted(finding.key for finding in said.findings) == ["x… (600 characters)", "… (1 character)"]


def test_each_item_of_a_list_may_be_an_event_of_its_own() -> None:
    """An order line that names its order says who belongs to whom, where the whole list would not."""
    content = """kind: extraction
id: lines
version: 1
title: Lines
readings:
  - id: line
    event: line-booked
    each: {from: body, pointer: /lines}
    objects:
      - {type: order-line, item: /id}
      - {type: order, item: /order}
examples: []
"""
    at = parse("2026-03-01T12:00:00Z") * 1000
    body = '{"lines": [{"id": "L-1", "order": "SO-1"}, {"id": "L-2", "order": "SO-2"}]}'
    span = Span(Origin("s", "", {}), b"t" * 16, b"s" * 8, None, "book", 1, at, at, 0, None, {"body": body})
    out = Extractor([the_rule(content)]).extract([span])
    events = out.all_events()
    assert [(event.objects, event.source_event_id[-2:]) for event in events] == [
        (("order-line:L-1", "order:SO-1"), "#0"),
        (("order-line:L-2", "order:SO-2"), "#1"),
    ]
    assert out.named == [("order-line:L-1", "order-line:L-2", "order:SO-1", "order:SO-2")]
    assert [text(event.occurred_at) for event in events] == ["2026-03-01T12:00:00Z"] * 2


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        pytest.param(("service: [", "servise: ["), 6, "did you mean 'service'?", id="key of spans"),
        pytest.param(("    event: order-paid", "    evnt: order-paid"), 15, "did you mean 'event'?", id="key of a reading"),
        pytest.param(("kind: server\n      status", "kind: servr\n      status"), 13, "did you mean 'server'?", id="kind of span"),
        pytest.param(("status: [ok, unset]", "status: [okay]"), 14, "unknown word 'okay'", id="status"),
        pytest.param(("[trim, upper, {strip", "[trimm, upper, {strip"), 19, "did you mean 'trim'?", id="normaliser"),
        pytest.param(('strip-prefix: "O-"', 'capture: "("'), 19, "cannot be used", id="expression"),
        pytest.param(('strip-prefix: "O-"', 'capture: "a.b"'), 19, "has 0 groups", id="expression without a group"),
        pytest.param(("least: 3", "least: three"), 19, "whole number from 1", id="least"),
        pytest.param(("dates: false", "dates: never"), 19, "neither true nor false", id="dates"),
        pytest.param(("pointer: /invoices", "pointer: invoices"), 20, "begin it with /", id="pointer"),
        pytest.param(('matches: "INV-[0-9]+"', 'matches: "("'), 20, "cannot be used", id="form"),
        pytest.param(("type: journal, from: ledger.doc, namespace: sap", "type: journal, from: ledger.doc, namespace: 's:p'"), 21, "cannot be a namespace", id="namespace"),
        pytest.param(("type: customer", "type: 'cust:omer'"), 22, "is not an object type", id="object type"),
        pytest.param(("{resource: deployment.name}", "{resource: deployment.name, from: x}"), 23, "stands in one place", id="two places"),
        pytest.param(("amount: {major", "amount: {majr"), 24, "did you mean 'major'?", id="unit"),
        pytest.param(("format: unix_ms", "format: unix_msec"), 17, "did you mean 'unix_ms'?", id="format of time"),
        pytest.param(("{span: scope}", "{span: scop}"), 26, "did you mean 'scope'?", id="word of a span"),
        pytest.param(("  - id: names", "  - id: paid"), 29, "stands twice", id="reading twice"),
        pytest.param(("    gives: {objects: [", "    gives: {object: ["), 67, "did you mean 'objects'?", id="key of an example"),
        pytest.param(("kind: extraction\n", "kind: extraction\nstrict: perhaps\n"), 2, "neither true nor false", id="strict"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_is_told_at_its_line(wrong: tuple[str, str], line: int, says: str) -> None:
    """Whoever writes a rule is shown the place, and the way out; the rule is not used."""
    assert wrong[0] in GOOD
    rule, problems = rule_of(GOOD.replace(*wrong))
    told = [problem for problem in problems if says in str(problem)]
    assert rule is None
    assert told, [str(problem) for problem in problems]
    assert told[0].where == f"shop.yaml:{line}"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param(("amount: EUR 12.50", "amount: EUR 12.51"), "amount is 'EUR 12.50', and 'EUR 12.51' must be", id="amount"),
        pytest.param(('["order:17"]', '["order:18"]'), "names ['order:17'], and ['order:18'] must be", id="names"),
        pytest.param(("gives: {objects", "gives: {event: order-paid, objects"), "no event comes out", id="no event"),
        pytest.param(("service: shop-eu", "servce: shop-eu"), "a span has no 'servce'", id="key of the span"),
        pytest.param(("cart.order: \" o-1001 \"", "cart.order: n/a"), "rejects ['null-like'], and [] must be", id="rejected key"),
    ],
)  # fmt: skip
def test_an_example_that_does_not_hold_is_told_with_what_came_out(wrong: tuple[str, str], says: str) -> None:
    """The author sees the difference, at the example's line."""
    assert wrong[0] in GOOD
    problems = broken_examples(the_rule(GOOD.replace(*wrong)))
    assert says in "\n".join(str(problem) for problem in problems)
    assert all(problem.where.startswith("shop.yaml:") for problem in problems)


def test_a_reading_that_no_example_shows_is_told() -> None:
    """What is not shown to work is not loaded."""
    content = GOOD[: GOOD.index("  - name: a cart that is not paid yet")]
    assert [problem.what for problem in broken_examples(the_rule(content))] == [
        "no example shows the reading 'names' of shop"
    ]


def test_the_digest_of_a_rule_changes_with_what_it_says_and_not_with_its_words_about_it() -> None:
    """A new title derives nothing anew; another place of a key does."""
    rule = the_rule()
    assert the_rule(GOOD.replace("A shop's own words", "Shop")).digest == rule.digest
    assert the_rule(GOOD.replace("least: 3", "least: 4")).digest != rule.digest


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[3] / "collectors" / "extraction").glob("*.yaml")), ids=lambda path: path.stem)  # fmt: skip
def test_every_shipped_rule_holds(path: Path) -> None:
    """Every reading has an example, and every example holds."""
    assert broken_examples(the_rule(path.read_text())) == []

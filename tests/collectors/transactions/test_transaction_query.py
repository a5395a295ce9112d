# SPDX-License-Identifier: Apache-2.0
"""The query language: what people write, what it means, where it is wrong, and how it goes on."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.definitions import load
from collectors.query.completion import completions
from collectors.query.edit import chosen, toggled
from collectors.query.text import LONGEST_QUERY, quoted, words
from collectors.query.vocabulary import Vocabulary
from collectors.transactions.query import FIELDS, Amount, read
from terms.instant import DAY, HOUR, MINUTE, Instant, parse

NOW = parse("2026-11-20T12:00:00Z")
ROLES = {"salesforce": "crm", "chargebee": "billing", "stripe": "payments", "netsuite": "erp"}
WORDS = Vocabulary(load().processes, ROLES)


def meant(text: str) -> list[tuple[Any, ...]]:
    """The conditions of a query without problems, as short tuples."""
    reading = read(text, WORDS, NOW)
    assert reading.problems == ()
    return [
        (("-" if one.negated else "") + one.field, one.comparison, *one.values) for one in reading.conditions
    ]


def test_the_words_of_the_bar_are_understood() -> None:
    """One line with a word of every kind: all of them must hold."""
    line = "process:lead-to-cash status:stuck key:INV-7 amount>1000 EUR started>2026-11-01 duration>2h"
    assert meant(line) == [
        ("process", ":", "lead-to-cash"),
        ("status", ":", "stuck"),
        ("key", ":", "INV-7"),
        ("amount", ">", Amount(Decimal(1000), "EUR")),
        ("started", ">", parse("2026-11-01T00:00:00Z")),
        ("duration", ">", 2 * HOUR),
    ]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("INV-7", ("text", ":", "INV-7")),
        ('"Nordlicht Logistik"', ("text", ":", "Nordlicht Logistik")),
        ("invoice:INV-7", ("key", ":", "invoice:INV-7")),
        ("key:INV-7,INV-8", ("key", ":", "INV-7", "INV-8")),
        ("status:Open,failed", ("status", ":", "open", "failed")),
        ("-status:completed", ("-status", ":", "completed")),
        ("-SO-1", ("-text", ":", "SO-1")),
        ('customer:"Vale, \\"the\\" firm"', ("customer", ":", 'Vale, "the" firm')),
        ("amount>=12.5", ("amount", ">=", Amount(Decimal("12.5"), ""))),
        ("amount<100JPY", ("amount", "<", Amount(Decimal(100), "JPY"))),
        ("started>=today", ("started", ">=", NOW - 12 * HOUR)),
        ("due<now", ("due", "<", NOW)),
        ("ended>-7d", ("ended", ">", NOW - 7 * DAY)),
        ("started<2026-11-01T08:30", ("started", "<", parse("2026-11-01T08:30:00Z"))),
        ("started<2026-11-01T08:30:00+02:00", ("started", "<", parse("2026-11-01T06:30:00Z"))),
        ("waited>1h30m", ("waited", ">", HOUR + 30 * MINUTE)),
        ("waiting:posted", ("waiting", ":", "posted")),
        (
            "owner:Collections",
            ("owner", ":", ("lead-to-cash", "paid")),
        ),
        (
            "system:payments",
            ("system", ":", ("lead-to-cash", "paid")),
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_word_means(text: str, meaning: tuple[Any, ...]) -> None:
    """Fields, alternatives, negation, quotation marks, units: each in one word."""
    assert meant(text) == [meaning]


def test_a_system_is_known_by_its_name_and_by_its_role() -> None:
    """An SRE says Chargebee, an executive says billing."""
    assert meant("system:billing")[0][2:] == meant("system:chargebee")[0][2:]


def test_a_capital_word_is_a_currency_only_behind_an_amount() -> None:
    """`EUR` alone is the beginning of a business key, as any other text."""
    assert meant("EUR") == [("text", ":", "EUR")]
    assert meant("amount>1 eur")[1] == ("text", ":", "eur")
    assert meant("amount>1EUR USD")[1] == ("text", ":", "USD")


@pytest.mark.parametrize(
    ("text", "at", "length", "what"),
    [
        ("INV-7 staus:open", 6, 10, "there is no field 'staus'"),
        ("status:opn", 7, 3, "there is no status 'opn'"),
        ("status>open", 0, 11, "'status' has no order"),
        ("amount>lots", 7, 4, "'lots' is not an amount"),
        ("amount>999999999999999", 7, 15, "'999999999999999' is not an amount"),
        ("amount>1,2", 9, 1, "'amount' takes one value"),
        ("started>yesterday", 8, 9, "'yesterday' is not a time"),
        ("started>2026-02-30", 8, 10, "'2026-02-30' is not a time"),
        ("started:2026-11-01", 0, 18, "'started' is compared with > or <"),
        ("duration>2 ", 9, 1, "'2' is not a length of time"),
        ("duration>999999w", 9, 7, "'999999w' is not a length of time"),
        ("status:", 0, 7, "'status' has no value"),
        ('customer:"Vale', 9, 5, "the quotation mark is not closed"),
        ("x" * 1_001, 1_000, 1, "the query is longer than 1,000 characters"),
    ],
    ids=lambda one: str(one)[:24],
)
def test_what_is_wrong_is_pointed_at(text: str, at: int, length: int, what: str) -> None:
    """The place in the text, what is wrong there, and what to do."""
    (problem, *_) = read(text, WORDS, NOW).problems
    assert (problem.at, problem.length, problem.what) == (at, length, what)
    assert problem.do


def test_every_problem_is_told_at_once() -> None:
    """Nobody wants to put right one word a try."""
    problems = read("staus:open amount>x fine", WORDS, NOW).problems
    assert [problem.at for problem in problems] == [0, 18]


def test_a_near_word_is_offered() -> None:
    """A slip of the finger is told with the word that was meant."""
    assert read("staus:open", WORDS, NOW).problems[0].do == "did you mean 'status'?"
    assert read("status:opn", WORDS, NOW).problems[0].do == "did you mean 'open'?"


def test_a_name_that_nothing_has_is_a_hint_and_no_error() -> None:
    """Transactions of a process that is no longer defined must stay findable."""
    reading = read("process:led-to-cash", WORDS, NOW)
    assert (reading.problems, reading.conditions[0].values) == ((), ("led-to-cash",))
    assert [(hint.at, hint.length, hint.do) for hint in reading.hints] == [
        (8, 11, "did you mean 'lead-to-cash'?")
    ]


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(TEXTS)
def test_a_quoted_value_means_itself(value: str) -> None:
    """Whatever a customer is called, a click on its name asks for that name."""
    reading = read(f"customer:{quoted(value)}", WORDS, NOW)
    assert reading.problems == ()
    assert [one.values for one in reading.conditions] == [(value,)]


@given(st.text(max_size=60))
def test_reading_never_fails(text: str) -> None:
    """Any text has a reading, and every place in it is inside the text."""
    reading = read(text, WORDS, NOW)
    for word in (word for one in reading.conditions for word in one.words):
        assert 0 <= word.start < word.end <= len(text)
    for problem in reading.problems:
        assert 0 <= problem.at <= problem.at + problem.length <= len(text)


@given(st.lists(TEXTS, min_size=1, max_size=4, unique=True), TEXTS)
def test_a_value_clicked_twice_is_as_before(values: list[str], clicked: str) -> None:
    """A facet's value is added by the first click and taken away by the second; the rest of the query stays."""
    text = f"status:open customer:{','.join(map(quoted, values))} -region:EMEA"
    once = toggled(text, "customer", clicked)
    assert (clicked in chosen(once, "customer")) != (clicked in values)
    assert set(chosen(toggled(once, "customer", clicked), "customer")) == set(values)
    assert words(once)[0][0].values[0].text == "open"


def look(field: str, beginning: str) -> list[tuple[str, str]]:
    """What is stored in this test's world."""
    stored = {
        "key": ["invoice:INV-7", "invoice:INV-71", "order:SO-1"],
        "entity": ["DE", "US"],
        "customer": ["Aster & Vale"],
    }
    if field == "key":
        _, colon, value = beginning.partition(":")
        return [
            (key, "a key")
            for key in stored[field]
            if key.partition(":")[2].startswith(value if colon else beginning)
        ]
    return [(value, "") for value in stored.get(field, [])]


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("sta", ["status:", "started>"]),
        ("stu", ["status:stuck"]),
        ("status:", ["status:open", "status:completed", "status:failed"]),
        ("status:open,f", ["status:open,failed"]),
        ("-status:c", ["-status:completed", "-status:cancelled"]),
        ("amount>5 process:r", ["amount>5 process:renewal-amendment"]),
        ("system:b", ["system:billing"]),
        ("INV", ["invoice:INV-7", "invoice:INV-71"]),
        ("key:INV-7", ["key:invoice:INV-7", "key:invoice:INV-71"]),
        ("invoice:INV-71", []),
        ("entity:d", ["entity:DE"]),
        ("customer:as", ['customer:"Aster & Vale"']),
        ("started>", ["started>-1d", "started>-7d", "started>-30d"]),
        ('customer:"Aster & Vale"', []),
        ("nonsense:", []),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_query_goes_on(text: str, queries: list[str]) -> None:
    """Fields, their values, and business keys that begin as what is written."""
    offered = [one.query for one in completions(text, len(text), WORDS, look)]
    assert offered[: len(queries)] == queries
    assert bool(offered) == bool(queries)


def test_a_completion_leaves_what_stands_around_the_caret() -> None:
    """In the middle of a line only the word at the caret changes; the caret goes behind it."""
    (offered, *_) = completions("status:f region:EMEA", len("status:f"), WORDS, look)
    assert (offered.query, offered.caret) == ("status:failed region:EMEA", len("status:failed"))


@given(st.text(max_size=30), st.integers(-3, 40))
def test_what_is_offered_can_be_written(text: str, caret: int) -> None:
    """No completion makes a text so long that it is refused, and every caret is inside its text."""
    for one in completions(text, caret, WORDS, look):
        assert 0 <= one.caret <= len(one.query) < LONGEST_QUERY


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
def test_each_fields_example_holds(field: Any) -> None:
    """What the help shows can be asked."""
    reading = read(field.example, WORDS, Instant(NOW))
    assert (reading.problems, reading.hints) == ((), ())
    assert reading.conditions[0].field == field.name

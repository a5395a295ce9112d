# SPDX-License-Identifier: Apache-2.0
"""What a query over transactions means: fields, the kinds of their values, and the conditions that a text asks for.

Words of a query must all hold; values with commas between them are alternatives; a leading `-` turns a word round.
Free text is the beginning of a business key. A day stands for its first instant in UTC, so that ranges are half open.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from collectors.query.quantity import UnreadableError, instant_of, length
from collectors.query.text import QueryProblem, Value, Word, words
from collectors.query.vocabulary import Vocabulary
from terms.instant import Instant
from terms.problem import did_you_mean

Kind = Literal["word", "stage", "status", "amount", "instant", "length"]
Comparison = Literal[":", ">", ">=", "<", "<="]

STATUS_WORDS = ("open", "completed", "failed", "cancelled", "overdue", "stuck")
KEY, TEXT = "key", "text"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the language. `example` is a whole word that uses it."""

    name: str
    kind: Kind
    title: str
    example: str


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("status", "status", "How it stands; overdue and stuck (failed or overdue) too", "status:stuck"),
        Field("process", "word", "Kind of transaction", "process:lead-to-cash"),
        Field("system", "stage", "System it waits for, by name or role", "system:billing"),
        Field("waiting", "word", "Milestone it waits for", "waiting:posted"),
        Field("owner", "stage", "Who answers for the milestone it waits for", 'owner:"Finance operations"'),
        Field("entity", "word", "Legal entity", "entity:DE"),
        Field("region", "word", "Region", "region:EMEA"),
        Field("customer", "word", "Customer", "customer:CUST-7"),
        Field(KEY, "word", "Business key of anything in it", "key:invoice:INV-7"),
        Field("currency", "word", "Currency of its amount", "currency:EUR"),
        Field("amount", "amount", "Amount, in one currency or in whichever it has", "amount>1000 EUR"),
        Field("started", "instant", "When it started", "started>=2026-11-01"),
        Field("ended", "instant", "When it ended", "ended<-7d"),
        Field("due", "instant", "When what it waits for is due", "due<today"),
        Field("duration", "length", "From its start to its end, or to now while it has none", "duration>2h"),
        Field("waited", "length", "How long it has waited for its next milestone", "waited>3d"),
    )
}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount to compare with. `currency` `` compares each transaction in its own currency."""

    number: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing a transaction must be, `negated` must not be. `values` are alternatives, typed by the field's kind:

    text for words; (process, milestone) pairs for stages; an Amount; an instant or a length in microseconds.
    `words` are where a query says so, empty for a condition that no text asked for.
    """

    field: str
    comparison: Comparison
    values: tuple[str | int | Amount | tuple[str, str], ...]
    negated: bool = False
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as understood. With `problems` it cannot be asked; `hints` tell of values that nothing here is called."""

    text: str
    conditions: tuple[Condition, ...]
    problems: tuple[QueryProblem, ...] = ()
    hints: tuple[QueryProblem, ...] = ()


def read(text: str, vocabulary: Vocabulary, now: Instant) -> Reading:
    """What the text asks for, at an instant: `started>-7d` counts back from `now`. Never raises."""
    found, problems = words(text)
    conditions: list[Condition] = []
    hints: list[QueryProblem] = []
    told = list(problems)
    waiting = list(found)
    while waiting:
        word = waiting.pop(0)
        try:
            condition = _condition(word, vocabulary, now, hints)
        except UnreadableError as error:
            told.append(error.problem)
            continue
        if word.field == "amount" and waiting and _is_currency(waiting[0], condition):
            condition = _in_currency(condition, waiting.pop(0))
        conditions.append(condition)
    return Reading(text, tuple(conditions), tuple(sorted(told, key=lambda problem: problem.at)), tuple(hints))


def _condition(word: Word, vocabulary: Vocabulary, now: Instant, hints: list[QueryProblem]) -> Condition:
    if not word.field:
        return Condition(TEXT, ":", (word.values[0].text,), word.negated, (word,))
    field = FIELDS.get(word.field)
    if field is None and word.field in vocabulary.object_types and word.comparison == ":":
        keys = tuple(f"{word.field}:{value.text}" for value in word.values)
        return Condition(KEY, ":", keys, word.negated, (word,))
    if field is None:
        known = [*FIELDS, *sorted(vocabulary.object_types)]
        raise UnreadableError(word, f"there is no field '{word.field}'", did_you_mean(word.field, known))
    comparison = _comparison(word, field)
    read_value = _READERS[field.kind]
    values = tuple(one for value in word.values for one in read_value(value, field, vocabulary, now))
    if unknown := _unknown(word, field, vocabulary):
        hints.extend(unknown)
    if field.kind == "instant" and comparison == ":":
        raise UnreadableError(
            word, f"'{field.name}' is compared with > or <", f"write it like {field.example}"
        )
    return Condition(field.name, comparison, values, word.negated, (word,))


def _comparison(word: Word, field: Field) -> Comparison:
    is_ordered = field.kind in ("amount", "instant", "length")
    if word.comparison != ":" and not is_ordered:
        raise UnreadableError(word, f"'{field.name}' has no order", f"write it like {field.example}")
    if len(word.values) > 1 and is_ordered:
        raise UnreadableError(word.values[1], f"'{field.name}' takes one value", "write a word for each")
    comparison: Comparison = word.comparison  # type: ignore[assignment]
    return comparison


def _unknown(word: Word, field: Field, vocabulary: Vocabulary) -> Sequence[QueryProblem]:
    known = vocabulary.known(field.name)
    if known is None:
        return ()
    return [
        QueryProblem(
            f"no {field.name} here is called '{value.text}'",
            value.start,
            value.end - value.start,
            did_you_mean(value.text, list(known)),
        )
        for value in word.values
        if value.text not in known
    ]


def _read_word(value: Value, _: Field, __: Vocabulary, ___: Instant) -> tuple[str, ...]:
    return (value.text,)


def _read_status(value: Value, _: Field, __: Vocabulary, ___: Instant) -> tuple[str, ...]:
    if value.text.lower() not in STATUS_WORDS:
        raise UnreadableError(
            value, f"there is no status '{value.text}'", did_you_mean(value.text, STATUS_WORDS)
        )
    return (value.text.lower(),)


def _read_stage(
    value: Value, field: Field, vocabulary: Vocabulary, _: Instant
) -> tuple[tuple[str, str], ...]:
    return vocabulary.stages_of(field.name, value.text)


_NUMBER = re.compile(r"(\d+(?:\.\d+)?)([A-Z]{3})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_DIGITS = 14  # its minor units still fit 64 bits


def _read_amount(value: Value, field: Field, _: Vocabulary, __: Instant) -> tuple[Amount, ...]:
    match = _NUMBER.fullmatch(value.text)
    if match is None or len(match[1].partition(".")[0]) > _MOST_DIGITS or len(match[1]) > 30:
        raise UnreadableError(value, f"'{value.text}' is not an amount", f"write it like {field.example}")
    return (Amount(Decimal(match[1]), match[2] or ""),)


def _read_length(value: Value, field: Field, _: Vocabulary, __: Instant) -> tuple[int, ...]:
    return (length(value, field.example),)


def _read_instant(value: Value, field: Field, _: Vocabulary, now: Instant) -> tuple[int, ...]:
    return (instant_of(value, field.name, now),)


def _is_currency(word: Word, condition: Condition) -> bool:
    """Whether the word behind an amount without a currency names one: `amount>1000 EUR`."""
    amount = condition.values[0]
    bare = not word.field and not word.negated and len(word.values) == 1
    return (
        bare
        and isinstance(amount, Amount)
        and not amount.currency
        and word.values[0].end - word.values[0].start == 3
        and _CURRENCY.fullmatch(word.values[0].text) is not None
    )


def _in_currency(condition: Condition, word: Word) -> Condition:
    amount = condition.values[0]
    assert isinstance(amount, Amount)
    return replace(
        condition, values=(Amount(amount.number, word.values[0].text),), words=(*condition.words, word)
    )


_READERS: Mapping[
    Kind, Callable[[Value, Field, Vocabulary, Instant], tuple[str | int | Amount | tuple[str, str], ...]]
] = {
    "word": _read_word,
    "stage": _read_stage,
    "status": _read_status,
    "amount": _read_amount,
    "instant": _read_instant,
    "length": _read_length,
}

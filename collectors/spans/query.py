# SPDX-License-Identifier: Apache-2.0
"""What a query over spans means: `service:kong status:error duration>2s @http.route:/orders key:INV-7 post`.

The words follow the language of transactions. Free text stands somewhere in a span's name, whatever its capitals; `@name`
is an attribute. One that is promoted is looked for at any time, any other only inside a stretch of time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.query.quantity import UnreadableError, instant_of, length
from collectors.query.text import QueryProblem, Word, words
from collectors.spans.promotion import LONGEST_VALUE
from terms.instant import Instant
from terms.problem import did_you_mean

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
FIELDS: Mapping[str, str] = {
    "service": "service:billing-worker",
    "name": "name:post*",
    "status": "status:error",
    "kind": "kind:server",
    "started": "started>=2026-11-01",
    "duration": "duration>2s",
    "trace": "trace:4bf92f3577b34da6a3ce929d0e0e4736",
    "key": "key:invoice:INV-7",
}
_TRACE = re.compile(r"[0-9a-f]{32}")
_FOREVER = Instant(2**62 // 1_000)


@dataclass(frozen=True, slots=True)
class SpanCondition:
    """One thing that a span must be, `negated` must not be; `values` are alternatives.

    `field` is service, name, status, kind, trace, key, text (in the name) or `@` and an attribute's name.
    """

    field: str
    values: tuple[str, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class SpanQuery:
    """What spans are looked for. Starts are half open, lengths inclusive, both in microseconds; `problems` say why it cannot be asked."""

    text: str
    conditions: tuple[SpanCondition, ...] = ()
    started_from: Instant | None = None
    started_before: Instant | None = None
    shortest: int = 0
    longest: int | None = None
    problems: tuple[QueryProblem, ...] = ()

    def values(self, field: str) -> tuple[tuple[str, ...], ...]:
        """The alternatives of each condition that must hold in a field."""
        return tuple(one.values for one in self.conditions if one.field == field and not one.negated)


def read(text: str, now: Instant, promoted: Sequence[str] = ()) -> SpanQuery:
    """What the text asks for, at an instant. Never raises."""
    found, problems = words(text)
    told = list(problems)
    conditions: list[SpanCondition] = []
    earliest, before, shortest, longest = Instant(0), _FOREVER, 0, None
    for word in found:
        try:
            if word.field == "started":
                start, end = _stretch(word, now)
                earliest, before = max(earliest, start), min(before, end)
            elif word.field == "duration":
                least, most = _length(word)
                shortest = max(shortest, least)
                longest = most if longest is None else longest if most is None else min(longest, most)
            else:
                conditions.append(_condition(word))
        except UnreadableError as error:
            told.append(error.problem)
    query = SpanQuery(
        text,
        tuple(conditions),
        earliest or None,
        None if before == _FOREVER else before,
        shortest,
        longest,
        tuple(sorted(told, key=lambda problem: problem.at)),
    )
    return query if query.problems else _bounded(query, found, promoted)


def _bounded(query: SpanQuery, found: Sequence[Word], promoted: Sequence[str]) -> SpanQuery:
    """The query, with a problem for each attribute that would have to be looked for in all that is stored."""
    if query.started_from is not None:
        return query
    problems = tuple(
        QueryProblem(
            f"'{word.field}' is not promoted, so it is looked for only inside a stretch of time",
            word.start,
            word.end - word.start,
            "add started>-1d, or promote it",
        )
        for word in found
        if word.field.startswith("@") and (word.field[1:] not in promoted or word.negated)
    )
    return SpanQuery(query.text, problems=problems) if problems else query


def _condition(word: Word) -> SpanCondition:
    values = tuple(value.text for value in word.values)
    if not word.field:
        return SpanCondition("text", values, word.negated)
    if word.field not in FIELDS and not word.field.startswith("@"):
        raise UnreadableError(
            word, f"there is no field '{word.field}'", did_you_mean(word.field, [*FIELDS, "@attribute"])
        )
    if word.comparison != ":":
        example = FIELDS.get(word.field, f"{word.field}:value")
        raise UnreadableError(word, f"'{word.field}' has no order", f"write it like {example}")
    known = {"status": STATUSES, "kind": KINDS}.get(word.field)
    for value in word.values:
        if known and value.text not in known:
            raise UnreadableError(
                value, f"there is no {word.field} '{value.text}'", did_you_mean(value.text, known)
            )
        if word.field == "trace" and not _TRACE.fullmatch(value.text.lower()):
            raise UnreadableError(
                value, f"'{value.text[:40]}' is not the id of a trace", "write its 32 hex digits"
            )
    if word.field == "trace":
        values = tuple(value.lower() for value in values)
    if word.field.startswith("@"):
        values = tuple(value[:LONGEST_VALUE] for value in values)
    return SpanCondition(word.field, values, word.negated)


def _stretch(word: Word, now: Instant) -> tuple[Instant, Instant]:
    """From the first on, before the second."""
    _check_order(word)
    at = instant_of(word.values[0], "started", now)
    if word.comparison.startswith(">"):
        return Instant(at + (word.comparison == ">")), _FOREVER
    return Instant(0), Instant(at + (word.comparison == "<="))


def _length(word: Word) -> tuple[int, int | None]:
    _check_order(word)
    found = length(word.values[0], FIELDS["duration"])
    if word.comparison.startswith(">"):
        return found + (word.comparison == ">"), None
    return 0, found - (word.comparison == "<")


def _check_order(word: Word) -> None:
    if word.comparison == ":" or word.negated:
        raise UnreadableError(
            word, f"'{word.field}' is compared with > or <", f"write it like {FIELDS[word.field]}"
        )
    if len(word.values) > 1:
        raise UnreadableError(word.values[1], f"'{word.field}' takes one value", "write a word for each")

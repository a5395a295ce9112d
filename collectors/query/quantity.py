# SPDX-License-Identifier: Apache-2.0
"""Lengths of time and instants as people write them in a query, and how it is told that a value is none."""

import re

from collectors.query.text import QueryProblem, Value, Word
from terms import instant
from terms.instant import DAY, HOUR, MINUTE, SECOND, Instant
from terms.problem import ProblemError

_LENGTH = re.compile(r"(?=\d)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?:in)?(?!s))?(?:(\d+)s)?(?:(\d+)ms)?")
_UNITS = (7 * DAY, DAY, HOUR, MINUTE, SECOND, SECOND // 1_000)
_LONGEST = 100 * 366 * DAY


class UnreadableError(Exception):
    """A value, or a word, that means nothing where it stands."""

    def __init__(self, value: Value | Word, what: str, do: str) -> None:
        self.problem = QueryProblem(what, value.start, value.end - value.start, do)
        super().__init__(what)


def length(value: Value, example: str) -> int:
    """Microseconds of `2h`, `1h30m`, `3d`, `250ms`. Raises UnreadableError."""
    return _length(value, value.text, example)


def instant_of(value: Value, field: str, now: Instant) -> Instant:
    """The instant of a day, a time (in UTC without a zone), `now`, `today`, or so long ago: `-7d`. Raises UnreadableError."""
    text = value.text
    if text == "now":
        return now
    if text == "today":
        return Instant(now - now % DAY)
    if text.startswith("-"):
        return Instant(now - _length(value, text[1:], f"{field}>-7d"))
    try:
        return instant.parse(_with_zone(text))
    except (ProblemError, OverflowError):
        raise UnreadableError(
            value,
            f"'{text}' is not a time",
            f"write a day or an instant in UTC, or how long ago: {field}>=2026-11-01, {field}>-7d",
        ) from None


def _length(value: Value, text: str, example: str) -> int:
    match = _LENGTH.fullmatch(text)
    found = sum(int(n) * unit for n, unit in zip(match.groups(), _UNITS, strict=True) if n) if match else 0
    if match is None or len(text) > 20 or found > _LONGEST:
        raise UnreadableError(
            value,
            f"'{value.text}' is not a length of time",
            f"write it like {example}: 250ms, 45s, 30m, 2h, 1h30m, 3d, 2w",
        )
    return found


def _with_zone(text: str) -> str:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return f"{text}T00:00:00Z"
    return f"{text}Z" if re.fullmatch(r"\d{4}-\d{2}-\d{2}T[\d:.]+", text) else text

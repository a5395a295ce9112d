# SPDX-License-Identifier: Apache-2.0
"""How do we write a value for a person? Pure functions; every number on a page passes through one of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from terms.instant import SECOND, Instant, parse, text, to_datetime

NONE = "–"
GAP = "\N{NO-BREAK SPACE}"

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def count(number: int) -> str:
    """A whole number with thousands marked: `12,480`."""
    return f"{number:,}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 deal`, `12,480 deals`."""
    return f"{count(number)}{GAP}{one if number == 1 else many or one + 's'}"


def money(value: Mapping[str, str] | None, *, trim: bool = False) -> str:
    """`EUR 182,400.00`: code first, digits exactly as delivered. With `trim`, a fraction of zeros is left out."""
    if value is None:
        return NONE
    sign, digits = ("−", value["amount"][1:]) if value["amount"].startswith("-") else ("", value["amount"])
    whole, _, fraction = digits.partition(".")
    grouped = f"{int(whole):,}"
    if fraction and not (trim and not fraction.strip("0")):
        grouped += "." + fraction
    return f"{value['currency']}{GAP}{sign}{grouped}"


def moneys(values: Sequence[Mapping[str, str]]) -> str:
    """Several amounts, one per currency, never added: `EUR 182,400 · USD 9,100`."""
    return " · ".join(money(value, trim=True) for value in values) or NONE


def duration_parts(seconds: float) -> tuple[tuple[str, str], ...]:
    """A duration as (number, unit) pairs, at most two of them, the largest first; the second only when it says something."""
    if seconds < 0:
        return duration_parts(0)
    if 0 < seconds < 0.0000995:
        return ((f"{seconds * 1e6:.2g}", "µs"),)
    if 0 < seconds < 0.00995:
        return ((f"{seconds * 1000:.1f}".removesuffix(".0"), "ms"),)
    if seconds < 1:
        return ((f"{seconds * 1000:.0f}", "ms"),) if round(seconds * 1000) < 1000 else (("1.00", "s"),)
    if seconds < 9.995:
        return ((f"{seconds:.2f}", "s"),)
    if seconds < 59.95:
        return ((f"{seconds:.1f}", "s"),)
    if seconds < 10 * _MINUTE:
        return _two(round(seconds), _MINUTE, "min", "s")
    if round(seconds / _MINUTE) < 60:
        return ((str(round(seconds / _MINUTE)), "min"),)
    if round(seconds / _MINUTE) < 24 * 60:
        return _two(round(seconds / _MINUTE), 60, "h", "min")
    hours = round(seconds / _HOUR)
    if hours < 30 * 24:
        return _two(hours, 24, "d", "h")
    return ((count(round(seconds / _DAY)), "d"),)


def _two(total: int, size: int, unit: str, rest_unit: str) -> tuple[tuple[str, str], ...]:
    whole, rest = divmod(total, size)
    return ((str(whole), unit), (str(rest), rest_unit)) if rest else ((str(whole), unit),)


def duration(seconds: float | None) -> str:
    """`280 ms`, `4.08 s`, `38 min`, `5 h 12 min`, `2 d 4 h`; a dash when there is none."""
    if seconds is None:
        return NONE
    return GAP.join(f"{number}{GAP}{unit}" for number, unit in duration_parts(seconds))


def rough_duration(seconds: float) -> str:
    """A duration in its largest unit alone, for where room is short.

    >>> [rough_duration(seconds).replace(GAP, " ") for seconds in (48_720, 22_200, 431, 1.5, 450_000)]
    ['14 h', '6.2 h', '7.2 min', '1.5 s', '5.2 d']
    """
    for length, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= length:
            return f"{_few(seconds / length)}{GAP}{unit}"
    return f"{_few(max(seconds, 0))}{GAP}s"


def _few(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") if number < 9.95 else f"{number:.0f}"


def ratio(value: float | None) -> str:
    """A share as percent with one decimal: `97.1 %`."""
    return NONE if value is None else f"{value * 100:.1f}{GAP}%"


def quantity(value: float | None, unit: str) -> str:
    """A KPI value in its unit, SECONDS or RATIO."""
    return duration(value) if unit == "SECONDS" else ratio(value)


def quantity_parts(value: float | None, unit: str) -> tuple[tuple[str, str], ...]:
    """The same value as (number, unit) pairs, for a card that sets the number larger than its unit."""
    if value is None:
        return ((NONE, ""),)
    return duration_parts(value) if unit == "SECONDS" else ((f"{value * 100:.1f}", "%"),)


def instant(text: str | None) -> str:
    """`21 Nov 2026, 12:07 UTC`. Always UTC and always named; the page offers the reader's zone on hover."""
    if text is None:
        return NONE
    moment = to_datetime(parse(text))
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def day(text: str | None) -> str:
    """`21 Nov 2026`: the day in UTC, for what is settled by days."""
    if text is None:
        return NONE
    moment = to_datetime(parse(text))
    return f"{moment.day} {moment:%b %Y}"


def last_day(until: str) -> str:
    """`31 Dec 2026`: the last day in UTC of what counts until an instant, the end of a day."""
    return day(text(Instant(parse(until) - 1)))


def short_instant(text: str | None) -> str:
    """`21 Nov, 12:07`: for columns whose header names the zone and whose year is not in doubt."""
    if text is None:
        return NONE
    moment = to_datetime(parse(text))
    return f"{moment.day} {moment:%b, %H:%M}"


def precise_instant(text: str) -> str:
    """`21 Nov, 12:07:31.204`: for spans, where order hangs on milliseconds."""
    moment = to_datetime(parse(text))
    return f"{moment.day} {moment:%b, %H:%M:%S}.{moment.microsecond // 1000:03d}"


def clock(text: str) -> str:
    """`12:07 UTC`."""
    return f"{to_datetime(parse(text)):%H:%M} UTC"


def clock_with_seconds(text: str) -> str:
    """`12:07:31`, in UTC as the page says."""
    return f"{to_datetime(parse(text)):%H:%M:%S}"


def seconds_between(start: str, end: str) -> float:
    """Seconds from one RFC 3339 instant to another; negative when they stand the other way round."""
    return (parse(end) - parse(start)) / SECOND


def age(text: str, now: str) -> str:
    """How long ago, seen from `now`: `3 d 2 h ago`, `just now` below a minute."""
    seconds = seconds_between(text, now)
    return f"{duration(seconds)} ago" if seconds >= _MINUTE else "just now"


def sentence_list(words: Sequence[str]) -> str:
    """`US, CA and DE`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def short_id(text: str, keep: int = 10) -> str:
    """The first characters of a long id, with an ellipsis; the page keeps the whole id at hand to copy."""
    return text if len(text) <= keep + 2 else text[:keep] + "…"


def columns(rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Column lists, as the API sends them, turned into one mapping per row. What is not a list is left out.

    Raises ValueError when the columns are not equally long: values must not shift between rows in silence.
    """
    lists = {name: values for name, values in rows.items() if isinstance(values, list)}
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]

# SPDX-License-Identifier: Apache-2.0
"""What a text must be to be a key of some type, and what is done to it first: the hygiene of keys, before anything is joined."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from collectors.extraction.normaliser import Normaliser, expression
from collectors.keys.finding import Rejection
from collectors.span import without_nul

MAX_KEY = 512
NULL_LIKE: Final = frozenset(
    ("", "-", "--", "?", "na", "n/a", "nan", "nil", "none", "null", "tbd", "test", "undefined", "unknown", "(unknown)")
)  # fmt: skip
_LONGEST_NULL = max(map(len, NULL_LIKE))
_TELLING = frozenset("123456789")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199

Clean = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class KeyForm:
    """What a rule declares of the keys of one type. `nulls` are further texts, in small letters, that stand for nothing.

    `dates` tells whether a key may be a bare date such as 20260301. `classified` keys are shown masked in reports.
    """

    normalise: tuple[Normaliser, ...] = ()
    least: int = 1
    dates: bool = True
    nulls: frozenset[str] = frozenset()
    matches: str = ""
    classified: bool = False

    @property
    def expression(self) -> Any:
        """The compiled `matches`, which a whole key must fit; None without one."""
        return expression(self.matches) if self.matches else None


PLAIN: Final = KeyForm()


def cleaner(form: KeyForm) -> Clean:
    """What makes the key of a value: the text of a key, or None for a value that is none (`judged` says why)."""
    if form == PLAIN:
        return _clean_plain

    def clean(value: Any) -> str | None:
        text, reason = judged(form, value)
        return text if text and reason is None else None

    return clean


def judged(form: KeyForm, value: Any) -> tuple[str, Rejection | None]:
    """The key a value makes after the declared steps, and None; or the text that is no key, and why it is none.

    An empty text without a reason says that there is none: a step that looks for a key in a longer text found nothing.
    What stands for nothing is told apart from what is wrong, before the steps and after them.

    >>> judged(PLAIN, " SO-1 "), judged(PLAIN, "n/a"), judged(PLAIN, "0000"), judged(PLAIN, 1.5)
    (('SO-1', None), ('n/a', 'null-like'), ('0000', 'null-like'), ('1.5', 'not-a-key'))
    >>> judged(KeyForm(dates=False), "20000929"), judged(KeyForm(least=4), "17")
    (('20000929', 'date-like'), ('17', 'too-short'))
    """
    if type(value) is not str and type(value) is not int:
        return str(value), "not-a-key"
    text = str(value).strip()
    if is_null_like(form, text):
        return text, "null-like"
    for step in form.normalise:
        found = step.apply(text)
        if found is None:
            return ("", None) if step.looks_for_a_key else (text, step.reason)
        text = found
    text = text.strip()
    return without_nul(text), _flaw(form, text)


def _flaw(form: KeyForm, text: str) -> Rejection | None:
    if is_null_like(form, text):
        return "null-like"
    if len(text) > MAX_KEY:
        return "too-long"
    if len(text) < form.least:
        return "too-short"
    if not form.dates and is_date(text):
        return "date-like"
    return "pattern" if form.expression is not None and not form.expression.fullmatch(text) else None


def is_null_like(form: KeyForm, text: str) -> bool:
    """Whether a text stands for nothing: a word such as `n/a`, or nothing but zeros."""
    if not text.strip("0"):
        return True
    if len(text) > _LONGEST_NULL and not form.nulls:
        return False
    small = text.casefold()
    return small in NULL_LIKE or small in form.nulls


def is_date(text: str) -> bool:
    """Whether a text is nothing but a calendar date, by its digits: 2026-03-01, 20260301, 01.03.2026, 03/01/2026.

    >>> [is_date(text) for text in ("20000929", "2026-03-01", "29.09.2000", "20009929", "SO-20000929", "1700000000")]
    [True, True, True, False, False, False]
    """
    if len(text) not in (8, 10) or not text.isascii():
        return False
    if len(text) == 8:
        return text.isdigit() and (
            _is_day(text[:4], text[4:6], text[6:]) or _is_day(text[4:], text[2:4], text[:2])
        )
    if text[4] == text[7] and text[4] in "-./":
        return _is_day(text[:4], text[5:7], text[8:])
    if text[2] == text[5] and text[2] in "-./":
        return _is_day(text[6:], text[3:5], text[:2]) or _is_day(text[6:], text[:2], text[3:5])
    return False


def masked(text: str) -> str:
    """A classified text for a report: its first character, its length, and nothing else.

    >>> masked("ada@example.com"), masked("x")
    ('a… (15 characters)', '… (1 character)')
    """
    if len(text) < 2:
        return f"… ({len(text)} character{'' if len(text) == 1 else 's'})"
    return f"{text[0]}… ({len(text)} characters)"


def _is_day(year: str, month: str, day: str) -> bool:
    if not (year + month + day).isdigit():
        return False
    return _FIRST_YEAR <= int(year) <= _LAST_YEAR and 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _clean_plain(value: Any) -> str | None:
    if type(value) is not str:
        if type(value) is not int:
            return None
        value = str(value)
    # Nine of ten keys end in a digit that is no zero: nothing that stands for nothing does.
    if value and value[-1] in _TELLING and not value[0].isspace() and len(value) <= MAX_KEY:
        return value if "\0" not in value else without_nul(value)
    text: str = value.strip()
    if len(text) > MAX_KEY or is_null_like(PLAIN, text):
        return None
    return without_nul(text)

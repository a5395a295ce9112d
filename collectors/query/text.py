# SPDX-License-Identifier: Apache-2.0
"""The text of a query, cut into words: `status:open,failed amount>1000 -region:EMEA INV-7`. What they mean is told elsewhere.

A word is a field, a comparison and values; or free text without a field. Every part knows where it stands, so that a
problem can point at it and a word can be taken out again.
"""

import re
from dataclasses import dataclass

LONGEST_QUERY = 1_000
COMPARISONS = (":", ">=", "<=", ">", "<")

_HEAD = re.compile(r"(-?)(@[\w./-]+|[A-Za-z][A-Za-z_-]*)(:|>=|<=|>|<)")
_BARE = re.compile(r'[^\s",]+')
_TEXT = re.compile(r'[^\s"]+')
_PLAIN = re.compile(r'[^\s",:<>=\\-][^\s",\\]*')


@dataclass(frozen=True, slots=True)
class Value:
    """One value as written, without its quotes; `start` and `end` are its place in the text, quotes included."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query. Free text has the field and the comparison ``; `values` are alternatives.

    A field that begins with `@` is the name of a span's attribute, capitals as they stand.
    """

    field: str
    comparison: str
    values: tuple[Value, ...]
    negated: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QueryProblem:
    """What is wrong in a query's text: `length` characters from `at` (from 0), and what to do."""

    what: str
    at: int
    length: int
    do: str = ""

    def __str__(self) -> str:
        return f"{self.what} at character {self.at + 1}" + (f" ({self.do})" if self.do else "")


def words(text: str) -> tuple[tuple[Word, ...], tuple[QueryProblem, ...]]:
    """The words of a text in order, and what could not be read. Without problems every character belongs to a word or is space.

    >>> [(word.field, word.comparison, [v.text for v in word.values]) for word in words('amount>10 "A 1"')[0]]
    [('amount', '>', ['10']), ('', '', ['A 1'])]
    """
    if len(text) > LONGEST_QUERY:
        long = QueryProblem(
            f"the query is longer than {LONGEST_QUERY:,} characters",
            LONGEST_QUERY,
            len(text) - LONGEST_QUERY,
            "shorten it",
        )
        return (), (long,)
    found: list[Word] = []
    problems: list[QueryProblem] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        word, at = _word(text, at, problems)
        if word.values:
            found.append(word)
    return tuple(found), tuple(problems)


def quoted(value: str) -> str:
    """A value as it has to be written to mean just itself.

    >>> quoted("EUR"), quoted('Vale, "the" firm')
    ('EUR', '"Vale, \\\\"the\\\\" firm"')
    """
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def without(text: str, *gone: Word) -> str:
    """The text without these words of it, and without the space they leave.

    >>> without("status:open  INV-7", *words("status:open  INV-7")[0][:1])
    'INV-7'
    """
    kept, at = [], 0
    for word in sorted(gone, key=lambda word: word.start):
        kept.append(text[at : word.start])
        at = word.end
    return " ".join(piece.strip() for piece in (*kept, text[at:]) if piece.strip())


def _word(text: str, at: int, problems: list[QueryProblem]) -> tuple[Word, int]:
    head = _HEAD.match(text, at)
    if head is None:
        negated = text[at] == "-" and at + 1 < len(text) and not text[at + 1].isspace()
        value, end = _value(text, at + negated, _TEXT, problems)
        return Word("", "", (value,) if value else (), negated, at, end), end
    told = len(problems)
    values, end = _values(text, head.end(), problems)
    if not values and len(problems) == told:
        problems.append(
            QueryProblem(f"'{head[2]}' has no value", at, head.end() - at, "write it behind the sign")
        )
    field = head[2] if head[2].startswith("@") else head[2].lower()
    return Word(field, head[3], tuple(values), head[1] == "-", at, end), end


def _values(text: str, at: int, problems: list[QueryProblem]) -> tuple[list[Value], int]:
    """The alternatives from here on: `a,b,"c d"`."""
    found: list[Value] = []
    while True:
        value, at = _value(text, at, _BARE, problems)
        if value:
            found.append(value)
        if at >= len(text) or text[at] != ",":
            return found, at
        at += 1


def _value(
    text: str, at: int, bare: re.Pattern[str], problems: list[QueryProblem]
) -> tuple[Value | None, int]:
    if at < len(text) and text[at] == '"':
        return _quoted(text, at, problems)
    match = bare.match(text, at)
    return (Value(match[0], at, match.end()), match.end()) if match else (None, at)


def _quoted(text: str, at: int, problems: list[QueryProblem]) -> tuple[Value | None, int]:
    said, place = [], at + 1
    while place < len(text):
        if text[place] == "\\" and place + 1 < len(text):
            said.append(text[place + 1])
            place += 2
        elif text[place] == '"':
            return Value("".join(said), at, place + 1), place + 1
        else:
            said.append(text[place])
            place += 1
    problems.append(QueryProblem("the quotation mark is not closed", at, len(text) - at, 'end it with "'))
    return None, len(text)

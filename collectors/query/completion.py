# SPDX-License-Identifier: Apache-2.0
"""How a query may go on at the caret: fields, the values they are known to have, and business keys that begin like it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from collectors.query.text import quoted
from collectors.query.vocabulary import Vocabulary
from collectors.transactions.query import FIELDS, KEY, STATUS_WORDS, Field

MOST = 10
Look = Callable[[str, str], Sequence[tuple[str, str]]]
"""(field, beginning) -> stored values that begin so, each with what it means; `key` gives whole object keys."""

_ORDERED = {
    "instant": (("-1d", "within a day"), ("-7d", "within a week"), ("-30d", "within 30 days"), ("today", "since midnight, UTC")),
    "length": (("1h", "an hour"), ("1d", "a day"), ("7d", "a week")),
}  # fmt: skip
_STATUS_TITLES = {"overdue": "past its limit", "stuck": "failed or overdue"}
# the word at the caret: sign, field with its comparison, alternatives already complete, and what has been begun
_AT_CARET = re.compile(
    r"(?:^|(?<=\s))(?P<sign>-?)(?:(?P<field>[A-Za-z][A-Za-z_-]*)(?P<comparison>:|>=|<=|>|<))?"
    r'(?P<done>(?:(?:"(?:[^"\\]|\\.)*"|[^\s",]+),)*)(?P<begun>"(?:[^"\\]|\\.)*|[^\s",]*)$'
)
_REST = re.compile(r'[^\s,"]*"?')


@dataclass(frozen=True, slots=True)
class Completion:
    """`word` is what would stand at the caret, `query` the whole text then, `caret` where one would go on writing."""

    word: str
    title: str
    query: str
    caret: int


def completions(text: str, at: int, vocabulary: Vocabulary, look: Look) -> tuple[Completion, ...]:
    """At most 10 ways to go on at character `at`; values that begin alike come before fields. None inside a closed quote."""
    at = min(max(at, 0), len(text))
    match = _AT_CARET.search(text[:at])
    if match is None:
        return ()
    begun = match["begun"].removeprefix('"')
    name = (match["field"] or "").lower()
    if not name:
        offered = _words(begun, vocabulary, look)
    elif name in vocabulary.object_types and name not in FIELDS:
        offered = [(value, title) for value, title in _keys(f"{name}:{begun}", look)]
        offered = [(value.removeprefix(f"{name}:"), title) for value, title in offered]
    else:
        offered = _values(FIELDS.get(name), begun, vocabulary, look)
    rest = _REST.match(text, at)
    behind = text[rest.end() if rest else at :]
    before = text[: match.start("begun")]
    return tuple(
        Completion(word, title, f"{before}{word}{behind}", len(before) + len(word))
        for word, title in list(dict(offered).items())[:MOST]
        if f"{before}{word}{behind}" != text
    )


def _words(begun: str, vocabulary: Vocabulary, look: Look) -> list[tuple[str, str]]:
    """A new word: values of closed sets and keys that begin so, then fields."""
    offered: list[tuple[str, str]] = []
    if begun:
        for name in ("status", "process", "system"):
            values = _values(FIELDS[name], begun, vocabulary, look)
            offered += [(f"{name}:{value}", title) for value, title in values[:3]]
        offered += [(_as_word(key, vocabulary), title) for key, title in _keys(begun, look)[:5]]
    fields = [field for field in FIELDS.values() if field.name.startswith(begun.lower())]
    offered += [(_opened(field), f"{field.title}: {field.example}") for field in fields]
    types = sorted(kind for kind in vocabulary.object_types if kind.startswith(begun) and kind not in FIELDS)
    return offered + ([(f"{kind}:", f"Business key ({kind})") for kind in types] if begun else [])


def _as_word(key: str, vocabulary: Vocabulary) -> str:
    """A key's text is a word of its own where its type is a known one."""
    return key if key.partition(":")[0] in vocabulary.object_types else f"{KEY}:{key}"


def _opened(field: Field) -> str:
    return f"{field.name}{'>' if field.kind in ('amount', 'instant', 'length') else ':'}"


def _values(field: Field | None, begun: str, vocabulary: Vocabulary, look: Look) -> list[tuple[str, str]]:
    if field is None:
        return []
    if field.name == KEY:
        return _keys(begun, look)
    if field.kind in _ORDERED:
        return [one for one in _ORDERED[field.kind] if one[0].startswith(begun)]
    if field.kind == "amount":
        return []
    known: Iterable[tuple[str, str]]
    if field.kind == "status":
        known = [(word, _STATUS_TITLES.get(word, "")) for word in STATUS_WORDS]
    else:
        named = vocabulary.known(field.name)
        known = look(field.name, begun) if named is None else named.items()
    return [(quoted(value), title) for value, title in known if value.lower().startswith(begun.lower())]


def _keys(begun: str, look: Look) -> list[tuple[str, str]]:
    return [(quoted(key), title) for key, title in look(KEY, begun)] if begun else []

# SPDX-License-Identifier: Apache-2.0
"""Queries changed by a click: a value added as an alternative or taken away, a field forgotten, a range of starts set."""

from collectors.query.text import Word, quoted, without, words
from terms.instant import DAY, Instant
from terms.instant import text as instant_text


def chosen(text: str, field: str) -> tuple[str, ...]:
    """The values that the query asks for in a field, as written; those it rules out are not among them."""
    return tuple(value.text for word in _of(text, field) for value in word.values)


def toggled(text: str, field: str, value: str) -> str:
    """The query with this value as one more alternative of the field, or without it where it was one.

    >>> toggled("status:open INV-7", "status", "failed")
    'status:open,failed INV-7'
    >>> toggled("status:open,failed INV-7", "status", "open")
    'status:failed INV-7'
    """
    held = _of(text, field)
    if not held:
        return f"{text.strip()} {field}:{quoted(value)}".strip()
    kept = [one.text for one in held[0].values if one.text != value]
    if len(kept) == len(held[0].values):
        kept.append(value)
    if not kept:
        return without(text, held[0])
    word = f"{field}:{','.join(quoted(one) for one in kept)}"
    return text[: held[0].start] + word + text[held[0].end :]


def forgotten(text: str, field: str) -> str:
    """The query without any word on this field."""
    return without(text, *(word for word in words(text)[0] if word.field == field))


def started_within(text: str, start: Instant, end: Instant) -> str:
    """The query narrowed to starts from `start` on and before `end`, instead of what it said of starts.

    >>> started_within("started>-7d INV-7", Instant(0), Instant(DAY))
    'INV-7 started>=1970-01-01 started<1970-01-02'
    """
    return f"{forgotten(text, 'started')} started>={_brief(start)} started<{_brief(end)}".strip()


def _brief(at: Instant) -> str:
    whole = instant_text(at)
    return whole[:10] if at % DAY == 0 else whole


def _of(text: str, field: str) -> list[Word]:
    found, _ = words(text)
    return [word for word in found if word.field == field and word.comparison == ":" and not word.negated]

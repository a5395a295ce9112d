# SPDX-License-Identifier: Apache-2.0
"""Spans nobody reads yet -> what their attributes look like: how often they are there, how many values, of which shape. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.span import Span

MOST_SPANS = 5_000
MOST_NAMES = 25  # names of one service that are told apart; more of them are told by their beginning
_LONGEST = 512
_RUNS = re.compile(r"[A-Za-z]+|[0-9]+")
_SEPARATORS = re.compile(r"[/:?&=|,;#\s]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where values stand: a whole attribute, or the part of it behind `before` (`deliver-invoice/`, `/invoices/`)."""

    attribute: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """What stands at one place in the spans of one name. `values` counts each; `shape` is the form most of them have."""

    place: Place
    spans: int
    present: int
    values: Mapping[str, int]
    shape: str
    shaped: int

    @property
    def distinct(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class NameProfile:
    """The spans of one service that have one name, or (with `*` at the end) one beginning of it."""

    service: str
    name: str
    scope: str
    spans: tuple[Span, ...]
    places: tuple[Values, ...]


def profiles(spans: Iterable[Span]) -> tuple[NameProfile, ...]:
    """A profile for each service and name, those with most spans first. At most 5,000 spans are looked at."""
    by_service: dict[str, list[Span]] = defaultdict(list)
    for count, span in enumerate(spans):
        if count >= MOST_SPANS:
            break
        by_service[span.origin.service].append(span)
    found = []
    for service, own in sorted(by_service.items()):
        named = _by_name(own)
        for name, group in named.items():
            scopes = Counter(span.origin.scope for span in group)
            found.append(NameProfile(service, name, scopes.most_common(1)[0][0], tuple(group), places(group)))
    return tuple(sorted(found, key=lambda one: (-len(one.spans), one.service, one.name)))


def places(spans: Sequence[Span]) -> tuple[Values, ...]:
    """The values at each place of these spans: attributes as a whole, and the parts of those that hold several."""
    whole: dict[Place, Counter[str]] = defaultdict(Counter)
    present: Counter[Place] = Counter()
    for span in spans:
        for name, value in span.attributes.items():
            for place, text in _texts(name, value) if name else ():
                whole[place][text] += 1
                present[place] += 1
    found = [_values(place, len(spans), present[place], counts) for place, counts in whole.items()]
    # A part that never changes tells nothing that the whole does not.
    kept = [one for one in found if not one.place.before or one.distinct > 1 or len(spans) == 1]
    return tuple(sorted(kept, key=lambda one: (one.place.attribute, one.place.before)))


def shape(text: str) -> str:
    """The form of a text: runs of letters and of digits in one sign each.

    >>> shape("INV-1007"), shape("deliver-invoice/INV-1007"), shape("0195a1b2-33c4-7d55-9e66-77f8899aabbc")
    ('A-9', 'a-a/A-9', 'a UUID')
    """
    if _UUID.fullmatch(text):
        return "a UUID"
    return _RUNS.sub(_sign, text[:80])


def parts(text: str) -> list[tuple[str, str]]:
    """(what stands before it, part) for each part of a text that may be a key, such as a segment of a path.

    >>> parts("https://api.example.com/einvoicing/invoices/INV-1007/deliveries")
    [('/invoices/', 'INV-1007')]
    >>> parts("deliver-invoice/INV-1007")
    [('deliver-invoice/', 'INV-1007')]
    """
    found = []
    before, end = "", 0
    for match in _SEPARATORS.finditer(text + "/"):
        part = text[end : match.start()]
        if before and _may_be_key(part):
            found.append((before, part))
        lead = "/" if end and text[end - 1] == "/" else ""
        before = f"{lead}{part}{match.group()[0]}" if part and not _may_be_key(part) else ""
        end = match.end()
    return found


def _texts(name: str, value: Any) -> list[tuple[Place, str]]:
    if type(value) is int:
        value = str(value)
    if type(value) is list:
        return [pair for one in value[:20] for pair in _texts(name, one)]
    if type(value) is not str or not value or len(value) > _LONGEST:
        return []
    told = [(Place(name), value)]
    if not _UUID.fullmatch(value) and _SEPARATORS.search(value):
        told += [(Place(name, before), part) for before, part in parts(value)]
    return told


def _may_be_key(part: str) -> bool:
    return 3 <= len(part) <= 64 and any(letter.isdigit() for letter in part) and "." not in part


def _values(place: Place, spans: int, present: int, counts: Counter[str]) -> Values:
    shapes = Counter[str]()
    for text, count in counts.items():
        shapes[shape(text)] += count
    best, shaped = shapes.most_common(1)[0]
    return Values(place, spans, present, counts, best, shaped)


def _sign(match: re.Match[str]) -> str:
    run = match.group()
    return "9" if run[0].isdigit() else "A" if run.isupper() else "a" if run.islower() else "Aa"


def _by_name(spans: Sequence[Span]) -> dict[str, list[Span]]:
    names = {span.name for span in spans}
    by_name: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_name[span.name if len(names) <= MOST_NAMES else _beginning(span.name)].append(span)
    return by_name


def _beginning(name: str) -> str:
    """The name up to its first part with a digit, for names that hold keys: `GET /orders/*`."""
    for match in re.finditer(r"[^\s/:]+", name):
        if any(letter.isdigit() for letter in match.group()) and match.start():
            return f"{name[: match.start()]}*"
    return name

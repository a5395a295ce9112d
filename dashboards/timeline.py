# SPDX-License-Identifier: Apache-2.0
"""When did what happen? Business events over days, one lane per system, and the waits between them by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dashboards import status
from dashboards.format import clock, duration, instant, money, seconds_between
from terms.instant import SECOND, Instant, parse
from terms.instant import text as instant_text

_LEAST_WAIT_SECONDS = 60.0
_LEAST_WAIT_WIDTH = (
    0.4  # percent; a narrower bar could not be seen, and a wait of an hour in a week is told all the same
)
_MOST_WAITS = 6


@dataclass(frozen=True, slots=True)
class Dot:
    """One event: `x` in percent of the lane."""

    x: float
    label: str
    trouble: bool


@dataclass(frozen=True, slots=True)
class Lane:
    system: status.System
    dots: tuple[Dot, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Wait:
    """A stretch in which nothing happened; `open` when it lasts until now."""

    x: float
    width: float
    words: str
    system: status.System
    open: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """`ticks` are (percent, words, which end of the words stands at the tick)."""

    lanes: tuple[Lane, ...]
    waits: tuple[Wait, ...]
    ticks: tuple[tuple[float, str, str], ...]
    span: str


def business_time(transaction: Mapping[str, Any], now: str) -> Timeline | None:
    """The timeline from the start to the end, or to `now` while it is not ended; None without events."""
    events = sorted(transaction["events"], key=lambda event: parse(event["at"]))
    if not events:
        return None
    unfinished = transaction["status"] in ("OPEN", "FAILED")
    end = now if unfinished else transaction["endedAt"] or events[-1]["at"]
    first = min(parse(transaction["startedAt"]), parse(events[0]["at"]))
    last = max(parse(end), parse(events[-1]["at"]))
    length = (last - first) or SECOND

    def place(at: str) -> float:
        return round((parse(at) - first) / length * 100, 2)

    return Timeline(
        lanes=_lanes(events, place),
        waits=tuple(_waits(events, transaction, end if unfinished else None, place)),
        ticks=_ticks(first, last),
        span=duration((last - first) / SECOND),
    )


def _lanes(events: Sequence[Mapping[str, Any]], place: Any) -> tuple[Lane, ...]:
    by_system: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        by_system.setdefault(event["system"], []).append(event)
    return tuple(
        Lane(
            system=status.system(name),
            dots=tuple(Dot(place(event["at"]), event_words(event), is_trouble(event)) for event in own),
            label=f"{status.system(name).word}: " + "; ".join(event_words(event) for event in own),
        )
        for name, own in by_system.items()
    )


def event_words(event: Mapping[str, Any]) -> str:
    """`invoice-issued INV-7, EUR 1,200.00, 21 Nov 2026, 12:07 UTC`."""
    first = event["objects"][0]["value"] if event["objects"] else ""
    words = [f"{event['type'].removeprefix('throughline.')} {first}".strip()]
    words += [money(event["amount"])] if event["amount"] else []
    return ", ".join([*words, instant(event["at"])])


def is_trouble(event: Mapping[str, Any]) -> bool:
    return bool(event["type"].endswith("exception-opened"))


def _waits(
    events: Sequence[Mapping[str, Any]], transaction: Mapping[str, Any], until: str | None, place: Any
) -> list[Wait]:
    """The longest stretches between two events, named after the system that ended each, and the one that goes on; by time."""
    waits = []
    for before, after in pairwise(events):
        waits += _wait(before["at"], after["at"], status.system(after["system"]), place, is_open=False)
    if until is not None:
        system = status.system(transaction["waitingSystem"] or events[-1]["system"])
        waits += _wait(events[-1]["at"], until, system, place, is_open=True)
    longest = sorted(waits, key=lambda wait: -wait[0])[:_MOST_WAITS]
    return sorted((wait for _, wait in longest), key=lambda wait: wait.x)


def _wait(
    start: str, end: str, system: status.System, place: Any, *, is_open: bool
) -> list[tuple[float, Wait]]:
    """(seconds, the wait), or nothing where it is too short to speak of."""
    seconds = seconds_between(start, end)
    if seconds < _LEAST_WAIT_SECONDS:
        return []
    width = max(round(place(end) - place(start), 2), _LEAST_WAIT_WIDTH)
    x = round(min(place(start), 100 - width), 2)
    verb = "waiting" if is_open else "waited"
    return [(seconds, Wait(x, width, f"{verb} {duration(seconds)} for {system.word}", system, is_open))]


def _ticks(first: Instant, last: Instant) -> tuple[tuple[float, str, str], ...]:
    """Both ends, by day and time; the start carries the date, the end too when it is another day."""
    ends = instant_text(first), instant_text(last)
    same_day = ends[0][:10] == ends[1][:10]
    return ((0, instant(ends[0]), "start"), (100, clock(ends[1]) if same_day else instant(ends[1]), "end"))

# SPDX-License-Identifier: Apache-2.0
"""When people work: the hours of each weekday in one time zone, without holidays. Limits of stages may run in them."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from terms.instant import MINUTE, Instant, from_datetime, to_datetime

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST = 3_700  # days looked ahead: ten years, more than any limit


@dataclass(frozen=True)
class BusinessCalendar:
    """`hours[0]` are the open minutes of a Monday as (from, until), sorted and apart; `yearly` holidays are (month, day).

    At least one weekday is open, so that no limit runs for ever.
    """

    id: str
    version: int
    title: str
    zone: str
    hours: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[date]
    yearly: frozenset[tuple[int, int]]

    def is_open(self, day: date) -> bool:
        """Whether anybody works on that day."""
        return bool(self._minutes(day))

    def after(self, start: int, length: int) -> Instant:
        """The instant when `length` microseconds of open time have passed since `start`."""
        left = length
        for opened, closed in self._open_from(start):
            if closed - opened >= left:
                return Instant(opened + left)
            left -= closed - opened
        return Instant(start + length)

    def after_days(self, start: int, days: int) -> Instant:
        """The same time of day so many working days later, or the next open time of that day; its end where there is none.

        What starts on a day nobody works starts with the next working day.
        """
        zone = ZoneInfo(self.zone)
        begun = to_datetime(Instant(start)).astimezone(zone)
        day, clock, left = begun.date(), begun.hour * 60 + begun.minute, days
        while not self.is_open(day):
            day, clock = day + timedelta(days=1), 0
        while left:
            day += timedelta(days=1)
            left -= self.is_open(day)
        minutes = self._minutes(day)
        for opened, closed in minutes:
            if clock <= closed:
                return self._instant(day, max(clock, opened))
        return self._instant(day, minutes[-1][1])

    def between(self, start: int, end: int) -> int:
        """Microseconds of open time from `start` to `end`; 0 when the end is not later."""
        passed = 0
        for opened, closed in self._open_from(start):
            if opened >= end:
                break
            passed += min(closed, end) - opened
        return passed

    def _open_from(self, start: int) -> Iterator[tuple[int, int]]:
        day = to_datetime(Instant(start)).astimezone(ZoneInfo(self.zone)).date()
        for _ in range(_LONGEST):
            spans = self._spans(day)
            for opened, closed in spans[bisect_left(spans, start, key=lambda span: span[1]) :]:
                yield max(opened, start), closed
            day += timedelta(days=1)

    def _minutes(self, day: date) -> tuple[tuple[int, int], ...]:
        if day in self.holidays or (day.month, day.day) in self.yearly:
            return ()
        return self.hours[day.weekday()]

    def _spans(self, day: date) -> tuple[tuple[int, int], ...]:
        return _spans(self, day)

    def _instant(self, day: date, minute: int) -> Instant:
        return _instant(self.zone, day, minute)

    def __hash__(self) -> int:
        return hash((self.id, self.version))


@lru_cache(4_096)
def _spans(calendar: BusinessCalendar, day: date) -> tuple[tuple[int, int], ...]:
    minutes = calendar._minutes(day)
    return tuple(
        (_instant(calendar.zone, day, opened), _instant(calendar.zone, day, closed))
        for opened, closed in minutes
    )


def _instant(zone: str, day: date, minute: int) -> Instant:
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    if minute == 24 * 60:
        return from_datetime(datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)))
    at = from_datetime(midnight.replace(hour=minute // 60, minute=minute % 60))
    return Instant(at // MINUTE * MINUTE)

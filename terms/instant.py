# SPDX-License-Identifier: Apache-2.0
"""An instant: one point on the UTC time line, as whole microseconds since 1970. Rooms pass it as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType

from terms.problem import ProblemError

Instant = NewType("Instant", int)
Clock = Callable[[], Instant]

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wall_clock() -> Instant:
    """The present instant. Only the roof and the doors call it; everything below receives `now`."""
    return from_datetime(datetime.now(UTC))


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime, exact to the microsecond. Raises ProblemError for a naive one."""
    if moment.tzinfo is None:
        raise ProblemError(
            "the time has no zone", where=moment.isoformat(), do="add an offset such as Z or +01:00"
        )
    since = moment - _EPOCH
    return Instant((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def to_datetime(instant: Instant) -> datetime:
    """The same instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def parse(text: str) -> Instant:
    """The instant an RFC 3339 text names. Raises ProblemError when it is not one, or carries no zone.

    >>> parse("2026-03-01T12:00:00+05:00") == parse("2026-03-01T07:00:00Z")
    True
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ProblemError(
            f"'{text}' is not an RFC 3339 time", where=text, do="write it like 2026-03-01T07:00:00Z"
        ) from error
    return from_datetime(moment)


def text(instant: Instant) -> str:
    """RFC 3339 in UTC; the fraction appears only when there is one.

    >>> text(parse("2026-03-01T07:00:00.250Z"))
    '2026-03-01T07:00:00.250000Z'
    >>> text(parse("2026-03-01T07:00:00Z"))
    '2026-03-01T07:00:00Z'
    """
    minute, rest = divmod(instant, MINUTE)
    second, fraction = divmod(rest, SECOND)
    if fraction:
        return f"{_minute(minute)}{second:02}.{fraction:06}Z"
    return f"{_minute(minute)}{second:02}Z"


@lru_cache(4096)
def _minute(number: int) -> str:
    # A deal has half a dozen instants, told whenever it is judged, and what happens of late falls into few minutes.
    return to_datetime(Instant(number * MINUTE)).isoformat()[: len("2026-03-01T07:00:")]


def from_nanoseconds(ns: int) -> Instant:
    """Whole microseconds of a span's nanoseconds, rounded down."""
    return Instant(ns // 1000)


def day(instant: Instant) -> str:
    """The UTC calendar day, `2026-03-01`."""
    return to_datetime(instant).date().isoformat()

# SPDX-License-Identifier: Apache-2.0
"""Which stretch of time to ask a source for next: pure arithmetic, so that no instant is ever passed over.

No tracer pages its answers to the end: a search says at most `limit` traces and not which ones are missing. So time is
asked for in windows, a full answer is asked again in halves, and the watermark moves only over what came whole.
"""

from dataclasses import dataclass, replace

from terms.instant import DAY, MINUTE, SECOND, Instant

FLOOR = SECOND  # a window is not halved below this
FIRST = 5 * MINUTE
LONGEST = DAY


@dataclass(frozen=True, slots=True)
class Window:
    """From `from_at` on, up to but without `to_at`."""

    from_at: Instant
    to_at: Instant

    @property
    def length(self) -> int:
        """Microseconds."""
        return self.to_at - self.from_at


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything before `watermark` came whole, from where the source begins. `width` is how long a window it bears."""

    watermark: Instant
    width: int = FIRST


@dataclass(frozen=True, slots=True)
class Sweep:
    """One way through time, oldest first: what lies before `at` is done, `until` is where it ends."""

    at: Instant
    until: Instant
    width: int


def sweep(cursor: Cursor, begin_at: Instant, now: Instant, settle: int, overlap: int) -> Sweep:
    """What a pass goes through: [watermark - overlap, now - settle), never before `begin_at`.

    >>> sweep(Cursor(Instant(100 * MINUTE)), Instant(0), Instant(110 * MINUTE), MINUTE, 15 * MINUTE).at == 85 * MINUTE
    True
    """
    return Sweep(
        Instant(max(begin_at, cursor.watermark - overlap)), Instant(now - settle), _between(cursor.width)
    )


def next_window(through: Sweep) -> Window | None:
    """The window to ask for next; None when the way is done."""
    if through.at >= through.until:
        return None
    return Window(through.at, Instant(min(through.at + through.width, through.until)))


def came_whole(through: Sweep, window: Window, found: int, limit: int) -> Sweep:
    """Behind a window all of which came. One that held little is followed by a longer one."""
    longer = 2 * found < limit and window.length >= through.width
    return Sweep(window.to_at, through.until, _between(through.width * 2 if longer else through.width))


def halved(through: Sweep, window: Window) -> Sweep | None:
    """At the same place, half as long, after a full answer; None where the window is as short as any: it stays truncated."""
    if window.length <= FLOOR:
        return None
    return replace(through, width=max(FLOOR, window.length // 2))


def advanced(watermark: Instant, window: Window) -> Instant:
    """The watermark once the window came whole: its end, when nothing lies between; never earlier than before.

    >>> advanced(Instant(10), Window(Instant(5), Instant(15))), advanced(Instant(10), Window(Instant(11), Instant(15)))
    (15, 10)
    """
    return max(watermark, window.to_at) if window.from_at <= watermark else watermark


def _between(width: int) -> int:
    return min(max(width, FLOOR), LONGEST)

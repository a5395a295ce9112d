# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of waiting times with open items: quantiles that count who still waits, and the interval of a share.

Leaving open items out flatters every figure: the slow ones are exactly those that are not finished. Here an open item is
right-censored (it says: longer than this), and a cancelled one competes (it will never reach the end).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

REACHED, CANCELLED, FAILED, OPEN = 0, 1, 2, 3

_EPSILON = 1e-9  # sums of many 1/n stay below their exact value by less
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Waits:
    """How long each waited, by how it ended, ascending. `lost` were cancelled or failed: they will never reach the end."""

    reached: Sequence[int] = ()
    lost: Sequence[int] = ()
    open: Sequence[int] = ()

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.reached) + len(self.lost) + len(self.open)

    @property
    def longest(self) -> int:
        """The longest wait of all. There must be one."""
        return max(times[-1] for times in (self.reached, self.lost, self.open) if times)


@dataclass(frozen=True, slots=True)
class _Run:
    """Those of `reached` between which nobody open stands: each adds as much to the incidence, which was `before`."""

    first: int
    end: int
    mass: float
    before: float


def quantiles(waits: Waits, shares: Sequence[float]) -> list[int | None]:
    """For each share, ascending: the earliest time by which that share of all had reached the end; None when none does.

    This is the Aalen-Johansen estimate of the cumulative incidence, which without cancellations is Kaplan-Meier's: every
    item carries the same mass, and an open one hands its mass to those observed longer. At equal times ends come first.
    """
    found: list[int | None] = []
    for run in _runs(waits):
        while len(found) < len(shares):
            more = shares[len(found)] - _EPSILON - run.before
            needed = max(ceil(more / run.mass), 1)
            if needed > run.end - run.first:
                break
            found.append(waits.reached[run.first + needed - 1])
    return found + [None] * (len(shares) - len(found))


def incidence_at(waits: Waits, time: int) -> float:
    """The share of all that has reached the end by `time`, by the same estimate."""
    incidence = 0.0
    for run in _runs(waits):
        end = bisect_right(waits.reached, time, run.first, run.end)
        incidence = run.before + (end - run.first) * run.mass
        if end < run.end:
            break
    return incidence


def _runs(waits: Waits) -> Iterator[_Run]:
    """All of `reached`, cut where the mass changes."""
    mass = 1 / waits.n if waits.n else 0.0
    incidence, first = 0.0, 0
    for place, time in enumerate(waits.open):
        end = bisect_right(waits.reached, time, first)
        if end > first:
            yield _Run(first, end, mass, incidence)
            incidence += (end - first) * mass
            first = end
        if end == len(waits.reached):
            return
        remaining = waits.n - end - bisect_right(waits.lost, time) - place - 1
        mass *= (remaining + 1) / remaining
    if first < len(waits.reached):
        yield _Run(first, len(waits.reached), mass, incidence)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson's), which stays inside 0..1 and is honest for few and for extreme counts. n > 0."""
    share = hits / n
    z2 = _Z95 * _Z95
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At 0 and at n of n the ends are exact; the formula misses them by a rounding.
    return (max(0.0, centre - half) if hits else 0.0), (min(1.0, centre + half) if hits < n else 1.0)

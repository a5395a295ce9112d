# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of waiting times with open items: quantiles that count who still waits, and the interval of a share.

Leaving open items out flatters every figure: the slow ones are exactly those that are not finished. Here an open item is
right-censored (it says: longer than this), and a cancelled one competes (it will never reach the end).
"""

from collections.abc import Sequence
from math import sqrt

Observed = tuple[int, int]  # (time, kind); sorted so that at equal times an end comes before an open item
REACHED, CANCELLED, FAILED, OPEN = 0, 1, 2, 3

_EPSILON = 1e-9  # sums of many 1/n stay below their exact value by less
_Z95 = 1.959963984540054


def quantiles(observed: Sequence[Observed], shares: Sequence[float]) -> list[int | None]:
    """For each share, ascending: the earliest time by which that share of all had reached the end; None when none does.

    `observed` is sorted. This is the Aalen-Johansen estimate of the cumulative incidence, which without cancellations
    is Kaplan-Meier's: every item carries the same mass, and an open one hands its mass to those observed longer.
    """
    found: list[int | None] = []
    wanted = [share - _EPSILON for share in shares]
    target = wanted[0]
    remaining = len(observed)
    mass = 1 / remaining if remaining else 0.0
    incidence = 0.0
    for time, kind in observed:
        remaining -= 1
        if kind == REACHED:
            incidence += mass
            while incidence >= target:
                found.append(time)
                if len(found) == len(wanted):
                    return found
                target = wanted[len(found)]
        elif kind == OPEN and remaining:
            mass *= (remaining + 1) / remaining
    return found + [None] * (len(wanted) - len(found))


def incidence_at(observed: Sequence[Observed], time: int) -> float:
    """The share of all that has reached the end by `time`, by the same estimate."""
    remaining = len(observed)
    mass = 1 / remaining if remaining else 0.0
    incidence = 0.0
    for at, kind in observed:
        if at > time:
            break
        remaining -= 1
        if kind == REACHED:
            incidence += mass
        elif kind == OPEN and remaining:
            mass *= (remaining + 1) / remaining
    return incidence


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson's), which stays inside 0..1 and is honest for few and for extreme counts. n > 0."""
    share = hits / n
    z2 = _Z95 * _Z95
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At 0 and at n of n the ends are exact; the formula misses them by a rounding.
    return (max(0.0, centre - half) if hits else 0.0), (min(1.0, centre + half) if hits < n else 1.0)

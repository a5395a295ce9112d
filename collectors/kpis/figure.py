# SPDX-License-Identifier: Apache-2.0
"""One figure from observed samples: a percentile of waiting times, or a share, always with n and the open items beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.kpis.definition import KpiDefinition
from collectors.kpis.observe import HIT, PENDING, Item
from collectors.kpis.survival import CANCELLED, OPEN, REACHED, quantiles, wilson
from terms.instant import SECOND

MIN_N = 20  # below this a percentile says more about chance than about the process
MIN_N_POINT = 5  # a point of a series stands among others, with its n beside it


@dataclass(frozen=True, slots=True)
class Figure:
    """Seconds for a duration, a share of 1 for a rate.

    `value` is None when there are too few to say (fewer than MIN_N for a percentile, none for a rate). With
    `is_lower_bound` too few have reached the end: the true value is at least `value`, the longest time observed.
    `n` counts the population: every start for a duration, the denominator for a rate. `hits` are those that reached
    the end, or the numerator. `open` are undecided, whether they count already or not.
    """

    value: float | None
    is_lower_bound: bool
    p50_s: float | None
    p90_s: float | None
    p95_s: float | None
    rate: float | None
    rate_low: float | None
    rate_high: float | None
    n: int
    hits: int
    open: int
    cancelled: int
    oldest_open_s: float | None


def figure(definition: KpiDefinition, items: Sequence[Item]) -> Figure:
    """The headline figure of sorted items."""
    counts = _count(items)
    open_times = [item.time for item in items if item.kind == OPEN]
    oldest = open_times[-1] / SECOND if open_times else None
    if definition.kind == "rate":
        n, hits = _entries(items)
        low, high = wilson(hits, n) if n else (None, None)
        rate = hits / n if n else None
        return Figure(
            rate, False, None, None, None, rate, low, high, n, hits, counts[OPEN], counts[CANCELLED], oldest
        )
    n = len(items)
    value, p50, p90, p95, beyond = None, None, None, None, False
    if n >= MIN_N:
        shares = sorted({definition.quantile, 0.5, 0.9, 0.95})
        found = dict(zip(shares, quantiles([item[:2] for item in items], shares), strict=True))
        p50, p90, p95 = (_seconds(found[share]) for share in (0.5, 0.9, 0.95))
        value = _seconds(found[definition.quantile])
        if value is None:
            value, beyond = items[-1].time / SECOND, True
    return Figure(
        value, beyond, p50, p90, p95, None, None, None, n, counts[REACHED], counts[OPEN], counts[CANCELLED], oldest
    )  # fmt: skip


def point(definition: KpiDefinition, items: Sequence[Item]) -> tuple[float | None, float | None, int, int]:
    """(value, p90, n, open) of sorted items, for a series. A percentile too few have reached is None, as is one of a handful."""
    waiting = sum(item.kind == OPEN for item in items)
    if definition.kind == "rate":
        n, hits = _entries(items)
        return (hits / n if n else None), None, n, waiting
    n = len(items)
    if n < MIN_N_POINT:
        return None, None, n, waiting
    shares = sorted({definition.quantile, 0.9})
    found = dict(zip(shares, quantiles([item[:2] for item in items], shares), strict=True))
    p90 = _seconds(found[0.9]) if n >= MIN_N else None
    return _seconds(found[definition.quantile]), p90, n, waiting


def _count(items: Sequence[Item]) -> list[int]:
    """How many there are of each kind."""
    counts = [0, 0, 0, 0]
    for item in items:
        counts[item.kind] += 1
    return counts


def _entries(items: Sequence[Item]) -> tuple[int, int]:
    """Denominator and numerator."""
    return sum(item.entry != PENDING for item in items), sum(item.entry == HIT for item in items)


def _seconds(time: int | None) -> float | None:
    return None if time is None else time / SECOND

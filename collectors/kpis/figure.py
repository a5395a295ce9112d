# SPDX-License-Identifier: Apache-2.0
"""One figure from samples counted together: a percentile of waiting times, or a share, always with n and the open items beside it."""

from dataclasses import dataclass

from collectors.kpis.definition import KpiDefinition
from collectors.kpis.observe import Tally
from collectors.kpis.survival import quantiles, wilson
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


def figure(definition: KpiDefinition, of: Tally) -> Figure:
    """The headline figure."""
    n, hits, oldest = of.n, of.hits, _seconds(of.longest_open)
    if definition.kind == "rate":
        low, high = wilson(hits, n) if n else (None, None)
        rate = hits / n if n else None
        return Figure(rate, False, None, None, None, rate, low, high, n, hits, of.open, of.cancelled, oldest)
    value, p50, p90, p95, beyond = None, None, None, None, False
    if n >= MIN_N:
        shares = sorted({definition.quantile, 0.5, 0.9, 0.95})
        found = dict(zip(shares, quantiles(of.waits, shares), strict=True))
        p50, p90, p95 = (_seconds(found[share]) for share in (0.5, 0.9, 0.95))
        value = _seconds(found[definition.quantile])
        if value is None:
            value, beyond = of.waits.longest / SECOND, True
    return Figure(value, beyond, p50, p90, p95, None, None, None, n, hits, of.open, of.cancelled, oldest)


def point(definition: KpiDefinition, of: Tally) -> tuple[float | None, float | None, int, int]:
    """(value, p90, n, open), for a series. A percentile too few have reached is None, as is one of a handful."""
    if definition.kind == "rate":
        return (of.hits / of.n if of.n else None), None, of.n, of.open
    if of.n < MIN_N_POINT:
        return None, None, of.n, of.open
    shares = sorted({definition.quantile, 0.9})
    found = dict(zip(shares, quantiles(of.waits, shares), strict=True))
    p90 = _seconds(found[0.9]) if of.n >= MIN_N else None
    return _seconds(found[definition.quantile]), p90, of.n, of.open


def _seconds(time: int | None) -> float | None:
    return None if time is None else time / SECOND

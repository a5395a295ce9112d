# SPDX-License-Identifier: Apache-2.0
"""The plain way to a KPI: sample by sample, each by itself, walked in order of time. Slow, and what the quick way must agree with."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from collectors.kpis.change import CLEAR, Marker, _sentence, _Side, _worth_saying
from collectors.kpis.definition import KpiDefinition
from collectors.kpis.figure import MIN_N, MIN_N_POINT, Figure
from collectors.kpis.observe import HIT, PENDING, SKEW, SUSPECT, Cell, Tally, Window, _entry
from collectors.kpis.result import Breakdown, KpiResult, Series, target_met
from collectors.kpis.sample import Sample
from collectors.kpis.survival import CANCELLED, FAILED, OPEN, REACHED, Waits, wilson
from terms.instant import DAY, SECOND, Instant

Observed = tuple[int, int]  # (time, kind); sorted so that at equal times an end comes before an open item


class Item(NamedTuple):
    """A sample as of an instant, in the order the estimate needs: time, then ends before open ones."""

    time: int
    kind: int
    entry: int
    is_mature: bool
    day: int
    entity: str
    cohort_at: int


def observe(
    definition: KpiDefinition, samples: Sequence[Sample], window: Window
) -> tuple[list[Item], list[Item]]:
    """The samples that started in the window, sorted, as known at its `as_of`; and those whose clocks tell nothing."""
    items: list[Item] = []
    suspect: list[Item] = []
    for sample in samples:
        begun, kind = sample.cohort_at, OPEN
        if not window.from_at <= begun <= window.as_of:
            continue
        time = window.seen_until - begun
        if sample.cancelled_at is not None and sample.cancelled_at <= window.as_of:
            time, kind = sample.cancelled_at - begun, CANCELLED
        elif sample.end_at is not None and sample.end_at <= window.as_of:
            time, kind = sample.end_at - begun, REACHED
        elif definition.counts == "failed" and sample.failed_at is not None and sample.failed_at <= window.as_of:  # fmt: skip
            time, kind = sample.failed_at - begun, FAILED
        is_mature = definition.kind == "rate" and window.seen_until - begun >= definition.after_us
        entry = _entry(definition, kind, is_mature)
        day = (begun - window.from_at) // DAY
        item = Item(max(time, 0), kind, entry, is_mature, day, sample.legal_entity or "", begun)
        (suspect if kind == REACHED and time < -SKEW else items).append(item)
    return sorted(items), suspect


def quantiles(observed: Sequence[Observed], shares: Sequence[float]) -> list[int | None]:
    """The estimate as it is defined: every item carries the same mass, and an open one hands its mass to those behind it."""
    found: list[int | None] = []
    remaining = len(observed)
    mass = 1 / remaining if remaining else 0.0
    incidence = 0.0
    for time, kind in observed:
        remaining -= 1
        if kind == REACHED:
            incidence += mass
            while len(found) < len(shares) and incidence >= shares[len(found)] - 1e-9:
                found.append(time)
        elif kind == OPEN and remaining:
            mass *= (remaining + 1) / remaining
    return found + [None] * (len(shares) - len(found))


def incidence_at(observed: Sequence[Observed], time: int) -> float:
    """The share of all that has reached the end by `time`."""
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


def measure(
    definition: KpiDefinition, samples: Sequence[Sample], window: Window, markers: Sequence[Marker] = ()
) -> KpiResult:
    """What `collectors.kpis.result.measure` must say of these samples."""
    items, suspect = observe(definition, samples, window)
    headline, previous = (
        figure(definition, each) for each in (items, observe(definition, samples, window.before)[0])
    )
    inside = tuple(
        sorted((m for m in markers if window.from_at < m.at <= window.as_of), key=lambda marker: marker.at)
    )
    names = sorted({item.entity for item in items} - {""})
    apart = [[item for item in items if item.entity == name] for name in names]
    figures = [figure(definition, each) for each in apart]
    return KpiResult(
        definition, window, headline, target_met(definition, headline),
        None if previous.is_lower_bound else previous.value, len(suspect), series(definition, items, window),
        Breakdown(
            tuple(names),
            tuple(None if of.is_lower_bound else of.value for of in figures),
            tuple(of.value if of.is_lower_bound else None for of in figures),
            tuple(of.n for of in figures),
            tuple(of.open for of in figures),
            tuple(series(definition, each, window) for each in apart),
        ),
        inside, changed(definition, items, inside),
    )  # fmt: skip


def series(definition: KpiDefinition, items: Sequence[Item], window: Window) -> Series:
    """A point for each day."""
    points = [
        point(definition, [item for item in items if item.day == index]) for index in range(window.days)
    ]
    values, p90s, counts, waiting = zip(*points, strict=True)
    return Series(window.day_names(), values, p90s, counts, waiting)


def figure(definition: KpiDefinition, items: Sequence[Item]) -> Figure:
    """The headline figure of sorted items."""
    of_kind = {kind: [item for item in items if item.kind == kind] for kind in (REACHED, CANCELLED, OPEN)}
    waiting, cancelled = len(of_kind[OPEN]), len(of_kind[CANCELLED])
    oldest = of_kind[OPEN][-1].time / SECOND if waiting else None
    if definition.kind == "rate":
        n, hits = entries(items)
        low, high = wilson(hits, n) if n else (None, None)
        rate = hits / n if n else None
        return Figure(rate, False, None, None, None, rate, low, high, n, hits, waiting, cancelled, oldest)
    value, p50, p90, p95, beyond = None, None, None, None, False
    if len(items) >= MIN_N:
        value, p50, p90, p95 = (percentile(items, share) for share in (definition.quantile, 0.5, 0.9, 0.95))
        if value is None:
            value, beyond = items[-1].time / SECOND, True
    reached = len(of_kind[REACHED])
    return Figure(
        value, beyond, p50, p90, p95, None, None, None, len(items), reached, waiting, cancelled, oldest
    )


def point(definition: KpiDefinition, items: Sequence[Item]) -> tuple[float | None, float | None, int, int]:
    """(value, p90, n, open) of sorted items."""
    waiting = sum(item.kind == OPEN for item in items)
    if definition.kind == "rate":
        n, hits = entries(items)
        return (hits / n if n else None), None, n, waiting
    value, p90 = percentile(items, definition.quantile), percentile(items, 0.9)
    few, handful = len(items) < MIN_N, len(items) < MIN_N_POINT
    return None if handful else value, None if few else p90, len(items), waiting


def entries(items: Sequence[Item]) -> tuple[int, int]:
    """Denominator and numerator."""
    return sum(item.entry != PENDING for item in items), sum(item.entry == HIT for item in items)


def percentile(items: Sequence[Item], share: float) -> float | None:
    """Seconds."""
    (time,) = quantiles([item[:2] for item in items], (share,))
    return None if time is None else time / SECOND


def changed(definition: KpiDefinition, items: Sequence[Item], markers: Sequence[Marker]) -> str | None:
    """The sentence about the marker with the clearest difference."""
    best: tuple[float, str] | None = None
    for marker in markers:
        where = [item for item in items if marker.legal_entity in (None, item.entity)]
        ahead = [item for item in where if item.cohort_at < marker.at]
        behind = [item for item in where if item.cohort_at >= marker.at]
        before, after = side(definition, ahead), side(definition, behind)
        if before is None or after is None or before.is_lower_bound:
            continue
        if definition.kind == "rate":
            pooled = (before.tally.hits + after.tally.hits) / (before.tally.n + after.tally.n)
            difference = abs(before.value - after.value)
        else:
            pooled = definition.quantile
            share = incidence_at([item[:2] for item in behind], round(before.value * SECOND))
            difference = abs(share - pooled)
        error = sqrt(pooled * (1 - pooled) * (1 / before.tally.n + 1 / after.tally.n))
        clearness = difference / error if error else 0.0
        is_clear = clearness >= CLEAR and _worth_saying(definition, before, after)
        if is_clear and (best is None or clearness > best[0]):
            best = clearness, _sentence(definition, marker, before, after)
    return best[1] if best else None


def side(definition: KpiDefinition, items: Sequence[Item]) -> _Side | None:
    """The value on one side of a marker."""
    n, hits = entries(items) if definition.kind == "rate" else (len(items), 0)
    if n < MIN_N:
        return None
    tally = Tally(n, hits, 0, 0, None, Waits())
    if definition.kind == "rate":
        return _Side(tally, hits / n, False)
    value = percentile(items, definition.quantile)
    return _Side(tally, items[-1].time / SECOND if value is None else value, value is None)


def cells(
    definition: KpiDefinition, samples: Sequence[Sample], window: Window, cuts: Sequence[Instant] = ()
) -> list[Cell]:
    """What `collectors.kpis.counting.cells` must tell of these samples, sorted."""
    items, suspect = observe(definition, samples, window)
    told = [*items, *(item._replace(kind=SUSPECT) for item in suspect)]
    alike: dict[tuple[int, int, str, int, bool], list[int]] = {}
    for item in told:
        cut = sum(at <= item.cohort_at for at in cuts)
        alike.setdefault((item.day, cut, item.entity, item.kind, item.is_mature), []).append(item.time)
    return [
        Cell(*key, len(times), [max(times)] if definition.kind == "rate" else sorted(times))
        for key, times in sorted(alike.items())
    ]

# SPDX-License-Identifier: Apache-2.0
"""What changed, and since when? Compares the starts before and after each marker, where the marker applies, and says the clearest change."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from collectors.kpis.definition import KpiDefinition
from collectors.kpis.figure import MIN_N
from collectors.kpis.observe import Cell, Tally, tally
from collectors.kpis.survival import incidence_at, quantiles
from terms.instant import SECOND, Instant, to_datetime

# How many standard errors a change must be from chance. Every marker of every entity is a try, so 2 would find ghosts.
CLEAR = 4.0
WORTH_SAYING = 1.2  # a median may be surely 5 % longer and still of no interest

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened and may explain a change: the first event under a contract version, there or anywhere (None)."""

    at: Instant
    subject: str
    version: str
    legal_entity: str | None

    @property
    def title(self) -> str:
        """`invoice-issued 1.1.0 in DE`."""
        place = f" in {self.legal_entity}" if self.legal_entity else ""
        return f"{self.subject} {self.version}{place}"


def cuts(markers: Sequence[Marker]) -> tuple[Instant, ...]:
    """The instants that part the starts before a marker from those after it, ascending."""
    return tuple(sorted({marker.at for marker in markers}))


def changed(definition: KpiDefinition, cells: Sequence[Cell], markers: Sequence[Marker]) -> str | None:
    """One sentence about the marker with the clearest difference between the starts before and after it; None when none is clear.

    The cells are cut at the markers. A marker of one legal entity is judged by that entity's starts alone. Needs MIN_N on both
    sides.
    """
    best: tuple[float, str] | None = None
    of_entity: dict[str | None, Sequence[Cell]] = {None: cells}
    place = {at: index for index, at in enumerate(cuts(markers))}
    for marker in markers:
        if marker.legal_entity not in of_entity:
            of_entity[marker.legal_entity] = [cell for cell in cells if cell.entity == marker.legal_entity]
        where, here = of_entity[marker.legal_entity], place[marker.at]
        before = _side(definition, [cell for cell in where if cell.cut <= here])
        after = _side(definition, [cell for cell in where if cell.cut > here])
        if before is None or after is None or before.is_lower_bound:
            continue
        clearness = _clearness(definition, before, after)
        if clearness < CLEAR or not _worth_saying(definition, before, after):
            continue
        if best is None or clearness > best[0]:
            best = (clearness, _sentence(definition, marker, before, after))
    return best[1] if best else None


@dataclass(frozen=True, slots=True)
class _Side:
    """The starts on one side of a marker."""

    tally: Tally
    value: float
    is_lower_bound: bool


def _side(definition: KpiDefinition, cells: Sequence[Cell]) -> _Side | None:
    """The side's value; None for fewer than MIN_N starts, which say nothing."""
    if sum(cell.n for cell in cells) < MIN_N:
        return None
    of = tally(definition, cells)
    if definition.kind == "rate":
        return _Side(of, of.hits / of.n, False) if of.n >= MIN_N else None
    (time,) = quantiles(of.waits, (definition.quantile,))
    return _Side(of, (of.waits.longest if time is None else time) / SECOND, time is None)


def _clearness(definition: KpiDefinition, before: _Side, after: _Side) -> float:
    """Standard errors between the two rates; or between the shares that make it within the time the side before took."""
    if definition.kind == "rate":
        pooled = (before.tally.hits + after.tally.hits) / (before.tally.n + after.tally.n)
        difference = abs(before.value - after.value)
    else:
        pooled = definition.quantile
        difference = abs(incidence_at(after.tally.waits, round(before.value * SECOND)) - pooled)
    error = sqrt(pooled * (1 - pooled) * (1 / before.tally.n + 1 / after.tally.n))
    return difference / error if error else 0.0


def _worth_saying(definition: KpiDefinition, before: _Side, after: _Side) -> bool:
    low, high = sorted((before.value, after.value))
    return definition.kind == "rate" or high >= WORTH_SAYING * max(low, 1.0)


def _sentence(definition: KpiDefinition, marker: Marker, before: _Side, after: _Side) -> str:
    at = to_datetime(marker.at)
    place, there = (f"{marker.legal_entity}: ", " there") if marker.legal_entity else ("", "")
    return (
        f"{place}{_name(definition)} {_words(definition, before)} → {_words(definition, after)} since "
        f"{marker.subject} {marker.version} was first seen{there} on {at.day} {_MONTHS[at.month - 1]}"
    )


def _name(definition: KpiDefinition) -> str:
    title = definition.title[0].lower() + definition.title[1:]
    if definition.kind == "rate":
        return title
    return f"median {title}" if definition.statistic == "p50" else f"{definition.statistic} of {title}"


def _words(definition: KpiDefinition, of: _Side) -> str:
    if definition.kind == "rate":
        return f"{of.value * 100:.1f} %"
    return f"{'at least ' if of.is_lower_bound else ''}{duration_words(of.value)}"


def duration_words(seconds: float) -> str:
    """A duration for people, in the largest unit it fills.

    >>> duration_words(26_640), duration_words(90), duration_words(270_000), duration_words(4)
    ('7.4 h', '1.5 min', '3.1 d', '4 s')
    """
    for unit, length in (("d", 2 * 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / (86_400 if unit == 'd' else length):.1f} {unit}"
    return f"{seconds:.0f} s"

# SPDX-License-Identifier: Apache-2.0
"""A KPI as of an instant, ready to be shown: the figure, its target, the window before, the days, the legal entities, what changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.kpis.change import Marker, changed
from collectors.kpis.definition import KpiDefinition
from collectors.kpis.figure import Figure, figure, point
from collectors.kpis.observe import SUSPECT, Cell, Window, tally


@dataclass(frozen=True, slots=True)
class Series:
    """One point a day of start; all lists are `days` long. `value` and `p90` are None where unknown or too few."""

    day: tuple[str, ...]
    value: tuple[float | None, ...]
    p90: tuple[float | None, ...]
    n: tuple[int, ...]
    open: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The same figure for each legal entity, by name. Samples without one are in none of them, but in the whole."""

    name: tuple[str, ...]
    value: tuple[float | None, ...]
    lower_bound: tuple[float | None, ...]  # set where value is None because too few have reached the end
    n: tuple[int, ...]
    open: tuple[int, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class KpiResult:
    """A KPI as of `window.as_of`. `previous_value` is that of the window before, as it was known at its own end."""

    definition: KpiDefinition
    window: Window
    figure: Figure
    target_met: bool | None  # None when the value is unknown, or a lower bound that leaves it open
    previous_value: float | None
    clock_suspect: int  # samples left out because they end before they start
    series: Series
    by_legal_entity: Breakdown
    markers: tuple[Marker, ...]
    changed: str | None


def measure(
    definition: KpiDefinition,
    window: Window,
    cells: Sequence[Cell],
    earlier: Sequence[Cell],
    markers: Sequence[Marker] = (),
) -> KpiResult:
    """The KPI over the samples that started in the window, told by cells as of the window's `as_of`.

    `earlier` are those of the window before. `markers` are those inside the window, oldest first, and their instants are the
    cuts of `cells`. The same for cells in any order, and however they are divided.
    """
    known = [cell for cell in cells if cell.kind != SUSPECT]
    headline = figure(definition, tally(definition, known))
    previous = figure(definition, tally(definition, (cell for cell in earlier if cell.kind != SUSPECT)))
    return KpiResult(
        definition,
        window,
        headline,
        target_met(definition, headline),
        None if previous.is_lower_bound else previous.value,
        sum(cell.n for cell in cells if cell.kind == SUSPECT),
        series(definition, known, window),
        _by_legal_entity(definition, known, window),
        tuple(markers),
        changed(definition, known, markers),
    )


def inside(markers: Sequence[Marker], window: Window) -> tuple[Marker, ...]:
    """The markers that lie in the window, oldest first."""
    within = (marker for marker in markers if window.from_at < marker.at <= window.as_of)
    return tuple(sorted(within, key=lambda marker: marker.at))


def target_met(definition: KpiDefinition, of: Figure) -> bool | None:
    """Whether the value is on the good side of the target or at it; None when that cannot be told."""
    if of.value is None:
        return None
    if of.is_lower_bound:
        return None if of.value <= definition.target else definition.better == "higher"
    if definition.better == "lower":
        return of.value <= definition.target
    return of.value >= definition.target


def series(definition: KpiDefinition, cells: Sequence[Cell], window: Window) -> Series:
    """A point for each day of the window, also for days without a start."""
    days: list[list[Cell]] = [[] for _ in range(window.days)]
    for cell in cells:
        days[cell.day].append(cell)
    points = (point(definition, tally(definition, of_day)) for of_day in days)
    values, p90s, counts, waiting = zip(*points, strict=True)
    return Series(window.day_names(), values, p90s, counts, waiting)


def _by_legal_entity(definition: KpiDefinition, cells: Sequence[Cell], window: Window) -> Breakdown:
    entities: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.entity:
            entities.setdefault(cell.entity, []).append(cell)
    names = tuple(sorted(entities))
    figures = [figure(definition, tally(definition, entities[name])) for name in names]
    return Breakdown(
        name=names,
        value=tuple(None if of.is_lower_bound else of.value for of in figures),
        lower_bound=tuple(of.value if of.is_lower_bound else None for of in figures),
        n=tuple(of.n for of in figures),
        open=tuple(of.open for of in figures),
        series=tuple(series(definition, entities[name], window) for name in names),
    )

# SPDX-License-Identifier: Apache-2.0
"""Samples as they stood at an instant: nothing that happened later is known. Every figure and series is made of these.

Samples that stand alike are told of together, in a cell, so that a board is made of few rows however many deals there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from collectors.kpis.definition import KpiDefinition
from collectors.kpis.survival import CANCELLED, FAILED, OPEN, REACHED, Waits
from terms.instant import DAY, MINUTE, Instant, day

SKEW = 5 * MINUTE  # an end this little before its start is two clocks, not a fault
SUSPECT = 4  # a kind beside REACHED, CANCELLED, FAILED and OPEN: it ends further before its start than that

PENDING, COUNTED, HIT = 0, 1, 2  # how a sample enters a rate: not at all yet, in the denominator, in both


@dataclass(frozen=True, slots=True)
class Window:
    """The last `days` UTC calendar days, today included: starts from `from_at` on, up to `as_of`.

    `known_until`: up to when the sources of the KPI's end have told; None: up to `as_of`. What is open is known to be open
    until then and no longer.
    """

    as_of: Instant
    days: int
    known_until: Instant | None = None

    @property
    def seen_until(self) -> Instant:
        """Until when what is open is known to be open."""
        return self.as_of if self.known_until is None else min(self.as_of, self.known_until)

    @property
    def from_at(self) -> Instant:
        """Midnight of the first day."""
        return Instant(self.as_of // DAY * DAY - (self.days - 1) * DAY)

    @property
    def before(self) -> "Window":
        """The window as it was `days` days ago: as long, as far into its last day, and knowing as little."""
        return Window(Instant(self.as_of - self.days * DAY), self.days, self.known_until)

    def day_names(self) -> tuple[str, ...]:
        """The days, `2026-11-20`, oldest first."""
        return tuple(day(Instant(self.from_at + index * DAY)) for index in range(self.days))


class Cell(NamedTuple):
    """The samples of one day of start, between the same two cuts, and of one legal entity, that stand alike.

    `times` are microseconds from the start to what happened, or to until when nothing had, ascending; of a rate the longest alone.
    """

    day: int  # index in the window
    cut: int  # how many cuts lie before the start, or at it
    entity: str  # empty where it is not known
    kind: int  # REACHED, CANCELLED, FAILED, OPEN or SUSPECT
    is_mature: bool  # of a rate: at least as old as `after`
    n: int
    times: Sequence[int]


@dataclass(frozen=True, slots=True)
class Tally:
    """What cells say together. `n` is the population, for a rate its denominator; `hits` those that reached the end, or the
    numerator. `waits` are those of a duration, empty for a rate."""

    n: int
    hits: int
    open: int
    cancelled: int
    longest_open: int | None
    waits: Waits


def tally(definition: KpiDefinition, cells: Iterable[Cell]) -> Tally:
    """The cells counted together, whatever their order. None may be SUSPECT."""
    of_kind: tuple[list[Cell], ...] = ([], [], [], [])
    for cell in cells:
        of_kind[cell.kind].append(cell)
    reached, cancelled, _, waiting = (sum(cell.n for cell in kind) for kind in of_kind)
    longest = max((cell.times[-1] for cell in of_kind[OPEN]), default=None)
    if definition.kind == "duration":
        lost = [*of_kind[CANCELLED], *of_kind[FAILED]]
        waits = Waits(_times(of_kind[REACHED]), _times(lost), _times(of_kind[OPEN]))
        return Tally(waits.n, reached, waiting, cancelled, longest, waits)
    entries = [(_entry(definition, cell.kind, cell.is_mature), cell.n) for kind in of_kind for cell in kind]
    n = sum(count for entry, count in entries if entry != PENDING)
    hits = sum(count for entry, count in entries if entry == HIT)
    return Tally(n, hits, waiting, cancelled, longest, Waits())


def _times(cells: Sequence[Cell]) -> Sequence[int]:
    # Each cell's are in order, and sorting runs that are in order is merging them.
    return cells[0].times if len(cells) == 1 else sorted(chain.from_iterable(cell.times for cell in cells))


def _entry(definition: KpiDefinition, kind: int, is_mature: bool) -> int:
    """How a sample of that kind and age enters the rate."""
    if definition.population == "mature" and not is_mature:
        return PENDING
    if definition.counts == "failed":
        if kind == FAILED:
            return HIT
        return COUNTED if kind != OPEN or is_mature else PENDING
    if kind == CANCELLED:
        return PENDING
    if kind == REACHED:
        return HIT
    return COUNTED if is_mature else PENDING

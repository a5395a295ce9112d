# SPDX-License-Identifier: Apache-2.0
"""Samples as they stood at an instant: nothing that happened later is known. Every figure and series is made of these."""

from dataclasses import dataclass
from typing import NamedTuple

from collectors.kpis.definition import KpiDefinition
from collectors.kpis.sample import SampleColumns
from collectors.kpis.survival import CANCELLED, FAILED, OPEN, REACHED
from terms.instant import DAY, MINUTE, Instant, day

SKEW = 5 * MINUTE  # an end this little before its start is two clocks, not a fault

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


class Item(NamedTuple):
    """A sample as of an instant. The order of the fields is the order the estimate needs: time, then ends before open ones."""

    time: int  # microseconds from the start to what happened, or to the as-of instant
    kind: int  # REACHED, CANCELLED, FAILED or OPEN
    entry: int  # PENDING, COUNTED or HIT; a duration counts every sample
    day: int  # index of the start's day in the window
    entity: str
    cohort_at: int


def observe(definition: KpiDefinition, samples: SampleColumns, window: Window) -> tuple[list[Item], int]:
    """The samples that started in the window, sorted, as known at its `as_of`; and how many were left out for their clocks."""
    as_of, from_at, seen_until = window.as_of, window.from_at, window.seen_until
    is_rate, counts_failed = definition.kind == "rate", definition.counts == "failed"
    items: list[Item] = []
    suspect = 0
    rows = zip(
        samples.cohort_at,
        samples.end_at,
        samples.cancelled_at,
        samples.failed_at,
        samples.legal_entity,
        strict=True,
    )
    for cohort_at, end_at, cancelled_at, failed_at, entity in rows:
        if not from_at <= cohort_at <= as_of:
            continue
        if cancelled_at is not None and cancelled_at <= as_of:
            time, kind = cancelled_at - cohort_at, CANCELLED
        elif end_at is not None and end_at <= as_of:
            time, kind = end_at - cohort_at, REACHED
            if time < -SKEW:
                suspect += 1
                continue
        elif counts_failed and failed_at is not None and failed_at <= as_of:
            time, kind = failed_at - cohort_at, FAILED
        else:
            time, kind = seen_until - cohort_at, OPEN
        entry = _entry(definition, kind, seen_until - cohort_at) if is_rate else COUNTED
        items.append(Item(max(time, 0), kind, entry, (cohort_at - from_at) // DAY, entity, cohort_at))
    items.sort()
    return items, suspect


def _entry(definition: KpiDefinition, kind: int, age: int) -> int:
    """How a sample of that kind and age enters the rate."""
    mature = age >= definition.after_us
    if definition.population == "mature" and not mature:
        return PENDING
    if definition.counts == "failed":
        if kind == FAILED:
            return HIT
        return COUNTED if kind != OPEN or mature else PENDING
    if kind == CANCELLED:
        return PENDING
    if kind == REACHED:
        return HIT
    return COUNTED if mature else PENDING

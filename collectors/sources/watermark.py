# SPDX-License-Identifier: Apache-2.0
"""Up to when do we know what happened? A stage is overdue only when the source of its system has told past its limit.

One value carries it: whoever judges a deadline takes `Watermarks` beside `now`. Without sources `now` alone decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from collectors.processes.process import Process
from terms.instant import Instant

Stage = tuple[str, str]
"""(process id, milestone name)"""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one source has told: everything up to `watermark` is here. `systems` are those it tells of.

    `max_silence` None: nobody waits for it, and it holds nothing up.
    """

    source: str
    systems: frozenset[str]
    watermark: Instant
    max_silence: int | None

    def behind(self, now: Instant) -> int:
        """Microseconds between what it told last and now."""
        return max(now - self.watermark, 0)

    def is_silent(self, now: Instant) -> bool:
        """Whether it is behind for longer than it may be: a violation."""
        return self.max_silence is not None and self.behind(now) > self.max_silence

    def is_lagging(self, now: Instant) -> bool:
        """Whether it is behind for twice as long: it is not waited for any more, and what hangs on it is marked."""
        return self.max_silence is not None and self.behind(now) > 2 * self.max_silence


@dataclass(frozen=True, slots=True)
class Watermarks:
    """Where limits are judged by an earlier instant than now, and where by now though the source lags.

    `held` gives, for the stages of a system whose source is behind, the instant up to which it has told. `lagging` names
    the source of stages that count as overdue by the clock alone.
    """

    held: Mapping[Stage, Instant] = field(default_factory=dict)
    lagging: Mapping[Stage, str] = field(default_factory=dict)

    def until(self, process: str, milestone: str | None, now: Instant) -> Instant:
        """The instant by which a limit of that stage is judged: `now`, or what its source has told up to."""
        return min(self.held.get((process, milestone or ""), now), now)

    def lagging_source(self, process: str, milestone: str | None) -> str | None:
        """The source that lags and would tell of that stage; None when all is well."""
        return self.lagging.get((process, milestone or ""))

    def groups(self) -> tuple[tuple[Instant, tuple[Stage, ...]], ...]:
        """The held stages by the instant they are judged by, for a condition in SQL."""
        by_instant: dict[Instant, list[Stage]] = {}
        for stage, instant in sorted(self.held.items()):
            by_instant.setdefault(instant, []).append(stage)
        return tuple((instant, tuple(stages)) for instant, stages in sorted(by_instant.items()))


NOTHING_HELD = Watermarks()


def watermarks(reaches: Iterable[Reach], processes: Iterable[Process], now: Instant) -> Watermarks:
    """The watermarks of every stage at `now`. Of several sources of one system the one that is furthest behind decides."""
    told: dict[str, Instant] = {}
    lagging: dict[str, str] = {}
    for reach in sorted(reaches, key=lambda one: one.source):
        if reach.max_silence is None:
            continue
        for system in reach.systems:
            if reach.is_lagging(now):
                lagging.setdefault(system, reach.source)
            else:
                told[system] = min(told.get(system, now), reach.watermark)
    stages = [((p.id, m.name), m.system) for p in processes for m in p.milestones]
    return Watermarks(
        {stage: told[system] for stage, system in stages if told.get(system, now) < now},
        {stage: lagging[system] for stage, system in stages if system in lagging},
    )

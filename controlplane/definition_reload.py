# SPDX-License-Identifier: Apache-2.0
"""Definitions are taken up while the server runs: a changed file is read, checked as at a start, and in force some seconds later.

What does not hold changes nothing: the definitions in force stay, and what is wrong is told until it is mended.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from collectors import definitions as collectors_definitions
from collectors import in_force
from collectors.in_force import Files, InForce
from collectors.kpis import definition as kpi
from terms.instant import Clock, Instant
from terms.problem import Problem, ProblemError

LOG = logging.getLogger("throughline")


@dataclass(slots=True)
class DefinitionReload:
    """Looks after the files of one process. `problems` are those of the newest files, empty while they hold; `since` is when
    what is in force was taken up."""

    folders: Sequence[Path]
    asked: Sequence[str]
    held: InForce
    clock: Clock
    noticed: Callable[[], None]
    since: Instant
    problems: tuple[Problem, ...] = ()
    _taken: Files = field(default=(), repr=False)
    _seen: Files = field(default=(), repr=False)
    _known: dict[str, str] = field(default_factory=dict, repr=False)

    def look(self) -> bool:
        """Takes up files that changed and were the same at two looks: none is read while it is written. Always False: nothing
        waits."""
        before, self._seen = self._seen, in_force.files(self.folders)
        if self._seen == before != self._taken:
            self._taken = self._seen
            self._take()
        return False

    def _take(self) -> None:
        before = self.held.current
        try:
            after = collectors_definitions.load(self.folders, self.asked)
            kpi.load(self.folders, milestones=after.milestone_names)  # what KPIs count must still be there
            problems = in_force.unversioned(self._known, after)
        except ProblemError as error:
            problems = error.problems
        if problems:
            for problem in problems:
                LOG.error("definitions were not taken up: %s", problem)
        else:
            self.held.replace(after)
            self._known |= in_force.contents(after)
            self.since = self.clock()
            come, gone = in_force.taken_up(before, after), in_force.taken_up(after, before)
            LOG.info(
                "definitions taken up: %s; not any more: %s",
                ", ".join(come) or "none",
                ", ".join(gone) or "none",
            )
        self.problems = problems
        self.noticed()


def started(
    folders: Sequence[Path], asked: Sequence[str], clock: Clock, noticed: Callable[[], None]
) -> DefinitionReload:
    """The definitions of these files, and what looks after them from now on. Raises ProblemError where they do not hold."""
    seen = in_force.files(folders)  # before they are read: what changes in between is seen at the next look
    held = InForce(collectors_definitions.load(folders, asked))
    known = in_force.contents(held)
    return DefinitionReload(
        folders, asked, held, clock, noticed, clock(), _taken=seen, _seen=seen, _known=known
    )

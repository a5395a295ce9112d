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
from collectors.definitions import Definitions
from collectors.in_force import Files, InForce
from controlplane import criteria
from controlplane.criteria import Criteria
from controlplane.presence import Presence
from terms.instant import Clock, Instant
from terms.problem import Problem, ProblemError

LOG = logging.getLogger("throughline")


@dataclass(slots=True)
class DefinitionReload:
    """Looks after the files of one process. `problems` are those of the newest files, empty while they hold; `since` is when
    what is in force was taken up. `follow` is called when KPIs or policy rules were replaced: it has what is stored judged anew,
    once all processes over the database work with the same (`presence`, None where there can be no other). Without `with_rules`
    no policy rule is read."""

    folders: Sequence[Path]
    asked: Sequence[str]
    held: InForce
    criteria: Criteria
    clock: Clock
    noticed: Callable[[], None]
    since: Instant
    with_rules: bool = True
    follow: Callable[[], None] = lambda: None
    presence: Presence | None = None
    problems: tuple[Problem, ...] = ()
    _taken: Files = field(default=(), repr=False)
    _seen: Files = field(default=(), repr=False)
    _owes: bool = field(default=False, repr=False)
    _known: dict[str, str] = field(default_factory=dict, repr=False)

    def look(self) -> bool:
        """Takes up files that changed and were the same at two looks: none is read while it is written. Always False: nothing
        waits."""
        before, self._seen = self._seen, _files(self.folders)
        if self._seen == before != self._taken:
            self._taken = self._seen
            self._take()
        if (
            self._owes and not self.stands_aside()
        ):  # at the next look again where the database did not take it
            self.follow()
            self._owes = False
        return False

    def contents(self) -> dict[str, str]:
        """What decides in each definition in force, by its name."""
        return _contents(self.held.current, self.criteria)

    @property
    def differences(self) -> tuple[Problem, ...]:
        """The other processes over the database that work with other definitions."""
        return self.presence.differences if self.presence else ()

    def owe(self) -> None:
        """What is stored is to be judged anew, as soon as all work with the same."""
        self._owes = True

    def stands_aside(self) -> bool:
        """Whether another process over the database works with other definitions right now."""
        presence = self.presence
        return presence is not None and presence.database.read(presence.stands_aside)

    def _take(self) -> None:
        before = _contents(self.held.current, self.criteria)
        try:
            after = collectors_definitions.load(self.folders, self.asked)
            # What KPIs count must still be there.
            judging = criteria.load(self.folders, after.milestone_names, self.with_rules)
            contents = _contents(after, judging)
            problems = in_force.unversioned(self._known, contents)
        except ProblemError as error:
            problems = error.problems
        if problems:
            for problem in problems:
                LOG.error("definitions were not taken up: %s", problem)
        else:
            is_judged_anew = criteria.contents(judging) != criteria.contents(self.criteria)
            self.held.replace(after)
            self.criteria.replace(judging)
            self._known |= contents
            self.since = self.clock()
            self._owes |= is_judged_anew
            come, gone = in_force.taken_up(before, contents), in_force.taken_up(contents, before)
            LOG.info(
                "definitions taken up: %s; not any more: %s",
                ", ".join(come) or "none",
                ", ".join(gone) or "none",
            )
        self.problems = problems
        self.noticed()


def started(
    folders: Sequence[Path],
    asked: Sequence[str],
    clock: Clock,
    noticed: Callable[[], None],
    with_rules: bool = True,
) -> DefinitionReload:
    """The definitions of these files, and what looks after them from now on. Raises ProblemError where they do not hold."""
    seen = _files(folders)  # before they are read: what changes in between is seen at the next look
    held = InForce(collectors_definitions.load(folders, asked))
    judging = criteria.load(folders, held.milestone_names, with_rules)
    known = _contents(held, judging)
    return DefinitionReload(
        folders,
        asked,
        held,
        judging,
        clock,
        noticed,
        clock(),
        with_rules,
        _taken=seen,
        _seen=seen,
        _known=known,
    )


def _files(folders: Sequence[Path]) -> Files:
    return in_force.files(folders) + criteria.files(folders)


def _contents(of: Definitions, judging: Criteria) -> dict[str, str]:
    return in_force.contents(of) | criteria.contents(judging)

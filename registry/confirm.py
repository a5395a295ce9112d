# SPDX-License-Identifier: Apache-2.0
"""Which findings does a document prove? Walk (b), after the verdict: a witness confirms what breaks and settles what is undecided."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from registry.document import ArtefactType, Document
from registry.finding import Finding, Witness
from registry.rules import BACKWARD, Level
from registry.verdict import Verdict, with_findings
from registry.witness import finder
from registry.witness.finder import STEPS, Side

MOST_STEPS = 40 * STEPS
"""Steps spent on all findings of one verdict; what is left over is not confirmed."""

Sides = tuple[Side, Side]

_ABOUT_VALUES = (Level.BREAKING, Level.UNDECIDED)


def _whole(old: Document, new: Document, _: Finding) -> Iterable[Sides]:
    return [(finder.side(old), finder.side(new))]


SIDES: Mapping[ArtefactType, Callable[[Document, Document, Finding], Iterable[Sides]]] = {
    "json-schema": _whole,
}
"""Between which schemas, old and new, a document can prove a finding; none where the finding is about no document."""


@dataclass(slots=True)
class _Confirmation:
    """One verdict on its way through the searches; `left` are the steps that may still be spent."""

    new: Document
    olds: Mapping[str, Document]
    left: int = MOST_STEPS

    def of(self, finding: Finding) -> Finding:
        """The finding with its witness, when there is one."""
        sides = self.sides(finding)
        if not sides or finding.levels.get("validation", finding.level) not in _ABOUT_VALUES:
            return replace(finding, confirmed=finding.level == Level.BREAKING)
        return self.proven(finding, sides, near=True)

    def sides(self, finding: Finding) -> list[Sides]:
        """Between which schemas to search."""
        old = self.olds.get(finding.against)
        if old is None or old.type != self.new.type or self.new.type not in SIDES:
            return []
        return list(SIDES[self.new.type](old, self.new, finding))

    def proven(self, finding: Finding, sides: Iterable[Sides], *, near: bool) -> Finding:
        """The finding with a witness between the first schemas that have one; `near` its place, or anywhere."""
        for old, new in sides:
            accepts, refuses = (old, new) if finding.direction == BACKWARD else (new, old)
            places = (finding.pointer_old, finding.pointer_new)
            if finding.direction != BACKWARD:
                places = places[::-1]
            steps = min(STEPS, self.left)
            self.left -= steps
            witness = finder.find(accepts, refuses, places if near else None, steps)
            if witness is not None:
                return _breaking(finding, witness)
        return finding


def confirm(verdict: Verdict, new: Document, olds: Iterable[Document]) -> Verdict:
    """The verdict with a witness on every finding that one proves; an undecided finding with a witness is breaking.

    A breaking finding is `confirmed` when a witness was found, or when it is about no document: a removed operation, or a
    change that only a stricter policy calls breaking. Where nothing of one direction is proven at its place, the whole of
    both contracts is searched for its first undecided finding. Equal inputs give equal witnesses.
    """
    work = _Confirmation(new, {old.name: old for old in olds})
    findings = [work.of(finding) for finding in verdict.findings]
    proven = {(each.against, each.direction) for each in findings if each.witness is not None}
    for place, finding in enumerate(findings):
        asked = (finding.against, finding.direction)
        if finding.level == Level.UNDECIDED and asked not in proven:
            proven.add(asked)
            findings[place] = work.proven(finding, work.sides(finding), near=False)
    return with_findings(verdict, findings)


def _breaking(finding: Finding, witness: Witness) -> Finding:
    levels = {
        policy: Level.BREAKING.value if level == Level.UNDECIDED else level
        for policy, level in finding.levels.items()
    }
    level = Level.BREAKING.value if finding.level == Level.UNDECIDED else finding.level
    return replace(finding, level=level, levels=levels, confirmed=True, witness=witness)

# SPDX-License-Identifier: Apache-2.0
"""Which findings does a document prove? Walk (b), after the verdict: a witness confirms what breaks and settles what is undecided."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from registry.document import ArtefactType, Document
from registry.effort import QUESTION, within
from registry.finding import Finding, Witness
from registry.rules import BACKWARD, FORWARD, Level
from registry.structure import Structure
from registry.verdict import Verdict, with_findings
from registry.witness import finder
from registry.witness.finder import Trial
from registry.witness.way import Found

MOST_STEPS = 600_000
"""Steps spent on all findings of a new version against one old; what is left over is not confirmed."""

_SHORTEST = 1_500  # steps that most witnesses are found within

_SETTLED = "a document shows it: one side accepts it and the other refuses it"
_ABOUT_VALUES = (Level.BREAKING, Level.UNDECIDED)


def _whole(old: Document, new: Document, finding: Finding) -> Iterable[Trial]:
    sides = finder.side(old), finder.side(new)
    near = finding.pointer_old, finding.pointer_new
    yield Trial(*sides, near) if finding.direction == BACKWARD else Trial(*sides[::-1], near[::-1])


def _within(old: Document, new: Document, finding: Finding) -> Iterable[Trial]:
    from registry.api.proof import trials  # most runs judge no API

    return trials(old, new, finding)


TRIALS: Mapping[ArtefactType, Callable[[Document, Document, Finding], Iterable[Trial]]] = {
    "json-schema": _whole,
    "openapi": _within,
    "asyncapi": _within,
}
"""Between which schemas a document can prove a finding; none where the finding is about no document."""


def confirm(verdict: Verdict, new: Document, olds: Iterable[Document]) -> Verdict:
    """The verdict with a witness on every finding that one proves; an undecided finding with a witness is breaking.

    A breaking finding is `confirmed` when a witness was found, or when it is about no document: a removed operation, or a
    change that only a stricter policy calls breaking. Where nothing of one direction is proven at its place, the whole of
    both contracts is searched for its first undecided finding. Equal inputs give equal witnesses.
    """
    findings = {
        place: replace(f, confirmed=f.level == Level.BREAKING) for place, f in enumerate(verdict.findings)
    }
    for old in olds:
        pair = _Pair(old, new)
        open_ = {p: f for p, f in enumerate(verdict.findings) if f.against == old.name and pair.can_prove(f)}
        known: dict[int, Finding] = within(MOST_STEPS, partial(pair.proven, open_), {})
        findings |= open_ | known
    return with_findings(verdict, findings.values())


@dataclass(frozen=True, slots=True)
class _Pair:
    """An old version and the new one."""

    old: Document
    new: Document
    structure: Structure = field(default_factory=Structure)

    def can_prove(self, finding: Finding) -> bool:
        """Whether a document could prove the finding: it is about values, and it is known between which schemas."""
        about_values = finding.levels.get("validation", finding.level) in _ABOUT_VALUES
        return about_values and any(True for _ in self.trials(finding))

    def trials(self, finding: Finding) -> Iterable[Trial]:
        """Between which schemas to search."""
        return TRIALS[self.new.type](self.old, self.new, finding) if self.old.type == self.new.type else ()

    def proven(self, findings: Mapping[int, Finding]) -> dict[int, Finding]:
        """Those of the findings that are proven within the steps that are left; none is searched for long before all were for short."""
        known: dict[int, Finding] = {}
        short = max(_SHORTEST, min(QUESTION // 10, MOST_STEPS // (2 * max(len(findings), 1))))
        for steps in (short, QUESTION):
            for place, finding in findings.items():
                if place not in known and (proof := self.proof(finding, steps, near=True)) is not None:
                    known[place] = proof
        for direction in (BACKWARD, FORWARD):
            asked = {place: f for place, f in findings.items() if f.direction == direction}
            first = next((place for place, f in asked.items() if f.level == Level.UNDECIDED), None)
            if first is not None and known.keys().isdisjoint(asked):
                proof = self.proof(asked[first], QUESTION, near=False)
                known |= {} if proof is None else {first: proof}
        return known

    def proof(self, finding: Finding, steps: int, *, near: bool) -> Finding | None:
        """The finding with the first witness that is found within so many steps; `near` its place, or anywhere."""
        first = within(steps, partial(self._found, finding, steps, near=near), None)
        if first is None:
            return None
        trial, value = first
        witness = finder.shown(trial.accepts, trial.refuses, trial.near if near else None, value)
        return None if witness is None else _breaking(finding, witness)

    def _found(self, finding: Finding, steps: int, *, near: bool) -> tuple[Trial, Found] | None:
        for trial in self.trials(finding):
            place = trial.near if near else None
            value = finder.found(trial.accepts, trial.refuses, place, steps, self.structure)
            if value is not None:
                return trial, value
        return None


def _breaking(finding: Finding, witness: Witness) -> Finding:
    levels = {
        policy: Level.BREAKING.value if level == Level.UNDECIDED else level
        for policy, level in finding.levels.items()
    }
    if finding.level != Level.UNDECIDED:
        return replace(finding, levels=levels, confirmed=True, witness=witness)
    return replace(
        finding, level=Level.BREAKING.value, levels=levels, confirmed=True, witness=witness, why=_SETTLED
    )

# SPDX-License-Identifier: Apache-2.0
"""Which findings does a document prove? Walk (b), after the verdict: a witness confirms what breaks and settles what is undecided."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from registry.document import ArtefactType, Document
from registry.finding import Finding, Witness
from registry.rules import BACKWARD, Level
from registry.verdict import Verdict, with_findings
from registry.witness import finder
from registry.witness.finder import STEPS, Trial

MOST_STEPS = 40 * STEPS
"""Steps spent on all findings of one verdict; what is left over is not confirmed."""

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


@dataclass(slots=True)
class _Confirmation:
    """One verdict on its way through the searches; `left` are the steps that may still be spent."""

    new: Document
    olds: Mapping[str, Document]
    left: int = MOST_STEPS

    def of(self, finding: Finding) -> Finding:
        """The finding with its witness, when there is one."""
        about_values = finding.levels.get("validation", finding.level) in _ABOUT_VALUES
        trials = self.trials(finding) if about_values else []
        if not trials:
            return replace(finding, confirmed=finding.level == Level.BREAKING)
        return self.proven(finding, trials, near=True)

    def trials(self, finding: Finding) -> list[Trial]:
        """Between which schemas to search."""
        old = self.olds.get(finding.against)
        if old is None or old.type != self.new.type:
            return []
        return list(TRIALS[self.new.type](old, self.new, finding))

    def proven(self, finding: Finding, trials: Iterable[Trial], *, near: bool) -> Finding:
        """The finding with the first witness that is found; `near` its place, or anywhere."""
        enough = self.left - STEPS
        for trial in trials:
            steps = min(STEPS, self.left, self.left - enough)
            if steps <= 0:
                break
            found = finder.search(trial.accepts, trial.refuses, trial.near if near else None, steps)
            self.left -= found.steps
            if found.witness is not None:
                return _breaking(finding, found.witness)
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
            findings[place] = work.proven(finding, work.trials(finding), near=False)
    return with_findings(verdict, findings)


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

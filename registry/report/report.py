# SPDX-License-Identifier: Apache-2.0
"""What came out of checking many contracts? One outcome each, what must be said beside them, and the exit code of a CI job."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from registry.finding import Finding
from registry.rules import Level
from registry.verdict import BREAKING, COMPATIBLE, UNDECIDED, Verdict
from terms.problem import Problem

OK, FAILED, UNREADABLE, UNREACHABLE = 0, 1, 2, 4
NEW, RETIRED, NO_VERDICT = "new", "retired", "unreadable"
STATUSES = (NO_VERDICT, BREAKING, UNDECIDED, COMPATIBLE, NEW, RETIRED)
"""What may be said of one contract, worst first."""

NOTICES: Mapping[str, tuple[str, str]] = {
    "approval-expired": (
        "an approval has expired",
        "The finding it accepted fails the check again. Mend the contract, or approve it anew with a later date.",
    ),
    "approval-unused": (
        "an approval matches no finding",
        "It may stand under the wrong contract, or what it accepted is no longer there. Remove it.",
    ),
    "registry-differs": (
        "the registry has other settings than the manifest",
        "The manifest decided. Bring the two together, or the registry will judge the contract otherwise when it is pushed.",
    ),
    "subject-unstated": (
        "nothing says which subject a new contract is",
        "The registry was asked for one with the name of the file. If it has the contract under another name, nothing was "
        "compared: name it in contracts.yaml beside the file, or as x-throughline.subject in the document.",
    ),
}
"""What may be said of a check beside its findings: rule -> the words, and what to do. Each counts as a warning."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the check itself. `rule` is a key of NOTICES; `where` is `file:line` or empty."""

    rule: str
    contract: str
    what: str
    where: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out for one contract: a verdict; or that it is new or retired; or the problems that kept it from a verdict.

    `contract` is its subject, or its file where no subject is stated; `file` the path as it was given, of what was removed
    the path it had.
    """

    contract: str
    file: str
    verdict: Verdict | None = None
    state: str = NEW
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> str:
        """One of STATUSES."""
        if self.problems:
            return NO_VERDICT
        return self.verdict.status if self.verdict else self.state

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Those of the verdict; none without one."""
        return self.verdict.findings if self.verdict else ()

    def counts(self) -> dict[str, int]:
        """How many findings of each level stand, how many breaking ones are not confirmed, and how many are approved."""
        standing = [f for f in self.findings if not f.approval]
        levels = {level.value: sum(f.level == level for f in standing) for level in reversed(Level)}
        unconfirmed = sum(f.level == BREAKING and not f.confirmed for f in standing)
        return {**levels, "not_confirmed": unconfirmed, "approved": len(self.findings) - len(standing)}

    def distinct(self) -> tuple[tuple[Finding, tuple[str, ...]], ...]:
        """Each finding once, in order, with every old version it was found against."""
        first: dict[str, Finding] = {}
        against: dict[str, list[str]] = {}
        for finding in self.findings:
            first.setdefault(finding.fingerprint, finding)
            against.setdefault(finding.fingerprint, []).append(finding.against)
        return tuple((finding, tuple(against[key])) for key, finding in first.items())


@dataclass(frozen=True, slots=True)
class Report:
    """The outcomes, by contract and file, and the notices in the order they were met."""

    outcomes: tuple[Outcome, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def status(self) -> str:
        """The worst of all: unreadable, breaking, undecided or compatible. New and retired contracts are compatible."""
        met = {outcome.status for outcome in self.outcomes}
        worst = next((status for status in STATUSES if status in met), UNDECIDED)
        return COMPATIBLE if worst in (NEW, RETIRED) else worst

    def counts(self) -> dict[str, int]:
        """How many contracts there are, and how many of each status."""
        each = {status: sum(o.status == status for o in self.outcomes) for status in STATUSES}
        return {"contracts": len(self.outcomes), **each}

    def exit_code(self, fail_on: str = BREAKING) -> int:
        """0 when all may pass, 1 when one is breaking or undecided, 2 when one has no verdict.

        With `fail_on` warning, a warning that nobody approved and a notice are 1 too.
        """
        if self.status == NO_VERDICT:
            return UNREADABLE
        warned = self.notices or any(outcome.counts()[Level.WARNING] for outcome in self.outcomes)
        return FAILED if self.status != COMPATIBLE or (fail_on == "warning" and warned) else OK

    def with_notices(self, notices: tuple[Notice, ...]) -> "Report":
        """The same report with more said beside it."""
        return replace(self, notices=self.notices + notices)

# SPDX-License-Identifier: Apache-2.0
"""Which findings did somebody accept, why, and until when? An approval names one finding of one contract by fingerprint."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from registry.finding import Finding
from registry.report.report import Notice, Outcome, Report
from registry.rules import POLICIES
from registry.verdict import Verdict, status_of


@dataclass(frozen=True, slots=True)
class Approval:
    """One accepted finding. `contract` is the subject or the file; `until` the last day it counts, in UTC."""

    fingerprint: str
    contract: str
    reason: str
    by: str
    until: date
    where: str = ""

    def __str__(self) -> str:
        return f"approved by {self.by} until {self.until}: {self.reason}"


def apply(report: Report, approvals: Iterable[Approval], on: date) -> Report:
    """The report as the approvals leave it on that day: what they accept no longer fails, and says why.

    An approval that has expired, or that matches nothing in a contract that was checked, becomes a notice.
    """
    given = list(approvals)
    used: set[Approval] = set()
    outcomes = tuple(_outcome(outcome, given, on, used) for outcome in report.outcomes)
    checked = {name for o in report.outcomes if not o.problems for name in (o.contract, o.file)}
    valid = {(each.contract, each.fingerprint) for each in given if each.until >= on}
    lapsed = [each for each in given if each.until < on and (each.contract, each.fingerprint) not in valid]
    notices = [_expired(each) for each in lapsed if each in used]
    notices += [_unused(each) for each in given if each not in used and _is_of(each, checked)]
    return replace(report, outcomes=outcomes).with_notices(tuple(notices))


def _outcome(outcome: Outcome, approvals: list[Approval], on: date, used: set[Approval]) -> Outcome:
    if outcome.verdict is None or not outcome.verdict.findings:
        return outcome
    matching = [each for each in approvals if _is_of(each, {outcome.contract, outcome.file})]
    if not matching:
        return outcome
    findings = tuple(_finding(finding, matching, on, used) for finding in outcome.verdict.findings)
    return replace(outcome, verdict=_judged_again(outcome.verdict, findings))


def _is_of(approval: Approval, names: set[str]) -> bool:
    """A contract is named by its subject, its file, or the end of the file's path."""
    return any(name == approval.contract or name.endswith(f"/{approval.contract}") for name in names)


def _finding(finding: Finding, approvals: list[Approval], on: date, used: set[Approval]) -> Finding:
    matching = [each for each in approvals if each.fingerprint == finding.fingerprint]
    used.update(matching)
    valid = [each for each in matching if each.until >= on]
    return replace(finding, approval=str(max(valid, key=lambda each: each.until))) if valid else finding


def _judged_again(verdict: Verdict, findings: tuple[Finding, ...]) -> Verdict:
    standing = [finding for finding in findings if not finding.approval]
    policies = {name: status_of(f.levels.get(name, f.level) for f in standing) for name in POLICIES}
    return replace(verdict, findings=findings, policies=policies, status=policies[verdict.policy])


def _expired(approval: Approval) -> Notice:
    what = f"{approval.fingerprint} of {approval.contract} was {approval}"
    return Notice("approval-expired", approval.contract, what, approval.where, approval.fingerprint)


def _unused(approval: Approval) -> Notice:
    what = f"{approval.fingerprint} of {approval.contract}, {approval}"
    return Notice("approval-unused", approval.contract, what, approval.where, approval.fingerprint)

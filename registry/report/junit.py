# SPDX-License-Identifier: Apache-2.0
"""A report as JUnit XML, which every CI server shows: one test case a contract; what could not be read is an error."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from registry.finding import Finding
from registry.report.brief import brief
from registry.report.report import NO_VERDICT, NOTICES, Outcome, Report
from registry.rules import Level
from registry.verdict import BREAKING, UNDECIDED

# What XML 1.0 cannot hold in any spelling.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Case:
    """One test case. `failure` and `error` are type, message and text; `beside` is printed whatever the outcome."""

    group: str
    name: str
    failure: tuple[str, str, str] | None = None
    error: tuple[str, str, str] | None = None
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases under one name, and what is said of all of them."""

    name: str
    cases: tuple[Case, ...]
    beside: str = ""


def render(report: Report) -> str:
    """The report as one test suite. A failure names the rule of its first finding and holds all of them as text."""
    return written([suite(report)])


def suite(report: Report) -> Suite:
    """The suite that the report is."""
    notices = "".join(f"{each.what} ({each.where})\n" for each in report.notices if each.rule in NOTICES)
    return Suite("contracts", tuple(map(_case, report.outcomes)), notices)


def written(suites: Sequence[Suite]) -> str:
    """The suites as one document."""
    cases = [case for each in suites for case in each.cases]
    inner = "".join(
        f'  <testsuite name={_attribute(each.name)} {_totals(each.cases)} skipped="0">\n'
        f"{''.join(map(_written, each.cases))}{_beside(each.beside)}  </testsuite>\n"
        for each in suites
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<testsuites name="throughline" {_totals(cases)}>\n{inner}</testsuites>\n'


def _totals(cases: Sequence[Case]) -> str:
    failures = sum(case.failure is not None for case in cases)
    errors = sum(case.error is not None for case in cases)
    return f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'


def _beside(text: str) -> str:
    return f"    <system-out>{_text(text)}</system-out>\n" if text else ""


def _written(case: Case) -> str:
    head = f"    <testcase classname={_attribute(case.group)} name={_attribute(case.name)}"
    inner = "".join(
        f"<{tag} type={_attribute(said[0])} message={_attribute(said[1])}>{_text(said[2])}</{tag}>"
        for tag, said in (("error", case.error), ("failure", case.failure))
        if said is not None
    )
    inner += f"<system-out>{_text(case.beside)}</system-out>" if case.beside else ""
    return f"{head}>{inner}</testcase>\n" if inner else f"{head}/>\n"


def _case(outcome: Outcome) -> Case:
    failing = [(f, olds) for f, olds in outcome.distinct() if _fails(f)]
    failure = error = None
    if outcome.problems:
        error = (NO_VERDICT, outcome.problems[0].what, "\n".join(map(str, outcome.problems)))
    elif failing:
        text = "\n\n".join(_finding(finding, olds) for finding, olds in failing)
        failure = (failing[0][0].rule, f"{outcome.status}: {failing[0][0].what}", text)
    beside = "\n".join(
        f"{f.where_new}: {f.message}{f'  {f.approval}' if f.approval else ''}"
        for f, _ in outcome.distinct()
        if f.approval or f.level == Level.WARNING
    )
    return Case(outcome.file or "contracts", outcome.contract, failure, error, beside)


def _fails(finding: Finding) -> bool:
    return finding.level in (BREAKING, UNDECIDED) and not finding.approval


def _finding(finding: Finding, olds: tuple[str, ...]) -> str:
    unproven = "" if finding.confirmed or finding.level != BREAKING else " (not confirmed)"
    lines = [f"{finding.level}{unproven}: {finding.what} [{finding.rule}, {finding.direction}]"]
    lines.append(f"{finding.where_new}  {finding.pointer_new or '/'}  against {', '.join(olds)}")
    lines.append(f"why: {finding.why}")
    if finding.fix:
        lines.append(f"fix: {finding.fix}")
    if finding.witness:
        lines.append(f"proof: {brief(finding.witness.document)}")
        lines.append(f"{finding.witness.refused_by}: {brief(finding.witness.refusal)}")
    return "\n".join([*lines, f"fingerprint: {finding.fingerprint}"])


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))

# SPDX-License-Identifier: Apache-2.0
"""A report as JUnit XML, which every CI server shows: one test case a contract; what could not be read is an error."""

import re
from xml.sax.saxutils import escape, quoteattr

from registry.finding import Finding
from registry.report.brief import brief
from registry.report.report import NO_VERDICT, NOTICES, Outcome, Report
from registry.rules import Level
from registry.verdict import BREAKING, UNDECIDED

# What XML 1.0 cannot hold in any spelling.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """The report as one test suite. A failure names the rule of its first finding and holds all of them as text."""
    cases = [_case(outcome) for outcome in report.outcomes]
    counts = report.counts()
    failures = counts[BREAKING] + counts[UNDECIDED]
    totals = f'tests="{len(cases)}" failures="{failures}" errors="{counts[NO_VERDICT]}"'
    notices = "".join(
        f"{notice.what} ({notice.where})\n" for notice in report.notices if notice.rule in NOTICES
    )
    spoken = f"    <system-out>{_text(notices)}</system-out>\n" if notices else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="throughline" {totals}>\n  <testsuite name="contracts" {totals} skipped="0">\n'
        f"{''.join(cases)}{spoken}  </testsuite>\n</testsuites>\n"
    )


def _case(outcome: Outcome) -> str:
    head = f"    <testcase classname={_attribute(outcome.file or 'contracts')} name={_attribute(outcome.contract)}"
    failing = [(f, olds) for f, olds in outcome.distinct() if _fails(f)]
    if outcome.problems:
        message = outcome.problems[0].what
        text = "\n".join(str(problem) for problem in outcome.problems)
        inner = f"<error type={_attribute(NO_VERDICT)} message={_attribute(message)}>{_text(text)}</error>"
    elif failing:
        kind, message = failing[0][0].rule, f"{outcome.status}: {failing[0][0].what}"
        text = "\n\n".join(_finding(finding, olds) for finding, olds in failing)
        inner = f"<failure type={_attribute(kind)} message={_attribute(message)}>{_text(text)}</failure>"
    else:
        inner = ""
    beside = [f for f, _ in outcome.distinct() if f.approval or f.level == Level.WARNING]
    if beside:
        text = "\n".join(
            f"{f.where_new}: {f.message}{f'  {f.approval}' if f.approval else ''}" for f in beside
        )
        inner += f"<system-out>{_text(text)}</system-out>"
    return f"{head}>{inner}</testcase>\n" if inner else f"{head}/>\n"


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

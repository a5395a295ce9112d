# SPDX-License-Identifier: Apache-2.0
"""A report as workflow commands of GitHub Actions: each finding is shown at its line in the pull request."""

from registry.finding import Finding
from registry.report.brief import brief
from registry.report.report import NOTICES, Outcome, Report
from registry.rules import Level
from registry.verdict import BREAKING

_COMMANDS = {"breaking": "error", "undecided": "error", "warning": "warning"}


def render(report: Report) -> str:
    """One line an annotation, what fails first: GitHub shows only the first ten of each kind. The last line is the count."""
    errors: list[str] = []
    warnings: list[str] = []
    notices: list[str] = []
    for outcome in report.outcomes:
        errors += [line("error", p.where, "no verdict", f"{p.what}. {p.do}") for p in outcome.problems]
        for finding, olds in outcome.distinct():
            if finding.approval:
                notices.append(_of("notice", finding, olds, outcome))
            elif finding.level != Level.SAFE:
                command = _COMMANDS[finding.level]
                (errors if command == "error" else warnings).append(_of(command, finding, olds, outcome))
    for notice in report.notices:
        what, do = NOTICES[notice.rule]
        warnings.append(line("warning", notice.where, what, f"{notice.what}. {do}"))
    counts = report.counts()
    several = counts.pop("contracts")
    said = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    noun = "contract" if several == 1 else "contracts"
    return "".join([*errors, *warnings, *notices, f"{several} {noun}: {said}\n"])


def _of(command: str, finding: Finding, olds: tuple[str, ...], outcome: Outcome) -> str:
    unproven = " (not confirmed)" if finding.level == BREAKING and not finding.confirmed else ""
    parts = [
        f"{finding.what} at {finding.pointer_new or '/'}{unproven}, against {', '.join(olds)}",
        finding.why,
    ]
    if finding.fix:
        parts.append(f"fix: {finding.fix}")
    if finding.witness:
        parts.append(f"proof: {brief(finding.witness.document)} - {brief(finding.witness.refusal)}")
    parts.append(finding.approval or f"fingerprint {finding.fingerprint}")
    level = "approved" if finding.approval else finding.level
    title = f"{outcome.contract}: {level} [{finding.rule}]"
    return line(command, finding.where_new or outcome.file, title, "\n".join(parts))


def line(command: str, where: str, title: str, message: str) -> str:
    """One annotation at `file:line`; `where` may be empty."""
    file, number = place(where)
    properties = {"file": file, **({"line": str(number)} if number else {}), "title": title}
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{command} {said}::{_message(message)}\n"


def place(where: str) -> tuple[str, int]:
    """File and line of `file:line`; line 0 when none is said, and no file where it is an address.

    >>> place("contracts/a:b.json:12"), place("a.json"), place("http://127.0.0.1:8000")
    (('contracts/a:b.json', 12), ('a.json', 0), ('', 0))
    """
    if "://" in where:
        return "", 0
    file, _, line = where.rpartition(":")
    return (file, int(line)) if file and line.isascii() and line.isdigit() else (where, 0)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")

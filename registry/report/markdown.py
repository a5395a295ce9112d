# SPDX-License-Identifier: Apache-2.0
"""A report for a pull request: a table of contracts, and the findings folded below it, within what a comment may hold."""

import re

from registry.finding import Finding
from registry.report.brief import brief
from registry.report.report import NEW, NO_VERDICT, NOTICES, RETIRED, STATUSES, Notice, Outcome, Report
from registry.rules import Level
from registry.verdict import BREAKING, COMPATIBLE, UNDECIDED

MAX_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536 characters, in GitLab more."""

MARKER = "<!-- throughline contracts -->"
"""Stands first, so that a job finds its earlier comment and replaces it."""

_SIGNS = {
    NO_VERDICT: "❌", BREAKING: "❌", UNDECIDED: "⚠️", COMPATIBLE: "✅", NEW: "🆕", RETIRED: "⏹️", "warning": "⚠️", "safe": "✅",
}  # fmt: skip
_TICKS = re.compile(r"`+")


def render(report: Report) -> str:
    """The report as GitHub Flavored Markdown. What does not fit is left out, and how much is said."""
    counts = report.counts()
    several = counts.pop("contracts")
    said = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    noun = "contract" if several == 1 else "contracts"
    head = f"{MARKER}\n### {_SIGNS[report.status]} {several} {noun}: {said}\n"
    table = "\n| | contract | verdict | against | found |\n|---|---|---|---|---|\n"
    worst_first = sorted(report.outcomes, key=lambda o: (STATUSES.index(o.status), o.contract, o.file))
    parts = [_row(outcome) for outcome in worst_first]
    parts += [f"\n{_notice(notice)}" for notice in report.notices]
    parts += [_details(outcome) for outcome in worst_first if _tells(outcome)]
    return within(head + table, parts)


def code(text: str) -> str:
    """A text shown as it is: no markup, no mention and no cell border of it counts.

    >>> code("a|b`c")
    '``a\\\\|b`c``'
    """
    if not text:
        return ""
    fence = "`" * (max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    padded = f" {text} " if text.startswith("`") or text.endswith("`") else text
    return f"{fence}{padded}{fence}".replace("|", "\\|").replace("\n", " ").replace("\r", " ")


def plain(text: str) -> str:
    """A sentence of ours with values of theirs in it: no markup in it counts."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~$])", r"\\\1", text)
    return escaped.replace("@", "@\u200b").replace("\n", " ").replace("\r", " ")


def within(head: str, parts: list[str]) -> str:
    """The head and as many of the parts as a comment may hold; how many are left out is said."""
    kept, length = [head], len(head)
    for number, part in enumerate(parts):
        if length + len(part) > MAX_CHARACTERS:
            kept.append(
                f"\n**{len(parts) - number} more parts are left out: the comment would be too long.**\n"
            )
            break
        kept.append(part)
        length += len(part)
    return "".join(kept)


def _tells(outcome: Outcome) -> bool:
    return bool(outcome.problems) or any(f.level != Level.SAFE for f in outcome.findings)


def _row(outcome: Outcome) -> str:
    counts = outcome.counts()
    found = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number)
    differs = (
        f"<br>{plain(outcome.verdict.difference)}" if outcome.verdict and outcome.verdict.difference else ""
    )
    against = outcome.verdict.against[-1] if outcome.verdict and outcome.verdict.against else ""
    cells = (_SIGNS[outcome.status], code(outcome.contract), outcome.status, code(against), found + differs)
    return f"| {' | '.join(cells)} |\n"


def _details(outcome: Outcome) -> str:
    verdict = outcome.verdict
    mode = f", {verdict.mode} under {verdict.policy}" if verdict else ""
    name = outcome.file or outcome.contract
    parts = [f"\n<details{' open' if outcome.status in (BREAKING, UNDECIDED, NO_VERDICT) else ''}><summary>"]
    parts.append(f"{_SIGNS[outcome.status]} {_html(name)}{mode}</summary>\n\n")
    for problem in outcome.problems:
        advice = f" {plain(problem.do)}" if problem.do else ""
        parts.append(f"- **no verdict**: {plain(problem.what)} ({code(problem.where)}){advice}\n")
    parts += [_finding(finding, olds) for finding, olds in outcome.distinct() if finding.level != Level.SAFE]
    return "".join([*parts, "\n</details>\n"])


def _finding(finding: Finding, olds: tuple[str, ...]) -> str:
    level = "approved" if finding.approval else finding.level
    unproven = " (not confirmed)" if finding.level == BREAKING and not finding.confirmed else ""
    lines = [
        f"- **{level}**{unproven}: {plain(finding.what)} {code(finding.rule)} {finding.direction.lower()}"
    ]
    lines.append(f"{code(finding.pointer_new or '/')} {code(finding.where_new)}".rstrip())
    if len(olds) > 1:
        lines.append("against " + ", ".join(map(code, olds)))
    if finding.before or finding.after:
        lines.append(f"{code(finding.before or 'absent')} → {code(finding.after or 'absent')}")
    if finding.users:
        lines.append(f"used by: {code(finding.users)}")
    lines.append(f"why: {plain(finding.why)}")
    if finding.fix:
        lines.append(f"fix: {plain(finding.fix)}")
    if finding.witness:
        w = finding.witness
        lines.append(
            f"proof: {code(brief(w.document))} is accepted by {code(w.accepted_by)}, refused by {code(w.refused_by)}:"
        )
        lines.append(f"{code(w.pointer or '/')} {plain(brief(w.refusal))}")
    lines.append(
        plain(finding.approval) if finding.approval else f"to approve it: {code(finding.fingerprint)}"
    )
    return "<br>\n  ".join(lines) + "\n"


def _notice(notice: Notice) -> str:
    what, do = NOTICES[notice.rule]
    where = f" ({code(notice.where)})" if notice.where else ""
    return f"⚠️ **{what}**: {plain(notice.what)}{where} {do}\n"


def _html(text: str) -> str:
    from html import escape

    return escape(text).replace("@", "@\u200b")

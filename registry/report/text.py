# SPDX-License-Identifier: Apache-2.0
"""A report for a terminal: the answer first, one table when there are many contracts, then each finding with its way out."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from registry.finding import Finding, Witness
from registry.report.brief import brief
from registry.report.report import NEW, NO_VERDICT, NOTICES, RETIRED, STATUSES, Notice, Outcome, Report
from registry.rules import Level
from registry.verdict import BREAKING, COMPATIBLE, UNDECIDED, Verdict

_STYLES = {
    NO_VERDICT: "bold white on red",
    BREAKING: "bold white on red",
    UNDECIDED: "bold black on yellow",
    COMPATIBLE: "bold white on green",
    NEW: "bold white on blue",
    RETIRED: "bold white on blue",
    Level.WARNING.value: "bold black on yellow",
}
_WHOLE = 48
_LABELS = {NO_VERDICT: "NO VERDICT"}
_QUESTIONS = {
    "BACKWARD": "do new readers take what was written under the old contract?",
    "FORWARD": "do old readers take what is written under the new contract?",
    "FULL": "do readers and writers of both contracts take each other's documents?",
    "NONE": "nothing is asked of this contract.",
}
_ANSWERS = {
    COMPATIBLE: "Nothing that is accepted today is lost.",
    BREAKING: "Do not publish it as it is: each finding below says how to keep what works today.",
    UNDECIDED: "It was not proven safe, so it does not pass. Each finding below says what could not be decided.",
    NEW: "There is no earlier version: nothing can break.",
    RETIRED: "The manifest retires it.",
    NO_VERDICT: "It could not be read, so nothing is known about it.",
}
_ACCEPTED = "It passes because what it breaks was accepted, as told below."


def render(report: Report) -> Group:
    """The report as lines: one contract in full, or a table of many and then those that have something to tell."""
    notices = [part for notice in report.notices for part in _notice(notice)]
    if len(report.outcomes) == 1:
        (outcome,) = report.outcomes
        return Group(*_whole(outcome), *notices, Text(), Text(_count(outcome), style="bold"))
    parts: list[Any] = [_headline(report), Text(), _table(report.outcomes)]
    for outcome in sorted(report.outcomes, key=lambda o: STATUSES.index(o.status)):
        if outcome.problems or any(f.level != Level.SAFE for f in outcome.findings):
            parts += [Text(), *_whole(outcome)]
    return Group(*parts, *notices, Text(), Text(f"{report.status}: {_statuses(report)}", style="bold"))


def badge(status: str) -> tuple[str, str]:
    """A status as a coloured word."""
    return f" {_LABELS.get(status, status.upper())} ", _STYLES[status]


def _headline(report: Report) -> Text:
    return Text.assemble(badge(report.status), f"  {_statuses(report)}")


def _statuses(report: Report) -> str:
    counts = report.counts()
    several = f"{counts.pop('contracts')} contracts"
    return ", ".join([several, *(f"{n} {status}" for status, n in counts.items() if n)])


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    # Names are looked for and copied: they stay whole while the terminal has room for them.
    whole = max((len(outcome.contract) for outcome in outcomes), default=0) <= _WHOLE
    for column in ("verdict", "contract", "found", "file"):
        table.add_column(column, overflow="fold", no_wrap=whole and column == "contract")
    for outcome in sorted(outcomes, key=lambda o: (STATUSES.index(o.status), o.contract, o.file)):
        file = Text("" if outcome.file == outcome.contract else outcome.file, "dim")
        table.add_row(Text(*badge(outcome.status)), Text(outcome.contract, "bold"), _found(outcome), file)
    return table


def _found(outcome: Outcome) -> str:
    counts = outcome.counts()
    counts.pop("not_confirmed")
    said = ", ".join(f"{number} {level}" for level, number in counts.items() if number)
    differs = "; policies differ" if outcome.verdict and outcome.verdict.difference else ""
    return said + differs


def _whole(outcome: Outcome) -> list[Any]:
    verdict = outcome.verdict
    against = (", ".join(verdict.against) or "nothing") if verdict else ""
    name = outcome.file or outcome.contract
    head = Text.assemble(badge(outcome.status), f"  {name}", f"  against  {against}" if against else "")
    parts: list[Any] = [head]
    if verdict:
        question = _QUESTIONS[verdict.mode.removesuffix("_TRANSITIVE")]
        parts.append(Text(f"{verdict.mode}, policy {verdict.policy}: {question}", style="dim"))
        if verdict.difference:
            parts.append(Text(f"Policies differ: {verdict.difference}.", style="magenta"))
    is_accepted = outcome.status == COMPATIBLE and outcome.counts()["approved"]
    parts.append(Text(_ACCEPTED if is_accepted else _ANSWERS[outcome.status]))
    for problem in outcome.problems:
        parts += [Text(), Text.assemble((f" {problem.what}", "bold"))]
        parts += [
            Padding(_grid((("where", Text(problem.where)), ("next", Text(problem.do, "cyan")))), (0, 2))
        ]
    return parts + (_findings(outcome, verdict) if verdict else [])


def _findings(outcome: Outcome, verdict: Verdict) -> list[Any]:
    """Those that fail, the proven ones first; then warnings, what was approved, and what is safe."""
    found = outcome.distinct()
    both = verdict.mode.startswith("FULL")
    standing = [(f, olds) for f, olds in found if not f.approval and f.level != Level.SAFE]
    parts: list[Any] = []
    for finding, olds in standing:
        if finding.level != BREAKING or finding.confirmed:
            parts += [Text(), *_finding(finding, olds, both)]
    unproven = [(f, olds) for f, olds in standing if f.level == BREAKING and not f.confirmed]
    if unproven:
        parts += [
            Text(),
            Text("Not confirmed: breaking by rule, but no document was found that proves it.", "red"),
        ]
        for finding, olds in unproven:
            parts += [Text(), *_finding(finding, olds, both)]
    approved = [(f, olds) for f, olds in found if f.approval]
    if approved:
        parts += [Text(), Text("Approved, so they do not fail:", style="green")]
        parts += [Text(f"  {f.pointer_new or '/'}  {f.what}  [{f.rule}]  {f.approval}") for f, _ in approved]
    safe = [f for f, _ in found if f.level == Level.SAFE and not f.approval]
    if safe:
        parts += [Text(), Text("Changes that are safe:", style="green")]
        parts += [Text(f"  {f.pointer_new or '/'}  {f.what}") for f in safe]
    return parts


def _finding(finding: Finding, olds: tuple[str, ...], both: bool) -> list[Any]:
    title = Text.assemble(
        badge(finding.level), " ", (finding.what, "bold"), (f"  {finding.direction}" if both else "", "dim"),
        (f"  [{finding.rule}]", "dim"),
    )  # fmt: skip
    rows: list[tuple[str, Text]] = []
    if finding.where_new:
        rows.append(("new", _place(finding.pointer_new, finding.where_new)))
    if finding.where_old:
        rows.append(("old", _place(finding.pointer_old, finding.where_old)))
    if len(olds) > 1:
        rows.append(("versus", Text(", ".join(olds))))
    if finding.before or finding.after:
        change = (finding.before or "absent", " -> ", (finding.after or "absent", "bold"))
        rows.append(("change", Text.assemble(*change)))
    if finding.users:
        rows.append(("used by", Text(finding.users)))
    rows.append(("why", Text(finding.why)))
    if finding.fix:
        rows.append(("fix", Text(finding.fix, style="cyan")))
    if finding.patch:
        rows += [("patch", Text(json.dumps(operation, default=str), "cyan")) for operation in finding.patch]
    if finding.witness:
        rows += _witness(finding.witness)
    if finding.level != Level.WARNING:
        rows.append(("id", Text(finding.fingerprint, "dim")))
    return [title, Padding(_grid(rows), (0, 0, 0, 2))]


def _witness(witness: Witness) -> list[tuple[str, Text]]:
    where = witness.pointer or "/"
    return [
        ("proof", Text(brief(witness.document), "bold")),
        ("", Text(f"{witness.accepted_by} accepts it", "green")),
        ("", Text(f"{witness.refused_by} refuses it at {where}: {brief(witness.refusal)}", "red")),
    ]


def _notice(notice: Notice) -> list[Any]:
    what, do = NOTICES[notice.rule]
    title = Text.assemble(badge(Level.WARNING), " ", (what, "bold"), (f"  [{notice.rule}]", "dim"))
    rows = (("what", Text(notice.what)), ("where", Text(notice.where, "dim")), ("next", Text(do, "cyan")))
    return [Text(), title, Padding(_grid(rows), (0, 0, 0, 2))]


def _grid(rows: Iterable[tuple[str, Text]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        if value.plain:
            grid.add_row(name, value)
    return grid


def _place(pointer: str, where: str) -> Text:
    return Text.assemble((pointer or "/", "bold"), "  ", (where, "dim"))


def _count(outcome: Outcome) -> str:
    counts = outcome.counts()
    levels = (Level.BREAKING, Level.UNDECIDED, Level.WARNING, Level.SAFE)
    said = [f"{counts[level]} {level.value}" for level in levels]
    said += [f"{counts['approved']} approved"] if counts["approved"] else []
    return f"{outcome.status}: {', '.join(said)}"

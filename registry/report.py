# SPDX-License-Identifier: Apache-2.0
"""How is a verdict shown? Last step of walk (b): lines for people, JSON for machines, and the exit code of a CI job."""

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from registry.finding import Finding
from registry.rules import Level
from registry.verdict import BREAKING, COMPATIBLE, UNDECIDED, Verdict
from terms.problem import Problem

OK, FAILED, UNREADABLE = 0, 1, 2

_STYLES = {
    BREAKING: "bold white on red",
    UNDECIDED: "bold black on yellow",
    COMPATIBLE: "bold white on green",
    Level.WARNING.value: "bold black on yellow",
    Level.SAFE.value: "green",
}
_QUESTIONS = {
    "BACKWARD": "do new readers take what was written under the old contract?",
    "FORWARD": "do old readers take what is written under the new contract?",
    "FULL": "do readers and writers of both contracts take each other's documents?",
}
_ANSWERS = {
    COMPATIBLE: "Nothing that is accepted today is lost.",
    BREAKING: "Do not publish it as it is: each finding below says how to keep what works today.",
    UNDECIDED: "It was not proven safe, so it does not pass. Each finding below says what could not be decided.",
}


def exit_code(verdict: Verdict, fail_on: str = BREAKING) -> int:
    """0 when the contract may pass, 1 when it is breaking or undecided; `fail_on` warning makes a warning fail too."""
    if verdict.status != COMPATIBLE:
        return FAILED
    return FAILED if fail_on == "warning" and verdict.of_level(Level.WARNING) else OK


def as_json(verdict: Verdict) -> str:
    """The verdict as JSON text, stable for equal input."""
    counts = {level.value: len(verdict.of_level(level)) for level in Level}
    return json.dumps({**verdict.as_json(), "summary": counts}, indent=2)


def problems_as_json(problems: Iterable[Problem]) -> str:
    """What kept the check from running, as JSON text; its status is never a verdict."""
    listed = [{"what": p.what, "where": p.where, "next": p.do} for p in problems]
    return json.dumps({"status": "unreadable", "problems": listed}, indent=2)


def as_text(verdict: Verdict) -> Group:
    """The verdict for a terminal: the answer first, then each finding with place, reason and fix, then the count."""
    against = ", ".join(verdict.against) or "nothing"
    head = Text.assemble(
        (f" {verdict.status.upper()} ", _STYLES[verdict.status]), f"  {verdict.new}  against  {against}"
    )
    mode = verdict.mode.removesuffix("_TRANSITIVE")
    question = Text(f"{verdict.mode}, policy {verdict.policy}: {_QUESTIONS[mode]}", style="dim")
    parts: list[Any] = [head, question, Text(_ANSWERS[verdict.status])]
    for finding in verdict.of_level(Level.BREAKING, Level.UNDECIDED, Level.WARNING):
        parts += [Text(), *_finding(finding, many_directions=mode == "FULL")]
    safe = verdict.of_level(Level.SAFE)
    if safe:
        parts += [Text(), Text("Changes that are safe:", style="green")]
        parts += [Text(f"  {f.pointer_new or '/'}  {f.what}") for f in safe]
    parts += [Text(), Text(_count(verdict), style="bold")]
    return Group(*parts)


def _finding(finding: Finding, *, many_directions: bool) -> list[Any]:
    direction = f"  {finding.direction}" if many_directions else ""
    title = Text.assemble(
        (f" {finding.level.upper()} ", _STYLES[finding.level]), " ", (finding.what, "bold"), (direction, "dim"),
        (f"  [{finding.rule}]", "dim"),
    )  # fmt: skip
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    if finding.where_new:
        grid.add_row("new", _place(finding.pointer_new, finding.where_new))
        grid.add_row("old", _place(finding.pointer_old, finding.where_old))
    if finding.before or finding.after:
        change = ((finding.before or "absent"), " -> ", ((finding.after or "absent"), "bold"))
        grid.add_row("change", Text.assemble(*change))
    grid.add_row("why", Text(finding.why))
    if finding.fix:
        grid.add_row("fix", Text(finding.fix, style="cyan"))
    return [title, Padding(grid, (0, 0, 0, 2))]


def _place(pointer: str, where: str) -> Text:
    return Text.assemble((pointer or "/", "bold"), "  ", (where, "dim"))


def _count(verdict: Verdict) -> str:
    counts = [
        f"{len(verdict.of_level(level))} {level.value}"
        for level in (Level.BREAKING, Level.UNDECIDED, Level.WARNING, Level.SAFE)
    ]
    return f"{verdict.status}: {', '.join(counts)}"

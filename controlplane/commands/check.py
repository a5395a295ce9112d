# SPDX-License-Identifier: Apache-2.0
"""`throughline check`: contracts, policy rules and can-i-deploy as one report with one exit code. Needs no server of its own."""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.text import Text

from registry import deploy_report, gate
from registry.candidate import Candidates, gather, stated
from registry.commands.check import FailOn, day
from registry.report import json as json_report
from registry.report import text as text_report
from registry.report.report import Report
from registry.server import UnreachableError
from terms.instant import wall_clock
from terms.problem import Problem, ProblemError

app = typer.Typer(add_completion=False)

CLEAN, FINDINGS, USAGE, NO_ANSWER, UNREACHABLE = 0, 1, 2, 3, 4
WORST_FIRST = (USAGE, UNREACHABLE, NO_ANSWER, FINDINGS, CLEAN)
_NEEDS_CEL = Problem(
    "there are rules, and what computes them is not installed, so they were not run",
    "throughline[policies]",
    "pip install 'throughline[policies]'",
)
_STYLES = {CLEAN: "bold white on green", FINDINGS: "bold white on red", NO_ANSWER: "bold black on yellow"}


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Part:
    """What one of the three said. `status` in a word, `code` what it would exit with, `said` for machines, `shown` for people."""

    name: str
    status: str
    code: int
    said: dict[str, Any] = field(default_factory=dict)
    shown: Any = ""
    problems: tuple[Problem, ...] = ()


@app.command()
def check(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Contract files, or folders of them.")
    ],
    against: Annotated[
        list[str] | None,
        typer.Option(metavar="PLACE", help="As of `throughline contracts check`: main:contracts/, a folder, a URL."),
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Definitions with policy rules, besides those the manifest names."),
    ] = None,
    facts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON: more facts to judge than the contracts themselves.")
    ] = None,
    manifest: Annotated[Path | None, typer.Option(help="The manifest; without it contracts.yaml beside the files.")] = None,
    on: Annotated[str, typer.Option(metavar="DATE", help="The day approvals are held to; without it today, in UTC.")] = "",
    fail_on: Annotated[FailOn, typer.Option(help="The least level of a contract that fails.")] = FailOn.BREAKING,
    output: Annotated[Format, typer.Option("--format", help="How the answer is written.")] = Format.TEXT,
) -> None:  # fmt: skip
    """Check contracts, the policy rules that the manifest names, and whether the application it names may be deployed.

    Exit code: 0 all is well; 1 a finding, or something undecided; 2 usage or a file that cannot be read; 3 a rule gave no
    answer or was not run; 4 a server does not answer. The worst counts: 2, 4, 3, 1.
    """
    try:
        candidates = gather(paths, manifest)
        asked = gate.Asked(day(on))
    except ProblemError as error:
        parts: tuple[Part, ...] = (_refused("contracts", error),)
    else:
        folders = [*(rules or []), *(m.folder / each for m in candidates.manifests for each in m.rules)]
        parts = (
            _part("contracts", lambda: _contracts(gate.run(candidates, against or (), asked), fail_on.value)),
            _part("policies", lambda: _policies(candidates, folders, facts)),
            _part("can-i-deploy", lambda: _deployment(candidates)),
        )
    code = min((part.code for part in parts), key=WORST_FIRST.index)
    if output is Format.JSON:
        sys.stdout.write(json.dumps(_document(parts, code), indent=2) + "\n")
    else:
        Console(highlight=False, markup=False, emoji=False).print(_shown(parts))
    raise typer.Exit(code)


def _part(name: str, ask: Callable[[], Part]) -> Part:
    """What a part says; that it could not say anything is an answer of its own, and the other parts are asked all the same."""
    try:
        return ask()
    except ProblemError as error:
        return _refused(name, error)


def _refused(name: str, error: ProblemError) -> Part:
    if isinstance(error, UnreachableError):
        return Part(name, "unreachable", UNREACHABLE, problems=error.problems)
    return Part(name, "unreadable", USAGE, problems=error.problems)


def _contracts(report: Report, fail_on: str) -> Part:
    said = json.loads(json_report.render(report))
    return Part("contracts", report.status, report.exit_code(fail_on), said, text_report.render(report))


def _policies(candidates: Candidates, folders: list[Path], facts: Path | None) -> Part:
    if not folders:
        return Part("policies", "no rules named", CLEAN)
    if find_spec("cel_expr_python") is None:
        return Part("policies", "not run", NO_ANSWER, problems=(_NEEDS_CEL,))
    from controlplane.contract_facts import contract_fact
    from policies.evaluate import evaluate
    from policies.facts_file import read_facts
    from policies.rule import load

    known = []
    for each in candidates.each:
        if each.document:
            owner, steward = stated(each.document, "owner"), stated(each.document, "steward")
            lifecycle, version = stated(each.document, "lifecycle"), stated(each.document, "version")
            known.append(contract_fact(each.key, owner, steward, lifecycle, version))
    loaded = load(folders)
    answer = evaluate(loaded, [*known, *(read_facts(facts) if facts else ())], wall_clock())
    findings = [
        {"rule": f.pair.rule_id, "severity": f.severity, "key": f.pair.target_key, "message": f.message, "remediation": f.remediation}
        for f in answer.findings
    ]  # fmt: skip
    errors = [{"rule": e.pair.rule_id, "key": e.pair.target_key, "message": e.message} for e in answer.errors]
    code = NO_ANSWER if errors else FINDINGS if findings else CLEAN
    status = {NO_ANSWER: "no answer", FINDINGS: "violated", CLEAN: "holds"}[code]
    lines = [Text(f"{len(loaded)} rules", "dim")]
    for f in findings:
        lines.append(Text(f"{f['severity']}  {f['rule']}  {f['key']}: {f['message']}"))
        lines.append(Text(f"  next  {f['remediation']}", "cyan"))
    lines += [Text(f"no answer  {e['rule']}  {e['key']}: {e['message']}", "yellow") for e in errors]
    return Part(
        "policies",
        status,
        code,
        {"rules": len(loaded), "findings": findings, "errors": errors},
        Group(*lines),
    )


def _deployment(candidates: Candidates) -> Part:
    application = next((m.application for m in candidates.manifests if m.application), None)
    if application is None:
        return Part("can-i-deploy", "no application named", CLEAN)
    from controlplane.commands.rest import call

    query = {"application": application.name, "version": application.version, "to": application.to}
    answer = call("GET", "/can-i-deploy", query)
    said = str(answer.get("answer"))
    return Part("can-i-deploy", said, deploy_report.exit_code(answer), answer, deploy_report.as_text(answer))


def _document(parts: Iterable[Part], code: int) -> dict[str, Any]:
    """The whole answer for machines; a part that gave none has no `answer`, and says why."""
    said: dict[str, Any] = {"exit_code": code}
    for part in parts:
        problems = [{"what": p.what, "where": p.where, "next": p.do} for p in part.problems]
        said[part.name] = {
            "status": part.status,
            "exit_code": part.code,
            "answer": part.said or None,
            "problems": problems,
        }
    return said


def _shown(parts: Iterable[Part]) -> Group:
    lines: list[Any] = []
    for part in parts:
        style = _STYLES.get(part.code, "bold white on red")
        lines += [Text.assemble((f"{part.name}: ", "bold"), (f" {part.status.upper()} ", style))]
        for problem in part.problems:
            lines += [
                Text(f"  {problem.what}"),
                Text(f"  where  {problem.where}", "dim"),
                Text(f"  next   {problem.do}", "cyan"),
            ]
        lines += [part.shown, Text()] if part.shown else [Text()]
    worst = ", ".join(f"{part.name} {part.status}" for part in parts)
    return Group(*lines, Text(worst, style="bold"))

# SPDX-License-Identifier: Apache-2.0
"""`throughline check`: contracts, policy rules and can-i-deploy as one report with one exit code. Needs no server of its own."""

import io
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.text import Text

from controlplane import whole_check
from controlplane.whole_check import CLEAN, FINDINGS, NO_ANSWER, UNREACHABLE, USAGE, Item, Part
from registry import deploy_report, gate
from registry.candidate import Candidates, gather
from registry.commands.answer import WIDE
from registry.commands.check import FailOn, Format, day, store, target
from registry.report import text as text_report
from registry.report.report import Report
from registry.server import UnreachableError
from registry.stated import stated, version_of
from terms.instant import wall_clock
from terms.problem import Problem, ProblemError

app = typer.Typer(add_completion=False)

_NEEDS_CEL = Problem(
    "there are rules, and what computes them is not installed, so they were not run",
    "throughline[policies]",
    "pip install 'throughline[policies]'",
)
_LEVELS = {"blocks": "error", "undecided": "error", "warns": "warning"}


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
    write: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT=FILE", help="Write the answer into a file too, such as junit=check.xml."),
    ] = None,
) -> None:  # fmt: skip
    """Check contracts, the policy rules that the manifest names, and whether the application it names may be deployed.

    Exit code: 0 all is well; 1 a finding, or something undecided; 2 usage or a file that cannot be read; 3 a rule gave no
    answer or was not run; 4 a server does not answer. The worst counts: 2, 4, 3, 1.
    """
    try:
        also = [target(each) for each in write or []]
        candidates = gather(paths, manifest)
        asked = gate.Asked(day(on))
    except ProblemError as error:
        also, parts = [], [_refused("contracts", error)]
    else:
        folders = [*(rules or []), *(m.folder / each for m in candidates.manifests for each in m.rules)]
        parts = [
            _part("contracts", lambda: _contracts(gate.run(candidates, against or (), asked), fail_on.value)),
            _part("policies", lambda: _policies(candidates, folders, facts)),
            _part("can-i-deploy", lambda: _deployment(candidates)),
        ]
    for form, file in also:
        try:
            store(_written(parts, form), file)
        except ProblemError as error:
            parts.append(_refused("report", error))
    if output is Format.TEXT:
        Console(highlight=False, markup=False, emoji=False).print(whole_check.as_text(parts))
    else:
        sys.stdout.write(_written(parts, output))
    raise typer.Exit(whole_check.exit_code(parts))


def _written(parts: list[Part], form: Format) -> str:
    if form is not Format.TEXT:
        return whole_check.FORMATS[form.value](parts)
    plain = Console(file=io.StringIO(), width=WIDE, highlight=False, markup=False, emoji=False)
    with plain.capture() as captured:
        plain.print(whole_check.as_text(parts))
    return captured.get()


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
    shown = text_report.render(report)
    return Part("contracts", report.status, report.exit_code(fail_on), shown=shown, report=report)


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
            owner, steward, lifecycle = (
                stated(each.document.data, name) for name in ("owner", "steward", "lifecycle")
            )
            known.append(contract_fact(each.key, owner, steward, lifecycle, version_of(each.document.data)))
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
    files = {each.key: each.file for each in candidates.each}
    items = [
        Item(f["rule"], f["key"], "error", f["message"], f["remediation"], files.get(f["key"], ""))
        for f in findings
    ]
    items += [
        Item(e["rule"], e["key"], "unanswered", e["message"], where=files.get(e["key"], "")) for e in errors
    ]
    said = {"rules": len(loaded), "findings": findings, "errors": errors}
    return Part("policies", status, code, said, Group(*lines), tuple(items))


def _deployment(candidates: Candidates) -> Part:
    application = next((m.application for m in candidates.manifests if m.application), None)
    if application is None:
        return Part("can-i-deploy", "no application named", CLEAN)
    from controlplane.commands.rest import call

    query = {"application": application.name, "version": application.version, "to": application.to}
    answer = call("GET", "/can-i-deploy", query)
    said = str(answer.get("answer"))
    items = tuple(
        Item(
            reason["kind"],
            reason["subject"] or application.name,
            _LEVELS[reason["weight"]],
            reason["what"],
            reason["do"],
        )
        for reason in answer["reasons"]
        if reason["weight"] in _LEVELS
    )
    shown = deploy_report.as_text(answer)
    return Part("can-i-deploy", said, deploy_report.exit_code(answer), answer, shown, items)

# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts push`: register contract files as the next versions of their subjects, in a server's registry."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from registry.candidate import Candidate, gather
from registry.commands.answer import Format, console
from registry.report import json as json_report
from registry.report import text
from registry.report.report import FAILED, OK, Outcome, Report
from registry.server import ConflictError, Server, ask_json, part, server
from registry.stated import order_of, version_of
from registry.verdict import from_json
from terms.problem import Problem, ProblemError

FILE_DIALECT = "draft-07"
"""What a file without `$schema` is read as; the registry is told, or it would read 2020-12."""


def push(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Contract files, or folders of them.")],
    if_compatible: Annotated[
        bool, typer.Option("--if-compatible", help="Keep out what its earlier versions do not allow.")
    ] = False,
    settle: Annotated[
        bool, typer.Option("--settle", help="Set mode and policy of each subject in the registry as the manifest says them, first.")
    ] = False,
    url: Annotated[str, typer.Option("--to", metavar="URL", help="The server; without it THROUGHLINE_URL.")] = "",
    manifest: Annotated[Path | None, typer.Option(help="The manifest; without it contracts.yaml beside the files.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How the answer is written.")] = Format.TEXT,
) -> None:  # fmt: skip
    """Register each contract. The same content again is no new version. Every file is read before the first is sent.

    Exit code: 0 all are there, 1 one was kept out as incompatible, 2 usage or a refusal, 4 the server does not answer.
    """
    at = server(url, needs_token=True)
    candidates = gather(paths, manifest).each
    problems = [problem for candidate in candidates for problem in _problems(candidate)]
    if problems:
        raise ProblemError(tuple(problems))
    registered: list[dict[str, Any]] = []
    refused: list[Outcome] = []
    for candidate in sorted(candidates, key=_order):
        if settle:
            _settle(at, candidate)
        answer = _register(at, candidate, if_compatible=if_compatible)
        if isinstance(answer, Outcome):
            refused.append(answer)
        else:
            registered.append({"file": candidate.file, **answer})
    _say(registered, Report(tuple(refused)), output)
    raise typer.Exit(FAILED if refused else OK)


def _order(candidate: Candidate) -> tuple[Any, ...]:
    """The versions of a subject in their order: each must follow the ones before it."""
    return (candidate.subject, order_of(version_of(candidate.document.data if candidate.document else None)))


def _problems(candidate: Candidate) -> tuple[Problem, ...]:
    if candidate.problems or candidate.subject:
        return candidate.problems
    do = "write it in x-throughline of the file, or in contracts.yaml"
    return (Problem("states no subject to be registered under", candidate.file, do),)


def _register(at: Server, candidate: Candidate, *, if_compatible: bool) -> dict[str, Any] | Outcome:
    assert candidate.document is not None
    query = {"dialect": FILE_DIALECT, **({"if_compatible": "true"} if if_compatible else {})}
    kind = f"application/{candidate.document.syntax}"
    content = candidate.document.text.encode()
    try:
        answer: dict[str, Any] = ask_json(at, "POST", f"{_subject(candidate)}/versions", query, content, kind)
        return answer
    except ConflictError as error:
        said = json.loads(error.content or b"{}")
        if "findings" not in said:
            raise
        said.pop("difference", None)
        return Outcome(candidate.key, candidate.file, from_json(said))


def _settle(at: Server, candidate: Candidate) -> None:
    row = candidate.row
    wanted = {key: value for key, value in (("compatibility", row.mode), ("policy", row.policy)) if value}
    if wanted:
        ask_json(at, "PUT", f"{_subject(candidate)}/config", None, json.dumps(wanted).encode())


def _subject(candidate: Candidate) -> str:
    return f"/subjects/{part(candidate.subject)}"


def _say(registered: list[dict[str, Any]], refused: Report, output: Format) -> None:
    if output is Format.JSON:
        kept_out = json.loads(json_report.render(refused))["contracts"]
        sys.stdout.write(json.dumps({"registered": registered, "refused": kept_out}, indent=2) + "\n")
        return
    for each in registered:
        version = f"{each['subject']}@{each['version'] or each['number']}"
        there = "was there" if each["already_there"] else "registered"
        console().print(
            Text.assemble(
                (f" {there.upper()} ", "bold white on green"), f"  {version}  ", (each["file"], "dim")
            )
        )
    if refused.outcomes:
        console().print(text.render(refused))

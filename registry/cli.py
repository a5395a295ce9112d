# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts ...`: the gate a CI job calls. It needs no server and no database, and starts fast."""

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from terms.problem import Problem, ProblemError

app = typer.Typer(
    help="Check contracts against their earlier versions; list the ones that ship.", no_args_is_help=True
)


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"


class FailOn(StrEnum):
    """The least level that makes the check fail."""

    BREAKING = "breaking"
    WARNING = "warning"


@app.command()
def check(
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new contract: a JSON or YAML file.")],
    against: Annotated[
        str,
        typer.Option(
            metavar="OLD",
            help="What it must be compatible with: a file, or a shipped contract such as invoice-issued or invoice-issued@1.0.0.",
        ),
    ],
    mode: Annotated[
        str | None,
        typer.Option(
            help="BACKWARD, FORWARD or FULL, each also with _TRANSITIVE. Without it the old contract's own mode, else BACKWARD."
        ),
    ] = None,
    policy: Annotated[str, typer.Option(help="The rule set that decides: validation.")] = "validation",
    output: Annotated[Format, typer.Option("--format", help="How the answer is written.")] = Format.TEXT,
    fail_on: Annotated[FailOn, typer.Option(help="The least level that fails the check.")] = FailOn.BREAKING,
) -> None:
    """Say whether NEW is compatible with OLD, with the place, reason and fix of every finding.

    Exit code: 0 compatible, 1 breaking or undecided, 2 usage or a file that cannot be read as a contract.
    """
    from registry import report
    from registry.check import check_named

    try:
        verdict = check_named(new, against, mode, policy, datetime.now(UTC).date())
    except ProblemError as error:
        _refuse(error.problems, output)
    if output is Format.JSON:
        sys.stdout.write(report.as_json(verdict) + "\n")
    else:
        _console().print(report.as_text(verdict))
    raise typer.Exit(report.exit_code(verdict, fail_on.value))


@app.command("list")
def list_contracts(
    output: Annotated[Format, typer.Option("--format", help="How the list is written.")] = Format.TEXT,
) -> None:
    """List the contracts that ship with Throughline."""
    from registry import canonical

    found = canonical.load()
    if output is Format.JSON:
        rows = [
            {
                "subject": c.subject,
                "version": c.semver,
                "title": c.title,
                "owner": c.owner,
                "domain": c.domain,
            }
            for c in found
        ]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("contract", "title", "domain", "owner"):
        table.add_column(column, overflow="fold")
    for c in found:
        table.add_row(Text(f"{c.subject}@{c.semver}", "bold"), c.title, c.domain, c.owner)
    _console().print(table)


def _console(*, stderr: bool = False) -> Console:
    # Contract texts are shown as they are: a [bracket] is no markup, a :word: no emoji.
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def _refuse(problems: tuple[Problem, ...], output: Format) -> NoReturn:
    """Says why there is no verdict, and exits 2. The reason is never on the way a verdict takes, except as JSON."""
    from registry import report

    if output is Format.JSON:
        sys.stdout.write(report.problems_as_json(problems) + "\n")
    console = _console(stderr=True)
    for problem in problems:
        console.print(Text.assemble((" NO VERDICT ", "bold white on red"), f" {problem.what}"))
        if problem.where:
            console.print(Text(f"  where  {problem.where}"))
        if problem.do:
            console.print(Text(f"  next   {problem.do}", "cyan"))
    raise typer.Exit(report.UNREADABLE)

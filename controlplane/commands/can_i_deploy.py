# SPDX-License-Identifier: Apache-2.0
"""`throughline can-i-deploy`: may this version go there? Judged by the server from the schemas of all that runs there."""

import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from controlplane.commands.rest import call
from registry import deploy_report
from registry.verdict import DEFAULT_POLICY
from terms import canonical_json

app = typer.Typer(add_completion=False)


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"


@app.command()
def can_i_deploy(
    application: Annotated[str, typer.Argument(metavar="APP")],
    version: Annotated[str, typer.Argument(metavar="VERSION")],
    to: Annotated[str, typer.Option(metavar="ENV", help="dev, test, stage, prod, or as they are set.")],
    policy: Annotated[
        str, typer.Option(help="The rule set that decides: validation, lenient or codegen.")
    ] = DEFAULT_POLICY,
    first: Annotated[
        bool, typer.Option("--first", help="Nothing else runs there yet: comparing with nothing is right.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="How the answer is written.")] = Format.TEXT,
) -> None:
    """Say whether VERSION of APP may go to ENV, who would break there, and why.

    Exit code: 0 yes, 1 no or undecided, 2 usage, 4 the server does not answer. No answer is never a yes.
    """
    query = {"application": application, "version": version, "to": to, "policy": policy}
    answer = call("GET", "/can-i-deploy", query | ({"first": "1"} if first else {}))
    if output is Format.JSON:
        sys.stdout.write(canonical_json.text(answer) + "\n")
    else:
        Console(highlight=False, markup=False, emoji=False).print(deploy_report.as_text(answer))
    raise typer.Exit(deploy_report.exit_code(answer))

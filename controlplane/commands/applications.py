# SPDX-License-Identifier: Apache-2.0
"""`throughline applications`: what applications say they write and read."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from controlplane.commands.rest import call
from registry import declaration
from terms.instant import wall_clock
from terms.problem import ProblemError

app = typer.Typer(no_args_is_help=True, help="What applications say they write and read.")


@app.command()
def push(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The application's application.yaml.")],
    version: Annotated[
        str, typer.Option(help="Its version, such as the commit; without it the file's own.")
    ] = "",
) -> None:
    """Declare an application version. A typo is told with file, line and key; the same again changes nothing.

    Exit code: 0 declared, 2 the file is not right, 4 the server does not answer.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ProblemError(f"cannot be read: {error.strerror}", str(file)) from error
    declaration.read(content, str(file), wall_clock(), version)
    kept = call(
        "POST", "/applications", {"version": version} if version else None, content, "application/yaml"
    )
    typer.echo(f"{kept['application']} {kept['version']} is declared since {kept['declaredAt']}")


@app.command("list")
def list_applications(
    subject: Annotated[str, typer.Option(help="Only those that write or read this subject.")] = "",
) -> None:
    """List the declared application versions, the latest of each first."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("application", "version", "", "subject", "versions", "fields read"):
        table.add_column(column, overflow="fold")
    for one in call("GET", "/applications", {"subject": subject} if subject else None)["applications"]:
        for use in one["uses"]:
            if subject in ("", use["subject"]):
                fields = ", ".join(use["fields"]) or ("all" if use["role"] == "consumes" else "")
                table.add_row(
                    one["application"], one["version"], use["role"], use["subject"], use["version"], fields
                )
    Console(highlight=False, markup=False, emoji=False).print(table)

# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts list`: the contracts that ship with Throughline, or those of a registry."""

import json
import sys
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from registry.commands.answer import Format, console


def list_contracts(
    registry: Annotated[
        bool, typer.Option("--registry", help="Those of the registry at THROUGHLINE_URL.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="How the list is written.")] = Format.TEXT,
) -> None:
    """List the contracts that ship with Throughline, or those of a registry: of each its current version.

    Exit code: 0, or 2 for a refusal and 4 when the registry does not answer.
    """
    rows = _registered() if registry else _shipped()
    if output is Format.JSON:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("contract", "title", "domain", "owner"):
        table.add_column(column, overflow="fold", no_wrap=column == "contract")
    for row in rows:
        name = Text(f"{row['subject']}@{row['version']}", "bold")
        table.add_row(name, row["title"], row["domain"], row["owner"])
    console().print(table)


def _shipped() -> list[dict[str, str]]:
    from registry import canonical

    return [
        {"subject": c.subject, "version": c.semver, "title": c.title, "owner": c.owner, "domain": c.domain}
        for c in canonical.load()
    ]


def _registered() -> list[dict[str, str]]:
    from registry.server import server
    from registry.server_source import subjects

    names = ("subject", "version", "title", "owner", "domain")
    return [{name: str(head[name]) for name in names} for head in subjects(server(needs_token=True))]

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
    output: Annotated[Format, typer.Option("--format", help="How the list is written.")] = Format.TEXT,
) -> None:
    """List the contracts that ship with Throughline."""
    from registry import canonical

    found = canonical.load()
    if output is Format.JSON:
        rows = [
            {"subject": c.subject, "version": c.semver, "title": c.title, "owner": c.owner, "domain": c.domain}
            for c in found
        ]  # fmt: skip
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("contract", "title", "domain", "owner"):
        table.add_column(column, overflow="fold")
    for c in found:
        table.add_row(Text(f"{c.subject}@{c.semver}", "bold"), c.title, c.domain, c.owner)
    console().print(table)

# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts ...`: the gate a CI job calls. It needs no server and no database, and starts fast."""

import typer

from registry.commands.check import check
from registry.commands.example import example
from registry.commands.shipped import list_contracts

app = typer.Typer(
    help="Check contracts against their earlier versions; keep them in a registry.", no_args_is_help=True
)
app.command()(check)
app.command()(example)
app.command("list")(list_contracts)

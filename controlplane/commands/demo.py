# SPDX-License-Identifier: Apache-2.0
"""`throughline demo`: everything on one machine, with a made-up company. The work is in controlplane.demo."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from controlplane.demo.run import Options, run
from terms.instant import wall_clock

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    deals: Annotated[
        int | None, typer.Option(min=1, help="Live deals to begin with.", show_default="24")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="What the made-up company draws from.", show_default="7")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the control plane; 0: the first free one.")
    ] = 0,
    sandbox_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the stand-ins; 0: the first free one.")
    ] = 0,
    data_dir: Annotated[Path, typer.Option(help="What the demo keeps; the same one goes on.")] = Path(
        ".data/demo"
    ),
    exit_: Annotated[
        bool, typer.Option("--exit", help="Stop when every deal has ended or waits for a person.")
    ] = False,
    open_: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the sign-in link in a browser.")
    ] = False,
) -> None:
    """Start the sandbox and the control plane, with 30 days of history and live deals.

    With --exit: 0 when every deal is accounted for and no ledger holds a duplicate, 1 when not.
    """
    options = Options(deals, seed, port, sandbox_port, data_dir, exit_, open_)
    raise typer.Exit(run(options, wall_clock, Console()))

# SPDX-License-Identifier: Apache-2.0
"""The verbs of `throughline sandbox`: run the stand-ins, and look at or set what goes wrong in them."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Run stand-ins of CRM, billing, payments and ERP.", no_args_is_help=True, add_completion=False
)


@app.command()
def run(
    file: Annotated[Path, typer.Option(help="Everything the stand-ins hold; made when it is not there.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="On 127.0.0.1; 0 takes a free one.")] = 8410,
    credentials: Annotated[
        Path | None, typer.Option(help="Where to write the connections file for the runtime.")
    ] = None,
    webhooks: Annotated[
        str | None,
        typer.Option(help="Where to send webhooks; the connection's name is added as the last part."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same ids, delays and faults.")] = 7,
    faults: Annotated[
        str | None,
        typer.Option(
            help="JSON with unavailable, timeout_after_effect, duplicate_webhook (0 to 1) and hold_s."
        ),
    ] = None,
) -> None:
    """Run the four stand-ins until stopped."""
    from sync.sandbox.run import RunSettings
    from sync.sandbox.run import run as serve

    serve(RunSettings(port, file, credentials, webhooks, seed, faults))


@app.command()
def faults(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port of the running sandbox.")] = 8410,
    unavailable: Annotated[
        float | None, typer.Option(min=0, max=1, help="Answers 503, without effect.")
    ] = None,
    timeout_after_effect: Annotated[
        float | None, typer.Option(min=0, max=1, help="Does it, and answers too late.")
    ] = None,
    duplicate_webhook: Annotated[float | None, typer.Option(min=0, max=1, help="Delivers it twice.")] = None,
    hold_s: Annotated[
        float | None, typer.Option(min=0, max=60, help="How late an answer is, seconds.")
    ] = None,
) -> None:
    """Show the probabilities of faults in a running sandbox, after setting those that are given."""
    from sync.sandbox.remote import set_faults

    wanted = {
        "unavailable": unavailable,
        "timeout_after_effect": timeout_after_effect,
        "duplicate_webhook": duplicate_webhook,
        "hold_s": hold_s,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    typer.echo(json.dumps(set_faults(port, given)))

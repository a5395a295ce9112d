# SPDX-License-Identifier: Apache-2.0
"""`throughline record-deployment`: tell the registry what really runs where."""

from typing import Annotated

import typer

from controlplane.commands.rest import call
from terms import canonical_json

app = typer.Typer(add_completion=False)


@app.command()
def record_deployment(
    application: Annotated[str, typer.Argument(metavar="APP")],
    version: Annotated[str, typer.Argument(metavar="VERSION")],
    to: Annotated[str, typer.Option(metavar="ENV", help="Where it was deployed to.")],
    ended: Annotated[
        bool, typer.Option("--ended", help="It runs there no more, and nothing took its place.")
    ] = False,
) -> None:
    """Record that VERSION of APP runs in ENV from now on; the version before it has ended. The same again changes nothing.

    Exit code: 0 recorded, 2 refused (an unknown environment, a version nobody declared), 4 the server does not answer.
    """
    if ended:
        call("DELETE", f"/deployments/{to}/{application}")
        typer.echo(f"{application} runs in {to} no more")
        return
    wanted = {"application": application, "version": version, "environment": to}
    kept = call("POST", "/deployments", body=canonical_json.text(wanted).encode())
    typer.echo(
        f"{kept['application']} {kept['version']} runs in {kept['environment']} since {kept['deployedAt']}"
    )

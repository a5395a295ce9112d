# SPDX-License-Identifier: Apache-2.0
"""`throughline exceptions`: what a person must clear, from the command line."""

import typer
from rich.console import Console
from rich.table import Table

from controlplane.commands.client import ask

app = typer.Typer(no_args_is_help=True, help="What a person must clear.")

LIST = """query Exceptions($first: Int!, $state: ExceptionState) {
  exceptions(first: $first, state: $state) { totalCount nodes { id state sentence advice amount { amount currency } openedAt } }
}"""
ASKED = """query Asked($id: ID!) { exception(id: $id) { replays } }"""
REPLAY = """mutation Replay($input: ReplayExceptionInput!) {
  replayException(input: $input) {
    __typename
    ... on ReplayStarted { alreadyAsked exception { id state } }
    ... on ExceptionNotFound { message }
    ... on ExceptionNotOpen { message }
  }
}"""


@app.command("list")
def list_exceptions(
    first: int = 20, every: bool = typer.Option(False, "--all", help="Resolved ones too.")
) -> None:
    """The open exceptions, most money first."""
    page = ask(LIST, {"first": first, "state": None if every else "OPEN"})["exceptions"]
    table = Table("id", "state", "what", "do", "at stake", "since", title=f"{page['totalCount']} exceptions")
    for row in page["nodes"]:
        money = f"{row['amount']['currency']} {row['amount']['amount']}" if row["amount"] else ""
        table.add_row(row["id"], row["state"].lower(), row["sentence"], row["advice"], money, row["openedAt"])
    Console().print(table)


@app.command()
def replay(exception_id: str, reason: str = "") -> None:
    """Run the failed stage again with the same business keys; what already took effect is not done twice.

    Asking twice for the same exception before it has run is one replay. Exits 1 when there is nothing to replay.
    """
    found = ask(ASKED, {"id": exception_id})["exception"]
    # The count makes one failure one replay, and the failure after it another.
    key = f"cli:{exception_id}:{found['replays'] if found else 0}"
    answer = ask(REPLAY, {"input": {"id": exception_id, "idempotencyKey": key, "reason": reason}})
    result = answer["replayException"]
    if result["__typename"] != "ReplayStarted":
        typer.echo(f"throughline: {result['message']}", err=True)
        raise typer.Exit(1)
    typer.echo("already asked for" if result["alreadyAsked"] else "replaying")

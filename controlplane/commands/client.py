# SPDX-License-Identifier: Apache-2.0
"""A command's way to a running control plane: GraphQL over HTTP, with THROUGHLINE_URL and THROUGHLINE_TOKEN."""

import os
from typing import Any

import httpx2
import typer

from terms.problem import ProblemError

UNREACHABLE = 4


def ask(query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The `data` of the answer. Raises ProblemError for a refusal; exits with 4 when nobody answers."""
    url = os.environ.get("THROUGHLINE_URL", "http://127.0.0.1:8321")
    token = os.environ.get("THROUGHLINE_TOKEN", "")
    if not token:
        raise ProblemError(
            "no credential", "THROUGHLINE_TOKEN", "set it to a service token (tl_...) of that server"
        )
    try:
        answer = httpx2.post(
            f"{url}/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {token}", "accept": "application/graphql-response+json"},
            timeout=30,
        )
    except httpx2.TransportError as error:
        typer.echo(f"throughline: {url} does not answer: {error}", err=True)
        raise typer.Exit(UNREACHABLE) from error
    if answer.status_code in (401, 403):
        raise ProblemError(
            "the credential is not accepted", "THROUGHLINE_TOKEN", "make another with the server's admin"
        )
    body = answer.json()
    if body.get("errors"):
        raise ProblemError("; ".join(error["message"] for error in body["errors"]), url)
    data: dict[str, Any] = body["data"]
    return data

# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts deprecate|promote`: move a version through its life: draft, active, deprecated, sunset, retired."""

import json
from typing import Annotated, Any

import typer
from rich.text import Text

from registry.commands.answer import console
from registry.report import text
from registry.report.report import FAILED, Outcome, Report
from registry.server import ConflictError, ask_json, part, server
from registry.verdict import from_json
from terms.problem import ProblemError

Version = Annotated[str, typer.Argument(metavar="SUBJECT@VERSION", help="A semantic version or a number.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the audit log.")]
Url = Annotated[str, typer.Option("--in", metavar="URL", help="The server; without it THROUGHLINE_URL.")]


def deprecate(
    version: Version,
    successor: Annotated[str, typer.Option(metavar="SUBJECT@VERSION", help="What to use instead.")] = "",
    sunset: Annotated[str, typer.Option(metavar="TIME", help="When it ends, RFC 3339.")] = "",
    reason: Reason = "",
    url: Url = "",
) -> None:
    """Say that a version should no longer be used. Exit code: 0 done, 2 refused, 4 the server does not answer."""
    _move(version, {"to": "deprecated", "successor": successor, "sunset": sunset, "reason": reason}, url)


def promote(
    version: Version,
    to: Annotated[str, typer.Option(help="active, deprecated, sunset or retired.")] = "active",
    if_compatible: Annotated[
        bool, typer.Option("--if-compatible", help="A draft that does not follow stays one.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even where the version is still used; needs a reason.")
    ] = False,
    sunset: Annotated[str, typer.Option(metavar="TIME", help="When it ends, RFC 3339.")] = "",
    reason: Reason = "",
    url: Url = "",
) -> None:
    """Move a version on: a draft becomes active. What is not allowed is refused, and the answer says what is.

    Exit code: 0 done, 1 kept out as incompatible, 2 refused, 4 the server does not answer.
    """
    wish = {"to": to, "sunset": sunset, "reason": reason, "force": force}
    _move(version, wish, url, {"if_compatible": "true"} if if_compatible else None)


def _move(version: str, wish: dict[str, Any], url: str, query: dict[str, str] | None = None) -> None:
    subject, at, which = version.rpartition("@")
    if not at or not subject or not which:
        raise ProblemError("is not a subject and a version", version, "write it like invoice-issued@1.2.0")
    place = f"/subjects/{part(subject)}/versions/{part(which)}/lifecycle"
    kept = {key: value for key, value in wish.items() if value}
    try:
        said = ask_json(server(url, needs_token=True), "POST", place, query, json.dumps(kept).encode())
    except ConflictError as error:
        verdict = json.loads(error.content or b"{}")
        if "findings" not in verdict:
            raise
        verdict.pop("difference", None)
        console().print(text.render(Report((Outcome(subject, version, from_json(verdict)),))))
        raise typer.Exit(FAILED) from error
    console().print(Text(f"{said['subject']}@{said['version'] or said['number']} is {said['lifecycle']}"))

# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts infer`: a draft contract from payloads, for a person to finish."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.commands.answer import refuse
from registry.report.report import UNREACHABLE, UNREADABLE
from registry.server import UnreachableError
from terms.problem import ProblemError


def infer(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Payloads, a JSON document a line; - is standard input.")
    ] = None,
    from_traffic: Annotated[
        str, typer.Option("--from-traffic", metavar="SUBJECT", help="Payloads that a running server has seen.")
    ] = "",
    subject: Annotated[str, typer.Option(help="The name of the contract; without it that of the traffic or file.")] = "",
    at: Annotated[str, typer.Option(metavar="POINTER", help="The part of each document that counts, such as /data.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many payloads to ask a server for.")] = 200,
) -> None:  # fmt: skip
    """Draft a contract (JSON Schema 2020-12) from observed payloads, with the evidence beside each field.

    Exit code: 0, 2 for payloads that cannot be read, 4 when the server does not answer.
    """
    from registry import infer as drafting
    from registry import json_indent

    try:
        if (file is None) == (not from_traffic):
            raise ProblemError("needs either a file or --from-traffic", "", "name one of the two")
        classes: dict[str, str] = {}
        if file is None:
            payloads, classes = _traffic(from_traffic, limit)
        else:
            payloads = _lines(file, at)
        name = subject or from_traffic or ("" if file is None or str(file) == "-" else file.stem)
        draft = drafting.infer(payloads, subject=name, classes=classes)
    except ProblemError as error:
        code = UNREACHABLE if isinstance(error, UnreachableError) else UNREADABLE
        refuse(error.problems, code, "NO DRAFT")
    sys.stdout.write(json_indent.written(draft) + "\n")


def _traffic(subject: str, limit: int) -> tuple[Iterator[Any], dict[str, str]]:
    from registry.server import ask_json, part, server

    found = ask_json(server(needs_token=True), "GET", f"/observed/{part(subject)}", {"limit": str(limit)})
    if not found["payloads"]:
        raise ProblemError(
            "has no payloads on the server", subject, "send some, or draft the contract from a file"
        )
    return iter(found["payloads"]), found["classes"]


def _lines(file: Path, at: str) -> Iterator[Any]:
    where = "standard input" if str(file) == "-" else str(file)
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(
            f"cannot be read: {error}", where, "check the path, and that it is UTF-8"
        ) from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _payload(line, at, f"{where}:{number}")


def _payload(line: str, at: str, where: str) -> Any:
    from registry.change import ABSENT
    from registry.json_patch import value_at

    try:
        payload = value_at(json.loads(line, parse_float=Decimal), at)
    except (ValueError, RecursionError) as error:
        raise ProblemError("is not one JSON document", where, "write one document on each line") from error
    if payload is ABSENT:
        raise ProblemError(f"has nothing at {at}", where, "name a part that every document has")
    return payload

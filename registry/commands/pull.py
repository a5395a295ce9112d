# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts pull`: the registered bytes of subjects as files, one folder a subject, one file a version."""

from pathlib import Path
from typing import Annotated, Any

import typer

from registry.commands.answer import console
from registry.server import Server, ask_json, part, server
from registry.server_source import VISIBLE, subjects
from terms.problem import ProblemError


def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SUBJECT[@VERSION]...]", help="Without any, every subject.")
    ] = None,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go.")] = Path("contracts"),
    every: Annotated[bool, typer.Option("--all-versions", help="All versions that can be seen, not the latest alone.")] = False,
    url: Annotated[str, typer.Option("--from", metavar="URL", help="The server; without it THROUGHLINE_URL.")] = "",
) -> None:  # fmt: skip
    """Write contracts as they were registered, byte for byte: FOLDER/SUBJECT/VERSION.json or .yaml.

    Exit code: 0 all are written, 2 usage or a refusal, 4 the server does not answer. Files that are there are overwritten.
    """
    at = server(url, needs_token=True)
    wanted = names or [str(head["subject"]) for head in subjects(at)]
    written = 0
    for name in wanted:
        subject, _, which = name.partition("@")
        for version in _versions(at, subject, which, every=every):
            file = (
                to
                / file_name(subject)
                / f"{file_name(str(version['version'] or version['number']))}.{version['syntax']}"
            )
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(str(version["document"]).encode())
            console().print(file.as_posix())
            written += 1
    if not written:
        raise ProblemError("there is no contract to pull", at.url, "throughline contracts push some first")


def file_name(text: str) -> str:
    """A subject or version as one name in a folder: no separator, not hidden, never the folder above.

    >>> file_name("billing/invoice issued"), file_name(".."), file_name("1.0.0")
    ('billing%2Finvoice%20issued', '%2E.', '1.0.0')
    """
    quoted = part(text)
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def _versions(at: Server, subject: str, which: str, *, every: bool) -> list[dict[str, Any]]:
    said = ask_json(at, "GET", f"/subjects/{part(subject)}/versions", {"documents": "true"})
    listed: list[dict[str, Any]] = said["versions"]
    if which:
        found = [each for each in listed if which in (each["version"], str(each["number"]))]
        if not found:
            known = ", ".join(str(each["version"] or each["number"]) for each in listed)
            raise ProblemError(f"'{subject}' has no version '{which}'", at.url, f"it has {known}")
        return found[-1:]
    visible = [each for each in listed if each["lifecycle"] in VISIBLE]
    return visible if every else visible[-1:]

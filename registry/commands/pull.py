# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts pull`: the registered bytes of subjects as files, one folder a subject, one file a version."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.commands.answer import console
from registry.manifest import NAME, Row
from registry.server import Server, ask_json, part, server
from registry.server_source import VISIBLE, subjects
from terms.problem import ProblemError

_NOT_LISTED = Row("")


def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SUBJECT[@VERSION]...]", help="Without any, every subject.")
    ] = None,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the files go.")] = Path("contracts"),
    every: Annotated[bool, typer.Option("--all-versions", help="All versions that can be seen, not the latest alone.")] = False,
    url: Annotated[str, typer.Option("--from", metavar="URL", help="The server; without it THROUGHLINE_URL.")] = "",
) -> None:  # fmt: skip
    """Write contracts as they were registered, byte for byte: FOLDER/SUBJECT/VERSION.json or .yaml.

    FOLDER/contracts.yaml says of each file which subject it is, with the mode and policy that were settled for it, so that a
    check of the folder finds their earlier versions. One that is there is kept, and what it lacks is shown.

    Exit code: 0 all are written, 2 usage or a refusal, 4 the server does not answer. Files that are there are overwritten.
    """
    at = server(url, needs_token=True)
    wanted = names or [str(head["subject"]) for head in subjects(at)]
    rows: dict[str, dict[str, str]] = {}
    for name in wanted:
        subject, _, which = name.partition("@")
        said = ask_json(at, "GET", f"/subjects/{part(subject)}", {"documents": "true"})
        for version in _chosen(at, said, subject, which, every=every):
            number = file_name(str(version["version"] or version["number"]))
            path = f"{file_name(subject)}/{number}.{version['syntax']}"
            file = to / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(str(version["document"]).encode())
            console().print(file.as_posix())
            rows[path] = {"subject": subject, **_settled(said)}
    if not rows:
        raise ProblemError("there is no contract to pull", at.url, "throughline contracts push some first")
    _list(to / NAME, rows)


def _settled(said: Mapping[str, Any]) -> dict[str, str]:
    """What was settled for the subject itself; what holds for all of the registry is left to the registry."""
    own = said["config"]
    named = {"mode": own["compatibility"], "policy": own["policy"]}
    return {name: value for name, value in named.items() if value}


def _list(file: Path, rows: Mapping[str, Mapping[str, str]]) -> None:
    """Writes the manifest, or says what to add to the one that a person wrote."""
    from registry import manifest_file

    known = manifest_file.read(file).rows if file.exists() else {}
    lacking = {
        path: row for path, row in rows.items() if known.get(path, _NOT_LISTED).subject != row["subject"]
    }
    if not lacking:
        return
    text = "contracts:\n" + "".join(f"  {_quoted(path)}: {_row(row)}\n" for path, row in lacking.items())
    if not file.exists():
        file.write_text(text)
        console().print(file.as_posix())
    else:
        console(stderr=True).print(
            f"{file} is kept as it is. Without these lines a check takes the files for new contracts:\n\n{text}"
        )


def _row(row: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {_quoted(value)}" for name, value in row.items()) + "}"


def _quoted(text: str) -> str:
    """A JSON string, which is a YAML one too."""
    return json.dumps(text, ensure_ascii=False)


def file_name(text: str) -> str:
    """A subject or version as one name in a folder: no separator, not hidden, never the folder above.

    >>> file_name("billing/invoice issued"), file_name(".."), file_name("1.0.0")
    ('billing%2Finvoice%20issued', '%2E.', '1.0.0')
    """
    quoted = part(text)
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def _chosen(
    at: Server, said: Mapping[str, Any], subject: str, which: str, *, every: bool
) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = said["versions"]
    if which:
        found = [each for each in listed if which in (each["version"], str(each["number"]))]
        if not found:
            known = ", ".join(str(each["version"] or each["number"]) for each in listed)
            raise ProblemError(f"'{subject}' has no version '{which}'", at.url, f"it has {known}")
        return found[-1:]
    visible = [each for each in listed if each["lifecycle"] in VISIBLE]
    return visible if every else visible[-1:]

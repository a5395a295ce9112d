# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts export|import`: a whole registry as a directory tree that can be kept in git and taken over elsewhere.

FOLDER/registry.json                      what was settled for all subjects
FOLDER/SUBJECT/subject.json               the subject's versions as facts, settings, approvals
FOLDER/SUBJECT/NUMBER-VERSION.json|yaml   the registered bytes of each version
"""

import json
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.commands.answer import console
from registry.commands.pull import file_name
from registry.server import MissingError, Server, ask_json, part, server
from terms.problem import ProblemError

_SETTLED = ("compatibility", "policy", "group_by", "mode")
_MOST_NAME = (
    120  # file systems take 255 bytes; a subject in another script is three times as long once quoted
)


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the tree goes; folders of subjects in it are replaced.")],
    url: Annotated[str, typer.Option("--from", metavar="URL", help="The server; without it THROUGHLINE_URL.")] = "",
    xregistry: Annotated[bool, typer.Option("--xregistry", help="Write one xRegistry document, FOLDER/registry.xreg.json, instead.")] = False,
) -> None:  # fmt: skip
    """Write every contract with its versions, states, settings and approvals, so that `import` makes the same registry again.

    Exit code: 0 all is written, 2 usage or a refusal, 4 the server does not answer.
    """
    at = server(url, needs_token=True)
    folder.mkdir(parents=True, exist_ok=True)
    if xregistry:
        _write(folder / "registry.xreg.json", ask_json(at, "GET", "/xregistry"))
        return
    settled = ask_json(at, "GET", "/config")
    _write(folder / "registry.json", {"config": {name: settled[name] for name in _SETTLED}})
    count = 0
    for name in ask_json(at, "GET", "/names")["subjects"]:
        whole = ask_json(at, "GET", f"/subjects/{part(name)}/export")
        place = folder / _folder(whole["subject"])
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        for version in whole["versions"]:
            file = f"{version['number']}-{file_name(version['version'])}.{version['syntax']}"
            (place / file).write_bytes(version.pop("document").encode())
            version["file"] = file
        _write(place / "subject.json", whole)
        count += 1
    console().print(f"{count} contracts in {folder.as_posix()}")


def take(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A tree that `export` wrote.")],
    url: Annotated[str, typer.Option("--to", metavar="URL", help="The server; without it THROUGHLINE_URL.")] = "",
    new_ids: Annotated[bool, typer.Option("--new-ids", help="Give schema ids anew where the registry has other contents under them.")] = False,
) -> None:  # fmt: skip
    """Take a tree over into a registry: numbers, states, settings and approvals as they were. Doing it twice changes nothing.

    Exit code: 0 all is there, 2 usage or a refusal, 4 the server does not answer.
    """
    at = server(url, needs_token=True)
    found = {whole["subject"]: whole for whole in _read(folder)}
    query = {"new_ids": "true"} if new_ids else {}
    changed = 0
    for subject, version in _in_order(found):
        answer = _send(at, subject, {"versions": [version]}, query)
        changed += answer["changed"]
    for subject, whole in found.items():
        _send(at, subject, {name: whole[name] for name in ("config", "groups", "approvals")}, query)
    _send_settled(at, folder)
    console().print(f"{len(found)} contracts, {changed} versions new or changed")


def _send(at: Server, subject: str, body: dict[str, Any], query: dict[str, str]) -> Any:
    sent = json.dumps(body).encode()
    return ask_json(at, "POST", f"/subjects/{part(subject)}/import", query, sent)


def _send_settled(at: Server, folder: Path) -> None:
    settled = json.loads((folder / "registry.json").read_text())["config"]
    stated = {name: value for name, value in settled.items() if value}
    if stated:
        ask_json(at, "PUT", "/config", None, json.dumps(stated).encode())
        return
    try:
        ask_json(at, "DELETE", "/config")
    except MissingError:
        return  # nothing was settled here either


def _read(folder: Path) -> Iterator[dict[str, Any]]:
    if not (folder / "registry.json").is_file():
        raise ProblemError("is no exported registry", folder.as_posix(), "name a folder that export wrote")
    for file in sorted(folder.glob("*/subject.json")):
        whole = json.loads(file.read_text())
        for version in whole["versions"]:
            name = Path(version.pop("file")).name
            version["document"] = (file.parent / name).read_bytes().decode()
        yield whole


def _in_order(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every version after those before it, and after what it refers to."""
    waiting = [(subject, version) for subject, whole in found.items() for version in whole["versions"]]
    done: set[tuple[str, int]] = set()
    while waiting:
        left: list[tuple[str, dict[str, Any]]] = []
        for subject, version in waiting:
            needs = {(one["subject"], one["version"]) for one in version["references"]}
            if needs <= done | {need for need in needs if need[0] not in found}:
                done.add((subject, version["number"]))
                yield subject, version
            else:
                left.append((subject, version))
        if len(left) == len(waiting):
            subject, version = left[0]
            raise ProblemError(
                f"version {version['number']} of '{subject}' refers to what is not in the tree",
                subject,
                "export it again",
            )
        waiting = left


def _folder(subject: str) -> str:
    name = file_name(subject)
    return (
        name if len(name) <= _MOST_NAME else f"{name[:_MOST_NAME]}-{sha256(subject.encode()).hexdigest()[:8]}"
    )


def _write(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

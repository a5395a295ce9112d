# SPDX-License-Identifier: Apache-2.0
"""Which versions does a Throughline registry hold? Read over its own REST, several subjects at a time."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.approvals import Approval
from registry.candidate import Candidate, Candidates
from registry.document import Document, parse
from registry.earlier import Place, Settings, shown
from registry.server import MissingError, Server, ask, ask_json, part, server, unreachable
from registry.sources import Versions
from terms.problem import ProblemError

VISIBLE = ("active", "deprecated", "sunset")
"""What a new version must follow; drafts and retired versions promise nothing."""

_AT_ONCE = 8
_SUBJECTS = "/subjects/"


@dataclass(frozen=True, slots=True)
class Held:
    """What the registry said of one subject; `said` None: it has none of that name."""

    said: Mapping[str, Any] | None
    approvals: tuple[Approval, ...] = ()


def registered(url: str, candidates: Candidates) -> Place:
    """The registry at a URL as a place, for the subjects of the candidates and of what their manifests list.

    Raises UnreachableError when it does not answer, ProblemError when it refuses.
    """
    at = server(url)
    wanted = {candidate.key for candidate in candidates.each}
    wanted |= {row.subject or row.file for manifest in candidates.manifests for row in manifest.rows.values()}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(sorted(wanted), pool.map(lambda name: _held(at, name), sorted(wanted)), strict=True))
    approvals = tuple(approval for held in found.values() for approval in held.approvals)
    return Place(
        lambda candidate: _versions(at, found[candidate.key], candidate),
        settings=lambda subject: _settings(found[subject].said),
        approvals=approvals,
        by_subject=True,
    )


def _held(at: Server, subject: str) -> Held:
    try:
        said = ask_json(at, "GET", f"{_SUBJECTS}{part(subject)}", {"documents": "true"})
    except MissingError:
        return Held(None)
    if not isinstance(said, dict) or not isinstance(said.get("versions"), list):
        raise unreachable(at, "what answers is no Throughline registry")
    rows = ask_json(at, "GET", f"{_SUBJECTS}{part(subject)}/approvals")["approvals"]
    return Held(said, tuple(_approval(at, row) for row in rows))


def _versions(at: Server, held: Held, candidate: Candidate) -> Versions | None:
    visible = [each for each in (held.said or {}).get("versions", ()) if each["lifecycle"] in VISIBLE]
    if not visible:
        return None
    documents = [_document(at, candidate.key, each) for each in visible]
    return Versions(shown(documents, candidate), complete=True)


def _document(at: Server, subject: str, version: Mapping[str, Any]) -> Document:
    """The version as it was registered; one that refers to other subjects with them copied in."""
    name = f"{subject}@{version['version'] or version['number']}"
    content, syntax = str(version["document"]).encode(), str(version["syntax"])
    if version["references"]:
        path = f"{_SUBJECTS}{part(subject)}/versions/{version['number']}/document"
        content, syntax = ask(at, "GET", path, {"bundled": "true"}), "json"
    return parse(content, name, syntax, version["dialect"])


def _settings(said: Mapping[str, Any] | None) -> Settings:
    if said is None:
        return Settings()
    config = said["config"]
    return Settings(
        mode=config["in_force"]["compatibility"],
        policy=config["in_force"]["policy"],
        type=said["type"],
        own_mode=config["compatibility"] or "",
        own_policy=config["policy"] or "",
    )


def _approval(at: Server, row: Mapping[str, Any]) -> Approval:
    try:
        until = date.fromisoformat(row["until"])
        return Approval(row["fingerprint"], row["subject"], row["reason"], row["by"], until, at.url)
    except (KeyError, ValueError) as error:
        raise ProblemError(
            f"an approval cannot be read: {error}", at.url, "update the gate or the server"
        ) from error


def subjects(at: Server) -> Iterable[Mapping[str, Any]]:
    """Every subject's head, by name. Raises as `ask_json` does."""
    after: dict[str, str] = {}
    while True:
        page = ask_json(at, "GET", "/subjects", {"first": "1000", **after})
        yield from page["subjects"]
        if not page["next"]:
            return
        after = {"after": page["next"]}

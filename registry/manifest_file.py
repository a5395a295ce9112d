# SPDX-License-Identifier: Apache-2.0
"""How is a manifest written? YAML becomes a `Manifest`, or an error that names file, line and key."""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from registry.approvals import Approval
from registry.approvals_file import approvals_of
from registry.json_lines import escape
from registry.manifest import Application, Manifest, Row
from registry.rules import POLICIES
from registry.verdict import MODES
from terms import yaml_lines
from terms.problem import Problem, ProblemError, did_you_mean

TYPES = ("json-schema", "openapi", "asyncapi")
KEYS = ("contracts", "mode", "policy", "against", "ignore", "approvals", "application", "rules")
OF_CONTRACT = ("subject", "type", "mode", "policy", "all_versions", "retired", "approvals")


def read(path: Path, folder: Path | None = None) -> Manifest:
    """The manifest in a file. Raises ProblemError (file:line) for unknown keys, wrong values and everything YAML refuses."""
    return of(yaml_lines.read(path), folder or path.parent)


def of(document: yaml_lines.Document, folder: Path) -> Manifest:
    """The manifest a document states. Raises ProblemError with all that is wrong in it."""
    data = document.data
    problems = document.unknown_keys("", data, KEYS)
    problems += _choices(document, "", data)
    contracts = data.get("contracts", {})
    if not isinstance(contracts, dict):
        problems.append(
            document.problem("contracts is not a mapping of files", "/contracts", "write 'invoice.json:'")
        )
        contracts = {}
    rows: dict[str, Row] = {}
    approvals: list[Approval] = []
    for file, said in contracts.items():
        at = f"/contracts/{escape(file)}"
        said = {} if said is None else said
        found = _row_problems(document, at, file, said)
        problems += found
        if not found:
            rows[file] = _row(document, at, file, said)
            more, wrong = approvals_of(
                document, f"{at}/approvals", said.get("approvals"), rows[file].subject or file
            )
            approvals, problems = approvals + more, problems + wrong
    more, wrong = approvals_of(document, "/approvals", data.get("approvals"))
    approvals, problems = approvals + more, problems + wrong
    problems += [
        document.problem(f"{key} is not a list of {what}", f"/{key}", f"write [{example}]")
        for key, what, example in (
            ("ignore", "patterns", "examples/*"),
            ("rules", "folders", "../definitions"),
        )
        if not _is_texts(data.get(key, []))
    ]
    if not isinstance(data.get("against", ""), str):
        problems.append(
            document.problem("against is not a text", "/against", "write main:contracts or a URL")
        )
    application, unclear = _application(document, data.get("application"))
    problems += unclear
    if problems:
        raise ProblemError(tuple(problems))
    return Manifest(
        folder, rows, document.path, _mode(data), str(data.get("policy", "")), str(data.get("against", "")),
        tuple(data.get("ignore", [])), tuple(approvals), application, tuple(data.get("rules", [])),
    )  # fmt: skip


def _row_problems(document: yaml_lines.Document, at: str, file: str, said: Any) -> list[Problem]:
    if not isinstance(said, dict):
        return [document.problem(f"'{file}' is not a mapping of keys", at, "write 'subject: ...' below it")]
    problems = document.unknown_keys(at, said, OF_CONTRACT) + _choices(document, at, said)
    if file.startswith("/") or ".." in PurePosixPath(file).parts:
        problems.append(
            document.problem(f"'{file}' lies outside the manifest's folder", at, "write a path below it")
        )
    for key in ("subject", "retired"):
        if key in said and not (isinstance(said[key], str) and said[key].strip()):
            wanted = "the reason in words" if key == "retired" else "a text"
            problems.append(document.problem(f"{key} must be {wanted}", f"{at}/{key}", "write it in quotes"))
    if not isinstance(said.get("all_versions", False), bool):
        problems.append(document.problem("all_versions must be true or false", f"{at}/all_versions"))
    return problems


def _choices(document: yaml_lines.Document, at: str, said: Mapping[str, Any]) -> list[Problem]:
    problems = []
    known: dict[str, tuple[str, ...]] = {"mode": (*MODES, "NONE"), "policy": POLICIES, "type": TYPES}
    for key, names in known.items():
        if key in said and not (isinstance(said[key], str) and _as_known(key, said[key]) in names):
            advice = did_you_mean(_as_known(key, str(said[key])), names)
            problems.append(document.problem(f"'{said[key]}' is not a {key}", f"{at}/{key}", advice))
    return problems


def _as_known(key: str, value: str) -> str:
    return value.upper() if key == "mode" else value


def _mode(said: Mapping[str, Any]) -> str:
    return str(said.get("mode", "")).upper()


def _row(document: yaml_lines.Document, at: str, file: str, said: Mapping[str, Any]) -> Row:
    text = {key: str(said.get(key, "")) for key in ("subject", "type", "policy", "retired")}
    return Row(
        file=file, mode=_mode(said), all_versions=said.get("all_versions", False), where=document.where(at), **text
    )  # fmt: skip


def _application(document: yaml_lines.Document, said: Any) -> tuple[Application | None, Iterable[Problem]]:
    if said is None:
        return None, ()
    names = ("name", "version", "to")
    if not isinstance(said, dict):
        return None, (
            document.problem("application is not a mapping", "/application", "write 'name: ...' below it"),
        )
    problems = document.unknown_keys("/application", said, names)
    problems += document.missing_keys("/application", said, names)
    problems += [
        document.problem(f"{name} is not a text", f"/application/{name}", "write it in quotes")
        for name in names
        if name in said and not isinstance(said[name], str)
    ]
    return (None, problems) if problems else (Application(**said), ())


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)

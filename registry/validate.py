# SPDX-License-Identifier: Apache-2.0
"""Does a payload keep its contract? Compiled once at start; the runtime asks at its edges. Patterns run on RE2, so no text can
make a check hang."""

from collections.abc import Iterable
from typing import Any

from jsonschema import ValidationError
from jsonschema.protocols import Validator as JsonSchemaValidator

from registry import evaluate, words
from registry.contract import Contract
from registry.document import Document
from registry.json_lines import escape
from registry.schema import Node, walk
from registry.semver import precedence
from terms.problem import Problem, ProblemError, did_you_mean

_MOST_PROBLEMS = 20


class Validator:
    """Validators of a set of contracts, ready to run. Safe to use from several threads."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        """Compiles every contract and every pattern in it. Raises ProblemError for one that cannot be run safely."""
        self._compiled: dict[str, dict[str, JsonSchemaValidator]] = {}
        for contract in sorted(contracts, key=lambda c: (c.subject, precedence(c.semver))):
            self._compiled.setdefault(contract.subject, {})[contract.semver] = compiled(contract.document)

    def latest(self, subject: str) -> str | None:
        """The highest version of the subject; None when there is none."""
        return next(reversed(self._compiled.get(subject, {})), None)

    def problems(self, subject: str, version: str | None, document: Any) -> tuple[Problem, ...]:
        """What is wrong with the payload, most general place first, at most 20; empty when it keeps the contract.

        `version` None means the latest. An unknown subject or version is a problem, not a pass.
        """
        versions = self._compiled.get(subject)
        if versions is None:
            return (
                Problem(
                    f"there is no contract '{subject}'", subject, did_you_mean(subject, list(self._compiled))
                ),
            )
        validator = versions.get(version or next(reversed(versions)))
        if validator is None:
            return (
                Problem(
                    f"contract '{subject}' has no version '{version}'",
                    subject,
                    f"it has {', '.join(versions)}",
                ),
            )
        return problems_of(validator, document)


def compiled(document: Document, at: str = "") -> JsonSchemaValidator:
    """A validator of the document, or of the schema at a pointer in it (in an API). Safe to use from several threads.

    Raises ProblemError for a pointer that leads to no schema, an API without a pointer, and what cannot be run safely.
    """
    if document.type != "json-schema" and not at:
        raise ProblemError(
            "an API holds many schemas", document.name, "name one of them: at=/components/schemas/..."
        )
    node = document.schema.node_at(at) if at else document.schema.root
    if node is None or not isinstance(node.raw, dict | bool):
        raise ProblemError("there is no schema", f"{document.name}{at}", "name the pointer of a schema")
    _refuse_unsafe(document, node)
    validator = evaluate.validator(document.schema)
    return validator.evolve(schema=node.raw) if at else validator


def problems_of(validator: JsonSchemaValidator, payload: Any) -> tuple[Problem, ...]:
    """What is wrong with the payload, most general place first, at most 20; empty when it keeps the contract."""
    try:
        errors = sorted(validator.iter_errors(payload), key=_place)
    except RecursionError:
        return (Problem("is nested too deep to be checked", "/", "send a flatter document"),)
    return tuple(dict.fromkeys(map(_problem, errors[:_MOST_PROBLEMS])))


def _place(error: ValidationError) -> tuple[int, list[str], str, str]:
    steps = [str(step) for step in error.absolute_path]
    return len(steps), steps, str(error.validator), error.message


def _problem(error: ValidationError) -> Problem:
    where = "".join(f"/{escape(str(part))}" for part in error.absolute_path) or "/"
    said = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    return Problem(words.refusal(error), where, said)


def _refuse_unsafe(document: Document, root: Node) -> None:
    problems: list[Problem] = []
    for node in walk(root):
        if not isinstance(node.raw, dict):
            continue
        if node.pointer and isinstance(node.raw.get("$id"), str):
            where = document.where(f"{node.pointer}/$id")
            problems.append(
                Problem("an inner $id is not supported", where, "remove it; refer with '#/$defs/...'")
            )
        patterns = [node.raw["pattern"]] if "pattern" in node.raw else []
        for text in [*patterns, *node.raw.get("patternProperties", {})]:
            try:
                evaluate.pattern(text)
            except ProblemError as error:
                where = document.where(node.pointer)
                problems += [Problem(p.what, where, p.do) for p in error.problems]
    if problems:
        raise ProblemError(tuple(problems))

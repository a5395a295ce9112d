# SPDX-License-Identifier: Apache-2.0
"""Is an API document one that can be compared? Its edition, what it must have, its references, and the keywords of its schemas."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from registry import shape
from registry.api import view
from registry.api.element import Element
from registry.api.traits import applied
from registry.effort import within
from registry.local_references import reference_problems
from registry.schema import Schema
from registry.words import shown
from terms.problem import Problem

_EDITIONS = {
    "openapi": (re.compile(r"3\.[01]\.\d+(-.+)?"), "3.0.x and 3.1.x", "3.1.1"),
    "asyncapi": (re.compile(r"2\.[0-6]\.\d+|3\.0\.\d+"), "2.x and 3.0.0", "3.0.0"),
}
_DIALECTS = ("https://spec.openapis.org/oas/3.1/dialect/base", "https://json-schema.org/draft/2020-12/schema")
_MAPS = ("info", "paths", "webhooks", "components", "channels", "operations")
_MOST = 10
MOST_STEPS = 600_000
"""Steps spent on applying traits; a document that takes more is read without them, and compared as undecided."""


def problems(document: Schema, kind: str) -> tuple[Problem, ...]:
    """What keeps the document from being compared, at most ten; empty when nothing does. `where` is a JSON pointer."""
    data = document.data
    assert isinstance(data, dict)
    found = tuple(_frame(data, kind))
    if found:
        return found
    # What a trait says of a message counts: a payload of another format is none of ours.
    document = within(MOST_STEPS, partial(applied, document), document)
    positions = view.positions(document)
    found = tuple(_dangling(document, positions.references))[:_MOST]
    shown = view.view(document)
    return (
        found
        or shape.problems(shown, positions.schemas)
        or reference_problems(shown, positions.schemas)[:_MOST]
    )


def _frame(data: dict[str, Any], kind: str) -> Iterator[Problem]:
    known, editions, newest = _EDITIONS[kind]
    if not (isinstance(data[kind], str) and known.fullmatch(data[kind])):
        what = f"{kind} {shown(data[kind])} is not an edition that Throughline knows: it knows {editions}"
        yield Problem(what, f"/{kind}", f"write the edition in full, as a text: '{newest}'")
        return
    for name in _needed(data, kind):
        if name not in data:
            yield Problem(
                f"has no {name}", "", f"add {name}; an API without it says nothing that could be compared"
            )
    for name in _MAPS:
        if name in data and not isinstance(data[name], dict):
            yield Problem(f"{name} must be an object", f"/{name}", "write it as an object")
    dialect = data.get("jsonSchemaDialect", _DIALECTS[0])
    if dialect not in _DIALECTS:
        yield Problem(
            f"jsonSchemaDialect {shown(dialect)} is not known",
            "/jsonSchemaDialect",
            f"remove it, or write {_DIALECTS[1]}",
        )


def _needed(data: dict[str, Any], kind: str) -> tuple[str, ...]:
    if kind == "openapi":
        some = any(name in data for name in ("webhooks", "components")) and not data[kind].startswith("3.0")
        return ("info",) if some else ("info", "paths")
    return ("info", "channels") if data[kind].startswith("2.") else ("info",)


def _dangling(document: Schema, references: tuple[tuple[str, str], ...]) -> Iterator[Problem]:
    for place, ref in references:
        if not ref.startswith("#"):
            what = f"$ref '{ref}' leaves the document; nothing is fetched"
            yield Problem(what, place, "copy the part into components and refer to it as '#/components/...'")
        elif document.target(ref) is None:
            yield Problem(f"$ref '{ref}' names nothing in this document", place, "correct the pointer")
        elif not Element(document, place, {"$ref": ref}).settled():
            yield Problem(
                "refers to itself without end", place, "let one of the references name the part itself"
            )

# SPDX-License-Identifier: Apache-2.0
"""Promoted attributes: those that spans are looked for by at any time. Declared in YAML; span links are promoted always."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from collectors.span import without_nul
from terms import yaml_lines
from terms.problem import Problem, ProblemError
from terms.yaml_lines import Document

LINKS = "span.links"
"""Promoted under this name is what a span links to: the trace id and the span id in one text of 48 hex digits."""

LONGEST_VALUE = 200  # characters; two values that begin alike for so long are taken for one
MOST_PROMOTED = 50
KIND = "promoted"
_KEYS = ("kind", "id", "version", "title", "attributes")


def load(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """The names that the folders' files of `kind: promoted` declare, sorted, with span links among them.

    Raises one ProblemError with every problem found (file:line).
    """
    problems: list[Problem] = []
    names = {LINKS}
    for folder in folders:
        for path in sorted(folder.glob("*.y*ml")):
            document = yaml_lines.read(path)
            if document.data.get("kind") == KIND:
                names.update(_names(document, problems))
    if len(names) > MOST_PROMOTED:
        problems.append(
            Problem(
                f"{len(names)} attributes are promoted",
                "promoted",
                f"each costs space: keep to {MOST_PROMOTED}",
            )
        )
    if problems:
        raise ProblemError(tuple(problems))
    return tuple(sorted(names))


def values_of(attributes: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """What a span's attribute is found by, each text once: lists by every element, numbers and truths as JSON writes them.

    >>> values_of({"code": 500, "tags": ["a", "b", "a"], "ok": True}, "tags"), values_of({"code": 500}, "code")
    (('a', 'b'), ('500',))
    """
    value = attributes.get(name)
    if value is None:
        return ()
    if name == LINKS:
        return _links(value)
    one_by_one = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(text for one in one_by_one if (text := as_text(one))))


def as_text(value: Any) -> str:
    """A scalar as it is looked for; `` for what is none."""
    if isinstance(value, str):
        return without_nul(value)[:LONGEST_VALUE]
    return orjson.dumps(value).decode() if isinstance(value, bool | int | float) else ""


def _links(value: Any) -> tuple[str, ...]:
    links = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return tuple(dict.fromkeys(f"{one.get('trace_id', '')}{one.get('span_id', '')}" for one in links))


def _names(document: Document, problems: list[Problem]) -> list[str]:
    data = document.data
    problems += document.unknown_keys("", data, _KEYS)
    missing = document.missing_keys("", data, ("id", "version", "title", "attributes"))
    if missing:
        problems += missing
        return []
    names = data["attributes"]
    if not isinstance(names, list):
        problems.append(
            document.problem("'attributes' is not a list", "/attributes", "begin each name with '- '")
        )
        return []
    for place, name in enumerate(names):
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_VALUE:
            problems.append(
                document.problem(
                    "is not the name of an attribute", f"/attributes/{place}", "write its name as text"
                )
            )
    return [name for name in names if isinstance(name, str)]

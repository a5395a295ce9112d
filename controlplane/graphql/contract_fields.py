# SPDX-License-Identifier: Apache-2.0
"""The fields of a contract as a table: where each stands, its type in words, whether it must be there, how secret it is."""

from collections.abc import Iterator, Mapping
from typing import Any

from controlplane.graphql.described import noun

DEEPEST = 8  # a document may refer to itself; nobody reads a table deeper than this
MOST = 500


@noun
class ContractField:
    """A field of the document. `pointer` is its path in an event (`/lines/*/amount`); `type` is in words."""

    pointer: str
    type: str
    required: bool
    classification: str | None
    description: str | None


def fields_of(schema: Mapping[str, Any]) -> list[ContractField]:
    """The fields in the order they are written, a parent before its parts; at most 500."""
    found = []
    for field in _fields(schema, schema, "", 0):
        found.append(field)
        if len(found) == MOST:
            break
    return found


def _fields(
    root: Mapping[str, Any], schema: Mapping[str, Any], pointer: str, depth: int
) -> Iterator[ContractField]:
    if depth == DEEPEST:
        return
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if isinstance(properties, dict):
        for name, stated in properties.items():
            here, inner = f"{pointer}/{_escaped(name)}", _resolved(root, stated)
            yield ContractField(
                pointer=here,
                type=_type(root, inner),
                required=isinstance(required, list) and name in required,
                classification=_text(inner, "x-classification"),
                description=_text(inner, "description"),
            )
            yield from _fields(root, inner, here, depth + 1)
    if isinstance(items := schema.get("items"), dict):
        yield from _fields(root, _resolved(root, items), f"{pointer}/*", depth + 1)


def _resolved(root: Mapping[str, Any], stated: Any) -> Mapping[str, Any]:
    """The schema with a reference into its own document followed; what stands beside the reference wins."""
    seen: set[str] = set()
    here: Mapping[str, Any] = stated if isinstance(stated, dict) else {}
    while (
        isinstance(reference := here.get("$ref"), str) and reference.startswith("#") and reference not in seen
    ):
        seen.add(reference)
        target: Any = root
        for part in reference.removeprefix("#").split("/")[1:]:
            target = (
                target.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, dict) else {}
            )
        beside = {key: value for key, value in here.items() if key != "$ref"}
        here = {**(target if isinstance(target, dict) else {}), **beside}
    return here


def _type(root: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return f"always {schema['const']!s}"
    if isinstance(values := schema.get("enum"), list):
        shown = " | ".join(str(value) for value in values[:6])
        return shown if len(values) <= 6 else f"{shown} | … ({len(values)})"
    stated = schema.get("type", "any")
    words = " or ".join(map(str, stated)) if isinstance(stated, list) else str(stated)
    if words == "array" and isinstance(schema.get("items"), dict):
        return f"list of {_type(root, _resolved(root, schema['items']))}"
    return f"{words} ({schema['format']})" if isinstance(schema.get("format"), str) else words


def _text(schema: Mapping[str, Any], key: str) -> str | None:
    value = schema.get(key)
    return value if isinstance(value, str) and value else None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")

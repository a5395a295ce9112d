# SPDX-License-Identifier: Apache-2.0
"""Which fields does a contract promise? A flat list for pages and search, read from the schema without running it."""

from dataclasses import dataclass
from typing import Any

from registry.json_lines import escape
from registry.schema import Node, Schema

_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class ContractField:
    """One field. `pointer` leads to it in a document, `*` standing for any item of a list: `/lines/*/account`.

    `type` is in words: string, money, one of 3 values, list of Journal line. `required` means: within what holds it.
    `classification` is None where the contract states none, here or around it.
    """

    pointer: str
    type: str
    required: bool
    classification: str | None
    description: str | None


def fields(schema: Schema) -> tuple[ContractField, ...]:
    """The fields of a contract in the order of the document, those inside others right after them. Recursion is cut."""
    found: list[ContractField] = []
    _collect(schema, schema.root, "", None, (), found)
    return tuple(found)


def _collect(
    schema: Schema,
    node: Node,
    pointer: str,
    around: str | None,
    on_path: tuple[str, ...],
    found: list[ContractField],
) -> None:
    body = _settled(schema, node)
    if not isinstance(body.raw, dict) or body.pointer in on_path or len(on_path) > _MAX_DEPTH:
        return
    path = (*on_path, body.pointer)
    required = body.raw.get("required", [])
    for name in body.raw.get("properties", {}):
        child = body.child("properties", name)
        here = f"{pointer}/{escape(name)}"
        classification = _annotation(schema, child, "x-classification") or around
        found.append(
            ContractField(
                here,
                _kind(schema, child),
                name in required,
                classification,
                _annotation(schema, child, "description"),
            )
        )
        _collect(schema, child, here, classification, path, found)
    if isinstance(body.raw.get("items"), dict):
        _collect(schema, body.child("items"), f"{pointer}/*", around, path, found)


def _settled(schema: Schema, node: Node) -> Node:
    for _ in range(_MAX_DEPTH):
        ref = node.raw.get("$ref") if isinstance(node.raw, dict) else None
        target = schema.target(ref) if isinstance(ref, str) else None
        if target is None:
            break
        node = target
    return node


def _annotation(schema: Schema, node: Node, keyword: str) -> str | None:
    """What is said beside a reference wins over what is said where it leads."""
    for place in (node, _settled(schema, node)):
        text = place.raw.get(keyword) if isinstance(place.raw, dict) else None
        if isinstance(text, str):
            return text
    return None


def _kind(schema: Schema, node: Node) -> str:
    body = _settled(schema, node)
    if not isinstance(body.raw, dict):
        return "anything" if body.raw else "nothing"
    if isinstance(body.raw.get("enum"), list):
        return f"one of {len(body.raw['enum'])} values"
    if "const" in body.raw:
        return f"always {body.raw['const']!r}"
    if isinstance(body.raw.get("items"), dict):
        return f"list of {_named(schema, body.child('items'))}"
    return _named(schema, body)


def _named(schema: Schema, node: Node) -> str:
    body = _settled(schema, node)
    raw: dict[str, Any] = body.raw if isinstance(body.raw, dict) else {}
    title = raw.get("title")
    if isinstance(title, str):
        return title.lower()
    kind = raw.get("type", "anything")
    word = " or ".join(kind) if isinstance(kind, list) else str(kind)
    shape = raw.get("format")
    return f"{word} ({shape})" if isinstance(shape, str) else word

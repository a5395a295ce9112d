# SPDX-License-Identifier: Apache-2.0
"""How is a JSON Schema read? Dialects, where subschemas stand, and what a local reference names. Diff and validate read through it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft6Validator, Draft7Validator, Draft201909Validator, Draft202012Validator
from jsonschema.protocols import Validator

from registry.json_lines import escape, unescape
from terms.problem import Problem

Raw = dict[str, Any] | bool


@dataclass(frozen=True, slots=True)
class Dialect:
    """One edition of JSON Schema: its `$schema`, the validator class, and the two habits that editions differ in."""

    uri: str
    validator: type[Validator]
    tuple_items: bool  # `items` may be an array, with `additionalItems` for the rest
    lonely_ref: bool  # whatever stands beside `$ref` is ignored


# The first one is what a document without `$schema` is read as.
DIALECTS = (
    Dialect("https://json-schema.org/draft/2020-12/schema", Draft202012Validator, False, False),
    Dialect("https://json-schema.org/draft/2019-09/schema", Draft201909Validator, True, False),
    Dialect("http://json-schema.org/draft-07/schema", Draft7Validator, True, True),
    Dialect("http://json-schema.org/draft-06/schema", Draft6Validator, True, True),
)

ONE = frozenset(
    [
        "additionalProperties",
        "additionalItems",
        "items",
        "contains",
        "not",
        "if",
        "then",
        "else",
        "propertyNames",
        "unevaluatedProperties",
        "unevaluatedItems",
        "contentSchema",
    ]
)
MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems", "items"))
NAMED = frozenset(
    ("properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions")
)
IN_PLACE = frozenset(
    ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")
)


@dataclass(frozen=True, slots=True)
class Node:
    """One schema in a document: where it stands and its keywords. `part` tells parts of one place apart."""

    pointer: str
    raw: Raw
    part: str = ""

    def child(self, keyword: str, *rest: str | int) -> "Node":
        """The subschema under a keyword; where none stands, the schema `true`, so that a pointer can still be shown."""
        pointer, raw = self.pointer, self.raw
        for step in (keyword, *rest):
            pointer = f"{pointer}/{escape(str(step))}"
            raw = _inside(raw, step)
        return Node(pointer, raw)


def _inside(raw: Any, step: str | int) -> Any:
    if isinstance(raw, list):
        return raw[step] if isinstance(step, int) and step < len(raw) else True
    return raw.get(step, True) if isinstance(raw, dict) else True


@dataclass(frozen=True, eq=False)
class Schema:
    """A whole document in its dialect. Compared by identity: it is a place to look things up in, not a value."""

    data: Raw
    dialect: Dialect
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def root(self) -> Node:
        """The node of the document itself."""
        return Node("", self.data)

    def target(self, ref: str) -> Node | None:
        """The node a local reference names; None when it leaves the document or names nothing."""
        base = self.data.get("$id") if isinstance(self.data, dict) else None
        local = ref.removeprefix(base.rstrip("#")) if isinstance(base, str) and base else ref
        if not local.startswith("#"):
            return self.root if local == "" and ref else None
        if local[1:2] not in ("", "/"):
            return self._anchors().get(local[1:])
        node: Any = self.data
        for part in local[2:].split("/") if len(local) > 1 else []:
            name = unescape(_percent(part))
            if isinstance(node, dict) and name in node:
                node = node[name]
            elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
                node = node[int(name)]
            else:
                return None
        return Node(_percent(local[1:]), node) if isinstance(node, dict | bool) else None

    def _anchors(self) -> dict[str, Node]:
        if "anchors" not in self.memo:
            found: dict[str, Node] = {}
            for node in walk(self.root):
                if isinstance(node.raw, dict):
                    for keyword in ("$anchor", "$dynamicAnchor"):
                        if isinstance(node.raw.get(keyword), str):
                            found.setdefault(node.raw[keyword], node)
            self.memo["anchors"] = found
        anchors: dict[str, Node] = self.memo["anchors"]
        return anchors


def _percent(text: str) -> str:
    return unquote(text)


def walk(node: Node) -> Iterator[Node]:
    """The node and all schemas under it, at schema positions only; references are not followed."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(node for _, node in children(here))


def children(node: Node) -> Iterator[tuple[str, Node]]:
    """The schemas directly under a node, each with the keyword it stands under."""
    if not isinstance(node.raw, dict):
        return
    for keyword, value in node.raw.items():
        if keyword in ONE and isinstance(value, dict | bool):
            yield keyword, Node(f"{node.pointer}/{keyword}", value)
        elif keyword in MANY and isinstance(value, list):
            for index, item in enumerate(value):
                yield keyword, Node(f"{node.pointer}/{keyword}/{index}", item)
        elif keyword in NAMED and isinstance(value, dict):
            for name, item in value.items():
                if isinstance(item, dict | bool):
                    yield keyword, Node(f"{node.pointer}/{keyword}/{escape(name)}", item)


def reference_problems(schema: Schema) -> tuple[Problem, ...]:
    """References that leave the document, lead nowhere or never end; empty when there are none."""
    return tuple(_reference_problems(schema))


def _reference_problems(schema: Schema) -> Iterator[Problem]:
    seen: set[str] = set()
    waiting = [schema.root]
    while waiting:
        for node in walk(waiting.pop()):
            if node.pointer in seen or not isinstance(node.raw, dict):
                continue
            seen.add(node.pointer)
            for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
                ref = node.raw.get(keyword)
                if not isinstance(ref, str):
                    continue
                target = schema.target(ref)
                place = f"{node.pointer}/{keyword}"
                if target is None and not ref.startswith("#"):
                    what = f"{keyword} '{ref}' leaves the document; nothing is fetched"
                    yield Problem(
                        what, place, "copy the definition into $defs and refer to it as '#/$defs/...'"
                    )
                elif target is None:
                    yield Problem(
                        f"{keyword} '{ref}' names nothing in this document", place, "correct the pointer"
                    )
                else:
                    waiting.append(target)
    yield from _endless(schema, seen)


def _endless(schema: Schema, pointers: set[str]) -> Iterator[Problem]:
    """References that come back to where they started without going into the value: no validator can end on them."""
    done: set[str] = set()
    for start in sorted(pointers):
        node = schema.target(f"#{start}")
        if node is None or start in done:
            continue
        path: list[tuple[Node, Iterator[Node]]] = [(node, _in_place(schema, node))]
        on_path = {start}
        while path:
            step = next(path[-1][1], None)
            if step is None:
                left = path.pop()[0].pointer
                on_path.discard(left)
                done.add(left)
            elif step.pointer in on_path:
                what = "refers to itself without end"
                yield Problem(what, step.pointer, "put the reference under a property or items")
                return
            elif step.pointer not in done:
                on_path.add(step.pointer)
                path.append((step, _in_place(schema, step)))


def _in_place(schema: Schema, node: Node) -> Iterator[Node]:
    if not isinstance(node.raw, dict):
        return
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        target = schema.target(node.raw[keyword]) if isinstance(node.raw.get(keyword), str) else None
        if target is not None:
            yield target
    for keyword, inner in children(node):
        if keyword in IN_PLACE:
            yield inner

# SPDX-License-Identifier: Apache-2.0
"""How is a JSON Schema read? Dialects, where subschemas stand, and what a local reference names. Diff and validate read through it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin

from registry.dialect import Dialect
from registry.json_lines import escape, unescape

Raw = dict[str, Any] | bool


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
_HOLDERS = ONE | MANY | NAMED
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

    def target(self, ref: str, at: str = "") -> Node | None:
        """The node that a reference standing at the pointer `at` names; None when it leaves the document or names nothing."""
        memo = ("target", ref, at if self._resources() else "")
        if memo not in self.memo:
            self.memo[memo] = self._find(ref, at)
        found: Node | None = self.memo[memo]
        return found

    def dynamic_target(self, ref: str, at: str = "") -> Node | None:
        """The node that `$dynamicRef` or `$recursiveRef` names whatever the way to it; None when the way decides."""
        first = self.target(ref, at)
        if first is None or self._rebindings(first) > 1:
            return None
        return first

    @property
    def has_inner_ids(self) -> bool:
        """Whether a schema inside states a URI of its own, so that equal references may name different places."""
        return any(self._resources())

    @property
    def rebinds(self) -> bool:
        """Whether some reference means one thing or another, depending on the way to it."""
        if "rebinds" not in self.memo:
            self.memo["rebinds"] = any(
                isinstance(ref := node.raw.get(keyword), str)
                and self.dynamic_target(ref, node.pointer) is None
                for node in walk(self.root)
                if isinstance(node.raw, dict)
                for keyword in ("$dynamicRef", "$recursiveRef")
            )
        found: bool = self.memo["rebinds"]
        return found

    def base(self, pointer: str) -> str:
        """The URI that references at the pointer are relative to; empty where the document states none."""
        return self._resources().get(self.resource(pointer), "")

    def node_at(self, pointer: str) -> Node | None:
        """The node at a JSON pointer; None where no schema could stand."""
        found: Any = self.data
        for part in pointer[1:].split("/") if pointer else []:
            found = _step(found, unescape(part))
        return Node(pointer, found) if isinstance(found, dict | bool) else None

    def resource(self, pointer: str) -> str:
        """The pointer of the innermost schema with a URI of its own around the pointer; empty for the document."""
        around = [at for at in self._resources() if pointer == at or pointer.startswith(f"{at}/")]
        return max(around, key=len, default="")

    def _find(self, ref: str, at: str) -> Node | None:
        whole, _, fragment = (
            self.base(at) + ref if ref.startswith("#") else _join(self.base(at), ref)
        ).partition("#")
        roots = [pointer for pointer, uri in self._resources().items() if uri == whole]
        if whole and not roots:
            return None
        root = min(roots, key=len, default="")
        if fragment and not fragment.startswith("/"):
            return self._anchors().get((root, fragment))
        return self.node_at(root + unquote(fragment))

    def _resources(self) -> dict[str, str]:
        """The URI of every schema that states one, by its pointer, those around others first."""
        if "resources" not in self.memo:
            found: dict[str, str] = {}
            self.memo["resources"] = found
            for node in sorted(walk(self.root), key=lambda each: each.pointer.count("/")):
                uri = _id(self.dialect, node)
                if uri is not None and not uri.startswith("#"):
                    found[node.pointer] = _join(self.base(node.pointer), uri).partition("#")[0]
        resources: dict[str, str] = self.memo["resources"]
        return resources

    def _anchors(self) -> dict[tuple[str, str], Node]:
        """The nodes with a plain name, by the pointer of the resource they belong to and that name."""
        if "anchors" not in self.memo:
            found: dict[tuple[str, str], Node] = {}
            for node in walk(self.root):
                for name in _plain_names(self.dialect, node):
                    found.setdefault((self.resource(node.pointer), name), node)
            self.memo["anchors"] = found
        anchors: dict[tuple[str, str], Node] = self.memo["anchors"]
        return anchors

    def _rebindings(self, node: Node) -> int:
        """How many places of the document a dynamic reference to the node may mean."""
        if not isinstance(node.raw, dict):
            return 0
        marks = [(k, node.raw[k]) for k in ("$recursiveAnchor", "$dynamicAnchor") if node.raw.get(k)]
        return sum(
            isinstance(other.raw, dict) and any(other.raw.get(k) == mark for k, mark in marks)
            for other in walk(self.root)
        )


def _step(node: Any, name: str) -> Any:
    if isinstance(node, dict):
        return node.get(name)
    if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
        return node[int(name)]
    return None


def _id(dialect: Dialect, node: Node) -> str | None:
    """The URI a schema states for itself; beside `$ref` the older dialects do not look at it."""
    if not isinstance(node.raw, dict) or (dialect.lonely_ref and "$ref" in node.raw):
        return None
    uri = node.raw.get(dialect.id_keyword)
    return uri if isinstance(uri, str) else None


def _plain_names(dialect: Dialect, node: Node) -> Iterator[str]:
    if not isinstance(node.raw, dict):
        return
    if dialect.lonely_ref:
        uri = _id(dialect, node)
        if uri is not None and "#" in uri and not uri.endswith("#"):
            yield uri.partition("#")[2]
        return
    for keyword in ("$anchor", "$dynamicAnchor"):
        if isinstance(node.raw.get(keyword), str):
            yield node.raw[keyword]


def _join(base: str, ref: str) -> str:
    # urljoin knows no relative references under urn: and the like; there are none.
    return urljoin(base, ref) if base.startswith(("http:", "https:", "file:", "/")) or not base else ref


def walk(node: Node) -> Iterator[Node]:
    """The node and all schemas under it, at schema positions only; references are not followed."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        if isinstance(here.raw, dict) and not _HOLDERS.isdisjoint(here.raw):  # most hold nothing
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
                if isinstance(item, dict | bool):
                    yield keyword, Node(f"{node.pointer}/{keyword}/{index}", item)
        elif keyword in NAMED and isinstance(value, dict):
            for name, item in value.items():
                if isinstance(item, dict | bool):
                    yield keyword, Node(f"{node.pointer}/{keyword}/{escape(name)}", item)

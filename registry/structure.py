# SPDX-License-Identifier: Apache-2.0
"""Are two schemas built the same, so that they accept the same values? Annotations count for nothing, references are followed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from registry.domain import REFERENCES, assertions, referred
from registry.effort import spend
from registry.json_value import key
from registry.schema import MANY, NAMED, ONE, Node, Schema, children

_SETS = ("required", "enum", "type")
_Pair = tuple[int, str, str, int, str, str]


@dataclass(slots=True)
class Structure:
    """What is known of the nodes of some documents, which live as long as it does. Asking costs steps."""

    _known: dict[_Pair, bool] = field(default_factory=dict)

    def same(self, a: Schema, x: Node, b: Schema, y: Node) -> bool:
        """Whether both nodes are built the same."""
        met: set[_Pair] = set()
        answer = self._same(a, x, b, y, met)
        if (
            answer
        ):  # no pair that was met on the way differs: they were compared on the assumption that none does
            self._known |= dict.fromkeys(met, True)
        return answer

    def _same(self, a: Schema, x: Node, b: Schema, y: Node, met: set[_Pair]) -> bool:
        spend()
        if x.raw is y.raw and (a is b or not isinstance(x.raw, dict)):
            return True
        if outline(a, x) != outline(b, y):
            return False
        pair = (id(a), x.pointer, x.part, id(b), y.pointer, y.part)
        known = self._known.get(pair)
        if known is not None or pair in met:
            return known is not False
        met.add(pair)
        answer = all(self._same_keyword(a, x, b, y, name, met) for name in assertions(a, x))
        if not answer:
            self._known[pair] = False
        return answer

    def _same_keyword(self, a: Schema, x: Node, b: Schema, y: Node, name: str, met: set[_Pair]) -> bool:
        """Whether a keyword says the same on both sides, as far as the outlines do not tell."""
        if name in REFERENCES:
            old, new = referred(a, x, name), referred(b, y, name)
            return old is not None and new is not None and self._same(a, old, b, new, met)
        if name == "dependencies":
            assert isinstance(x.raw, dict)
            assert isinstance(y.raw, dict)
            return not _has_reference(x.raw[name]) and key(x.raw[name]) == key(y.raw[name])
        if name not in ONE | MANY | NAMED:
            return True
        left = {n.pointer.removeprefix(x.pointer): n for k, n in children(x) if k == name}
        right = {n.pointer.removeprefix(y.pointer): n for k, n in children(y) if k == name}
        return left.keys() == right.keys() and all(
            self._same(a, n, b, right[place], met) for place, n in left.items()
        )


def outline(schema: Schema, node: Node) -> frozenset[Any]:
    """What can be told of a node without looking into the schemas under it: equal for all that are built the same."""
    memo = ("outline", node.pointer, node.part, node.raw is True)
    found: frozenset[Any] | None = schema.memo.get(memo)
    if found is None:
        found = schema.memo[memo] = frozenset(_outline(schema, node))
    return found


def _outline(schema: Schema, node: Node) -> Iterator[Any]:
    if node.raw is False:
        yield False
    names = assertions(schema, node)
    if isinstance(node.raw, dict) and names:
        yield schema.dialect.uri
        for name in names:
            yield name, _gist(name, node.raw[name])


def _gist(name: str, value: Any) -> Any:
    """What a keyword says, the schemas under it aside."""
    if name in REFERENCES:
        return None
    if name in _SETS:
        return frozenset(map(key, value)) if isinstance(value, list) else frozenset((key(value),))
    if name in NAMED and isinstance(value, dict):
        return frozenset(value)
    if name in ONE | MANY:
        return len(value) if isinstance(value, list) else 0
    return key(value)


def _has_reference(value: Any) -> bool:
    if isinstance(value, dict):
        return "$ref" in value or any(_has_reference(item) for item in value.values())
    return isinstance(value, list) and any(_has_reference(item) for item in value)

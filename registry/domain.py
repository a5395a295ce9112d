# SPDX-License-Identifier: Apache-2.0
"""Which values can a schema hold? Cheap, safe answers for the diff: kinds of value, finite lists."""

from collections.abc import Iterable, Iterator
from typing import Any

from registry.evaluate import is_valid
from registry.json_value import key, kind_of
from registry.schema import Node, Schema

# `number` is split so that integer is a part of it: a fraction is a number that is no integer.
ATOMS = frozenset(("null", "boolean", "object", "array", "string", "integer", "fraction"))
_CONSTANT_VALUES = {"null": (None,), "boolean": (False, True)}

ANNOTATIONS = frozenset(
    [
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "$schema",
        "$defs",
        "definitions",
        "format",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "$anchor",
        "$dynamicAnchor",
        "$recursiveAnchor",
        "$vocabulary",
        "$id",
        "id",
    ]
)


REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))


def assertions(schema: Schema, node: Node) -> frozenset[str]:
    """The keywords of a node that can make a value invalid in its dialect."""
    if not isinstance(node.raw, dict):
        return frozenset()
    if "$ref" in node.raw and schema.dialect.lonely_ref:
        return frozenset(("$ref",))
    return schema.dialect.asserting & node.raw.keys()


def settle(schema: Schema, node: Node) -> Node:
    """The node itself, or what it refers to when it is nothing but a reference."""
    while (names := assertions(schema, node)) <= REFERENCES and len(names) == 1:
        target = referred(schema, node, *names)
        if target is None:
            break
        node = target
    return node


def referred(schema: Schema, node: Node, keyword: str) -> Node | None:
    """What a reference of the node names; None when that depends on the way to it."""
    assert isinstance(node.raw, dict)
    ref = node.raw[keyword]
    target = (
        schema.target(ref, node.pointer) if keyword == "$ref" else schema.dynamic_target(ref, node.pointer)
    )
    assert target is not None or keyword != "$ref", "references were checked when the document was read"
    return target


def conjuncts(schema: Schema, node: Node) -> tuple[tuple[str, Node], ...]:
    """The parts a value must satisfy all of, labelled: the node's own keywords, what it refers to, its allOf members.

    A part holds keywords that assert something in its dialect, and neither an `allOf` nor a reference that can be followed.
    """
    if not isinstance(node.raw, dict):
        return (("", node),)
    memo = ("conjuncts", node.pointer, node.part)
    found: tuple[tuple[str, Node], ...] | None = schema.memo.get(memo)
    if found is None:
        found = schema.memo[memo] = tuple(_conjuncts(schema, node, node.raw))
    return found


def _conjuncts(schema: Schema, node: Node, raw: dict[str, Any]) -> Iterator[tuple[str, Node]]:
    names = assertions(schema, node)
    targets = {name: referred(schema, node, name) for name in sorted(names & REFERENCES)}
    apart = {name for name, target in targets.items() if target is not None} | (names & {"allOf"})
    if names - apart or not names:
        own = {name: value for name, value in raw.items() if name in names and name not in apart}
        yield "", Node(node.pointer, own, "own" if len(own) < len(raw) else node.part)
    for name, target in targets.items():
        if target is not None:
            yield from ((f"{name} {label}", part) for label, part in conjuncts(schema, target))
    if "allOf" in apart:
        for index in range(len(raw["allOf"])):
            inner = conjuncts(schema, node.child("allOf", index))
            yield from ((f"allOf/{index} {label}", part) for label, part in inner)


def atoms_of(value: Any) -> str:
    """The kind of one value."""
    kind = kind_of(value)
    return "fraction" if kind == "number" else kind


def declared_kinds(node: Node) -> frozenset[str]:
    """The kinds the node's own `type` allows; all when it has none."""
    if not isinstance(node.raw, dict):
        return ATOMS if node.raw else frozenset()
    named = node.raw.get("type")
    if named is None:
        return ATOMS
    names = {named} if isinstance(named, str) else set(named)
    return frozenset(names - {"number"} | ({"integer", "fraction"} if "number" in names else set()))


def kinds(schema: Schema, node: Node) -> frozenset[str]:
    """A safe upper bound of the kinds of value the node allows: no valid value is of another kind."""
    memo = ("kinds", node.pointer, node.part, node.raw is True)
    if memo not in schema.memo:
        bound = ATOMS
        for _, part in conjuncts(schema, node):
            bound &= _own_kinds(schema, part)
        schema.memo[memo] = bound
    result: frozenset[str] = schema.memo[memo]
    return result


def _own_kinds(schema: Schema, part: Node) -> frozenset[str]:
    bound = declared_kinds(part)
    if not isinstance(part.raw, dict):
        return bound
    values = own_values(part)
    if values is not None:
        bound &= frozenset(atoms_of(value) for value in values)
    for keyword in ("anyOf", "oneOf"):
        if keyword in part.raw:
            inner = [kinds(schema, part.child(keyword, i)) for i in range(len(part.raw[keyword]))]
            bound &= frozenset().union(*inner)
    if part.raw.get("not") in (True, {}) and "not" in part.raw:
        return frozenset()
    return bound


def own_values(part: Node) -> list[Any] | None:
    """The values of the node's own const or enum; None when it has neither."""
    if not isinstance(part.raw, dict):
        return None
    if "const" in part.raw:
        return [part.raw["const"]]
    values = part.raw.get("enum")
    return list(values) if isinstance(values, list) else None


def finite(schema: Schema, node: Node) -> tuple[Any, ...] | None:
    """All values the node allows, each once, when they are few by construction; None when they may be endless."""
    candidates = _candidates(schema, node)
    if candidates is None:
        return None
    return tuple(value for value in _different(candidates) if is_valid(schema, node, value))


def listed(schema: Schema, node: Node) -> bool:
    """Whether the node's values are few because it lists them, not just because it is a boolean or null."""
    return (
        not kinds(schema, node) <= _CONSTANT_VALUES.keys() and _candidates(schema, node) is not None
    ) or any(own_values(part) is not None for _, part in conjuncts(schema, node))


def _candidates(schema: Schema, node: Node) -> list[Any] | None:
    memo = ("candidates", node.pointer, node.part, node.raw is True)
    if memo not in schema.memo:
        schema.memo[memo] = _gathered(schema, node)
    found: list[Any] | None = schema.memo[memo]
    return found


def _gathered(schema: Schema, node: Node) -> list[Any] | None:
    bound = kinds(schema, node)
    if bound <= _CONSTANT_VALUES.keys():
        return [value for kind in sorted(bound) for value in _CONSTANT_VALUES[kind]]
    for _, part in conjuncts(schema, node):
        values = own_values(part)
        if values is not None:
            return values
        for keyword in ("anyOf", "oneOf"):
            if isinstance(part.raw, dict) and keyword in part.raw:
                inner = [_candidates(schema, part.child(keyword, i)) for i in range(len(part.raw[keyword]))]
                if all(branch is not None for branch in inner):
                    return _different(value for branch in inner for value in branch or ())
    return None


def _different(values: Iterable[Any]) -> list[Any]:
    """Each of the values once."""
    return list({key(value): value for value in values}.values())


def says_nothing(schema: Schema, node: Node) -> bool:
    """Whether the node is `true`, or holds annotations only."""
    return node.raw is not False and not assertions(schema, node)

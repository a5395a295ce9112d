# SPDX-License-Identifier: Apache-2.0
"""Does a schema accept some value? A quick yes for the plain schemas that contracts are mostly made of; no means nothing.

It spares the diff proofs that cannot succeed, so a wrong yes costs an answer, never the promise; patterns are taken at their word.
"""

from collections.abc import Callable
from math import ceil, floor
from typing import Any

from registry import domain
from registry.json_value import kind_of
from registry.schema import Node, Schema

_TEXT = frozenset(("type", "minLength", "maxLength"))
_MATCHED = _TEXT | {"pattern"}
_NUMBER = frozenset(("type", "minimum", "maximum"))
_ARRAY = frozenset(("type", "items", "minItems", "maxItems"))
_OBJECT = frozenset(("type", "properties", "required", "additionalProperties"))
_LISTED = frozenset(("type", "enum"))
_TYPED = _MATCHED | _NUMBER | _ARRAY | _OBJECT | {"multipleOf", "uniqueItems"}


def inhabited(schema: Schema, node: Node) -> bool:
    """Whether some value satisfies the node, as far as can be told at once."""
    return not schema.has_inner_ids and _some(schema, node.raw)


def plain_object(schema: Schema, node: Node) -> bool:
    """Whether the node says nothing but which fields an object has, and other fields are just allowed or not."""
    raw = node.raw
    return (
        isinstance(raw, dict)
        and raw.get("type") == "object"
        and domain.assertions(schema, node) <= _OBJECT
        and isinstance(raw.get("additionalProperties", True), bool)
    )


def plain_text(schema: Schema, node: Node) -> bool:
    """Whether the node says nothing but how long a text is."""
    raw = node.raw
    return isinstance(raw, dict) and raw.get("type") == "string" and domain.assertions(schema, node) <= _TEXT


def _some(schema: Schema, raw: Any) -> bool:
    if not isinstance(raw, dict):
        return raw is not False
    if "$ref" in raw:
        return len(raw) == 1 and _referred(schema, raw["$ref"])
    names = schema.dialect.asserting & raw.keys()
    if not names:
        return True
    if names <= _LISTED and "enum" in names:
        wanted = raw.get("type")
        return any(wanted in (None, kind_of(value)) for value in raw["enum"])
    named = raw.get("type", ())
    types = (named,) if isinstance(named, str) else named
    if names <= _TYPED and ("null" in types or "boolean" in types):
        return True
    return any(_OF_TYPE[kind](schema, raw, names) for kind in types if kind in _OF_TYPE)


def _referred(schema: Schema, ref: str) -> bool:
    memo = ("inhabited", ref)
    known: bool | None = schema.memo.get(memo)
    if known is None:
        schema.memo[memo] = False  # a value that must hold one like itself is none that we vouch for
        target = schema.target(ref)
        known = schema.memo[memo] = target is not None and _some(schema, target.raw)
    return known


def _some_text(_: Schema, raw: dict[str, Any], names: frozenset[str]) -> bool:
    return names <= _MATCHED and raw.get("minLength", 0) <= raw.get("maxLength", raw.get("minLength", 0))


def _some_number(schema: Schema, raw: dict[str, Any], names: frozenset[str]) -> bool:
    if not names <= _NUMBER or schema.dialect.flag_bounds:
        return False
    low, high = raw.get("minimum"), raw.get("maximum")
    return low is None or high is None or ceil(low) <= floor(high)


def _some_array(schema: Schema, raw: dict[str, Any], names: frozenset[str]) -> bool:
    least = raw.get("minItems", 0)
    if not names <= _ARRAY or least > raw.get("maxItems", least):
        return False
    return least == 0 or (not isinstance(raw.get("items"), list) and _some(schema, raw.get("items", True)))


def _some_object(schema: Schema, raw: dict[str, Any], names: frozenset[str]) -> bool:
    rest = raw.get("additionalProperties", True)
    if not names <= _OBJECT or not isinstance(rest, bool):
        return False
    fields = raw.get("properties", {})
    return all(_some(schema, fields.get(name, rest)) for name in raw.get("required", ()))


_OF_TYPE: dict[str, Callable[[Schema, dict[str, Any], frozenset[str]], bool]] = {
    "string": _some_text,
    "integer": _some_number,
    "number": _some_number,
    "array": _some_array,
    "object": _some_object,
}

# SPDX-License-Identifier: Apache-2.0
"""Which members of an object has a schema looked at? What `unevaluatedProperties` leaves alone (JSON Schema 2019-09 and 2020-12, 11.3).

The library's own answer matches names with Python's regular expressions, which a contract can make hang.
"""

from collections.abc import Callable, Iterator
from typing import Any

from referencing.jsonschema import lookup_recursive_ref

Matches = Callable[[str, str], bool]
_COMBINED = ("allOf", "anyOf", "oneOf")


def members(
    checker: Any, schema: Any, value: dict[str, Any], matches: Matches, *, inside: bool = False
) -> set[str]:
    """The names in the object that a schema it satisfies has evaluated, its own `unevaluatedProperties` aside.

    `matches(pattern, name)` tells whether a pattern is found in a name; `inside`: the schema stands in another one.
    """
    if not isinstance(schema, dict):
        return set()
    if "additionalProperties" in schema or (inside and "unevaluatedProperties" in schema):
        return set(value)
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    found = {name for name in value if name in named or any(matches(text, name) for text in patterns)}
    for deeper, applied in _in_place(checker, schema, value):
        found |= members(deeper, applied, value, matches, inside=True)
    return found


def _in_place(checker: Any, schema: dict[str, Any], value: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The schemas that apply to the object itself and that it satisfies, each with the validator that stands there."""
    for resolved in _referred(checker, schema):
        yield checker.evolve(schema=resolved.contents, _resolver=resolved.resolver), resolved.contents
    for keyword in _COMBINED:
        yield from ((checker, each) for each in schema.get(keyword, ()) if _accepts(checker, each, value))
    for name, each in schema.get("dependentSchemas", {}).items():
        if name in value:
            yield checker, each
    if "if" in schema:
        met = _accepts(checker, schema["if"], value)
        for keyword in ("if", "then") if met else ("else",):
            if keyword in schema:
                yield checker, schema[keyword]


def _referred(checker: Any, schema: dict[str, Any]) -> Iterator[Any]:
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            yield checker._resolver.lookup(schema[keyword])
    if "$recursiveRef" in schema:
        yield lookup_recursive_ref(checker._resolver)


def _accepts(checker: Any, schema: Any, value: Any) -> bool:
    return next(checker.descend(value, schema), None) is None

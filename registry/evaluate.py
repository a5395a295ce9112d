# SPDX-License-Identifier: Apache-2.0
"""Does a value satisfy a schema? The validators of all dialects, with exact numbers and patterns that cannot be made to hang."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import re2
from jsonschema import TypeChecker, ValidationError, validators
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from registry.dialect import Dialect
from registry.json_value import is_multiple, is_whole, key, kind_of
from registry.schema import Node, Schema
from terms.problem import ProblemError

_MAX_PATTERN_MEMORY = 8 << 20

CANNOT_SAY = (ProblemError, RecursionError, Unresolvable)
"""What keeps a value from being checked: a pattern RE2 refuses, nesting without end, a name only the library cannot find."""


@cache
def pattern(text: str) -> Any:
    """The compiled RE2 pattern. Raises ProblemError for what RE2 cannot promise to match in linear time."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_PATTERN_MEMORY
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise ProblemError(
            f"pattern {text!r} cannot be checked in linear time: {error}",
            do="write it without look-around and back-references",
        ) from error


def validator(schema: Schema) -> Validator:
    """A validator of the whole document. It fetches nothing: references were resolved when the document was read."""
    made = schema.memo.get("validator")
    if made is None:
        made = schema.memo["validator"] = _exact(schema.dialect)(schema.data, registry=Registry())
    result: Validator = made
    return result


def is_valid(schema: Schema, node: Node, value: Any) -> bool:
    """Whether the value satisfies one node of the document. Raises one of CANNOT_SAY when that cannot be found out."""
    if schema.rebinds and node.pointer:
        raise ProblemError("what a dynamic reference means depends on the way to it", node.pointer)
    if isinstance(node.raw, dict) and node.raw.keys() <= _LISTING and "enum" in node.raw:
        return _is_listed(schema, node, value)  # the question asked most, and the cheapest to answer
    checker = validator(schema)
    resource = schema.resource(node.pointer)
    if resource:  # references inside are relative to its URI, not to the document's
        around = checker._resolver.lookup(schema.base(resource))  # type: ignore[attr-defined]
        checker = checker.evolve(_resolver=around.resolver)
    return checker.evolve(schema=node.raw).is_valid(value)


_LISTING = frozenset(("type", "enum", "title", "description", "default", "examples"))


def _is_listed(schema: Schema, node: Node, value: Any) -> bool:
    memo = ("listed", node.pointer, node.part)
    listed = schema.memo.get(memo)
    if listed is None:
        assert isinstance(node.raw, dict)
        named = node.raw.get("type", ())
        kinds = {named} if isinstance(named, str) else set(named)
        kinds |= {"integer"} if "number" in kinds else set()
        fitting = (each for each in node.raw["enum"] if not kinds or kind_of(each) in kinds)
        listed = schema.memo[memo] = frozenset(key(each) for each in fitting)
    return key(value) in listed


@cache
def _exact(dialect: Dialect) -> Any:
    types: TypeChecker = dialect.validator.TYPE_CHECKER.redefine("integer", lambda _, value: is_whole(value))
    own = {
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    return validators.extend(dialect.validator, own, type_checker=types)  # type: ignore[no-untyped-call]


def _multiple_of(checker: Any, step: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    if checker.is_type(value, "number") and not is_multiple(value, step):
        yield ValidationError(f"{value} is not a multiple of {step}")


def _pattern(checker: Any, text: str, value: Any, _: Any) -> Iterator[ValidationError]:
    if checker.is_type(value, "string") and not pattern(text).search(value):
        yield ValidationError(f"{value!r} does not match {text!r}")


def _pattern_properties(
    checker: Any, patterns: Mapping[str, Any], value: Any, _: Any
) -> Iterator[ValidationError]:
    if not checker.is_type(value, "object"):
        return
    for text, inner in patterns.items():
        for name, item in value.items():
            if pattern(text).search(name):
                yield from checker.descend(item, inner, path=name, schema_path=text)


def _additional_properties(checker: Any, rule: Any, value: Any, whole: Any) -> Iterator[ValidationError]:
    if not checker.is_type(value, "object"):
        return
    named = whole.get("properties", {})
    patterns = [pattern(text) for text in whole.get("patternProperties", {})]
    for name, item in value.items():
        if name in named or any(p.search(name) for p in patterns):
            continue
        if rule is False:
            yield ValidationError(f"{name!r} is not a field of this contract", path=(name,))
        elif isinstance(rule, dict):
            yield from checker.descend(item, rule, path=name)

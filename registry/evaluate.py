# SPDX-License-Identifier: Apache-2.0
"""Does a value satisfy a schema? The validators of all dialects, with exact numbers and patterns that cannot be made to hang."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import re2
from jsonschema import TypeChecker, ValidationError, validators
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from registry import effort, evaluated
from registry.dialect import Dialect
from registry.json_value import is_multiple, is_whole, key, kind_of
from registry.schema import Node, Schema
from registry.words import shown
from terms.problem import ProblemError

_MAX_PATTERN_MEMORY = 8 << 20

CANNOT_SAY = (ProblemError, RecursionError, Unresolvable)
"""What keeps a value from being checked: a pattern RE2 refuses, nesting without end, a name only the library cannot find."""


@lru_cache(maxsize=4096)
def pattern(text: str) -> Any:
    """The compiled RE2 pattern. Raises ProblemError for what RE2 cannot promise to match in linear time."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_PATTERN_MEMORY
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise ProblemError(
            f"pattern {shown(text)} cannot be checked in linear time: {_reason(error)}",
            do="write it without look-around and back-references",
        ) from error


def _reason(error: re2.error) -> str:
    """What RE2 says; it speaks bytes."""
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


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
    effort.spend()
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
        "properties": _properties,
        "required": _required,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    known = {**dialect.validator.VALIDATORS, **own}
    known["items"] = _items(known["items"])
    if "unevaluatedProperties" in dialect.asserting:
        known["unevaluatedProperties"] = _unevaluated_properties
    counted = {keyword: _counted(keyword, check) for keyword, check in known.items()}
    made = validators.extend(dialect.validator, counted, type_checker=types)  # type: ignore[no-untyped-call]
    made.evolve = _evolved
    return made


def _evolved(checker: Any, *, schema: Any = None, _resolver: Any = None) -> Any:
    """The validator for another schema. The library's own would be another class wherever a schema states its `$schema`."""
    return type(checker)(
        checker.schema if schema is None else schema,
        registry=checker._registry,
        _resolver=checker._resolver if _resolver is None else _resolver,
    )


def _counted(keyword: str, check: Callable[..., Any]) -> Callable[..., Any]:
    """The same check, which counts a step, and more for each value or schema that it goes into."""

    def checked(checker: Any, rule: Any, value: Any, whole: Any) -> Any:
        parts = len(rule) if isinstance(rule, list) else _SIZES.get(type(value), _no_size)(value)
        effort.spend(1 + (parts * _DESCENT if keyword in _APPLYING else parts >> 1))
        return check(checker, rule, value, whole)

    return checked


def _no_size(_: Any) -> int:
    return 0


_SIZES: Mapping[type, Callable[[Any], int]] = {list: len, dict: len, str: lambda text: len(text) >> 6}
_DESCENT = 3  # steps to go into a schema
_APPLYING = frozenset(
    ("prefixItems", "additionalItems", "contains", "propertyNames", "allOf", "anyOf", "oneOf")
)


class _Found(threading.local):
    valid: dict[tuple[int, int], Any] | None = None


_FOUND = _Found()


@contextmanager
def remembering() -> Iterator[None]:
    """While it lasts an item that was valid is not looked at again in another array: for documents that share most of theirs.

    Not for schemas whose references depend on the way to them.
    """
    _FOUND.valid = {}
    try:
        yield
    finally:
        _FOUND.valid = None


def _items(check: Callable[..., Any]) -> Callable[..., Any]:
    def checked(checker: Any, rule: Any, value: Any, whole: Any) -> Iterator[ValidationError]:
        known = _FOUND.valid
        if (
            known is None
            or not isinstance(rule, dict)
            or not isinstance(value, list)
            or "prefixItems" in whole
        ):
            effort.spend(_DESCENT * len(value) if isinstance(value, list) else 0)
            yield from check(checker, rule, value, whole) or ()
            return
        for index, item in enumerate(value):
            if (id(rule), id(item)) not in known:
                effort.spend(_DESCENT)
                found = False
                for error in checker.descend(item, rule, path=index):
                    found = True
                    yield error
                if not found:
                    known[id(rule), id(item)] = item  # held, so that no other value gets its id

    return checked


def _multiple_of(checker: Any, step: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    if checker.is_type(value, "number") and not is_multiple(value, step):
        yield ValidationError("is not a multiple")


def _pattern(checker: Any, text: str, value: Any, _: Any) -> Iterator[ValidationError]:
    if checker.is_type(value, "string") and not pattern(text).search(value):
        yield ValidationError("does not match")


def _required(checker: Any, names: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    if checker.is_type(value, "object") and isinstance(
        names, list
    ):  # draft-03's flag, found in the wild, asks for nothing
        yield from (ValidationError(required(name)) for name in names if name not in value)


def required(name: str) -> str:
    """What is said of a value that lacks a required member."""
    return f"{shown(name)} is a required property"


def _properties(checker: Any, schemas: Mapping[str, Any], value: Any, _: Any) -> Iterator[ValidationError]:
    if checker.is_type(value, "object"):
        for name, item in value.items():  # a contract may have thousands of fields, a document has few
            if name in schemas:
                effort.spend(_DESCENT)
                yield from checker.descend(item, schemas[name], path=name, schema_path=name)


def _pattern_properties(
    checker: Any, patterns: Mapping[str, Any], value: Any, _: Any
) -> Iterator[ValidationError]:
    if not checker.is_type(value, "object"):
        return
    for text, inner in patterns.items():
        for name, item in value.items():
            if _is_found(text, name):
                yield from checker.descend(item, inner, path=name, schema_path=text)


def _additional_properties(checker: Any, rule: Any, value: Any, whole: Any) -> Iterator[ValidationError]:
    if not checker.is_type(value, "object"):
        return
    named, texts = whole.get("properties", {}), whole.get("patternProperties", {})
    left = (name for name in value if name not in named and not any(_is_found(text, name) for text in texts))
    yield from _others(checker, rule, {name: value[name] for name in left})


def _unevaluated_properties(checker: Any, rule: Any, value: Any, whole: Any) -> Iterator[ValidationError]:
    if not checker.is_type(value, "object"):
        return
    known = evaluated.members(checker, whole, value, _is_found)
    yield from _others(checker, rule, {name: item for name, item in value.items() if name not in known})


def _is_found(text: str, name: str) -> bool:
    return bool(pattern(text).search(name))


def _others(checker: Any, rule: Any, members: Mapping[str, Any]) -> Iterator[ValidationError]:
    """What is wrong with members that only the rule for all others speaks of."""
    for name, item in members.items():
        if rule is False:
            yield ValidationError(f"{shown(name)} is not a field of this contract", path=(name,))
        elif isinstance(rule, dict):
            effort.spend(_DESCENT)
            yield from checker.descend(item, rule, path=name)

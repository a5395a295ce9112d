# SPDX-License-Identifier: Apache-2.0
"""What does a validator say of a value that it refuses? JSON's words: null and true, double quotes, numbers as they were written."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from jsonschema import ValidationError

_SHOWN = 300
_SHOWN_VALUE = 120


def refusal(error: ValidationError) -> str:
    """The error as one short sentence for people.

    >>> refusal(ValidationError("", validator="type", validator_value=["string", "null"], instance={"a": None, "b": True}))
    '{"a": null, "b": true} is not of type "string", "null"'
    """
    say = _WORDS.get(str(error.validator))
    if error.schema is False:
        words = f"{shown(error.instance)} is not allowed: nothing is accepted here"
    elif say is None:
        words = error.message
    else:
        words = say(error, shown(error.instance), error.validator_value)
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 3]}..."


def shown(value: Any) -> str:
    """A value as JSON on one line, shortened.

    >>> shown([None, "it's", Decimal("1.50")])
    '[null, "it\\'s", 1.50]'
    """
    text = _text(value)
    return text if len(text) <= _SHOWN_VALUE else f"{text[: _SHOWN_VALUE - 3]}..."


def _text(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_text(name)}: {_text(item)}" for name, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_text, value)) + "]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _type(_: ValidationError, value: str, rule: Any) -> str:
    named = rule if isinstance(rule, list) else [rule]
    return f"{value} is not of type {', '.join(map(_text, named))}"


def _bound(words: str) -> Callable[[ValidationError, str, Any], str]:
    return lambda _, value, rule: f"{value} is {words} {_text(rule)}"


def _floor(error: ValidationError, value: str, rule: Any) -> str:
    strict = isinstance(error.schema, dict) and error.schema.get("exclusiveMinimum") is True
    return (
        f"{value} is not above {_text(rule)}"
        if strict
        else f"{value} is less than the minimum of {_text(rule)}"
    )


def _ceiling(error: ValidationError, value: str, rule: Any) -> str:
    strict = isinstance(error.schema, dict) and error.schema.get("exclusiveMaximum") is True
    return (
        f"{value} is not below {_text(rule)}"
        if strict
        else f"{value} is greater than the maximum of {_text(rule)}"
    )


def _size(words: str, limit: str, unit: str) -> Callable[[ValidationError, str, Any], str]:
    return lambda _, value, rule: f"{value} {words}: {limit} {_text(rule)} {unit}"


def _dependent(error: ValidationError, value: str, rule: Any) -> str:
    present = error.instance if isinstance(error.instance, dict) else {}
    missing = [
        f"{_text(other)}, which comes with {_text(name)}"
        for name, others in rule.items()
        if name in present
        for other in ([others] if isinstance(others, str) else others if isinstance(others, list) else ())
        if other not in present
    ]
    return f"{value} lacks {' and '.join(missing)}" if missing else error.message


def _contains(error: ValidationError, value: str, _: Any) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    counts = [
        f"{words} {schema[keyword]}"
        for keyword, words in (("minContains", "at least"), ("maxContains", "at most"))
        if keyword in schema
    ]
    return f"{value} must hold {' and '.join(counts) or 'an item'} of what contains asks for"


def _one_of(error: ValidationError, value: str, _: Any) -> str:
    return (
        f"{value} fits {'none' if error.context else 'more than one'} of the alternatives, and must fit one"
    )


def _more_items(_: ValidationError, value: str, __: Any) -> str:
    return f"{value} has more items than are allowed"


_WORDS: Mapping[str, Callable[[ValidationError, str, Any], str]] = {
    "type": _type,
    "enum": _bound("not one of"),
    "const": lambda _, value, rule: f"{value} is not {_text(rule)}",
    "minimum": _floor,
    "maximum": _ceiling,
    "exclusiveMinimum": _bound("not above"),
    "exclusiveMaximum": _bound("not below"),
    "multipleOf": _bound("not a multiple of"),
    "pattern": lambda _, value, rule: f"{value} does not match {_text(rule)}",
    "minLength": _size("is too short", "at least", "characters"),
    "maxLength": _size("is too long", "at most", "characters"),
    "minItems": _size("is too short", "at least", "items"),
    "maxItems": _size("is too long", "at most", "items"),
    "minProperties": _size("has too few members", "at least", "are asked for"),
    "maxProperties": _size("has too many members", "at most", "are allowed"),
    "uniqueItems": lambda _, value, __: f"{value} has equal items",
    **dict.fromkeys(("contains", "minContains", "maxContains"), _contains),
    "items": _more_items,
    "additionalItems": _more_items,
    "unevaluatedItems": _more_items,
    "dependentRequired": _dependent,
    "dependencies": _dependent,
    "anyOf": lambda _, value, __: f"{value} fits none of the alternatives",
    "oneOf": _one_of,
    "not": lambda _, value, rule: f"{value} must not be valid under {shown(rule)}",
}
"""What is said for a keyword; of the others our own checks say it."""

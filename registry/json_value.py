# SPDX-License-Identifier: Apache-2.0
"""When are two JSON values the same value? Numbers compare by value and exactly; true is not 1. Used by diff and validate."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

Key = tuple[Any, ...]


def key(value: Any) -> Key:
    """A hashable stand-in: equal for two values exactly when JSON Schema calls them equal.

    >>> key(1) == key(Decimal("1.0")), key(1) == key(True), key([1]) == key([2])
    (True, False, False)
    """
    match value:
        case dict():
            return ("object", frozenset((name, key(item)) for name, item in value.items()))
        case list() | tuple():
            return ("array", tuple(key(item) for item in value))
        case bool():
            return ("boolean", value)
        case int() | float() | Decimal():
            return ("number", value)
        case _:
            return ("text", value)


def is_multiple(number: int | float | Decimal, step: int | float | Decimal) -> bool:
    """Whether `number` is a whole multiple of `step`, computed exactly. A step of zero has no multiples but zero.

    >>> is_multiple(Decimal("0.3"), Decimal("0.1")), is_multiple(10, 4)
    (True, False)
    """
    if step == 0:
        return number == 0
    return (Fraction(number) / Fraction(step)).denominator == 1


def is_whole(value: Any) -> bool:
    """Whether the value is an integer in JSON Schema's sense: 1 and 1.0 are, 1.5 and true are not."""
    if isinstance(value, bool):
        return False
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def kind_of(value: Any) -> str:
    """The JSON Schema type of a value: the narrowest one, so a whole number is an integer, any other a number.

    >>> kind_of(1), kind_of(True), kind_of([]), kind_of(Decimal("1.5"))
    ('integer', 'boolean', 'array', 'number')
    """
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case dict():
            return "object"
        case list() | tuple():
            return "array"
        case str():
            return "string"
        case _:
            return "integer" if is_whole(value) else "number"

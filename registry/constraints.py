# SPDX-License-Identifier: Apache-2.0
"""What narrows a field, in words? Bounds, values and patterns of one schema as people say them."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from terms import canonical_json

_MOST_VALUES = 12
_MOST_EXAMPLES = 3
_SHOWN = 80

_SIZES = (
    ("minLength", "maxLength", "character"),
    ("minItems", "maxItems", "item"),
    ("minProperties", "maxProperties", "property"),
)
_SAID: Mapping[str, Callable[[Any], str]] = {
    "minimum": lambda value: f"at least {value}",
    "exclusiveMinimum": lambda value: f"more than {value}",
    "maximum": lambda value: f"at most {value}",
    "exclusiveMaximum": lambda value: f"less than {value}",
    "multipleOf": lambda value: f"a multiple of {value}",
    "pattern": lambda value: f"matches {value}",
    "contentMediaType": lambda value: f"holds {value}",
    "contentEncoding": lambda value: f"encoded as {value}",
    "default": lambda value: f"default {short(value)}",
}


def words(stated: Mapping[str, Any]) -> tuple[str, ...]:
    """What the keywords of one schema ask beyond its type, in a fixed order; what is malformed is left out.

    >>> words({"minLength": 1, "maxLength": 64, "pattern": "^I"})
    ('1 to 64 characters', 'matches ^I')
    """
    return tuple(_words(stated))


def examples(stated: Mapping[str, Any]) -> tuple[str, ...]:
    """The examples a schema gives, as JSON texts, at most three."""
    listed = stated.get("examples")
    given = listed if isinstance(listed, list) else []
    if "example" in stated:
        given = [stated["example"], *given]
    return tuple(short(value) for value in given[:_MOST_EXAMPLES])


def short(value: Any) -> str:
    """A value as JSON text, cut when it is long."""
    text = canonical_json.text(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _words(stated: Mapping[str, Any]) -> Iterator[str]:
    values = stated.get("enum")
    if isinstance(values, list):
        shown = ", ".join(short(value) for value in values[:_MOST_VALUES])
        yield shown if len(values) <= _MOST_VALUES else f"{shown} and {len(values) - _MOST_VALUES} more"
    for least, most, noun in _SIZES:
        yield from _size(stated.get(least), stated.get(most), noun)
    for keyword, say in _SAID.items():
        value = stated.get(keyword)
        # Draft-04 wrote exclusiveMinimum as a mark on minimum.
        if keyword in stated and (keyword == "default" or _is_plain(value)):
            yield say(value)
    if stated.get("uniqueItems") is True:
        yield "no item twice"
    if stated.get("additionalProperties") is False:
        yield "no other fields"
    for keyword, said in (("readOnly", "only read"), ("writeOnly", "only written")):
        if stated.get(keyword) is True:
            yield said


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | Decimal | str) and not isinstance(value, bool)


def _size(least: Any, most: Any, noun: str) -> Iterator[str]:
    low = least if isinstance(least, int) and not isinstance(least, bool) else 0
    if not isinstance(most, int) or isinstance(most, bool):
        if low:
            yield f"at least {_counted(low, noun)}"
    elif low == most:
        yield f"exactly {_counted(most, noun)}"
    else:
        yield f"{low} to {_counted(most, noun)}" if low else f"at most {_counted(most, noun)}"


def _counted(number: int, noun: str) -> str:
    many = "properties" if noun == "property" else f"{noun}s"
    return f"{number} {noun if number == 1 else many}"

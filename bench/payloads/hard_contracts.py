# SPDX-License-Identifier: Apache-2.0
"""Pairs of contracts that nobody would write, each made to be hard for one part of the engine: the worst that may come in."""

from collections.abc import Callable
from typing import Any

Made = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _overlapping(count: int, keyword: str, shift: int) -> Made:
    """So many alternatives, each of which overlaps the next few."""
    return {
        keyword: [
            {
                "type": "object",
                "properties": {
                    "code": {"type": "integer", "minimum": 3 * n + shift, "maximum": 3 * n + 10},
                    f"of_{n}": {"type": "string", "maxLength": 40 + n},
                },
                "required": ["code"],
            }
            for n in range(count)
        ]
    }


def _alike(count: int, keyword: str, least: int) -> Made:
    """Alternatives that differ in one optional field each, so that every document fits nearly all of them."""
    return {
        keyword: [
            {"type": "object", "properties": {f"field_{n}": {"type": "string", "minLength": least}}}
            for n in range(count)
        ]
    }


def _nested(depth: int, inner: Made) -> Made:
    """Objects in objects."""
    for level in range(depth):
        inner = {"type": "object", "properties": {f"level_{level}": inner}, "required": [f"level_{level}"]}
    return inner


def _mutual(count: int, last: Made) -> Made:
    """Definitions that all refer to all others."""
    definitions: Made = {
        f"d{n}": {
            "type": "object",
            "properties": {f"to_{m}": {"$ref": f"#/$defs/d{m}"} for m in range(count)},
            "minProperties": n % 3,
        }
        for n in range(count)
    }
    definitions[f"d{count - 1}"] = last
    return {"$ref": "#/$defs/d0", "$defs": definitions}


def _alternating(depth: int, leaf: Made) -> Made:
    """anyOf in allOf in not, over and over."""
    made = leaf
    for level in range(depth):
        other = {"type": "object", "required": [f"r{level}"]}
        made = {"allOf": [{"anyOf": [made, other]}, {"not": {"allOf": [{"required": [f"x{level}"]}, made]}}]}
    return made


def _choices(count: int, most: int) -> Made:
    """Many choices that must all be made at once: two to the power of `count` ways."""
    return {
        "type": "object",
        "allOf": [
            {
                "anyOf": [
                    {"required": [f"a{n}"], "properties": {f"a{n}": {"type": "integer"}}},
                    {"required": [f"b{n}"], "properties": {f"b{n}": {"type": "string"}}},
                    {"maxProperties": n % 5 + most},
                ]
            }
            for n in range(count)
        ],
    }


def _unless(count: int, last: Made) -> Made:
    """Many exclusions at once."""
    return {
        "type": "object",
        "not": {"anyOf": [{"required": [f"n{n}", f"n{n + 1}"]} for n in range(count)]},
        "allOf": [
            {"if": {"required": [f"n{n}"]}, "then": {"required": [f"m{n}"]}, "else": {"required": [f"k{n}"]}}
            for n in range(count)
        ]
        + [last],
    }


def _patterned(text: str, **more: Any) -> Made:
    return {"type": "object", "properties": {"key": {"type": "string", "pattern": text, **more}}}


def _sized(**more: Any) -> Made:
    line = {
        "type": "object",
        "properties": {
            "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{5}$"},
            "quantity": {"type": "integer", "minimum": 1},
            "note": {"anyOf": [{"type": "string", "maxLength": 80}, {"type": "null"}]},
        },
        "required": ["sku", "quantity"],
        "additionalProperties": False,
    }
    lines = {"type": "array", "items": line, **more}
    return {"type": "object", "properties": {"lines": lines}, "required": ["lines"]}


def _listed(first: int, count: int) -> Made:
    return {
        "type": "object",
        "properties": {"code": {"enum": [f"CODE-{n:06}" for n in range(first, first + count)]}},
    }


def _names(count: int, word: str) -> Made:
    return {
        "type": "object",
        "patternProperties": {
            f"^{word}[0-9]*{n}": {"type": "string", "maxLength": 9 + n} for n in range(count)
        },
        "additionalProperties": {"type": "integer"},
    }


def _unevaluated(count: int, keyword: str, extra: Made) -> Made:
    branches = [
        {"properties": {f"p{n}": {"type": "string"}, f"p{n + 1}": {"type": "string"}}, "minProperties": n % 2}
        for n in range(count)
    ]
    return {"type": "object", keyword: branches, "unevaluatedProperties": False, **extra}


def _dependent(count: int, more: str) -> Made:
    return {
        "type": "object",
        "dependentSchemas": {
            f"k{n}": {"anyOf": [{"required": [f"k{(n * 7 + 1) % count}"]}, {"required": [f"{more}{n}"]}]}
            for n in range(count)
        },
        "minProperties": 3,
    }


def _doubling(depth: int, leaf: Made) -> Made:
    """Definitions that hold the one before twice: 2 to the power of `depth` ways to the leaf."""
    definitions: Made = {"d0": leaf}
    for level in range(1, depth):
        inner = {"$ref": f"#/$defs/d{level - 1}"}
        definitions[f"d{level}"] = {
            "type": "object",
            "properties": {"left": inner, "right": {"anyOf": [inner, {"type": "null"}]}},
        }
    return {"$ref": f"#/$defs/d{depth - 1}", "$defs": definitions}


def _branching(depth: int, leaf: Made) -> Made:
    """Definitions that are two ways to be the one before."""
    definitions: Made = {"d0": leaf}
    for level in range(1, depth):
        inner = {"$ref": f"#/$defs/d{level - 1}"}
        definitions[f"d{level}"] = {
            "anyOf": [
                {"allOf": [inner, {"required": [f"l{level}"]}]},
                {"allOf": [inner, {"required": [f"r{level}"]}]},
                {"oneOf": [inner, {"type": "object", "minProperties": level}]},
            ]
        }
    return {"$ref": f"#/$defs/d{depth - 1}", "$defs": definitions}


_FIVE_LONG = "^(([a-z0-9]{1,40}[._-]){1,12}[a-z]{2,24}|[A-F0-9]{8}(-[A-F0-9]{4}){3}-[A-F0-9]{12})$"
_TEXT = {"type": "string"}

PAIRS: dict[str, Callable[[], tuple[Made, Made]]] = {
    "60 overlapping anyOf": lambda: (_overlapping(60, "anyOf", 0), _overlapping(60, "anyOf", 1)),
    "60 overlapping oneOf": lambda: (_overlapping(60, "oneOf", 0), _overlapping(60, "oneOf", 1)),
    "200 overlapping anyOf": lambda: (_overlapping(200, "anyOf", 0), _overlapping(200, "anyOf", 1)),
    "60 alike anyOf": lambda: (_alike(60, "anyOf", 1), _alike(60, "anyOf", 2)),
    "60 alike oneOf": lambda: (_alike(60, "oneOf", 1), _alike(60, "oneOf", 2)),
    "60 alike, one less": lambda: (_alike(60, "anyOf", 1), _alike(59, "anyOf", 1)),
    "20 levels deep": lambda: (_nested(20, {"type": "string"}), _nested(20, {"type": "integer"})),
    "30 definitions, all to all": lambda: (
        _mutual(30, {"type": "object", "maxProperties": 3}),
        _mutual(30, {"type": "object", "maxProperties": 2}),
    ),
    "doubling, 30 deep": lambda: (_doubling(30, _TEXT), _doubling(30, {**_TEXT, "maxLength": 9})),
    "branching, 12 deep": lambda: (
        _branching(12, {"type": "object"}),
        _branching(12, {"type": "object", "maxProperties": 20}),
    ),
    "anyOf in allOf in not, 8 deep": lambda: (
        _alternating(8, {"type": "object", "required": ["a"]}),
        _alternating(8, {"type": "object", "required": ["b"]}),
    ),
    "24 choices at once": lambda: (_choices(24, 3), _choices(24, 2)),
    "24 choices, one more": lambda: (_choices(24, 3), _choices(25, 3)),
    "40 conditions at once": lambda: (
        _unless(40, {"minProperties": 1}),
        _unless(40, {"minProperties": 2}),
    ),
    "long patterns": lambda: (
        _patterned(_FIVE_LONG),
        _patterned(_FIVE_LONG.replace("{1,40}", "{1,39}")),
    ),
    "pattern of 900 characters": lambda: (
        _patterned("^[a-z]{900}$"),
        _patterned("^[a-z]{1,900}[a-y]$"),
    ),
    "a pattern and a length": lambda: (
        _patterned("^([ab]*c){3}", minLength=200),
        _patterned("^([ab]*c){4}", minLength=200),
    ),
    "alternation of 200 words": lambda: (
        _patterned("^(" + "|".join(f"word{n * 7919 % 1000}" for n in range(200)) + ")$"),
        _patterned("^(" + "|".join(f"word{n * 7919 % 1000}" for n in range(199)) + ")$"),
    ),
    "maxItems 100 to 200": lambda: (_sized(maxItems=100), _sized(maxItems=200)),
    "maxItems 200 to 100": lambda: (_sized(maxItems=200), _sized(maxItems=100)),
    "minItems 1000, different": lambda: (
        _sized(minItems=900, uniqueItems=True),
        _sized(minItems=1000, uniqueItems=True),
    ),
    "enum of 20,000": lambda: (_listed(0, 20_000), _listed(1, 20_000)),
    "maxLength 90,000": lambda: (
        {"properties": {"t": {**_TEXT, "maxLength": 90_000}}},
        {"properties": {"t": {**_TEXT, "maxLength": 80_000}}},
    ),
    "minProperties 400": lambda: (
        {"type": "object", "minProperties": 400, "additionalProperties": _TEXT},
        {"type": "object", "minProperties": 401, "additionalProperties": _TEXT},
    ),
    "40 patterns of names": lambda: (_names(40, "n"), _names(40, "n[a-z]")),
    "unevaluated beside 40 anyOf": lambda: (
        _unevaluated(40, "anyOf", {}),
        _unevaluated(40, "anyOf", {"maxProperties": 30}),
    ),
    "unevaluated beside 40 oneOf": lambda: (_unevaluated(40, "oneOf", {}), _unevaluated(39, "oneOf", {})),
    "50 dependent schemas": lambda: (_dependent(50, "x"), _dependent(50, "y")),
    "3,000 fields": lambda: (
        {"type": "object", "properties": {f"f{n}": {**_TEXT, "maxLength": n} for n in range(3000)}},
        {"type": "object", "properties": {f"f{n}": {**_TEXT, "maxLength": n - n % 2} for n in range(3000)}},
    ),
}
"""The old contract and the new one, by name."""


def pair(name: str) -> tuple[Made, Made]:
    """Both contracts of one name, with their dialect."""
    old, new = PAIRS[name]()
    return {"$schema": _DIALECT, **old}, {"$schema": _DIALECT, **new}

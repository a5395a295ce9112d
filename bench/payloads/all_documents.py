# SPDX-License-Identifier: Apache-2.0
"""All documents of a contract, where they are few: a closed object of flags and listed values has no two hundred different ones."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import product
from math import ceil, floor, prod
from typing import Any

from registry import domain
from registry.claim import Claim
from registry.implication.prover import Prover
from registry.json_value import key
from registry.keywords import edge
from registry.schema import Node, Schema

_MOST = 20_000
_MOST_DEPTH = 12
_WORDS = re.compile(r"\^\(([\w|]*)\)\$")


def all_documents(schema: Schema) -> list[Any] | None:
    """Every value that may be valid, and some that are not: the validator has to say; None where they may be endless or too many."""
    return _values(schema, schema.root, 0)


def _values(schema: Schema, node: Node, depth: int) -> list[Any] | None:
    if depth > _MOST_DEPTH:
        return None
    if Prover().shut((Claim(schema, node, holds=True),)):
        return []
    parts = [part for _, part in domain.conjuncts(schema, node)]
    found = [values for part in parts if (values := domain.own_values(part)) is not None]
    found += [values for part in parts if (values := _of_branches(schema, part, depth)) is not None]
    by_kind = [
        _of_kind(schema, parts, kind, depth)
        for kind in sorted(domain.kinds(schema, node))
        if not Prover().empty((Claim(schema, node, holds=True),), frozenset((kind,)))
    ]
    if all(values is not None for values in by_kind):
        found.append([value for values in by_kind for value in values or ()])
    return _different(min(found, key=len)) if found else None


def _of_branches(schema: Schema, part: Node, depth: int) -> list[Any] | None:
    for keyword in ("anyOf", "oneOf"):
        if isinstance(part.raw, dict) and keyword in part.raw:
            branches = [
                _values(schema, part.child(keyword, i), depth + 1) for i in range(len(part.raw[keyword]))
            ]
            if all(values is not None for values in branches):
                return [value for values in branches for value in values or ()]
    return None


def _of_kind(schema: Schema, parts: list[Node], kind: str, depth: int) -> list[Any] | None:
    match kind:
        case "null":
            return [None]
        case "boolean":
            return [False, True]
        case "string":
            return _texts(parts)
        case "object":
            return _objects(schema, parts, depth)
        case "array":
            return _arrays(schema, parts, depth)
        case _:
            return _numbers(schema, parts, whole=kind == "integer")


def _said(parts: Iterable[Node], keyword: str) -> Iterator[Any]:
    return (part.raw[keyword] for part in parts if isinstance(part.raw, dict) and keyword in part.raw)


def _texts(parts: list[Node]) -> list[Any] | None:
    if any(most == 0 for most in _said(parts, "maxLength")):
        return [""]
    words = next((found for text in _said(parts, "pattern") if (found := _WORDS.fullmatch(text))), None)
    return list(words.group(1).split("|")) if words else None


def _numbers(schema: Schema, parts: list[Node], *, whole: bool) -> list[Any] | None:
    steps = [Fraction(1)] if whole else [Fraction(step) for step in _said(parts, "multipleOf")]
    least = [Fraction(e[0]) for part in parts if (e := edge(schema, part, "minimum")) is not None]
    most = [-Fraction(e[0]) for part in parts if (e := edge(schema, part, "maximum")) is not None]
    if not (steps and least and most) or (min(most) - max(least)) / steps[0] > _MOST:
        return None
    numbers = (n * steps[0] for n in range(ceil(max(least) / steps[0]), floor(min(most) / steps[0]) + 1))
    return [int(n) if n.denominator == 1 else float(n) for n in numbers]


def _arrays(schema: Schema, parts: list[Node], depth: int) -> list[Any] | None:
    most = min((int(most) for most in _said(parts, "maxItems")), default=None)
    if most == 0:
        return [[]]
    items = [
        part.child("items")
        for part in parts
        if isinstance(part.raw, dict) and isinstance(part.raw.get("items"), dict)
    ]
    if any(True for _ in _said(parts, "prefixItems")) or not items:
        return None
    each = _values(schema, items[0], depth + 1)
    if each is None:
        return None
    if not each or any(unique is True for unique in _said(parts, "uniqueItems")):
        most = len(each) if most is None else min(most, len(each))
    if most is None or sum(len(each) ** size for size in range(most + 1)) > _MOST:
        return None
    return [list(made) for size in range(most + 1) for made in product(each, repeat=size)]


def _objects(schema: Schema, parts: list[Node], depth: int) -> list[Any] | None:
    closed = next(
        (
            part
            for part in parts
            if isinstance(part.raw, dict) and part.raw.get("additionalProperties") is False
        ),
        None,
    )
    if closed is None or not isinstance(closed.raw, dict) or "patternProperties" in closed.raw:
        return None
    members: dict[str, list[Any]] = {}
    for name in closed.raw.get("properties", {}):
        said = [
            part.child("properties", name)
            for part in parts
            if isinstance(part.raw, dict) and name in part.raw.get("properties", {})
        ]
        found = [values for node in said if (values := _values(schema, node, depth + 1)) is not None]
        if not found:
            return None
        members[name] = min(found, key=len)
    if prod(len(values) + 1 for values in members.values()) > _MOST:
        return None
    absent = object()
    made = product(*([absent, *values] for values in members.values()))
    return [{n: v for n, v in zip(members, values, strict=True) if v is not absent} for values in made]


def _different(values: Iterable[Any]) -> list[Any]:
    return list({key(value): value for value in values}.values())

# SPDX-License-Identifier: Apache-2.0
"""The promise of the diff: when it says that nothing is lost, no document that was valid is invalid now.

Schemas, edits of them and documents are made up from one Random that hypothesis drives, so that a failing case is found
again and shrunk. Documents are judged by the plain jsonschema library, not by the validators of the registry.
"""

import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from registry.dialect import DRAFT_2020_12
from registry.diff import diff, proof
from registry.document import Document, parse
from terms.problem import ProblemError

NAMES = ("a", "b", "c")
TEXTS = ("", "a", "ab", "abc", "b", "xyz", "a1")
NUMBERS = (-2, -1, 0, 0.5, 1, 1.5, 2, 3, 4, 6, 10)
SCALARS = (None, True, False, *TEXTS, *NUMBERS)
PATTERNS = ("^a", "b", "^[a-z]*$", "[0-9]")


def schema(random: Random, depth: int = 2) -> dict[str, Any]:
    """A document: a root schema with definitions, some of them recursive."""
    definitions = {name: node(random, 1) for name in ("x", "y")}
    if random.random() < 0.3:
        definitions["x"] = {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/x"}, "b": node(random, 0)},
            **({"required": ["b"]} if random.random() < 0.4 else {}),
        }
    body = {"type": "object", "properties": _map(random, depth, NAMES)} if random.random() < 0.5 else {}
    return {**_object(node(random, depth)), **body, "$defs": definitions}


def _object(made: Any) -> dict[str, Any]:
    return made if isinstance(made, dict) else {"not": {}} if made is False else {}


def node(random: Random, depth: int) -> Any:
    """One schema, boolean ones included."""
    draw = random.random()
    if draw < 0.04:
        return random.random() < 0.6
    if draw < 0.12:
        return {"$ref": random.choice(("#/$defs/x", "#/$defs/y"))} if depth >= 1 else {"type": "string"}
    made: dict[str, Any] = {}
    if random.random() < 0.7:
        kinds = ["string", "integer", "number", "object", "array", "null", "boolean"]
        made["type"] = (
            random.choice(kinds) if random.random() < 0.7 else random.sample(kinds, random.randint(1, 3))
        )
    for keyword in _fitting(random, made.get("type"), random.randint(0, 4)):
        made[keyword] = MAKERS[keyword](random, depth - 1)
        if made[keyword] is None:
            del made[keyword]
    return made


def _fitting(random: Random, kind: Any, count: int) -> list[str]:
    """Keywords that mostly matter for the type, so that a difference can be seen in documents."""
    weights = [
        (8 if isinstance(kind, str) and k in FITTING.get(kind, ()) else 2 if k in COMBINERS else 0.5)
        for k in MAKERS
    ]
    return list(dict.fromkeys(random.choices(tuple(MAKERS), weights, k=count)))


def _nodes(random: Random, depth: int) -> list[Any] | None:
    return [node(random, depth) for _ in range(random.randint(1, 3))] if depth >= 0 else None


def _node(random: Random, depth: int) -> Any:
    return node(random, depth) if depth >= 0 else None


def _map(random: Random, depth: int, names: tuple[str, ...]) -> dict[str, Any] | None:
    if depth < 0:
        return None
    return {name: node(random, depth) for name in random.sample(names, random.randint(1, len(names)))}


MAKERS: dict[str, Any] = {
    "enum": lambda r, d: r.sample(SCALARS, r.randint(1, 4)),
    "const": lambda r, d: r.choice((*SCALARS, [1], {"a": 1})),
    "minLength": lambda r, d: r.randint(0, 3),
    "maxLength": lambda r, d: r.randint(0, 3),
    "pattern": lambda r, d: r.choice(PATTERNS),
    "minimum": lambda r, d: r.choice(NUMBERS),
    "maximum": lambda r, d: r.choice(NUMBERS),
    "exclusiveMinimum": lambda r, d: r.choice(NUMBERS),
    "exclusiveMaximum": lambda r, d: r.choice(NUMBERS),
    "multipleOf": lambda r, d: r.choice((0.5, 1, 2, 3, 4)),
    "minItems": lambda r, d: r.randint(0, 3),
    "maxItems": lambda r, d: r.randint(0, 3),
    "uniqueItems": lambda r, d: r.random() < 0.7,
    "items": _node,
    "prefixItems": _nodes,
    "contains": _node,
    "minContains": lambda r, d: r.randint(0, 2),
    "maxContains": lambda r, d: r.randint(0, 2),
    "unevaluatedItems": _node,
    "properties": lambda r, d: _map(r, d, NAMES),
    "patternProperties": lambda r, d: _map(r, d, ("^a", "b")),
    "additionalProperties": lambda r, d: r.choice((False, _node(r, d))),
    "unevaluatedProperties": lambda r, d: r.choice((False, _node(r, d))),
    "propertyNames": lambda r, d: r.choice(({"maxLength": 1}, {"pattern": "^a"}, {"enum": ["a", "b"]})),
    "required": lambda r, d: r.sample(NAMES, r.randint(1, 2)),
    "minProperties": lambda r, d: r.randint(0, 2),
    "maxProperties": lambda r, d: r.randint(0, 2),
    "dependentRequired": lambda r, d: {"a": ["b"]},
    "dependentSchemas": lambda r, d: _map(r, d, ("a", "b")),
    "allOf": _nodes,
    "anyOf": _nodes,
    "oneOf": _nodes,
    "not": _node,
    "if": _node,
    "then": _node,
    "else": _node,
    "x-note": lambda r, d: "a note",
    "format": lambda r, d: r.choice(("date", "email")),
}


_NUMERIC = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum")
FITTING = {
    "string": ("minLength", "maxLength", "pattern", "enum", "const"),
    "integer": _NUMERIC,
    "number": _NUMERIC,
    "array": ("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains"),
    "object": (
        "properties",
        "required",
        "additionalProperties",
        "minProperties",
        "maxProperties",
        "patternProperties",
    ),
}
COMBINERS = ("allOf", "anyOf", "oneOf", "enum", "const", "not")


def edited(random: Random, document: dict[str, Any], edits: int) -> dict[str, Any]:
    """A copy of the document with so many small changes at random places."""
    result = copy.deepcopy(document)
    for _ in range(edits):
        body = {k: v for k, v in result.items() if k != "$defs"}
        place = random.choice(_places(body) if random.random() < 0.5 else _places(result))
        place = result if place is body else place
        action = random.random()
        keywords = [k for k in place if k != "$defs"]
        if action < 0.3 and keywords:
            del place[random.choice(keywords)]
        elif action < 0.5 and keywords:
            keyword = random.choice(keywords)
            _redraw(random, place, keyword)
        elif action < 0.6 and keywords:
            _wrap(random, place)
        else:
            _redraw(random, place, _fitting(random, place.get("type"), 1)[0])
    return result


def _redraw(random: Random, place: dict[str, Any], keyword: str) -> None:
    value = place.get(keyword)
    if isinstance(value, int | float) and not isinstance(value, bool):
        place[keyword] = max(
            value + random.choice((-1, 1)), 0 if "in" in keyword and keyword[1] != "i" else 1
        )
    elif isinstance(value, list) and value and random.random() < 0.6:
        value.pop(random.randrange(len(value))) if len(value) > 1 else value.append(copy.deepcopy(value[0]))
        if keyword in ("required", "type"):
            place[keyword] = list(dict.fromkeys(value))
    elif isinstance(value, dict) and keyword in ("properties", "patternProperties"):
        name = random.choice(NAMES if keyword == "properties" else ("^a", "b"))
        if name in value:
            del value[name]
        else:
            value[name] = node(random, 1)
    elif keyword in MAKERS and (made := MAKERS[keyword](random, 1)) is not None:
        place[keyword] = made


def _wrap(random: Random, place: dict[str, Any]) -> None:
    inner = {k: place.pop(k) for k in list(place) if k != "$defs"}
    keyword = random.choice(("allOf", "anyOf", "oneOf"))
    place[keyword] = [inner] if random.random() < 0.5 else [inner, node(random, 1)]


def _places(value: Any, is_schema: bool = True) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if isinstance(value, dict):
        if is_schema:
            found.append(value)
        for keyword, item in value.items():
            if is_schema and keyword in ("enum", "const", "required", "dependentRequired"):
                continue
            maps = keyword in ("properties", "patternProperties", "$defs", "dependentSchemas")
            found += _places(item, not (is_schema and maps))
    elif isinstance(value, list):
        for item in value:
            found += _places(item)
    return found


def documents(random: Random, made: dict[str, Any], count: int) -> list[Any]:
    """Documents of which many are valid: drawn with an eye on what the schema says."""
    return [_document(random, made, made, 4) for _ in range(count)]


def _document(random: Random, node: Any, root: dict[str, Any], depth: int) -> Any:
    if not isinstance(node, dict) or random.random() < 0.1 or depth < 0:
        return _any(random, depth)
    if "$ref" in node:
        return _document(random, root["$defs"][node["$ref"].rsplit("/", 1)[1]], root, depth - 1)
    if "const" in node:
        return node["const"]
    if "enum" in node:
        return random.choice(node["enum"])
    branches = [b for k in ("allOf", "anyOf", "oneOf", "then", "else") for b in _listed(node.get(k))]
    if branches and random.random() < 0.7:
        return _document(random, random.choice(branches), root, depth - 1)
    kinds = node.get("type") or (
        "object" if {"properties", "required", "minProperties", "additionalProperties"} & node.keys() else
        "array" if {"items", "prefixItems", "minItems", "contains"} & node.keys() else None
    )  # fmt: skip
    kind = random.choice(kinds) if isinstance(kinds, list) else kinds
    if kind == "object":
        names = {n for n in (*NAMES, "ab", "d") if random.random() < 0.4} | set(node.get("required", ()))
        inner = {**node.get("properties", {})}
        rest = node.get("additionalProperties", True)
        return {n: _document(random, inner.get(n, rest), root, depth - 1) for n in sorted(names)}
    if kind == "array":
        first = node.get("prefixItems", [])
        size = random.randint(node.get("minItems", 0), max(node.get("minItems", 0), node.get("maxItems", 3)))
        rest = node.get("items", True)
        return [_document(random, first[i] if i < len(first) else rest, root, depth - 1) for i in range(size)]
    return {
        "string": lambda: random.choice(TEXTS),
        "integer": lambda: random.choice([n for n in NUMBERS if n == int(n)]),
        "number": lambda: random.choice(NUMBERS),
        "null": lambda: None,
        "boolean": lambda: random.random() < 0.5,
    }.get(str(kind), lambda: _any(random, depth))()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _any(random: Random, depth: int) -> Any:
    draw = random.random()
    if draw < 0.6 or depth <= 0:
        return random.choice(SCALARS)
    if draw < 0.8:
        return [_any(random, depth - 1) for _ in range(random.randint(0, 3))]
    return {n: _any(random, depth - 1) for n in (*NAMES, "ab", "d") if random.random() < 0.4}


def written(document: dict[str, Any]) -> bytes:
    """The document as the bytes of a file."""
    return json.dumps(document).encode()


def _pair(random: Random) -> tuple[Document, Document] | None:
    old = schema(random)
    new = edited(random, old, random.randint(0, 3))
    try:
        return parse(written(old), "old.json", dialect=DRAFT_2020_12.uri), parse(
            written(new), "new.json", dialect=DRAFT_2020_12.uri
        )
    except ProblemError:  # made-up references may run in a circle, which no contract may
        return None


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_no_document_refutes_what_the_diff_proves(random: Random) -> None:
    """What is called kept, forwards or backwards, is kept for every document that can be found."""
    pair = _pair(random)
    if pair is None:
        return
    old, new = pair
    proven = proof(list(diff(old.schema, new.schema)))
    before, after = json.loads(old.text), json.loads(new.text)
    takes_old, takes_new = Draft202012Validator(before), Draft202012Validator(after)
    for document in documents(random, before, 40) + documents(random, after, 40):
        was, now = takes_old.is_valid(document), takes_new.is_valid(document)
        assert not (proven.keeps_old and was and not now), (before, after, document)
        assert not (proven.keeps_new and now and not was), (before, after, document)


@pytest.mark.parametrize("seed", range(8))
def test_a_schema_equals_itself_however_it_is_built(seed: int) -> None:
    """A contract compared with an equal one has no change, whatever keywords it holds."""
    random = Random(seed)
    for _ in range(25):
        try:
            old, new = (
                parse(written(made), "same.json", dialect=DRAFT_2020_12.uri) for made in [schema(random)] * 2
            )
        except ProblemError:
            continue
        assert diff(old.schema, new.schema) == ()


@pytest.mark.parametrize("seed", range(8))
def test_what_is_lost_one_way_is_gained_the_other_way(seed: int) -> None:
    """Every rule has its mirror: with the contracts swapped, the same is proven of the other direction."""
    random = Random(1000 + seed)
    for _ in range(25):
        pair = _pair(random)
        if pair is None:
            continue
        there = proof(list(diff(pair[0].schema, pair[1].schema)))
        back = proof(list(diff(pair[1].schema, pair[0].schema)))
        assert (there.keeps_old, there.keeps_new) == (back.keeps_new, back.keeps_old), (
            pair[0].text,
            pair[1].text,
        )

# SPDX-License-Identifier: Apache-2.0
"""A contract file that cannot be taken is refused with what is wrong, in which line, and what to do."""

import json
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema.exceptions import SchemaError

from registry.dialect import DIALECTS, DRAFT_04, DRAFT_07, DRAFT_2020_12, Dialect
from registry.document import parse, read
from registry.evaluate import is_valid
from terms.problem import ProblemError

BAD = {
    "not JSON": (b'{\n "type": }', "is not JSON", "c.json:2"),
    "cut off": (b'{"type": "object"', "is not JSON", "c.json:1"),
    "empty": (b"", "is not JSON", "c.json:1"),
    "a list": (b"[1]", "is an array, not a JSON object", "c.json:1"),
    "not UTF-8": (b'{"a": "\xff"}', "is not UTF-8", "c.json: byte 7"),
    "a key twice": (b'{\n "type": "object",\n "type": "string"}', "key 'type' stands twice", "c.json:3"),
    "not a number": (b'{"minimum": NaN}', "NaN is not a JSON number", "c.json"),
    "a huge number": (b'{"minimum": 1e999999999}', "out of range", "c.json"),
    "too deep": (b'{"not": ' * 70 + b"{}" + b"}" * 70, "deeper than 64", "c.json:1"),
    "too deep in a line": (b'{"not":\n ' * 70 + b"{}" + b"}" * 70, "deeper than 64", "c.json:64"),
    "far too deep": (b"[" * 100_000 + b"]" * 100_000, "deeper than 64", "c.json:1"),
    "too large": (b" " * (8 * 1024 * 1024 + 1), "larger than 8 MiB", "c.json"),
    "unknown dialect": (b'{\n"$schema": "http://example.org/mine"}', "is not a dialect", "c.json:2"),
    "wrong type": (b'{"properties": {\n "a": {"type": "strin"}}}', "type must be one of", "c.json:2"),
    "wrong shape": (b'{\n"required": "a"}', "required must be a list", "c.json:2"),
    "remote reference": (b'{\n"$ref": "https://example.org/a.json"}', "leaves the document", "c.json:2"),
    "reference to a file": (b'{"$ref": "other.json#/x"}', "leaves the document", "c.json:1"),
    "reference to nothing": (b'{"$ref": "#/$defs/a"}', "names nothing", "c.json:1"),
    "reference to itself": (b'{"$ref": "#"}', "without end", "c.json:1"),
    "references in a circle": (
        b'{"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}}',
        "without end",
        "c.json:1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "what", "where"), BAD.values(), ids=BAD.keys())
def test_unreadable_contracts_are_refused_with_place_and_advice(
    content: bytes, what: str, where: str
) -> None:
    """Nothing is guessed: each refusal names the problem, the line and the next step."""
    with pytest.raises(ProblemError) as refused:
        parse(content, "c.json")
    problem = refused.value.problems[0]
    assert what in problem.what
    assert problem.where == where
    assert problem.do


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path is part of the answer."""
    with pytest.raises(ProblemError, match=r"gone\.json"):
        read(tmp_path / "gone.json")


def test_fractions_are_exact_and_lines_are_found() -> None:
    """0.1 stays 0.1, and each pointer knows its line."""
    document = parse(b'{\n "multipleOf": 0.1,\n "enum": [1,\n {"x": "}{"}]\n}', "c.json")
    assert document.data["multipleOf"] == Decimal("0.1")
    found = document.places(["/multipleOf", "/enum/1", "/enum/1/x", "/enum/9"])
    assert found == {
        "/multipleOf": "c.json:2",
        "/enum/1": "c.json:4",
        "/enum/1/x": "c.json:4",
        "/enum/9": "c.json:3",
    }


def test_a_contract_may_be_written_in_yaml() -> None:
    """YAML is read as the same document, with its own lines."""
    document = parse(b"type: object\nproperties:\n  a:\n    type: number\n    multipleOf: 0.1\n", "c.yaml")
    assert document.data["properties"]["a"] == {"type": "number", "multipleOf": Decimal("0.1")}
    assert document.where("/properties/a/multipleOf") == "c.yaml:5"


def test_references_inside_the_document_are_followed_however_they_are_written() -> None:
    """By pointer, escaped pointer, anchor, or with the document's own id in front."""
    definitions: dict[str, Any] = {"a/b": {"type": "string"}, "c": {"$anchor": "here", "type": "null"}}
    for ref in ("#/$defs/a~1b", "#/$defs/a%7E1b", "#here", "urn:x#/$defs/c", "#"):
        inner = {"$id": "urn:x", "properties": {"p": {"$ref": ref}}, "$defs": definitions}
        schema = parse(json.dumps(inner).encode(), "c.json", dialect=DRAFT_2020_12.uri).schema
        assert schema.target(ref) is not None


def test_a_reference_is_relative_to_the_schema_with_an_id_around_it() -> None:
    """An inner `$id` starts a resource: pointers and names inside it are its own, and others reach it by its URI."""
    inner = {"$id": "inner", "$ref": "#/$defs/n", "$defs": {"n": {"$anchor": "n", "type": "integer"}}}
    outer = {
        "$schema": DRAFT_2020_12.uri,
        "$id": "https://example.org/outer",
        "properties": {"a": {"$ref": "inner#n"}, "b": {"$ref": "https://example.org/inner"}},
        "$defs": {"i": inner, "n": {"$anchor": "n", "type": "string"}},
    }
    schema = parse(json.dumps(outer).encode(), "c.json").schema
    places = {
        (ref, at): found.pointer if (found := schema.target(ref, at)) else None
        for ref, at in (
            ("#n", ""),
            ("#n", "/$defs/i"),
            ("inner#n", ""),
            ("#/$defs/n", "/$defs/i"),
            ("inner", ""),
        )
    }
    assert list(places.values()) == [
        "/$defs/n",
        "/$defs/i/$defs/n",
        "/$defs/i/$defs/n",
        "/$defs/i/$defs/n",
        "/$defs/i",
    ]
    for name in ("a", "b"):
        node = schema.root.child("properties", name)
        assert (is_valid(schema, node, 1), is_valid(schema, node, "x")) == (True, False)
    node = schema.root.child("$defs", "i")
    assert (is_valid(schema, node, 1), is_valid(schema, node, "x")) == (True, False)


def test_a_contract_may_be_true_or_false() -> None:
    """A boolean is a whole schema in every dialect since draft-06."""
    for text, answer in ((b"true", True), (b"false", False)):
        document = parse(text, "c.json")
        assert (is_valid(document.schema, document.schema.root, 1), document.data) == (answer, {})


def test_without_a_schema_keyword_a_file_is_read_as_draft_07() -> None:
    """As the Confluent registry reads it; who knows better says so."""
    assert parse(b"{}", "c.json").schema.dialect is DRAFT_07
    assert parse(b"{}", "c.json", dialect=DRAFT_2020_12.uri).schema.dialect is DRAFT_2020_12
    assert (
        parse(b'{"$schema": "https://json-schema.org/draft-04/schema#"}', "c.json").schema.dialect is DRAFT_04
    )


WRONG = (None, True, -1, 0, 1.5, "text", "^a", [], [1], ["a"], ["a", "a"], ["string"], [{}], [True, {}], {}, {"a": 1}, {"a": {}}, {"a": ["b"]})  # fmt: skip
KEYWORDS = [
    "dependencies",
    "definitions",
    "additionalItems",
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "properties",
    "additionalProperties",
    "patternProperties",
    "dependentSchemas",
    "propertyNames",
    "contains",
    "items",
    "prefixItems",
    "unevaluatedItems",
    "unevaluatedProperties",
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "examples",
    "$defs",
]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.uri.split("/")[-2])
@pytest.mark.parametrize("keyword", KEYWORDS)
def test_the_shape_of_keywords_is_that_of_the_meta_schema(keyword: str, dialect: Dialect) -> None:
    """For every keyword of every dialect, what is refused here is what the official meta-schema refuses."""
    random = Random(7)
    for value in random.sample(WRONG, len(WRONG)):
        bound = keyword.replace("exclusiveM", "m") if dialect is DRAFT_04 else keyword
        schema = {"$schema": dialect.uri, "properties": {"p": {bound: 1, keyword: value}}}
        try:
            dialect.validator.check_schema(schema)
            official = True
        except SchemaError:
            official = False
        try:
            parse(json.dumps(schema).encode(), "c.json")
            ours = True
        except ProblemError:
            ours = False
        assert ours == official, value


@pytest.mark.parametrize("dialect", ["", "https://json-schema.org/draft/2020-12/schema"])
@pytest.mark.parametrize(
    "keywords",
    [
        {"pattern": "^(a+)+$"},
        {"patternProperties": {"^(a+)+$": False}, "unevaluatedProperties": False},
        {"properties": {"a": True}, "$ref": "#/$defs/a", "$defs": {"a": {"patternProperties": {"^(a|a)*$": True}}},
         "unevaluatedProperties": False},
    ],
    ids=["pattern", "patterns of names", "patterns behind a reference"],
)  # fmt: skip
def test_no_pattern_hangs_whether_the_contract_names_its_dialect_or_not(
    dialect: str, keywords: dict[str, object]
) -> None:
    """A `$schema` at the top must not bring back the regular expressions of the library."""
    made = {**({"$schema": dialect} if dialect else {}), **keywords}
    schema = parse(json.dumps(made).encode(), "c.json", dialect=DRAFT_2020_12.uri).schema
    hard = "a" * 5_000 + "!"
    assert not is_valid(schema, schema.root, {hard: 1} if "pattern" not in keywords else hard)


@pytest.mark.parametrize(
    ("name", "left"),
    [("a", ""), ("x1", ""), ("free", "free"), ("other", "other")],
    ids=["named", "matched", "on the other branch", "nobody's"],
)
def test_members_that_no_schema_has_looked_at_are_known(name: str, left: str) -> None:
    """`unevaluatedProperties` spares what references, patterns and the branches that hold have evaluated."""
    made = {
        "properties": {"a": True},
        "$ref": "#/$defs/p",
        "if": {"required": ["big"]},
        "then": {"properties": {"free": True, "big": True}},
        "unevaluatedProperties": False,
        "$defs": {"p": {"patternProperties": {"^x": True}}},
    }
    schema = parse(json.dumps(made).encode(), "c.json", dialect=DRAFT_2020_12.uri).schema
    assert is_valid(schema, schema.root, {name: 1}) is (not left)
    assert is_valid(schema, schema.root, {name: 1, "big": 1}) is (name != "other")

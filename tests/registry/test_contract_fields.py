# SPDX-License-Identifier: Apache-2.0
"""The fields of a contract as people read them: each with its place, its type in words and what narrows it."""

import json
from typing import Any

import pytest

from registry.document import parse
from registry.fields import MOST, ContractField, fields
from registry.json_indent import indented, readable
from registry.json_lines import lines


def listed(document: dict[str, Any]) -> dict[str, ContractField]:
    found = fields(parse(json.dumps(document).encode(), "c.json").schema)
    return {field.pointer: field for field in found}


def test_nested_objects_lists_and_references_each_become_a_row() -> None:
    """A document that refers to itself ends; what is said beside a reference wins."""
    rows = listed({
        "properties": {
            "id": {"type": "string", "format": "uuid", "description": "Its id."},
            "total": {"$ref": "#/$defs/money", "description": "What it costs."},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"a/b": {"type": ["string", "null"]}}}},
            "parent": {"$ref": "#"},
        },
        "required": ["id"],
        "$defs": {"money": {"type": "object", "properties": {"amount": {"type": "string", "x-classification": "internal"}}}},
    })  # fmt: skip
    assert (rows["/id"].type, rows["/id"].required, rows["/id"].description) == (
        "string (uuid)",
        True,
        "Its id.",
    )
    assert rows["/total"].description == "What it costs."
    assert (rows["/total/amount"].classification, rows["/total/amount"].depth) == ("internal", 1)
    assert rows["/lines"].type == "list of object"
    assert rows["/lines/*/a~1b"].type == "string or null"
    assert "/parent/id" not in rows


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        pytest.param({"minLength": 1, "maxLength": 64}, ("1 to 64 characters",), id="size"),
        pytest.param({"maxItems": 1}, ("at most 1 item",), id="one"),
        pytest.param({"minProperties": 2, "maxProperties": 2}, ("exactly 2 properties",), id="exact"),
        pytest.param({"enum": ["a", 1]}, ('"a", 1',), id="values"),
        pytest.param({"enum": list(range(14))}, (f"{', '.join(map(str, range(12)))} and 2 more",), id="many-values"),
        pytest.param({"minimum": 0, "exclusiveMaximum": 1.5}, ("at least 0", "less than 1.5"), id="bounds"),
        pytest.param({"pattern": "^I", "default": None}, ("matches ^I", "default null"), id="pattern"),
        pytest.param({"uniqueItems": True, "additionalProperties": False}, ("no item twice", "no other fields"), id="closed"),
        pytest.param({"type": "string"}, (), id="nothing"),
    ],
)  # fmt: skip
def test_what_narrows_a_field_is_said_in_words(schema: dict[str, Any], said: tuple[str, ...]) -> None:
    """Bounds, values and patterns as people say them."""
    assert listed({"properties": {"a": schema}})["/a"].constraints == said


def test_fields_of_an_alternative_say_which() -> None:
    """What counts only in one alternative, or under a condition, is marked so; allOf is part of the whole."""
    rows = listed({
        "allOf": [{"properties": {"always": True}}],
        "oneOf": [{"title": "Card", "properties": {"pan": {"type": "string"}}}, {"properties": {"iban": {"type": "string"}}}],
        "if": {"properties": {"pan": True}}, "then": {"properties": {"cvc": {"type": "string"}}},
    })  # fmt: skip
    assert rows["/always"].constraints == ()
    assert rows["/pan"].constraints == ("in Card",)
    assert rows["/iban"].constraints == ("in alternative 2",)
    assert rows["/cvc"].constraints == ("when a condition holds",)


def test_examples_and_deprecation_are_shown() -> None:
    """At most three examples, as JSON text."""
    row = listed({"properties": {"a": {"examples": ["x", 1, None, 2], "deprecated": True}}})["/a"]
    assert (row.examples, row.deprecated) == (('"x"', "1", "null"), True)


def test_nobody_reads_more_than_five_hundred_rows() -> None:
    """The list is cut, and recursion through definitions ends."""
    assert len(listed({"properties": {f"f{i}": True for i in range(600)}})) == MOST
    doubling = {f"n{i}": {"allOf": [{"$ref": f"#/$defs/n{i + 1}"}] * 20} for i in range(10)}
    deep = {"$defs": {**doubling, "n10": {"properties": {"a": True}}}, "$ref": "#/$defs/n0"}
    assert set(listed(deep)) == {"/a"}


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[1.10,{},[]],"b":9007199254740993,"c":"{,}:\\"[\\u00e9"}',
        "[]",
        '{"a":{"b":{"c":[[1],[2]]}}}',
        "1e400",
    ],
)
def test_indenting_changes_spaces_only(text: str) -> None:
    """The same document with exact digits; each member stands on a line of its own."""
    shown = indented(text)
    assert "".join(shown.split()) == "".join(text.split())
    if text.startswith("{"):
        members = lines(shown)
        assert members["/a"] == 2
    assert indented(shown) == shown


def test_a_text_with_lines_of_its_own_stays_as_it_is() -> None:
    """Only a JSON text on a single line is indented."""
    assert readable('{"a":1}\n', "json") == '{\n  "a": 1\n}'
    assert readable('{"a":1,\n"b":2}', "json") == '{"a":1,\n"b":2}'
    assert readable("a: 1", "yaml") == "a: 1"

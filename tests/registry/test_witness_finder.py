# SPDX-License-Identifier: Apache-2.0
"""A breaking change is shown by a smallest document: one side accepts it, the other refuses it, and no part of it can go.

The documents are judged by the plain jsonschema library, not by the validators of the registry.
"""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from bench.payloads.json_documents import parts_dropped
from registry.dialect import DRAFT_2020_12
from registry.document import Document, parse
from registry.finding import Witness
from registry.witness import finder

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def document(made: dict[str, Any], name: str) -> Document:
    """The contract as if read from a file of that name."""
    return parse(json.dumps(made).encode(), name, dialect=DRAFT_2020_12.uri)


def found(accepts: dict[str, Any], refuses: dict[str, Any]) -> Witness | None:
    """A witness from the whole of both."""
    return finder.find(finder.side(document(accepts, "old.json")), finder.side(document(refuses, "new.json")))


def proves(accepts: dict[str, Any], refuses: dict[str, Any], value: Any) -> bool:
    """Whether plain jsonschema agrees."""
    one, two = (
        (Draft7Validator if schema.get("$schema") == DRAFT_7 else Draft202012Validator)(schema)
        for schema in (accepts, refuses)
    )
    return one.is_valid(value) and not two.is_valid(value)


def thing(**members: Any) -> dict[str, Any]:
    """An object schema with these members."""
    return {"type": "object", "properties": members}


TREE = {
    "$ref": "#/$defs/tree",
    "$defs": {"tree": thing(v={"type": "integer"}, left={"$ref": "#/$defs/tree"})},
}
SMALL_TREE = {
    "$ref": "#/$defs/tree",
    "$defs": {"tree": thing(v={"type": "integer", "maximum": 9}, left={"$ref": "#/$defs/tree"})},
}
LOWER, UPPER = {"pattern": "^[a-z]+$"}, {"pattern": "^[A-Z]+$"}
KIND = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "card"}}}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a type": ({"type": "string"}, {"type": "integer"}),
    "a number becomes an integer": ({"type": "number"}, {"type": "integer"}),
    "no value at all": ({"type": "string"}, {"not": {}}),
    "an enum value": ({"enum": ["a", "b"]}, {"enum": ["a"]}),
    "a const object": ({"const": {"a": [1]}}, {"const": {"a": [2]}}),
    "texts outside the enum": ({"type": "string"}, {"enum": ["a", "b"]}),
    "maxLength": ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 7}),
    "minLength beside a pattern": ({"pattern": "^x[0-9]*$"}, {"pattern": "^x[0-9]*$", "minLength": 5}),
    "a pattern": ({"type": "string", "pattern": "^[a-z]+$"}, {"type": "string", "pattern": "^[a-y]+$"}),
    "a pattern with case folded": ({"pattern": "(?i)^eur$"}, {"pattern": "^EUR$"}),
    "maximum": ({"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 0, "maximum": 9}),
    "exclusive": (
        {"type": "integer", "maximum": 20},
        {"type": "integer", "maximum": 20, "exclusiveMaximum": 20},
    ),
    "a gap between whole numbers": ({"minimum": 3, "maximum": 4}, {"type": "integer"}),
    "multipleOf": ({"type": "integer", "multipleOf": 2}, {"type": "integer", "multipleOf": 6}),
    "multipleOf of a fraction": ({"type": "number", "multipleOf": 0.5}, {"type": "number", "multipleOf": 1}),
    "required": (thing(a={}, b={}) | {"required": ["a"]}, thing(a={}, b={}) | {"required": ["a", "b"]}),
    "a name no property knows": ({"type": "object"}, {"type": "object", "required": ["who"]}),
    "deep inside": (
        thing(order=thing(lines={"type": "array", "items": thing(sku={"type": "string"})})),
        thing(order=thing(lines={"type": "array", "items": thing(sku={"type": "string", "minLength": 1})})),
    ),
    "a closed object": (thing(a={}), thing(a={}) | {"additionalProperties": False}),
    "a field dropped from a closed object": (
        thing(a={}, b={}) | {"additionalProperties": False},
        thing(a={}) | {"additionalProperties": False},
    ),
    "a free name gets a type": (thing(), thing(a={"type": "string"})),
    "minProperties": (thing(a={}), thing(a={}) | {"minProperties": 3}),
    "maxProperties": (thing(a={}) | {"required": ["a"]}, thing(a={}) | {"maxProperties": 1}),
    "a member matching a pattern": (
        {"type": "object", "patternProperties": {"^x-[0-9]+$": {"type": "string"}}},
        {"type": "object", "patternProperties": {"^x-[0-9]+$": {"type": "string", "maxLength": 2}}},
    ),
    "a pattern of names appears": (
        {"type": "object"},
        {"patternProperties": {"^n[0-9]{3}$": {"type": "null"}}},
    ),
    "propertyNames": (
        {"type": "object", "propertyNames": LOWER},
        {"type": "object", "propertyNames": {"maxLength": 2}},
    ),
    "dependentRequired": (thing(a={}), thing(a={}) | {"dependentRequired": {"a": ["b"]}}),
    "dependentSchemas": ({}, {"dependentSchemas": {"card": {"required": ["cvc"]}}}),
    "draft-07 dependencies": (
        {"$schema": DRAFT_7},
        {"$schema": DRAFT_7, "dependencies": {"a": ["b"], "c": {"maxProperties": 1}}},
    ),
    "unevaluatedProperties": (
        {"allOf": [thing(a={})]},
        {"allOf": [thing(a={})], "unevaluatedProperties": False},
    ),
    "unevaluatedItems": ({"prefixItems": [{}]}, {"prefixItems": [{}], "unevaluatedItems": False}),
    "items": (
        {"type": "array", "items": {"type": "number"}},
        {"type": "array", "items": {"type": "integer"}},
    ),
    "a position": (
        {"prefixItems": [{}, {"type": "string"}]},
        {"prefixItems": [{}, {"type": "string", "maxLength": 0}]},
    ),
    "a draft-07 position": (
        {"$schema": DRAFT_7, "items": [{"type": "string"}], "additionalItems": {"type": "null"}},
        {"$schema": DRAFT_7, "items": [{"type": "string"}], "additionalItems": False},
    ),
    "minItems": ({"type": "array"}, {"type": "array", "minItems": 2}),
    "uniqueItems": (
        {"type": "array", "items": {"enum": [1, 2]}, "minItems": 3},
        {"type": "array", "uniqueItems": True},
    ),
    "many different items": (
        {"type": "array", "items": LOWER | {"type": "string"}, "uniqueItems": True, "minItems": 9},
        {"type": "array", "maxItems": 8},
    ),
    "contains": ({"type": "array", "minItems": 1}, {"type": "array", "contains": {"type": "string"}}),
    "maxContains": (
        {"type": "array", "items": {"type": ["string", "null"]}},
        {"type": "array", "contains": {"type": "string"}, "maxContains": 1, "minContains": 0},
    ),
    "more items must be contained": (
        {"type": "array", "items": {"type": "string"}, "contains": {"type": "string"}, "maxContains": 3},
        {"type": "array", "contains": {"type": "string"}, "minContains": 2},
    ),
    "a branch of anyOf": ({"anyOf": [{"type": "string"}, KIND]}, {"anyOf": [{"type": "string"}]}),
    "two branches of oneOf meet": (
        {"anyOf": [{"type": "integer"}, {"minimum": 3}]},
        {"oneOf": [{"type": "integer"}, {"minimum": 3}]},
    ),
    "inside allOf": (
        {"allOf": [thing(a={"type": "string"}), {"required": ["a"]}]},
        {"allOf": [thing(a={"type": "string", "minLength": 2}), {"required": ["a"]}]},
    ),
    "not": ({"not": {"maxLength": 3}}, {"not": {"maxLength": 5}}),
    "then": (
        {"if": {"properties": {"kind": {"const": "card"}}, "required": ["kind"]}, "then": {}},
        {
            "if": {"properties": {"kind": {"const": "card"}}, "required": ["kind"]},
            "then": {"required": ["cvc"]},
        },
    ),
    "else": ({"if": LOWER, "else": {"maxLength": 5}}, {"if": LOWER, "else": {"maxLength": 4}}),
    "a recursive schema": (TREE, SMALL_TREE),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_refused_now_is_shown_by_a_smallest_document(case: str) -> None:
    """Whatever keyword was tightened, a document shows it; plain jsonschema agrees, and no part of it can be dropped."""
    old, new = CASES[case]
    witness = found(old, new)
    assert witness is not None
    shown = json.loads(witness.document)
    assert proves(old, new, shown)
    assert not any(proves(old, new, less) for less in parts_dropped(shown)), witness.document
    assert (witness.accepted_by, witness.refused_by) == ("old.json", "new.json")
    assert witness.refusal


@pytest.mark.parametrize("case", CASES)
def test_a_contract_does_not_refute_itself(case: str) -> None:
    """No document is both accepted and refused by one contract, however it is built."""
    for made in CASES[case]:
        assert found(made, made) is None


def test_nothing_refutes_a_wider_contract() -> None:
    """Where every document is still accepted there is no witness, and the search ends."""
    wider = {"oneOf": [{"type": "string"}, {"maxLength": 5}]}
    assert found({"oneOf": [{"type": "string"}, {"maxLength": 10}]}, wider) is None
    assert found({"type": "string", "pattern": "^[a-c]{2}$"}, {"pattern": "^[a-d]+$"}) is None


def test_each_finding_is_shown_by_a_document_of_its_own() -> None:
    """With a finding's place given, the document breaks there and nowhere else."""
    old = thing(a={"type": "string"}, b=thing(c={"type": "integer"}))
    new = thing(a={"type": "string", "maxLength": 3}, b=thing(c={"type": "integer", "maximum": 7}))
    sides = [finder.side(document(made, "x.json")) for made in (old, new)]
    length = finder.find(*sides, near=("/properties/a/maxLength", "/properties/a/maxLength"))
    limit = finder.find(*sides, near=("/properties/b/properties/c/maximum",) * 2)
    assert length is not None
    assert limit is not None
    assert (length.pointer, json.loads(length.document)) == ("/a", {"a": "aaaa"})
    assert (limit.pointer, json.loads(limit.document)) == ("/b/c", {"b": {"c": 8}})


def test_a_schema_inside_a_document_can_be_a_side() -> None:
    """The body of an operation is judged as it stands in its API, references of the whole document included."""

    def api(limit: int) -> Document:
        amount = {"type": "integer", "maximum": limit}
        body = {"type": "object", "properties": {"amount": {"$ref": "#/components/schemas/Amount"}}}
        info = {"title": "Amounts", "version": "1"}
        made = {"openapi": "3.1.0", "info": info, "components": {"schemas": {"Amount": amount, "Body": body}}}
        return document(made, f"api-{limit}.json")

    old, new = api(10), api(5)
    sides = [finder.side(each, each.schema.target("#/components/schemas/Body")) for each in (old, new)]
    witness = finder.find(*sides)
    assert witness is not None
    assert json.loads(witness.document) == {"amount": 6}


def test_the_search_ends_when_its_steps_are_spent() -> None:
    """Contracts that leave too many ways give no answer, not a hanging gate."""
    hard = {"allOf": [{"anyOf": [{"pattern": f"^.{{{n}}}a"}, {"maxLength": n}]} for n in range(1, 30)]}
    sides = [finder.side(document(made, "x.json")) for made in (hard, {"allOf": hard["allOf"][::-1]})]
    assert finder.find(*sides, steps=200) is None


def test_a_finding_behind_references_is_shown_at_its_place() -> None:
    """Two definitions were tightened; each has its own witness, though both are reached through references."""

    def order(sku: int, note: int) -> dict[str, Any]:
        names = {"sku": {"type": "string", "maxLength": sku}, "note": {"type": "string", "maxLength": note}}
        both = thing(sku={"$ref": "#/$defs/sku"}, note={"title": "Note", "$ref": "#/$defs/note"})
        return {"$defs": {**names, "line": both}} | thing(
            lines={"type": "array", "items": {"$ref": "#/$defs/line"}}
        )

    sides = [finder.side(document(order(*sizes), "x.json")) for sizes in ((9, 9), (3, 3))]
    for name in ("sku", "note"):
        witness = finder.find(*sides, near=(f"/$defs/{name}/maxLength",) * 2)
        assert witness is not None
        assert (witness.pointer, json.loads(witness.document)) == (
            f"/lines/0/{name}",
            {"lines": [{name: "aaaa"}]},
        )

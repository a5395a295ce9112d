# SPDX-License-Identifier: Apache-2.0
"""Which changes break a contract: a table of what architects really do to schemas."""

import json
from typing import Any

import pytest

from registry.check import check_documents
from registry.dialect import DRAFT_2020_12
from registry.diff import diff
from registry.document import parse
from registry.sources import Versions
from registry.verdict import Verdict

TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def verdict(old: Any, new: Any, mode: str = "BACKWARD", *, witnesses: bool = False) -> Verdict:
    documents = [
        parse(json.dumps(each).encode(), f"{name}.json", dialect=DRAFT_2020_12.uri)
        for name, each in (("old", old), ("new", new))
    ]
    return check_documents(documents[1], Versions((documents[0],), complete=False), mode, witnesses=witnesses)


def node(keyword: str, value: Any, kind: str) -> dict[str, Any]:
    return {"type": kind, keyword: value}


# old, new, what BACKWARD says, the rules that say it; FORWARD of the swapped pair must say the same.
CASES = {
    "same": (TEXT, TEXT, "compatible", []),
    "annotations": (TEXT, {**TEXT, "title": "a", "x-owner": "b", "examples": [1]}, "compatible", []),
    "whole number to number": (WHOLE, NUMBER, "compatible", []),
    "number to whole number": (NUMBER, WHOLE, "breaking", ["type-narrowed"]),
    "type dropped from list": ({"type": ["string", "null"]}, TEXT, "breaking", ["type-narrowed"]),
    "type added to list": (TEXT, {"type": ["string", "null"]}, "compatible", []),
    "type replaced": (TEXT, WHOLE, "breaking", ["type-changed"]),
    "maxLength added": (TEXT, node("maxLength", 5, "string"), "breaking", ["max-length-added"]),
    "maxLength of a number": (NUMBER, node("maxLength", 5, "number"), "compatible", []),
    "minLength lowered": (node("minLength", 5, "string"), node("minLength", 1, "string"), "compatible", []),
    "minLength raised": (node("minLength", 1, "string"), node("minLength", 5, "string"), "breaking", ["min-length-raised"]),
    "minLength zero added": (TEXT, node("minLength", 0, "string"), "compatible", []),
    "maximum made exclusive": (node("maximum", 5, "number"), node("exclusiveMaximum", 5, "number"), "breaking", ["maximum-lowered"]),
    "exclusive maximum below the maximum": (node("exclusiveMaximum", 5, "number"), node("maximum", 5, "number"), "compatible", []),
    "minimum raised": (node("minimum", 1, "number"), node("minimum", 2, "number"), "breaking", ["minimum-raised"]),
    "multipleOf exact": (node("multipleOf", 0.5, "number"), node("multipleOf", 0.1, "number"), "compatible", []),
    "multipleOf stricter": (node("multipleOf", 5, "number"), node("multipleOf", 10, "number"), "breaking", ["multiple-of-narrowed"]),
    "multipleOf one of whole numbers": (WHOLE, node("multipleOf", 1, "number"), "compatible", []),
    "pattern added": (TEXT, node("pattern", "^a", "string"), "breaking", ["pattern-added"]),
    "pattern changed": (node("pattern", "^a", "string"), node("pattern", "^b", "string"), "breaking", ["pattern-changed"]),
    "pattern widened": (node("pattern", "^a$", "string"), node("pattern", "^a+$", "string"), "compatible", []),
    "pattern narrowed": (node("pattern", "^[a-z]+$", "string"), node("pattern", "^[a-y]+$", "string"), "breaking", ["pattern-narrowed"]),
    "pattern written otherwise": (node("pattern", "^a", "string"), node("pattern", "^a+", "string"), "compatible", []),
    "pattern removed": (node("pattern", "^a", "string"), TEXT, "compatible", []),
    "enum value removed": ({"enum": ["a", "b"]}, {"enum": ["a"]}, "breaking", ["values-removed"]),
    "enum value added": ({"enum": ["a"]}, {"enum": ["a", "b"]}, "compatible", []),
    "enum of the same numbers": ({"enum": [1, 2]}, {"enum": [2.0, 1.0]}, "compatible", []),
    "enum of true and one": ({"enum": [True]}, {"enum": [1]}, "breaking", ["values-removed"]),
    "const in enum": ({"const": "a"}, {"enum": ["a", "b"]}, "compatible", []),
    "enum fits new limits": ({"enum": ["a", "b"]}, node("maxLength", 1, "string"), "compatible", []),
    "enum exceeds new limits": ({"enum": ["a", "bcd"]}, node("maxLength", 1, "string"), "breaking", ["values-removed"]),
    "enum added": (TEXT, {"enum": ["a"]}, "breaking", ["enum-added"]),
    "enum as anyOf of consts": ({"enum": ["a", "b"]}, {"anyOf": [{"const": "a"}, {"const": "b"}]}, "compatible", []),
    "optional field added to closed": (closed(a=TEXT), closed(a=TEXT, b=TEXT), "compatible", []),
    "field added to open": ({"type": "object"}, {"type": "object", "properties": {"b": TEXT}}, "breaking", ["property-added-to-open"]),
    "any field named": ({"type": "object"}, {"type": "object", "properties": {"b": True}}, "compatible", []),
    "field removed from closed": (closed(a=TEXT, b=TEXT), closed(a=TEXT), "breaking", ["property-removed-from-closed"]),
    "field removed from open": ({"properties": {"b": TEXT}}, {"properties": {}}, "compatible", []),
    "forbidden field removed from closed": (closed(a=TEXT, b=False), closed(a=TEXT), "compatible", []),
    "field made required": (closed(a=TEXT), {**closed(a=TEXT), "required": ["a"]}, "breaking", ["required-added"]),
    "required name that is no property": ({"type": "object"}, {"type": "object", "required": ["z"]}, "breaking", ["required-added"]),
    "required with a default": (closed(a=TEXT), {**closed(a={**TEXT, "default": "x"}), "required": ["a"]}, "breaking", ["required-with-default-added", "default-changed"]),
    "object closed": ({"type": "object"}, closed(), "breaking", ["additional-properties-closed"]),
    "other fields typed": ({"additionalProperties": WHOLE}, {"additionalProperties": TEXT}, "breaking", ["type-changed"]),
    "field falls under other fields": (closed(a=WHOLE), {"type": "object", "additionalProperties": NUMBER}, "compatible", []),
    "minProperties implied by required": ({"required": ["a", "b"]}, {"required": ["a", "b"], "minProperties": 2}, "compatible", []),
    "items narrowed": ({"items": NUMBER}, {"items": WHOLE}, "breaking", ["type-narrowed"]),
    "tuple to list": ({"prefixItems": [WHOLE, WHOLE], "items": False}, {"items": NUMBER}, "compatible", []),
    "tuple shortened": ({"prefixItems": [WHOLE, WHOLE], "items": False}, {"prefixItems": [WHOLE], "items": False}, "breaking", ["schema-closed"]),
    "uniqueItems added": ({"type": "array"}, {"type": "array", "uniqueItems": True}, "breaking", ["unique-items-added"]),
    "pattern fields equal": ({"patternProperties": {"^a": NUMBER}}, {"patternProperties": {"^a": WHOLE}}, "breaking", ["type-narrowed"]),
    "all to none": (True, False, "breaking", ["schema-closed"]),
    "none to all": (False, True, "compatible", []),
    "anything to not anything": ({}, {"not": {}}, "breaking", ["schema-closed"]),
    "anyOf branch added": ({"anyOf": [TEXT]}, {"anyOf": [WHOLE, TEXT]}, "compatible", []),
    "anyOf branch removed": ({"anyOf": [TEXT, WHOLE]}, {"anyOf": [TEXT]}, "breaking", ["alternative-removed"]),
    "type list to anyOf": (TEXT, {"anyOf": [TEXT, {"type": "null"}]}, "compatible", []),
    "anyOf to type list": ({"anyOf": [TEXT, {"type": "null"}]}, {"type": ["string", "null"]}, "compatible", []),
    "oneOf reordered": ({"oneOf": [TEXT, NUMBER]}, {"oneOf": [NUMBER, TEXT]}, "compatible", []),
    "oneOf told apart by a const": (
        {"oneOf": [{"type": "object", "required": ["k"], "properties": {"k": {"const": c}, "v": TEXT}} for c in "ab"]},
        {"oneOf": [{"type": "object", "required": ["k"], "properties": {"k": {"const": c}, "v": node("maxLength", 3, "string")}} for c in "ab"]},
        "breaking",
        ["max-length-added", "max-length-added"],
    ),
    "allOf member removed": ({"allOf": [TEXT, {"minLength": 2}]}, {"allOf": [TEXT]}, "compatible", []),
    "allOf of one is that one": (TEXT, {"allOf": [TEXT]}, "compatible", []),
    "reference instead of the same in place": (closed(a=WHOLE), {**closed(a={"$ref": "#/$defs/n"}), "$defs": {"n": NUMBER}}, "compatible", []),
    "reference to something narrower": ({"$ref": "#/$defs/n", "$defs": {"n": NUMBER}}, {"$ref": "#/$defs/n", "$defs": {"n": WHOLE}}, "breaking", ["type-narrowed"]),
    "dynamic reference of one meaning": ({"$dynamicRef": "#n", "$defs": {"n": {"$dynamicAnchor": "n", "type": "number"}}}, {"$dynamicRef": "#n", "$defs": {"n": {"$dynamicAnchor": "n", "type": "integer"}}}, "breaking", ["type-narrowed"]),
    "an unknown keyword": ({"maxLenght": 3}, {"maxLenght": 4}, "compatible", ["unknown-keyword-changed"]),
    "not is the same": ({"not": TEXT}, {"not": TEXT}, "compatible", []),
    "format changed": ({**TEXT, "format": "date"}, {**TEXT, "format": "time"}, "compatible", ["format-changed"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "status", "rules"), CASES.values(), ids=CASES.keys())
def test_backward(old: Any, new: Any, status: str, rules: list[str]) -> None:
    """BACKWARD breaks exactly when a document of the old contract is refused by the new one, and names the rule."""
    said = verdict(as_object(old), as_object(new))
    assert (said.status, sorted(f.rule for f in said.findings if f.level != "safe")) == (
        status,
        sorted(rules),
    )


@pytest.mark.parametrize(("old", "new", "status", "rules"), CASES.values(), ids=CASES.keys())
def test_forward_is_backward_with_the_contracts_swapped(
    old: Any, new: Any, status: str, rules: list[str]
) -> None:
    """Old readers of new documents are asked the same question the other way round."""
    assert verdict(as_object(new), as_object(old), "FORWARD").status == status


def as_object(schema: Any) -> dict[str, Any]:
    """A contract is an object: the schema stands under one required field of it."""
    definitions = (
        schema.pop("$defs", {}) if isinstance(schema := json.loads(json.dumps(schema)), dict) else {}
    )
    return {"type": "object", "properties": {"v": schema}, "required": ["v"], "$defs": definitions}


# old, new, the rules that say what is not proven backwards and forwards; None: it is proven that nothing is lost.
JUDGED_AS_A_WHOLE = {
    "not": ({"not": TEXT}, {"not": WHOLE}, "not-changed", "not-changed"),
    "not of less": ({"not": NUMBER}, {"not": WHOLE}, None, "not-widened"),
    "if": ({"if": TEXT, "then": {"minLength": 1}}, {"if": TEXT, "then": {"minLength": 2}}, "condition-narrowed", None),
    "contains": ({"contains": TEXT}, {"contains": WHOLE}, "contains-changed", "contains-changed"),
    "contains removed": ({"type": "array", "contains": TEXT}, {"type": "array"}, None, "contains-widened"),
    "contains what all items are": ({"type": "array", "items": TEXT, "minItems": 1}, {"type": "array", "items": TEXT, "minItems": 1, "contains": TEXT}, None, None),
    "minContains": ({"contains": TEXT}, {"contains": TEXT, "minContains": 2}, "contains-narrowed", None),
    "maxContains of few items": ({"type": "array", "maxItems": 2, "contains": TEXT}, {"type": "array", "maxItems": 2, "contains": TEXT, "maxContains": 2}, None, None),
    "propertyNames": ({}, {"propertyNames": {"maxLength": 3}}, "property-names-narrowed", None),
    "propertyNames of the fields there are": (closed(a=TEXT), {**closed(a=TEXT), "propertyNames": {"maxLength": 3}}, None, None),
    "dependentRequired": ({}, {"dependentRequired": {"a": ["b"]}}, "dependencies-narrowed", None),
    "dependentRequired of what is required": ({"required": ["b"]}, {"required": ["b"], "dependentRequired": {"a": ["b"]}}, None, None),
    "dependentSchemas that no object satisfies": ({"dependentSchemas": {"a": WHOLE}}, {"dependentSchemas": {"a": NUMBER}}, None, None),
    "dependentSchemas written as required": ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"dependentRequired": {"a": ["b"]}}, None, None),
    "unevaluatedProperties beside a removed field": (
        {"properties": {"a": TEXT, "b": TEXT}, "unevaluatedProperties": False},
        {"properties": {"a": TEXT}, "unevaluatedProperties": False},
        "unevaluated-properties-narrowed",
        None,
    ),
    "unevaluatedProperties for additionalProperties": ({"properties": {"a": TEXT}, "additionalProperties": False}, {"properties": {"a": TEXT}, "unevaluatedProperties": False}, None, None),
    "unevaluatedItems": ({}, {"unevaluatedItems": False}, "unevaluated-items-narrowed", None),
    "patternProperties with another pattern": ({"patternProperties": {"^a": TEXT}}, {"patternProperties": {"^b": TEXT}}, "pattern-properties-changed", "pattern-properties-changed"),
    "patternProperties with a narrower pattern": ({"patternProperties": {"^a": TEXT}}, {"patternProperties": {"^ab": TEXT}}, None, "pattern-properties-widened"),
    "oneOf branch that overlaps": ({"oneOf": [WHOLE]}, {"oneOf": [WHOLE, NUMBER]}, "combination-narrowed", "combination-widened"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "backward", "forward"), JUDGED_AS_A_WHOLE.values(), ids=JUDGED_AS_A_WHOLE.keys()
)
def test_keywords_that_look_at_the_whole_are_proven_or_undecided_until_a_document_decides(
    old: Any, new: Any, backward: str | None, forward: str | None
) -> None:
    """What is not proven is never compatible; a witness makes it breaking."""
    for mode, rule in (("BACKWARD", backward), ("FORWARD", forward)):
        said = verdict(old, new, mode)
        assert {f.rule for f in said.of_level("undecided", "breaking")} == ({rule} if rule else set())
        assert said.status == ("undecided" if rule else "compatible")
        assert verdict(old, new, mode, witnesses=True).status == ("breaking" if rule else "compatible")


def test_a_dynamic_reference_of_several_meanings_is_undecided() -> None:
    """What it means depends on the way to it, which is not followed; where nothing changed it does no harm."""
    anchors = {"n": {"$dynamicAnchor": "n", "type": "string"}, "m": {"$dynamicAnchor": "n"}}
    old = {"$dynamicRef": "#n", "$defs": anchors}
    new = {"$dynamicRef": "#n", "$defs": {**anchors, "n": {"$dynamicAnchor": "n", "type": "integer"}}}
    assert verdict(old, new, "FULL").status == "undecided"
    assert verdict(old, old, "FULL").status == "compatible"


IN_CONTEXT = {
    "a bound of a field that cannot be": ({"properties": {"a": {"allOf": [TEXT, WHOLE]}}}, {"properties": {"a": False}}),
    "a list longer than it may be": (
        {"type": "array", "prefixItems": [WHOLE], "items": False, "maxItems": 5},
        {"type": "array", "prefixItems": [WHOLE], "items": False, "maxItems": 1},
    ),
    "minItems of a list that must contain": ({"type": "array", "contains": TEXT}, {"type": "array", "contains": TEXT, "minItems": 1}),
    "bounds put together otherwise": (
        {"allOf": [node("minLength", 1, "string"), node("maxLength", 9, "string")]},
        {"type": "string", "minLength": 1, "maxLength": 9},
    ),
    "allOf reordered": (
        {"allOf": [node("minLength", 1, "string"), node("maxLength", 9, "string")]},
        {"allOf": [node("maxLength", 9, "string"), node("minLength", 1, "string")]},
    ),
    "a whole number between two": ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3}, {"const": 2}),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), IN_CONTEXT.values(), ids=IN_CONTEXT.keys())
def test_a_change_that_what_stands_around_it_makes_up_for_loses_nothing(old: Any, new: Any) -> None:
    """Each keyword alone would break; both schemas accept the same documents, which is proven."""
    assert verdict(old, new, "FULL").status == "compatible"


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_what_is_made_up_for_in_one_place_still_breaks_in_another(order: str) -> None:
    """A shared definition is narrowed: harmless where a tighter bound stands beside it, breaking where none does."""

    def contract(most: int) -> dict[str, Any]:
        fields = {"a": {"allOf": [{"$ref": "#/$defs/x"}, {"maxLength": 3}]}, "b": {"$ref": "#/$defs/x"}}
        return {
            "type": "object",
            "properties": {name: fields[name] for name in order},
            "$defs": {"x": node("maxLength", most, "string")},
        }

    assert verdict(contract(10), contract(5)).status == "breaking"
    assert verdict(contract(5), contract(10)).status == "compatible"
    assert verdict(contract(5), contract(10), "FORWARD").status == "breaking"


def test_pointers_name_the_place_in_both_documents() -> None:
    """A finding leads to the line in each file, also through a reference and a name with a slash."""
    old = {"properties": {"a/b": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "string", "maxLength": 9}}}
    new = {"properties": {"a/b": {"type": "string", "maxLength": 5}}}
    (finding,) = verdict(old, new).findings
    assert (finding.pointer_old, finding.pointer_new) == ("/$defs/n/maxLength", "/properties/a~1b/maxLength")
    assert (finding.before, finding.after, finding.where_new) == ("9", "5", "new.json:1")


def test_a_recursive_contract_is_compared_to_its_full_depth() -> None:
    """A tree refers to itself; a change anywhere in it is found, and equal trees are equal."""

    def tree(leaf: dict[str, Any]) -> dict[str, Any]:
        inner = {"type": "object", "properties": {"left": {"$ref": "#/$defs/t"}, "leaf": leaf}}
        return {"$ref": "#/$defs/t", "$defs": {"t": inner}}

    assert verdict(tree(WHOLE), tree(NUMBER)).status == "compatible"
    assert verdict(tree(NUMBER), tree(WHOLE)).status == "breaking"
    # The other side may be unrolled once: the pairs differ, the answer does not.
    unrolled = tree(NUMBER)
    unrolled["$defs"]["t"]["properties"]["left"] = {
        "type": "object",
        "properties": {"left": {"$ref": "#/$defs/t"}, "leaf": NUMBER},
    }
    assert verdict(tree(NUMBER), unrolled).status == "compatible"


def test_a_contract_too_entangled_to_compare_is_undecided() -> None:
    """The comparison has a budget; when it is spent, the answer is no."""
    documents = [
        parse(
            json.dumps({"properties": {f"p{n}": {"maxLength": n + more} for n in range(50)}}).encode(),
            "many.json",
        )
        for more in (1, 0)
    ]
    assert diff(documents[0].schema, documents[1].schema, budget=20)[-1].id == "budget-spent"
    assert "budget-spent" not in {c.id for c in diff(documents[0].schema, documents[1].schema)}


def test_patterns_that_are_made_to_be_slow_are_answered_in_time() -> None:
    """Patterns run as automata within a budget, whatever they look like; what cannot be read is not called the same."""
    for old, new in (("^(a+)+$", "^(a|a)*b$"), ("(?=x)y", "(?=x)z"), ("^(a?){40}a{40}$", "^a{50,400}b?$")):
        assert verdict(node("pattern", old, "string"), node("pattern", new, "string")).status != "compatible"


def test_nested_alternatives_end_in_time() -> None:
    """Alternatives inside alternatives multiply; the budget ends them, and the answer is never yes by exhaustion."""

    def nest(depth: int, number: int) -> dict[str, Any]:
        if depth == 0:
            return {"type": "object", "properties": {"n": {"maximum": number}}}
        return {
            "anyOf": [{"type": "object", "properties": {"d": nest(depth - 1, number + i)}} for i in range(6)]
        }

    assert verdict(nest(4, 1), nest(4, 0)).status != "compatible"


def test_full_asks_both_directions() -> None:
    """An added optional field of a closed object is fine backwards and breaks forwards."""
    said = verdict(closed(a=TEXT), closed(a=TEXT, b=TEXT), "FULL")
    assert [(f.direction, f.rule) for f in said.of_level("breaking")] == [
        ("FORWARD", "property-added-to-closed")
    ]


def test_a_transitive_mode_needs_all_versions() -> None:
    """With one old file the other versions are unknown, so nothing is called compatible."""
    said = verdict(TEXT, TEXT, "BACKWARD_TRANSITIVE")
    assert (said.status, [f.rule for f in said.findings]) == ("undecided", ["versions-not-known"])


def test_a_fact_met_twice_is_harmless_only_where_it_is_so_both_times() -> None:
    """Constraints are grouped otherwise, so each direction is told by itself; the telling of one must not hide the other."""
    old = {"items": {"type": "boolean"}, "type": "array", "allOf": [{"minLength": 3}, {"maximum": 6}]}
    new = {"items": {"type": "array"}, "type": "array"}
    for mode in ("BACKWARD", "FORWARD"):
        assert verdict(old, new, mode).status == "breaking"

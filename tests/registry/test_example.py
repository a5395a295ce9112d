# SPDX-License-Identifier: Apache-2.0
"""Examples of a contract are valid, readable and the same every time; a person can copy them, a test can send them."""

import json
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from registry import canonical
from registry.cli import app
from registry.document import parse
from registry.example import examples

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHIPPED = {f"{c.subject}@{c.semver}": c for c in canonical.load()}


def made(schema: Any, **asked: Any) -> tuple[Any, ...]:
    """Examples of a schema as if read from a file."""
    return examples(parse(json.dumps(schema).encode(), "a.json", dialect=DIALECT).schema, **asked)


@pytest.mark.parametrize("full", [False, True], ids=["minimal", "full"])
@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_contract_has_valid_examples(name: str, full: bool) -> None:
    """Plain jsonschema accepts each; a minimal one holds what is required, a full one at least as much."""
    contract = SHIPPED[name]
    schema = json.loads(contract.document.text)
    found = examples(contract.document.schema, full=full, count=3)
    assert found
    for value in found:
        Draft202012Validator(schema).validate(value)
        assert set(schema.get("required", ())) <= set(value)
    if not full:
        assert len(found[0]) <= len(examples(contract.document.schema, full=True)[0])


def test_what_the_contract_says_itself_comes_first() -> None:
    """Examples, constants, listed values and defaults are what the owner of the contract had in mind."""
    schema = {
        "type": "object",
        "required": ["a", "b", "c", "d", "e"],
        "properties": {
            "a": {"type": "string", "examples": ["S-1", "S-2"]},
            "b": {"const": 7},
            "c": {"enum": ["x", "y"]},
            "d": {"type": "integer", "default": 42},
            "e": {"type": "string", "examples": [1], "minLength": 2},  # the example is wrong, and so not used
        },
    }
    one, two = made(schema, count=2)
    assert {name: one[name] for name in "abcd"} == {"a": "S-1", "b": 7, "c": "x", "d": 42}
    assert isinstance(one["e"], str)
    assert (two["a"], two["c"]) == ("S-2", "y")


def test_values_look_like_what_their_format_or_pattern_means() -> None:
    """A date is a date and a currency a currency, not just any text that would do."""
    schema = {
        "type": "object",
        "properties": {
            "due": {"type": "string", "format": "date"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "amount": {"type": "string", "pattern": "^-?[0-9]+\\.[0-9]{2}$"},
            "serial": {"type": "string", "pattern": "^#[0-9]{7}$"},
            "customer_name": {"type": "string", "maxLength": 40},
        },
    }
    (value,) = made(schema, full=True)
    assert value == {
        "due": "2026-01-31",
        "currency": "EUR",
        "amount": "120.00",
        "serial": "#0000000",
        "customer_name": "customer name",
    }


CASES: dict[str, Any] = {
    "members that exclude each other": {
        "type": "object",
        "properties": {"order": {"type": "string"}, "amendment": {"type": "string"}},
        "oneOf": [{"required": ["order"]}, {"required": ["amendment"]}],
    },
    "a tree": {"$ref": "#/$defs/t", "$defs": {"t": {"type": "object", "properties": {"left": {"$ref": "#/$defs/t"}}}}},
    "parts and alternatives": {
        "allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "number", "multipleOf": 0.25}}}],
        "anyOf": [{"properties": {"kind": {"const": "x"}}, "required": ["kind"]}, {"maxProperties": 1}],
    },
    "a condition": {
        "type": "object",
        "properties": {"kind": {"enum": ["card", "wire"]}, "cvc": {"type": "string"}, "iban": {"type": "string"}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "card"}}},
        "then": {"required": ["cvc"], "not": {"required": ["iban"]}},
        "else": {"required": ["iban"]},
    },
    "different items": {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
    "a tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
    "nothing said": True,
    "one of two types": {"type": ["null", "string"], "minLength": 3},
}  # fmt: skip


@pytest.mark.parametrize("full", [False, True], ids=["minimal", "full"])
@pytest.mark.parametrize("case", CASES)
def test_examples_are_valid_however_the_contract_is_built(case: str, full: bool) -> None:
    """What is not understood at first sight is searched for."""
    found = made(CASES[case], full=full, count=3)
    assert found
    for value in found:
        plain = json.loads(json.dumps(value, default=lambda number: float(number)))
        Draft202012Validator(CASES[case]).validate(plain)
    assert found == made(CASES[case], full=full, count=3)


def test_a_contract_that_contradicts_itself_has_no_example() -> None:
    """None is better than a wrong one."""
    assert made({"type": "object", "required": ["a"], "properties": {"a": False}}) == ()


def test_numbers_stay_exact() -> None:
    """A fraction is a decimal, never a float."""
    (value,) = made({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.1})
    assert isinstance(value, Decimal)


def test_the_command_writes_documents_to_copy() -> None:
    """What is printed is one JSON document after the other; a contract without any says so and exits 2."""
    done = CliRunner().invoke(app, ["example", "invoice-issued", "--full"])
    assert done.exit_code == 0, done.output
    Draft202012Validator(json.loads(SHIPPED["invoice-issued@1.1.0"].document.text)).validate(
        json.loads(done.stdout)
    )
    assert CliRunner().invoke(app, ["example", "no-such-contract"]).exit_code == 2

# SPDX-License-Identifier: Apache-2.0
"""A refused value is told in JSON's words: a person who reads the message can find the value in the document."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from bench.payloads.schema_pairs import pairs
from registry import validate
from registry.check import check_documents
from registry.dialect import DRAFT_2020_12
from registry.document import parse
from registry.sources import Versions

CASES: dict[str, tuple[dict[str, Any], Any, str]] = {
    "type": ({"type": "string"}, None, 'null is not of type "string"'),
    "types": ({"type": ["string", "null"]}, True, 'true is not of type "string", "null"'),
    "enum": ({"enum": ["a", None, 1.5]}, "it's", '"it\'s" is not one of ["a", null, 1.5]'),
    "const": ({"const": False}, {"a": None}, '{"a": null} is not false'),
    "minimum": ({"minimum": 3}, Decimal("1.50"), "1.50 is less than the minimum of 3"),
    "maximum": ({"maximum": 3}, 4, "4 is greater than the maximum of 3"),
    "strict": ({"exclusiveMaximum": 3}, 3, "3 is not below 3"),
    "step": ({"multipleOf": 0.1}, Decimal("0.25"), "0.25 is not a multiple of 0.1"),
    "pattern": ({"pattern": "^a"}, "ü", '"ü" does not match "^a"'),
    "short": ({"minLength": 2}, "", '"" is too short: at least 2 characters'),
    "items": ({"maxItems": 1}, [True, False], "[true, false] is too long: at most 1 items"),
    "members": ({"minProperties": 1}, {}, "{} has too few members: at least 1 are asked for"),
    "unique": ({"uniqueItems": True}, [None, None], "[null, null] has equal items"),
    "required": ({"required": ["it's"]}, {}, '"it\'s" is a required property'),
    "dependent": ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, '{"a": 1} lacks "b", which comes with "a"'),
    "closed": ({"additionalProperties": False}, {"x": 1}, '"x" is not a field of this contract'),
    "not evaluated": ({"unevaluatedProperties": False}, {"x": 1}, '"x" is not a field of this contract'),
    "nothing": ({"properties": {"a": False}}, {"a": None}, "null is not allowed: nothing is accepted here"),
    "too many items": ({"prefixItems": [True], "items": False}, [1, 2], "[1, 2] has more items than are allowed"),
    "contains": ({"contains": {"type": "null"}, "minContains": 2}, [None], "[null] must hold at least 2 of what contains asks for"),
    "any of": ({"anyOf": [{"type": "null"}]}, 1, "1 fits none of the alternatives"),
    "one of, none": ({"oneOf": [{"type": "null"}]}, 1, "1 fits none of the alternatives, and must fit one"),
    "one of, both": ({"oneOf": [True, {}]}, 1, "1 fits more than one of the alternatives, and must fit one"),
    "not": ({"not": {"const": None}}, None, 'null must not be valid under {"const": null}'),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "words"), CASES.values(), ids=CASES.keys())
def test_a_refusal_is_told_in_json(schema: dict[str, Any], value: Any, words: str) -> None:
    """Values and limits as they stand in the files."""
    document = parse(json.dumps(schema).encode(), "c.json", dialect=DRAFT_2020_12.uri)
    (problem,) = validate.problems_of(validate.compiled(document), value)
    assert problem.what == words


def test_no_witness_of_a_made_up_pair_speaks_python() -> None:
    """In all five dialects and for every keyword that refuses something."""
    said = []
    for pair in pairs(seed=8, count=150):
        old, new = (
            parse(json.dumps(each).encode(), name) for each, name in ((pair.old, "old"), (pair.new, "new"))
        )
        verdict = check_documents(new, Versions((old,), complete=True), "FULL", witnesses=True)
        said += [finding.witness.refusal for finding in verdict.findings if finding.witness]
    assert len(said) > 100
    assert [each for each in said if re.search(r"\b(None|True|False|Decimal)\b|'", each)] == []

# SPDX-License-Identifier: Apache-2.0
"""A large contract is checked by a compiled validator first: it lets nothing through that the slow way refuses."""

from decimal import Decimal
from typing import Any

import pytest

from registry import meta_schema, shape
from registry.dialect import DIALECTS, Dialect
from registry.document import parse
from registry.schema import Schema
from terms.problem import ProblemError

VALUES: list[Any] = [
    None, True, -1, 0, 3, Decimal("1.5"), Decimal("2.0"), 10**30, "", "x", "string", [], {}, [1], ["a"], ["a", "a"], [{}], [True],
    {"a": 1}, {"a": {}}, {"a": ["b"]}, {"a": ["b", "b"]}, {"a": True}, ["string", "null"], [[]],
]  # fmt: skip
KEYWORDS = sorted(shape._SHAPES.keys() - {"$schema"})  # that one was looked at before


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.uri)
def test_the_fast_way_lets_nothing_through_that_the_slow_way_refuses(dialect: Dialect) -> None:
    """Every keyword with every kind of value, at the top and inside, in every dialect."""
    let_through = []
    for keyword in KEYWORDS:
        for value in VALUES:
            for data in ({keyword: value}, {"properties": {"a": {keyword: value}}}):
                schema = Schema(data, dialect)
                if shape.problems(schema) and meta_schema.holds(schema):
                    let_through.append((keyword, value))
    assert let_through == []


def test_a_large_contract_is_told_what_is_wrong_in_words() -> None:
    """With the place, though the validator that found it has other words."""
    many = ",\n".join(f'"field_{n}": {{"type": "string", "maxLength": 200}}' for n in range(10_000))
    good = f'{{"properties": {{{many}}}}}'
    assert len(good) > meta_schema.LARGE
    parse(good.encode(), "a.json")
    with pytest.raises(
        ProblemError, match="maxLength must be a whole number, 0 or more, at /properties/field_77/maxLength"
    ) as caught:
        parse(
            good.replace(
                '"field_77": {"type": "string", "maxLength": 200}', '"field_77": {"maxLength": "many"}'
            ).encode(),
            "a.json",
        )
    assert caught.value.problems[0].where == "a.json:78"

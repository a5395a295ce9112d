# SPDX-License-Identifier: Apache-2.0
"""In which edition of JSON Schema is a document written? Each has its own set of keywords and its own habits."""

from dataclasses import dataclass, field

from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
)
from jsonschema.protocols import Validator

# Keywords that the validators read together with another one, not on their own.
_READ_WITH = {
    "if": ("then", "else"),
    "contains": ("minContains", "maxContains"),
    "minimum": ("exclusiveMinimum",),
    "maximum": ("exclusiveMaximum",),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One edition of JSON Schema: its `$schema`, the validator class, and the habits that editions differ in.

    `asserting` are the keywords that can make a value invalid; any other is ignored by validators of this edition.
    """

    uri: str
    validator: type[Validator]
    tuple_items: bool  # `items` may be an array, with `additionalItems` for the rest
    lonely_ref: bool  # whatever stands beside `$ref` is ignored
    id_keyword: str = "$id"
    flag_bounds: bool = False  # `exclusiveMinimum` is true or false and belongs to `minimum`
    counts_contains: bool = False  # `minContains` and `maxContains` are known
    asserting: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        own = set(self.validator.VALIDATORS) - {"format"}
        for head, others in _READ_WITH.items():
            if head in own and (head != "contains" or self.counts_contains):
                own.update(others)
        object.__setattr__(self, "asserting", frozenset(own))


DRAFT_04 = Dialect(
    "http://json-schema.org/draft-04/schema", Draft4Validator, True, True, "id", flag_bounds=True
)
DRAFT_06 = Dialect("http://json-schema.org/draft-06/schema", Draft6Validator, True, True)
DRAFT_07 = Dialect("http://json-schema.org/draft-07/schema", Draft7Validator, True, True)
DRAFT_2019_09 = Dialect(
    "https://json-schema.org/draft/2019-09/schema",
    Draft201909Validator,
    True,
    False,
    counts_contains=True,
)
DRAFT_2020_12 = Dialect(
    "https://json-schema.org/draft/2020-12/schema",
    Draft202012Validator,
    False,
    False,
    counts_contains=True,
)

# The newest first.
DIALECTS = (DRAFT_2020_12, DRAFT_2019_09, DRAFT_07, DRAFT_06, DRAFT_04)


def named(uri: object) -> Dialect | None:
    """The dialect a `$schema` names, whatever its scheme and an empty fragment; None for one that is not known."""
    if not isinstance(uri, str):
        return None
    wanted = uri.removesuffix("#").partition("://")[2]
    return next((dialect for dialect in DIALECTS if dialect.uri.partition("://")[2] == wanted), None)

# SPDX-License-Identifier: Apache-2.0
"""Which smallest document does one contract accept and another refuse? Found near a finding, checked by both validators."""

import re
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import best_match

from registry.document import Document
from registry.evaluate import CANNOT_SAY, is_valid, validator
from registry.finding import Witness
from registry.json_lines import escape
from registry.schema import Node, Schema
from registry.witness.claim import Claim
from registry.witness.guide import Guides, guide
from registry.witness.search import Search, SpentError
from registry.witness.smallest import smallest
from terms import canonical_json

STEPS = 2500
"""Steps of one search before it gives up; about a tenth of a second."""

_DEPTHS = (4, 10, 40)  # levels of a value, tried one after the other: a shallow witness is a small one
_DECIMAL = re.compile(r"Decimal\('([^']*)'\)")
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Side:
    """A schema to judge documents by: the root of a contract, or a schema inside an API document. `name` is for people."""

    name: str
    schema: Schema
    node: Node

    def accepts(self, value: Any) -> bool:
        """Whether the value is valid. Raises one of CANNOT_SAY when that cannot be found out."""
        return is_valid(self.schema, self.node, value)


def side(document: Document, node: Node | None = None) -> Side:
    """The document as a side; its root, or one schema in it."""
    return Side(document.name, document.schema, document.schema.root if node is None else node)


def find(
    accepts: Side, refuses: Side, near: tuple[str, str] | None = None, steps: int = STEPS
) -> Witness | None:
    """A smallest document that one side accepts and the other refuses; None when none is found within so many steps.

    `near` are the pointers of a finding in the accepting and the refusing document: then only documents count that are
    refused there. Without it the whole of both is searched. Equal inputs give equal witnesses. Dropping any member or
    item of the document destroys it.
    """
    found = search(accepts, refuses, near, steps)
    return None if found is None else witness(accepts, refuses, found[0])


def search(
    accepts: Side, refuses: Side, near: tuple[str, str] | None = None, steps: int = STEPS
) -> tuple[Any] | None:
    """The value of the witness that `find` finds, alone in a tuple."""
    claims = (
        Claim(accepts.schema, accepts.node, holds=True),
        Claim(refuses.schema, refuses.node, holds=False),
    )
    guides = _guides(accepts, refuses, near)
    if guides is None:
        return None
    for part, depth in enumerate(_DEPTHS):
        hunt = Search(guides, steps * (part + 1) // 6)
        try:
            for value in hunt.values(claims, depth):
                return (smallest(value, lambda each: _proves(accepts, refuses, each)),)
        except (SpentError, RecursionError):
            continue
    return None


def witness(accepts: Side, refuses: Side, value: Any) -> Witness:
    """The witness a value is, with what the refusing validator says of it."""
    checker = validator(refuses.schema).evolve(schema=refuses.node.raw)
    error = best_match(checker.iter_errors(value))
    message = _DECIMAL.sub(r"\1", error.message) if error is not None else "is refused"
    path = error.absolute_path if error is not None else ()
    return Witness(
        canonical_json.text(value),
        accepts.name,
        refuses.name,
        message if len(message) <= _SHOWN else f"{message[: _SHOWN - 3]}...",
        "".join(f"/{escape(str(step))}" for step in path),
    )


def _guides(accepts: Side, refuses: Side, near: tuple[str, str] | None) -> Guides | None:
    if near is None:
        return Guides()
    found = {
        id(each.schema): made
        for each, place in zip((accepts, refuses), near, strict=True)
        if (made := guide(each.schema, each.node, place)) is not None
    }
    return Guides(found, strict=True) if id(refuses.schema) in found else None


def _proves(accepts: Side, refuses: Side, value: Any) -> bool:
    try:
        return accepts.accepts(value) and not refuses.accepts(value)
    except CANNOT_SAY:
        return False

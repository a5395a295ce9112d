# SPDX-License-Identifier: Apache-2.0
"""Which smallest document does one contract accept and another refuse? Found near a finding, checked by both validators."""

from dataclasses import dataclass
from typing import Any

from registry.document import Document
from registry.evaluate import CANNOT_SAY, is_valid
from registry.finding import Witness
from registry.schema import Node, Schema
from registry.witness.claim import Claim
from registry.witness.guide import Guides, guide
from registry.witness.refusal import main_refusal, refusal, said
from registry.witness.search import Search, SpentError
from registry.witness.smallest import smallest
from terms import canonical_json

STEPS = 2500
"""Steps of one search before it gives up; about a tenth of a second."""

_DEPTHS = (4, 10, 40)  # levels of a value, tried one after the other: a shallow witness is a small one


@dataclass(frozen=True, slots=True)
class Side:
    """A schema to judge documents by: the root of a contract, or a schema inside an API document. `name` is for people."""

    name: str
    schema: Schema
    node: Node

    def accepts(self, value: Any) -> bool:
        """Whether the value is valid. Raises one of CANNOT_SAY when that cannot be found out."""
        return is_valid(self.schema, self.node, value)


@dataclass(frozen=True, slots=True)
class Trial:
    """A question to the finder: `near` are the pointers of a finding in the accepting and the refusing document."""

    accepts: Side
    refuses: Side
    near: tuple[str, str]


def side(document: Document, node: Node | None = None) -> Side:
    """The document as a side; its root, or one schema in it."""
    return Side(document.name, document.schema, document.schema.root if node is None else node)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search came to: the witness, if it found one, and the steps it took."""

    witness: Witness | None
    steps: int


def find(
    accepts: Side, refuses: Side, near: tuple[str, str] | None = None, steps: int = STEPS
) -> Witness | None:
    """A smallest document that one side accepts and the other refuses; None when none is found within so many steps.

    `near` are the pointers of a finding in the accepting and the refusing document: then only documents count that are
    refused there. Without it the whole of both is searched. Equal inputs give equal witnesses.

    Dropping any member or item of the document destroys it: it is no longer accepted by the one and refused by the
    other. Where that would leave a document that is refused elsewhere only, it means refused at the place of the finding.
    """
    return search(accepts, refuses, near, steps).witness


def search(accepts: Side, refuses: Side, near: tuple[str, str] | None, steps: int) -> Outcome:
    """What `find` finds, and at what cost; nothing where the place is not under the root of the refusing side."""
    guides = _guides(accepts, refuses, near)
    if guides is None:
        return Outcome(None, 0)
    place = near[1] if near else refuses.node.pointer
    claims = (
        Claim(accepts.schema, accepts.node, holds=True),
        Claim(refuses.schema, refuses.node, holds=False),
    )
    spent = 0
    for part, depth in enumerate(_DEPTHS):
        share = steps * (part + 1) // 6
        hunt = Search(guides, share)
        try:
            for value in hunt.values(claims, depth):
                return Outcome(_witness(accepts, refuses, place, value), spent + share - hunt.steps)
        except (SpentError, RecursionError):
            pass
        spent += share - max(hunt.steps, 0)
    return Outcome(None, spent)


def _witness(accepts: Side, refuses: Side, place: str, value: Any) -> Witness:
    def proves(each: Any) -> bool:
        try:
            return accepts.accepts(each) and not refuses.accepts(each)
        except CANNOT_SAY:
            return False

    def proves_here(each: Any) -> bool:
        return proves(each) and refusal(refuses.schema, refuses.node, place, each) is not None

    small = smallest(value, proves)
    if not proves_here(small) and proves_here(value):
        small = smallest(value, proves_here)
    error = refusal(refuses.schema, refuses.node, place, small)
    if error is None or not place.removeprefix(refuses.node.pointer):
        error = main_refusal(refuses.schema, refuses.node, small)
    assert error is not None, "the refusing side refuses its witness"
    message, pointer = said(error)
    return Witness(canonical_json.text(small), accepts.name, refuses.name, message, pointer)


def _guides(accepts: Side, refuses: Side, near: tuple[str, str] | None) -> Guides | None:
    if near is None:
        return Guides()
    found = {
        id(each.schema): made
        for each, place in zip((accepts, refuses), near, strict=True)
        if (made := guide(each.schema, each.node, place)) is not None
    }
    return Guides(found, strict=True) if id(refuses.schema) in found else None

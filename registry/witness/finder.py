# SPDX-License-Identifier: Apache-2.0
"""Which smallest document does one contract accept and another refuse? Found near a finding, checked by both validators."""

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from registry.claim import Claim
from registry.document import Document
from registry.effort import QUESTION, found_within, spend, within
from registry.evaluate import CANNOT_SAY, is_valid, remembering
from registry.finding import Witness
from registry.schema import Node, Schema
from registry.structure import Structure
from registry.witness.guide import Guides, guide
from registry.witness.refusal import main_refusal, refusal, said
from registry.witness.search import Search
from registry.witness.smallest import smallest
from registry.witness.way import Found
from terms import canonical_json

STEPS_TO_SHRINK = 400_000
"""Steps to make a document that was found as small as it can be; one that stays large is not shown."""

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


def find(
    accepts: Side, refuses: Side, near: tuple[str, str] | None = None, steps: int = QUESTION
) -> Witness | None:
    """A smallest document that one side accepts and the other refuses; None when none is found within so many steps.

    `near` are the pointers of a finding in the accepting and the refusing document: then only documents count that are
    refused there. Without it the whole of both is searched. Equal inputs give equal witnesses.

    Dropping any member or item of the document destroys it: it is no longer accepted by the one and refused by the
    other. Where that would leave a document that is refused elsewhere only, it means refused at the place of the finding.
    """
    value = found(accepts, refuses, near, steps)
    return None if value is None else shown(accepts, refuses, near, value)


def found(
    accepts: Side, refuses: Side, near: tuple[str, str] | None, steps: int, structure: Structure | None = None
) -> Found | None:
    """The first document that shows it, of whatever size; None when none is found within so many steps.

    `structure` is what earlier questions about the two found out.
    """
    structure = Structure() if structure is None else structure
    guides = _guides(accepts, refuses, near)
    if guides is None:
        return None
    claims = (
        Claim(accepts.schema, accepts.node, holds=True),
        Claim(refuses.schema, refuses.node, holds=False),
    )
    for part, depth in enumerate(_DEPTHS, start=1):
        values = Search(guides, structure).values(claims, depth)
        first = next(map(Found, found_within(steps * part // 6, values)), None)
        if first is not None:
            return first
    return None


def shown(accepts: Side, refuses: Side, near: tuple[str, str] | None, value: Found) -> Witness | None:
    """The document made as small as it can be; None when that takes too many steps."""
    place = near[1] if near else refuses.node.pointer
    return within(STEPS_TO_SHRINK, partial(_shrunk, accepts, refuses, place, value.value), None)


def _shrunk(accepts: Side, refuses: Side, place: str, value: Any) -> Witness:
    def proves(value: Any) -> bool:
        try:
            return not refuses.accepts(value) and accepts.accepts(value)
        except CANNOT_SAY:
            return False

    def proves_here(value: Any) -> bool:
        return proves(value) and refusal(refuses.schema, refuses.node, place, value) is not None

    rebinds = accepts.schema.rebinds or refuses.schema.rebinds
    with nullcontext() if rebinds else remembering():
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
    spend(3)
    if near is None:
        return Guides()
    found = {
        id(side.schema): made
        for side, place in zip((accepts, refuses), near, strict=True)
        if (made := guide(side.schema, side.node, place)) is not None
    }
    return Guides(found, strict=True) if id(refuses.schema) in found else None

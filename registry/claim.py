# SPDX-License-Identifier: Apache-2.0
"""What is asked of a value? That it satisfies one schema and not another: what proofs and searches are made of."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from registry.schema import Node, Schema
from registry.structure import outline

Place = tuple[int, str, str, int]


class Claim:
    """A value satisfies this node of a document (`holds`), or fails it. Two claims are equal when they say the same.

    `place` tells the nodes of all documents at hand apart.
    """

    __slots__ = ("_hash", "holds", "node", "place", "schema")

    def __init__(self, schema: Schema, node: Node, holds: bool) -> None:
        self.schema, self.node, self.holds = schema, node, holds
        self.place: Place = (id(schema), node.pointer, node.part, _kind(node.raw))
        self._hash = hash((self.place, holds))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Claim) and self.holds is other.holds and self.place == other.place
        )

    def __hash__(self) -> int:
        return self._hash

    @property
    def contrary(self) -> "Claim":
        """The claim that the node is not what this one says."""
        return Claim(self.schema, self.node, not self.holds)

    def about(self, node: Node, *, holds: bool | None = None) -> "Claim":
        """The same claim about another node of the document; `holds` says otherwise."""
        return Claim(self.schema, node, self.holds if holds is None else holds)

    def child(self, keyword: str, *rest: str | int, holds: bool | None = None) -> "Claim":
        """The claim about a schema under the node; `holds` says otherwise."""
        return self.about(self.node.child(keyword, *rest), holds=holds)


def _kind(raw: Any) -> int:
    return 2 if isinstance(raw, dict) else int(raw)


class Met:
    """Claims that were met, found by what they say and by the outline of their nodes."""

    __slots__ = ("_by_outline",)

    def __init__(self, by_outline: dict[tuple[Any, bool], tuple[Claim, ...]] | None = None) -> None:
        self._by_outline = by_outline or {}

    @classmethod
    def of(cls, claims: Iterable[Claim]) -> "Met":
        """These claims, each once."""
        made = cls()
        for claim in claims:
            if claim not in made:
                made.add(claim)
        return made

    def __contains__(self, claim: Claim) -> bool:
        return claim in self._by_outline.get(_outlined(claim, holds=claim.holds), ())

    def __len__(self) -> int:
        return len(self._by_outline)

    def add(self, claim: Claim) -> None:
        """One more, which is not among them."""
        place = _outlined(claim, holds=claim.holds)
        self._by_outline[place] = (*self._by_outline.get(place, ()), claim)

    def alike(self, claim: Claim) -> tuple[Claim, ...]:
        """Those that say the contrary of nodes with the same outline: only these may contradict the claim."""
        return self._by_outline.get(_outlined(claim, holds=not claim.holds), ())

    def claims(self) -> Iterator[Claim]:
        """All of them."""
        return chain.from_iterable(self._by_outline.values())

    def copy(self) -> "Met":
        """The same claims, to add more to."""
        return Met(dict(self._by_outline))


def _outlined(claim: Claim, *, holds: bool) -> tuple[Any, bool]:
    return (outline(claim.schema, claim.node), holds)

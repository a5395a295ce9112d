# SPDX-License-Identifier: Apache-2.0
"""What is asked of a value? That it satisfies one schema and not another, keyword by keyword."""

from dataclasses import dataclass
from typing import Any

from registry.schema import Node, Schema


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A value satisfies this node of a document (`holds`), or does not. Two claims are equal when they say the same."""

    schema: Schema
    node: Node
    holds: bool

    @property
    def place(self) -> tuple[int, str, str, int]:
        """What tells the nodes of all documents at hand apart."""
        kind = 2 if isinstance(self.node.raw, dict) else int(self.node.raw)
        return (id(self.schema), self.node.pointer, self.node.part, kind)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Claim) and (self.place, self.holds) == (other.place, other.holds)

    def __hash__(self) -> int:
        return hash((self.place, self.holds))

    @property
    def contrary(self) -> "Claim":
        """The claim that the node is not what this one says."""
        return Claim(self.schema, self.node, not self.holds)

    def about(self, node: Node, *, holds: bool | None = None) -> "Claim":
        """The same claim about another node of the document; `holds` says otherwise."""
        return Claim(self.schema, node, self.holds if holds is None else holds)


@dataclass(frozen=True, slots=True)
class Keyword:
    """One keyword of the node of a claim."""

    claim: Claim
    name: str

    @property
    def value(self) -> Any:
        """What is written under the keyword."""
        return self.beside(self.name)

    @property
    def pointer(self) -> str:
        """Where it stands in the document."""
        return f"{self.claim.node.pointer}/{self.name}"

    def beside(self, name: str, default: Any = None) -> Any:
        """What is written under another keyword of the node."""
        raw = self.claim.node.raw
        return raw.get(name, default) if isinstance(raw, dict) else default

    def inner(self, *rest: str | int, holds: bool | None = None) -> Claim:
        """The claim about a schema under the keyword; `holds` says otherwise."""
        return self.claim.about(self.claim.node.child(self.name, *rest), holds=holds)

    def branches(self) -> list[Claim]:
        """The claims about each schema of a list."""
        return [self.inner(index) for index in range(len(self.value))]

    def tuple_items(self) -> tuple[list[Claim], Claim | None]:
        """The claims about the first positions of an array, and about all later items; None where nothing is said of these."""
        claim, node = self.claim, self.claim.node
        listed = isinstance(self.beside("items"), list)
        first, rest = ("items", "additionalItems") if listed else ("prefixItems", "items")
        count = len(self.beside(first, ()))
        later = None if self.beside(rest) is None else claim.about(node.child(rest))
        return [claim.about(node.child(first, index)) for index in range(count)], later

    def target(self) -> Claim | None:
        """The claim about the node a reference leads to; None when it leads nowhere, or that depends on the way to it."""
        node = led_to(self.claim.schema, self.claim.node, self.name)
        return None if node is None else self.claim.about(node)


REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def led_to(schema: Schema, node: Node, keyword: str) -> Node | None:
    """What a reference of the node names; None when it names nothing, or that depends on the way to it."""
    ref = node.raw.get(keyword) if isinstance(node.raw, dict) else None
    if not isinstance(ref, str):
        return None
    find = schema.target if keyword == "$ref" else schema.dynamic_target
    return find(ref, node.pointer)

# SPDX-License-Identifier: Apache-2.0
"""What does one keyword of a claim say? Its value, the schemas under it, and where a reference leads."""

from dataclasses import dataclass
from typing import Any

from registry.claim import Claim
from registry.schema import Node, Schema


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

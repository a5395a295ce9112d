# SPDX-License-Identifier: Apache-2.0
"""What is known of a value that a proof shows cannot exist? Parts that hold, keywords that fail, and choices that are open."""

from dataclasses import dataclass, field
from typing import Any

from registry.claim import Claim, Met
from registry.domain import ATOMS
from registry.evaluate import is_valid
from registry.schema import Node, Schema


@dataclass(frozen=True, slots=True)
class Part:
    """Keywords of one schema object that a value satisfies, without those that were taken apart already."""

    schema: Schema
    node: Node

    def value(self, keyword: str, default: Any = None) -> Any:
        """What is written under the keyword."""
        return self.node.raw.get(keyword, default) if isinstance(self.node.raw, dict) else default

    def child(self, *steps: str | int, holds: bool = True) -> Claim:
        """The claim about a schema under the part."""
        keyword, *rest = steps
        return Claim(self.schema, self.node.child(str(keyword), *rest), holds)


@dataclass(frozen=True, slots=True)
class Failed(Part):
    """One keyword of a schema object that the value fails, with the keywords it is read together with."""

    keyword: str

    def fails(self, value: Any) -> bool:
        """Whether the value fails it. Raises one of CANNOT_SAY."""
        names = _TOGETHER.get(self.keyword, (self.keyword,))
        raw = self.node.raw
        assert isinstance(raw, dict)
        only = Node(
            self.node.pointer,
            {name: raw[name] for name in names if name in raw},
            f"{self.node.part} {self.keyword} alone",
        )
        return not is_valid(self.schema, only, value)


_TOGETHER = {
    "minimum": ("minimum", "exclusiveMinimum"),
    "maximum": ("maximum", "exclusiveMaximum"),
    "additionalProperties": ("additionalProperties", "properties", "patternProperties"),
    "additionalItems": ("additionalItems", "items"),
    "items": ("items", "prefixItems"),
    "contains": ("contains", "minContains", "maxContains"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which something can be so: more claims, failed keywords, names that an object has or lacks."""

    kinds: frozenset[str] = ATOMS
    claims: tuple[Claim, ...] = ()
    failed: tuple[Failed, ...] = ()
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


Choice = tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """All that is known of the value: every part holds, every failed keyword fails, and one way of each open choice."""

    kinds: frozenset[str] = ATOMS
    parts: tuple[Part, ...] = ()
    failed: tuple[Failed, ...] = ()
    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    met: Met = field(default_factory=Met)
    open: tuple[Choice, ...] = field(default=())

# SPDX-License-Identifier: Apache-2.0
"""How can a claim be kept? One way is a set of kinds, facts and further claims; a choice is the ways of which one must be taken."""

from dataclasses import dataclass
from typing import Any

from registry.claim import Claim
from registry.domain import ATOMS
from registry.witness.fact import Fact

NUMBERS = frozenset(("integer", "fraction"))


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One way to satisfy a claim: the value is of one of these kinds, keeps the facts, and satisfies the other claims.

    An object has the members `has` and `lacks` those. `pointer` is the place in the document it is about; near ones are
    tried first.
    """

    kinds: frozenset[str] = ATOMS
    facts: tuple[Fact, ...] = ()
    claims: tuple[Claim, ...] = ()
    pointer: str = ""
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


def both(one: Way, other: Way) -> Way:
    """What must be so for both ways."""
    return Way(
        one.kinds & other.kinds,
        one.facts + other.facts,
        one.claims + other.claims,
        has=one.has + other.has,
        lacks=one.lacks + other.lacks,
    )


Choice = tuple[Way, ...]
"""Ways of which one must be taken; none at all means that the claim cannot be satisfied."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value that was found; None is a value too."""

    value: Any

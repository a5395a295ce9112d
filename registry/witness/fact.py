# SPDX-License-Identifier: Apache-2.0
"""What is known of a value that is sought? Facts about its size, its edges, its parts; each matters to one kind of value only."""

from dataclasses import dataclass
from typing import Any

from registry.claim import Claim
from registry.schema import Node


@dataclass(frozen=True, slots=True)
class Size:
    """A text, array or object has so many characters, items or members; values of other kinds may have any."""

    kind: str
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A number is not below (`lower`), or not above, the limit; nor equal to it when `strict`."""

    limit: Any
    lower: bool
    strict: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A number is a multiple of `step`, or is none."""

    step: Any
    holds: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A text matches the pattern, or does not."""

    pattern: str
    holds: bool


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The value is one of these, or none of them."""

    values: tuple[Any, ...]
    holds: bool


@dataclass(frozen=True, slots=True)
class Unique:
    """The items of an array are all different, or two are equal."""

    holds: bool


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Every member of an object satisfies what the node says of its name."""

    claim: Claim


@dataclass(frozen=True, slots=True, eq=False)
class OtherMembers:
    """Every member nothing else in its schema speaks for satisfies the claim."""

    claim: Claim


@dataclass(frozen=True, slots=True, eq=False)
class SomeMember:
    """A member exists whose name is in the scope and whose value satisfies the claim, when there is one."""

    scope: "Scope"
    claim: Claim | None


@dataclass(frozen=True, slots=True)
class Together:
    """An object with the member `name` has the others too."""

    name: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Every name of a member satisfies the claim."""

    claim: Claim


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """Every item from position `first` to `last` satisfies the claim; without `last`, to the end."""

    first: int
    last: int | None
    claim: Claim


@dataclass(frozen=True, slots=True, eq=False)
class SomeItem:
    """An item from position `first` to `last` satisfies the claim."""

    first: int
    last: int | None
    claim: Claim


@dataclass(frozen=True, slots=True, eq=False)
class Contains:
    """So many items of an array satisfy the claim."""

    claim: Claim
    least: int
    most: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Names of members: one name, those that match a pattern, or those that a node says nothing of.

    `bad`: only names that do not satisfy this claim's node.
    """

    name: str | None = None
    pattern: str | None = None
    beside: Node | None = None
    bad: Claim | None = None


Fact = (
    Size
    | Bound
    | Step
    | Match
    | Values
    | Unique
    | Members
    | OtherMembers
    | SomeMember
    | Together
    | Names
    | Items
    | SomeItem
    | Contains
)

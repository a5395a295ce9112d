# SPDX-License-Identifier: Apache-2.0
"""A transaction beside a good one of its kind, in the schema: hop by hop, with the differences in words."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from collectors.transactions.comparison import HopPair
from controlplane.graphql.described import noun
from controlplane.graphql.sentence import took_words
from controlplane.graphql.value import seconds

if TYPE_CHECKING:
    from controlplane.graphql.transaction import Transaction


@strawberry.enum(description="How a hop differs from the good one's.")
class HopDifference(Enum):
    SAME = strawberry.enum_value("same", description="About as long.")
    SLOWER = strawberry.enum_value(
        "slower", description="Twice as long or more, by a minute or more; reached, or still waited for."
    )
    FASTER = strawberry.enum_value("faster", description="Half as long or less, by a minute or more.")
    MISSING = strawberry.enum_value("missing", description="Reached there and not here.")
    EXTRA = strawberry.enum_value("extra", description="Reached here and not there.")


@noun
class ComparedHop:
    """One milestone in both: how long it took since the one before it was reached. What is still waited for counts to now."""

    name: str
    title: str
    system: str
    took_seconds: float | None
    other_took_seconds: float | None
    difference: HopDifference


@noun
class Comparison:
    """Beside the completed transaction of median length, of the same process and legal entity. `differences` names them."""

    other: Annotated["Transaction", strawberry.lazy("controlplane.graphql.transaction")]
    hops: list[ComparedHop]
    differences: list[str]


def compared_hop(pair: HopPair) -> ComparedHop:
    """A hop for the schema."""
    return ComparedHop(
        name=pair.name,
        title=pair.title,
        system=pair.system,
        took_seconds=None if pair.took is None else seconds(pair.took),
        other_took_seconds=None if pair.other_took is None else seconds(pair.other_took),
        difference=HopDifference(pair.verdict),
    )


def difference_words(pair: HopPair) -> str | None:
    """What differs, in a sentence; None where nothing does."""
    took = "" if pair.took is None else took_words(pair.took)
    other = "" if pair.other_took is None else took_words(pair.other_took)
    match pair.verdict:
        case "slower":
            return f"“{pair.title}” took {took} here and {other} there."
        case "faster":
            return f"“{pair.title}” took only {took} here and {other} there."
        case "missing":
            return f"“{pair.title}” is not reached here; there it took {other}."
        case "extra":
            return f"“{pair.title}” is reached here and was not there."
    return None

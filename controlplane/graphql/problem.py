# SPDX-License-Identifier: Apache-2.0
"""Problems in the schema: what is wrong with a document that was handed in, where, and what to do next."""

from collections.abc import Iterable

from controlplane.graphql.described import noun
from terms import problem


@noun
class Problem:
    """`where` is `name:line`, a pointer, or empty; `next` is what to do, or empty."""

    what: str
    where: str
    next: str


@noun
class DraftUnreadable:
    """The document cannot be taken as a contract; nothing was compared and nothing stored."""

    problems: list[Problem]


@noun
class ContractNotFound:
    """There is no such contract, or no such version of it."""

    message: str


def problems_of(found: Iterable[problem.Problem]) -> list[Problem]:
    """Problems for the schema."""
    return [Problem(what=one.what, where=one.where, next=one.do) for one in found]

# SPDX-License-Identifier: Apache-2.0
"""Contracts in the schema as a list: searched, filtered, a page at a time, with what it can be narrowed by."""

from collections.abc import Mapping, Sequence

import strawberry

from controlplane.graphql.context import Info
from controlplane.graphql.contract import Contract, contract_of
from controlplane.graphql.described import answer, asked, noun
from controlplane.graphql.value import PageInfo, page_info, page_size
from registry import listing
from registry.facets import FACETS, counted
from registry.listing import Wanted
from terms.problem import ProblemError, did_you_mean

MOST_VALUES = 200


@asked
class ContractFilter:
    """Which contracts: each that is given must hold. `mode` is the compatibility mode a document states."""

    domain: str | None = None
    owner: str | None = None
    steward: str | None = None
    audience: str | None = None
    lifecycle: str | None = None
    type: str | None = None
    mode: str | None = None


@noun
class FacetValue:
    """One value and how many of the contracts found have it."""

    value: str
    count: int


@noun
class Facet:
    """What a list can be narrowed by: its values among the contracts found, most first. `values` are at most 200 of those
    there are; `distinct` counts them all.
    """

    name: str
    values: list[FacetValue]
    distinct: int


@noun
class ContractEdge:
    """A contract in a list, with the cursor that continues behind it."""

    cursor: str
    node: Contract


@noun
class ContractConnection:
    """A page of contracts. `totalCount` counts all pages."""

    edges: list[ContractEdge]
    nodes: list[Contract]
    page_info: PageInfo
    total_count: int
    counts: strawberry.Private[Mapping[str, int]]

    @answer
    async def facets(self, info: Info, names: list[str] | None = None) -> list[Facet]:
        """What the contracts found on all pages can be narrowed by: all that there is, or the facets named."""
        asked = tuple(dict.fromkeys(FACETS if names is None else names))
        for name in asked:
            if name not in FACETS:
                raise ProblemError(f"'{name[:40]}' is not a facet", "names", did_you_mean(name, FACETS))
        # The counts came with the page, from one look at the database; what they count never changes.
        found = await info.context.read(lambda session: counted(session, self.counts, asked))
        return [_facet(name, found[name]) for name in asked]


def _facet(name: str, values: Sequence[tuple[str, int]]) -> Facet:
    shown = [FacetValue(value=value, count=count) for value, count in values[:MOST_VALUES]]
    return Facet(name=name, values=shown, distinct=len(values))


async def contracts(
    info: Info,
    first: int = 50,
    after: str | None = None,
    search: str | None = None,
    filter: ContractFilter | None = None,  # noqa: A002
) -> ContractConnection:
    """Contracts by subject. Every word of `search` must occur in names, people, descriptions or fields, capitals or not."""
    size, behind = page_size(first), None if after is None else _subject(after)
    given = {name: value for name, value in vars(filter).items() if value} if filter else {}
    wanted = Wanted(search=(search or "").strip(), **given)
    page = await info.context.read(lambda session: listing.page(session, wanted, size, behind))
    nodes = [contract_of(head) for head in page.heads]
    cursors = tuple(f"subject:{head.name}" for head in page.heads)
    return ContractConnection(
        edges=[ContractEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, page.has_more, after),
        total_count=page.total,
        counts=page.counts,
    )


def _subject(cursor: str) -> str:
    if not cursor.startswith("subject:"):
        raise ProblemError("is not a cursor of this list", "after", "use an endCursor as it came")
    return cursor.removeprefix("subject:")


@strawberry.type
class ContractListQuery:
    contracts: ContractConnection = answer(contracts)

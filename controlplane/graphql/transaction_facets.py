# SPDX-License-Identifier: Apache-2.0
"""What a list of transactions can be narrowed by, in the schema: facets with exact counts, and starts over time."""

from collections.abc import Mapping, Sequence

from collectors.query import edit as query_edit
from collectors.query.vocabulary import Vocabulary
from collectors.transactions import facets as transaction_facets
from collectors.transactions.facets import FACETS, FacetCount, Histogram
from controlplane.graphql.described import noun
from controlplane.graphql.value import seconds
from terms.instant import Instant
from terms.problem import ProblemError, did_you_mean

MOST_VALUES = 50
_TITLES = {
    "status": "Status",
    "process": "Process",
    "system": "Waits for",
    "entity": "Legal entity",
    "region": "Region",
    "currency": "Currency",
    "customer": "Customer",
}


@noun
class TransactionFacetValue:
    """A value, and how many transactions would be listed with it alone in this field, every other condition kept.

    `query` is the list's query with the value as one more alternative, or without it where it is `chosen`.
    """

    value: str
    title: str
    count: int
    chosen: bool
    query: str


@noun
class TransactionFacet:
    """A field that narrows the list. Values stand by count, statuses in their own order; of customers those with most.

    Its counts are as of `asOf`, which may be a while before the list's.
    """

    name: str
    title: str
    values: list[TransactionFacetValue]
    as_of: Instant


@noun
class TransactionBucket:
    """Starts from `start` on and before `end`; `stuck` of them are failed or overdue. `query` narrows the list to them."""

    start: Instant
    end: Instant
    count: int
    stuck: int
    query: str


@noun
class TransactionHistogram:
    """Starts over time, from the first to the last; empty buckets are there too. `queryOfAll` says nothing of starts.

    Its counts are as of `asOf`, which may be a while before the list's.
    """

    bucket_seconds: float
    buckets: list[TransactionBucket]
    query_of_all: str
    as_of: Instant


def facet_names(names: Sequence[str] | None) -> tuple[str, ...]:
    """The facets asked for. Raises ProblemError for a name that is none."""
    asked = tuple(dict.fromkeys(FACETS if names is None else names))
    for name in asked:
        if name not in FACETS:
            raise ProblemError(f"'{name[:40]}' is not a facet", "names", did_you_mean(name, FACETS))
    return asked


def facets_of(
    found: Mapping[str, Sequence[FacetCount]], as_of: Instant, query: str, vocabulary: Vocabulary
) -> list[TransactionFacet]:
    """Facets for the schema; what the query chose is among the values even where nothing has it."""
    return [
        TransactionFacet(
            name=name,
            title=_TITLES[name],
            values=_values(name, counts, query_edit.chosen(query, name), query, vocabulary),
            as_of=as_of,
        )
        for name, counts in found.items()
    ]


def _values(
    name: str, counts: Sequence[FacetCount], chosen: tuple[str, ...], query: str, vocabulary: Vocabulary
) -> list[TransactionFacetValue]:
    titles = vocabulary.known(name) or {}
    numbers = {one.value: one.count for one in counts}
    values = [*numbers, *(value for value in chosen if value not in numbers)]
    return [
        TransactionFacetValue(
            value=value,
            title=titles.get(value) or value,
            count=numbers.get(value, 0),
            chosen=value in chosen,
            query=query_edit.toggled(query, name, value),
        )
        for value in values
    ]


def histogram_of(found: Histogram, as_of: Instant, query: str) -> TransactionHistogram:
    """A histogram for the schema."""
    return TransactionHistogram(
        bucket_seconds=seconds(found.width),
        buckets=[_bucket(one, found.width, query) for one in found.buckets],
        query_of_all=query_edit.forgotten(query, "started"),
        as_of=as_of,
    )


def _bucket(one: transaction_facets.Bucket, width: int, query: str) -> TransactionBucket:
    end = Instant(one.start + width)
    return TransactionBucket(
        start=one.start,
        end=end,
        count=one.count,
        stuck=one.stuck,
        query=query_edit.started_within(query, one.start, end),
    )


def most_values(most: int) -> int:
    """How many values of a facet with many. Raises ProblemError outside 1 to 50."""
    if not 1 <= most <= MOST_VALUES:
        raise ProblemError(f"most is {most}", "most", f"ask for 1 to {MOST_VALUES}")
    return most


def most_buckets(buckets: int) -> int:
    """How many buckets. Raises ProblemError outside 1 to 200."""
    if not 1 <= buckets <= 200:
        raise ProblemError(f"buckets is {buckets}", "buckets", "ask for 1 to 200")
    return buckets

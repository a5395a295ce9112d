# SPDX-License-Identifier: Apache-2.0
"""The query language over transactions in the schema: what a text asks for, what is wrong with it, and how it may go on."""

from collections.abc import Iterable

import strawberry

from collectors.query import completion as query_completion
from collectors.query import text as query_text
from collectors.query.stored_values import values_beginning
from collectors.query.text import without
from collectors.transactions.query import Condition, Reading, read
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from terms.problem import Problem, ProblemError


@noun
class QueryWord:
    """One condition of a query as written. `at` counts characters from 0; `without` is the query when it is taken out."""

    text: str
    field: str
    negated: bool
    at: int
    length: int
    without: str


@noun
class QueryProblem:
    """What is wrong with `length` characters from `at` (from 0) on, and what to do next."""

    what: str
    at: int
    length: int
    next: str


@noun
class QueryCompletion:
    """`word` would stand at the caret; `query` is the whole text then, and `caret` where one would go on writing."""

    word: str
    title: str
    query: str
    caret: int


@noun
class QueryReading:
    """A query as understood. With `problems` it cannot be asked; `hints` tell of values that nothing here is called."""

    text: str
    words: list[QueryWord]
    problems: list[QueryProblem]
    hints: list[QueryProblem]
    caret: strawberry.Private[int]

    @answer
    async def completions(self, info: Info) -> list[QueryCompletion]:
        """At most 10 ways to go on at the caret."""
        vocabulary = info.context.vocabulary
        found = await info.context.read(
            lambda session: query_completion.completions(
                self.text,
                self.caret,
                vocabulary,
                lambda field, beginning: values_beginning(session, field, beginning),
            )
        )
        return [
            QueryCompletion(word=one.word, title=one.title, query=one.query, caret=one.caret) for one in found
        ]


async def transaction_query(info: Info, text: str, caret: int | None = None) -> QueryReading:
    """What a query over transactions asks for, without asking it. The caret is at the end unless it is given."""
    reading = read(text, info.context.vocabulary, info.context.now)
    return QueryReading(
        text=text,
        words=[_word(text, one) for one in reading.conditions],
        problems=query_problems(reading.problems),
        hints=query_problems(reading.hints),
        caret=len(text) if caret is None else caret,
    )


def asked_of(reading: Reading) -> tuple[Condition, ...]:
    """The conditions of a query. Raises one ProblemError with every problem in it, each with its place."""
    if reading.problems:
        raise ProblemError(
            tuple(Problem(one.what, f"query, character {one.at + 1}", one.do) for one in reading.problems)
        )
    return reading.conditions


def _word(text: str, one: Condition) -> QueryWord:
    start, end = one.words[0].start, one.words[-1].end
    return QueryWord(
        text=text[start:end],
        field=one.field,
        negated=one.negated,
        at=start,
        length=end - start,
        without=without(text, *one.words),
    )


def query_problems(found: Iterable[query_text.QueryProblem]) -> list[QueryProblem]:
    """Problems of a query for the schema."""
    return [QueryProblem(what=one.what, at=one.at, length=one.length, next=one.do) for one in found]


@strawberry.type
class QueryLanguageQuery:
    transaction_query: QueryReading = answer(transaction_query)

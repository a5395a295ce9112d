# SPDX-License-Identifier: Apache-2.0
"""What does the list ask for? The bar's text with its words, what is wrong in it, and ways to go on; all of it plain links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

PATH = "/transactions"


@dataclass(frozen=True, slots=True)
class Chip:
    """One word of the query in force; `without` is this list without it."""

    words: str
    without: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, with the text around the place: `before` + `place` + `behind` is the whole query."""

    what: str
    next: str
    before: str
    place: str
    behind: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to go on: `address` is the list with it; a script puts `query` into the bar, with its caret."""

    word: str
    title: str
    query: str
    caret: int
    address: str


@dataclass(frozen=True, slots=True)
class QueryBar:
    """The bar. With `problems` nothing was asked; `hints` tell of values that nothing here is called."""

    text: str
    chips: tuple[Chip, ...]
    problems: tuple[Trouble, ...]
    hints: tuple[Trouble, ...]
    offers: tuple[Offer, ...]


def address(query: str, sort: str = "", **place: str) -> str:
    """The list of a query, in an order, at a place; what is empty is left out, always in the same order."""
    given = [("q", query), ("sort", sort), *sorted(place.items())]
    words = urlencode([(name, value) for name, value in given if value])
    return f"{PATH}?{words}" if words else PATH


def bar(reading: Mapping[str, Any], sort: str = "") -> QueryBar:
    """The bar for a text as the API reads it."""
    text = reading["text"]
    return QueryBar(
        text=text,
        chips=tuple(Chip(word["text"], address(word["without"], sort)) for word in reading["words"]),
        problems=troubles(text, reading["problems"]),
        hints=troubles(text, reading["hints"]),
        offers=offers(reading, sort),
    )


def offers(reading: Mapping[str, Any], sort: str = "") -> tuple[Offer, ...]:
    """Ways to go on, where they were asked for."""
    return tuple(
        Offer(one["word"], one["title"], one["query"], one["caret"], address(one["query"], sort))
        for one in reading.get("completions", ())
    )


def troubles(text: str, problems: Sequence[Mapping[str, Any]]) -> tuple[Trouble, ...]:
    """What is wrong in a text, each with the text around its place."""
    return tuple(
        Trouble(
            what=problem["what"],
            next=problem["next"],
            before=text[: problem["at"]],
            place=text[problem["at"] : problem["at"] + problem["length"]],
            behind=text[problem["at"] + problem["length"] :],
        )
        for problem in problems
    )

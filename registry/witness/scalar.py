# SPDX-License-Identifier: Apache-2.0
"""Which texts and numbers keep some facts? The plainest first; values at the edges, because contracts differ there."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from math import ceil, floor, lcm
from typing import Any

from registry.evaluate import pattern
from registry.json_value import is_whole
from registry.witness.automaton import texts as matching_texts
from registry.witness.fact import Bound, Fact, Match, Size, Step
from registry.witness.pattern import UnknownPatternError
from terms.problem import ProblemError

MOST_CHARACTERS = 100_000
_PLAIN = "ab"
_COMMON = (
    "", "a", "A", "0", "1", "a1", "ab", "abc", "Aa0", "a-b", "a_b", "a.b", "a b", "2024-01-01", "12.34", "EUR",
    "a@b.co", "https://a.co/", "-1", " ", "\u00e9",
)  # fmt: skip
_NEAR = 12  # how many steps from an edge are looked at
_MANY = 40
_ODD = (3, 5, 7, 11, 13)


def texts(facts: Sequence[Fact]) -> Iterator[str]:
    """Texts of the wanted length that match what they must and nothing they must not."""
    sizes = [each for each in facts if isinstance(each, Size) and each.kind == "string"]
    least, most = size(sizes)
    if least > MOST_CHARACTERS or (most is not None and most < least):
        return
    matching = list(dict.fromkeys(each.pattern for each in facts if isinstance(each, Match) and each.holds))
    refused = list(
        dict.fromkeys(each.pattern for each in facts if isinstance(each, Match) and not each.holds)
    )
    if not matching and not refused:
        yield from _of_length(least, most)
        return
    try:
        yield from matching_texts(matching, refused, least, most)
        # An array of different texts may need more of a kind.
        yield from matching_texts(matching, refused, least, most, alike=_MANY)
    except UnknownPatternError:
        yield from _tried(matching, refused, least, most)


def size(sizes: Sequence[Size]) -> tuple[int, int | None]:
    """The strictest of the sizes."""
    mosts = [each.most for each in sizes if each.most is not None]
    return max((each.least for each in sizes), default=0), min(mosts, default=None)


def _of_length(least: int, most: int | None) -> Iterator[str]:
    for length in range(least, least + 3):
        if most is not None and length > most:
            return
        for mark in _PLAIN if length else " ":
            yield mark * length
    # More of them, where an array asks for many different ones.
    for number in range(1000):
        text = f"{number:0{max(least, 1)}}"
        if most is None or len(text) <= most:
            yield text


def _tried(matching: list[str], refused: list[str], least: int, most: int | None) -> Iterator[str]:
    """Common texts, each put to the patterns: for patterns whose syntax is not read."""
    try:
        wanted = [(pattern(text), True) for text in matching] + [(pattern(text), False) for text in refused]
    except ProblemError:
        return
    for text in (*_COMMON, *_of_length(least, most)):
        if least <= len(text) <= (len(text) if most is None else most) and all(
            bool(compiled.search(text)) is want for compiled, want in wanted
        ):
            yield text


def numbers(facts: Sequence[Fact], *, whole: bool) -> Iterator[int | Decimal]:
    """Numbers within the bounds: whole ones, or fractions."""
    steps = [Fraction(each.step) for each in facts if isinstance(each, Step) and each.holds and each.step > 0]
    unwanted = [Fraction(each.step) for each in facts if isinstance(each, Step) and not each.holds]
    bounds = [each for each in facts if isinstance(each, Bound)]
    step = _common([*steps, Fraction(1)] if whole else steps)
    seen: set[Fraction] = set()
    for number in _candidates(bounds, step, unwanted):
        if number in seen:
            continue
        seen.add(number)
        if (
            all(_within(number, bound) for bound in bounds)
            and (step is None or (number / step).denominator == 1)
            and not any((number / each).denominator == 1 for each in unwanted)
            and (number.denominator == 1) is whole
            and (value := written(number)) is not None
        ):
            yield value


def written(number: Fraction) -> int | Decimal | None:
    """The number as JSON can write it exactly; None for one third and its like."""
    if number.denominator == 1:
        return int(number)
    rest, places = number.denominator, 0
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
            places += 1
    if rest != 1 or places > 40:
        return None
    made = Decimal(number.numerator) / Decimal(number.denominator)
    return made if not is_whole(made) else int(made)


def _common(steps: list[Fraction]) -> Fraction | None:
    """The least number all steps divide."""
    if not steps:
        return None
    denominator = lcm(*(each.denominator for each in steps))
    return Fraction(lcm(*(each.numerator * (denominator // each.denominator) for each in steps)), denominator)


def _within(number: Fraction, bound: Bound) -> bool:
    limit = Fraction(bound.limit)
    if number == limit:
        return not bound.strict
    return number > limit if bound.lower else number < limit


def _candidates(bounds: list[Bound], step: Fraction | None, unwanted: list[Fraction]) -> Iterator[Fraction]:
    edges = [Fraction(bound.limit) for bound in bounds]
    grid = step or Fraction(1)
    near = [Fraction(0)]
    for edge in edges:
        near += [floor(edge / grid) * grid - n * grid for n in range(_NEAR)]
        near += [ceil(edge / grid) * grid + n * grid for n in range(_NEAR)]
    yield from (n * grid for n in (0, 1, -1, 2))
    yield from sorted(near, key=lambda number: (abs(number), number < 0))
    yield from (grid * n for n in (*_ODD, *(-n for n in _ODD)))
    if step is not None:
        yield from (grid * n for n in range(3, 3 + 4 * _NEAR))
        return
    yield from _fractions(edges, unwanted)


def _fractions(edges: list[Fraction], unwanted: list[Fraction]) -> Iterator[Fraction]:
    """Numbers between the whole ones, closer and closer to the edges."""
    half, tenth = Fraction(1, 2), Fraction(1, 10)
    near = [Fraction(0), *edges]
    yield from edges
    if len(edges) > 1:
        yield (min(edges) + max(edges)) / 2
    for gap in (half, tenth, Fraction(1, 4), Fraction(1, 100), Fraction(1, 8), Fraction(1, 10**6)):
        for edge in near:
            yield edge + gap
            yield edge - gap
    for each in unwanted:
        yield from (edge + sign * each / 2 for edge in near for sign in (1, -1))
    yield from (Fraction(n) + half for n in range(200))


def plain(facts: Sequence[Fact], kind: str) -> Iterator[Any]:
    """Values of one kind that is neither array nor object."""
    match kind:
        case "null":
            yield None
        case "boolean":
            yield from (False, True)
        case "string":
            yield from texts(facts)
        case _:
            yield from islice(numbers(facts, whole=kind == "integer"), 200)

# SPDX-License-Identifier: Apache-2.0
"""Is no number left between the bounds, on the steps, and off what was excluded?"""

from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import TYPE_CHECKING

from registry.implication.goal import Failed, Goal
from registry.keywords import edge

if TYPE_CHECKING:
    from registry.implication.prover import Prover

_FEW = 200


def none_left(prover: "Prover", goal: Goal, failing: tuple[Failed, ...], *, whole: bool) -> bool:
    """Whether no integer (`whole`), or no other number, is left."""
    low, high = _bounds(goal, failing)
    if low is not None and high is not None:
        if low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1])):
            return True
        if low[0] == high[0]:
            return (low[0].denominator == 1) is not whole or prover.none_of([_plain(low[0])], goal)
    step = _step(goal, whole=whole)
    if step is None:
        return False
    if not whole and step.denominator == 1:
        return True
    for each in failing:
        if each.keyword == "multipleOf" and (step / Fraction(each.value("multipleOf"))).denominator == 1:
            return True
    if low is None or high is None or (high[0] - low[0]) / step > _FEW:
        return False
    first, last = ceil(low[0] / step), floor(high[0] / step)
    numbers = [step * count for count in range(first, last + 1)]
    return prover.none_of([_plain(n) for n in numbers if (n.denominator == 1) is whole], goal)


Bound = tuple[Fraction, bool] | None  # the limit, and whether it is itself left out


def _bounds(goal: Goal, failing: tuple[Failed, ...]) -> tuple[Bound, Bound]:
    lows: list[tuple[Fraction, bool]] = []
    highs: list[tuple[Fraction, bool]] = []
    for part in goal.parts:
        for keyword, found, sign in (("minimum", lows, 1), ("maximum", highs, -1)):
            limit = edge(part.schema, part.node, keyword)
            if limit is not None:
                found.append((Fraction(limit[0]) * sign, limit[1]))
    for each in failing:
        keyword, sign = each.keyword, 1
        if keyword not in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            continue
        strict = keyword.startswith("exclusive")
        if each.schema.dialect.flag_bounds:
            strict = each.value(f"exclusive{keyword.capitalize()}") is True
        sign = 1 if "inimum" in keyword else -1
        # What fails a minimum lies below it.
        (highs if sign == 1 else lows).append((Fraction(each.value(keyword)), not strict))
    low = max(lows, key=lambda bound: (bound[0], bound[1]), default=None)
    high = min(highs, key=lambda bound: (bound[0], not bound[1]), default=None)
    return low, high


def _step(goal: Goal, *, whole: bool) -> Fraction | None:
    """The distance between the numbers that may be left: the least common multiple of all steps; None without one."""
    steps = [Fraction(s) for part in goal.parts if (s := part.value("multipleOf")) is not None]
    steps += [Fraction(1)] if whole else []
    if not steps:
        return None
    common = steps[0]
    for step in steps[1:]:
        common = Fraction(lcm(common.numerator, step.numerator), gcd(common.denominator, step.denominator))
    return common


def _plain(number: Fraction) -> object:
    if number.denominator == 1:
        return number.numerator
    return number

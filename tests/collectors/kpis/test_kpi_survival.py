# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of waiting times against tables computed by hand and against distributions whose truth is known."""

import random
from math import log

import hypothesis.strategies as st
import pytest
from hypothesis import given

from collectors.kpis import survival
from collectors.kpis.survival import CANCELLED, FAILED, OPEN, REACHED, Waits, wilson
from tests.collectors.kpis import plain
from tests.collectors.kpis.plain import Observed


def waits(observed: list[Observed]) -> Waits:
    """The same, by how they ended."""
    times = {
        kind: sorted(time for time, each in observed if each == kind)
        for kind in (REACHED, CANCELLED, FAILED, OPEN)
    }
    return Waits(times[REACHED], sorted(times[CANCELLED] + times[FAILED]), times[OPEN])


def quantiles(observed: list[Observed], shares: tuple[float, ...]) -> list[int | None]:
    return survival.quantiles(waits(observed), shares)


def incidence_at(observed: list[Observed], time: int) -> float:
    return survival.incidence_at(waits(observed), time)


# The classic remission times of 21 leukaemia patients (Freireich 1963), weeks; + still in remission.
# Kaplan-Meier by hand: S(6)=.857 S(7)=.807 S(10)=.753 S(13)=.690 S(16)=.627 S(22)=.538 S(23)=.448
REMISSION: list[Observed] = sorted(
    [(t, REACHED) for t in (6, 6, 6, 7, 10, 13, 16, 22, 23)]
    + [(t, OPEN) for t in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)]
)


@pytest.mark.parametrize(
    ("time", "survival"),
    [(5, 1.0), (6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448), (35, 0.448)],
)  # fmt: skip
def test_the_estimate_agrees_with_the_textbook(time: int, survival: float) -> None:
    """The published product-limit table, to its three decimals."""
    assert 1 - incidence_at(REMISSION, time) == pytest.approx(survival, abs=0.0005)


@pytest.mark.parametrize(
    ("observed", "shares", "expected"),
    [
        (REMISSION, (0.25, 0.5, 0.9), [13, 23, None]),
        ([(t, REACHED) for t in range(1, 11)], (0.1, 0.5, 0.9, 1.0), [1, 5, 9, 10]),
        ([(1, REACHED), (2, OPEN)], (0.5, 0.9), [1, None]),
        # 1 of 4 at 1; the open one hands its quarter to the two behind it: 3/8 each.
        ([(1, REACHED), (2, OPEN), (3, REACHED), (4, REACHED)], (0.5, 0.625, 0.9), [3, 3, 4]),
        # A cancelled one keeps its mass to itself: the other three never make it to four quarters.
        ([(1, REACHED), (2, CANCELLED), (3, REACHED), (4, REACHED)], (0.5, 0.75, 0.9), [3, 4, None]),
        ([(5, OPEN), (6, OPEN)], (0.5,), [None]),
        ([], (0.5, 0.9), [None, None]),
        ([(7, REACHED)], (0.5, 0.9, 0.95), [7, 7, 7]),
        ([(3, REACHED), (3, REACHED), (3, CANCELLED), (3, OPEN)], (0.5, 0.6), [3, None]),
    ],
    ids=["textbook", "all done", "half open", "open hands on", "cancelled competes", "none done", "none", "one", "ties"],
)  # fmt: skip
def test_quantiles(observed: list[Observed], shares: tuple[float, ...], expected: list[int | None]) -> None:
    """The earliest time by which the share of all has reached the end."""
    assert quantiles(observed, shares) == expected


@pytest.mark.parametrize("seed", range(5))
def test_open_items_do_not_bias_the_percentiles(seed: int) -> None:
    """Exponential waits of mean 10 h, looked at while one in three still waits: the truth is met within 8 %, and leaving the open ones out misses it."""
    draw = random.Random(seed)
    mean, n = 36_000_000, 4_000
    observed: list[Observed] = []
    for _ in range(n):
        wait, age = draw.expovariate(1 / mean), draw.uniform(0, 3 * mean)
        observed.append((round(min(wait, age)), REACHED if wait <= age else OPEN))
    observed.sort()
    p50, p90 = quantiles(observed, (0.5, 0.9))
    assert p50 == pytest.approx(mean * log(2), rel=0.08)
    assert p90 == pytest.approx(mean * log(10), rel=0.08)
    done = [time for time, kind in observed if kind == REACHED]
    assert done[int(len(done) * 0.9)] < mean * log(10) * 0.85


ITEMS = st.lists(st.tuples(st.integers(0, 50), st.sampled_from([REACHED, OPEN, CANCELLED])), max_size=60)


@given(ITEMS)
def test_open_items_only_ever_lengthen_a_percentile(items: list[Observed]) -> None:
    """What the finished ones alone would say is never longer than what all say, when nothing is cancelled."""
    kept = sorted(item for item in items if item[1] != CANCELLED)
    done = [item for item in kept if item[1] == REACHED]
    for of_all, of_done in zip(quantiles(kept, (0.5, 0.9)), quantiles(done, (0.5, 0.9)), strict=True):
        assert of_all is None or (of_done is not None and of_done <= of_all)


@given(ITEMS)
def test_a_quantile_is_where_the_incidence_reaches_the_share(items: list[Observed]) -> None:
    """The two functions are inverse to each other, and shares come out in order."""
    items = sorted(items)
    found = quantiles(items, (0.25, 0.5, 0.75))
    for share, time in zip((0.25, 0.5, 0.75), found, strict=True):
        if time is None:
            assert incidence_at(items, 50) < share
        else:
            assert incidence_at(items, time) >= share - 1e-8
            assert incidence_at(items, time - 1) < share
    times = [time for time in found if time is not None]
    assert times == sorted(times)


MANY = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([REACHED, CANCELLED, FAILED, OPEN])), max_size=400
)


@given(MANY, st.lists(st.integers(1, 100), min_size=1, max_size=6, unique=True))
def test_runs_of_equal_mass_say_what_the_walk_from_one_to_the_next_says(
    items: list[Observed], percents: list[int]
) -> None:
    """The estimate is defined item by item; it is found by skipping from one open item to the next."""
    items, shares = sorted(items), tuple(percent / 100 for percent in sorted(percents))
    assert quantiles(items, shares) == plain.quantiles(items, shares)
    for time in range(0, 41, 5):
        assert incidence_at(items, time) == pytest.approx(plain.incidence_at(items, time), abs=1e-12)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (950, 1000, 0.9347, 0.9619)],
)
def test_wilson(hits: int, n: int, low: float, high: float) -> None:
    """Published values; the ends stay inside 0 and 1."""
    assert wilson(hits, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))

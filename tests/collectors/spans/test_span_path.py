# SPDX-License-Identifier: Apache-2.0
"""What a trace waited for: the chain of spans that made it as long as it was, and times that cannot be."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.spans.path import TOLERATED_NS, clock_notes, critical_path
from collectors.spans.view import SpanView
from terms.instant import DAY, Instant, parse


def span(name: str, start: int, end: int, parent: str | None = None, trace: str = "t") -> SpanView:
    return SpanView(trace, name, parent, name, 1, "service", start, end, 0, None, {}, "")


def path(*spans: SpanView) -> set[str]:
    return {one.span_id for one, is_on in zip(spans, critical_path(spans), strict=True) if is_on}


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([("root", 0, 10, None)], {"root"}),
        ([("root", 0, 10, None), ("a", 0, 4, "root"), ("b", 5, 9, "root")], {"root", "a", "b"}),
        ([("root", 0, 10, None), ("long", 0, 9, "root"), ("short", 2, 5, "root")], {"root", "long"}),
        ([("root", 0, 10, None), ("first", 0, 6, "root"), ("overlaps", 4, 9, "root")], {"root", "overlaps"}),
        ([("root", 0, 10, None), ("a", 1, 9, "root"), ("deep", 2, 8, "a"), ("aside", 2, 3, "a")], {"root", "a", "deep"}),
        ([("root", 0, 5, None), ("outlives", 3, 20, "root")], {"root", "outlives"}),
        ([("root", 0, 5, None), ("behind", 7, 9, "root")], {"root"}),
        ([("one", 0, 4, "gone"), ("two", 5, 9, "gone")], {"one", "two"}),
        ([("root", 0, 5, None), ("wrong", 4, 2, "root")], {"root"}),
        ([("self", 0, 5, "self")], {"self"}),
    ],
    ids=["alone", "one after the other", "beside a longer one", "overlapping", "below", "outlives its parent", "begins too late", "without a root", "ends before it starts", "its own parent"],
)  # fmt: skip
def test_the_path_is_what_was_waited_for(
    spans: list[tuple[str, int, int, str | None]], expected: set[str]
) -> None:
    """Shorten a span of the path and the trace ends earlier; shorten another and it does not."""
    assert path(*(span(*one) for one in spans)) == expected


def test_each_trace_has_a_path_of_its_own() -> None:
    """Two runs of one transaction do not compete."""
    assert path(span("a", 0, 9), span("b", 1, 3, trace="u")) == {"a", "b"}


def test_a_circle_of_parents_ends() -> None:
    """Ids are foreign: two spans that call each other parent are no reason to hang."""
    critical_path([span("a", 0, 5, "b"), span("b", 0, 5, "a")])


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 30), st.integers(-1, 12)), max_size=12))
def test_at_each_moment_one_sibling_is_waited_for(drawn: list[tuple[int, int, int]]) -> None:
    """Whatever the shape: siblings on the path follow each other, and each has its parent on it."""
    spans = [
        span(str(n), start, start + length, str(parent) if 0 <= parent < n else None)
        for n, (start, length, parent) in enumerate(drawn)
    ]
    on_path = path(*spans)
    chosen = sorted((one for one in spans if one.span_id in on_path), key=lambda one: one.start_ns)
    assert bool(chosen) == bool(spans)
    for place, one in enumerate(chosen):
        assert one.parent_span_id is None or one.parent_span_id in on_path
        later = [other for other in chosen[place + 1 :] if other.parent_span_id == one.parent_span_id]
        assert all(one.end_ns <= other.start_ns for other in later)


def test_a_time_that_cannot_be_is_told() -> None:
    """A child that starts a second before its parent, or ends before it starts; less than that is how clocks are."""
    start = 10 * TOLERATED_NS
    spans = [
        span("root", start, start + 5),
        span("close", start - TOLERATED_NS, start, "root"),
        span("far", start - TOLERATED_NS - 1, start, "root"),
        span("backward", start, start - 1, "root"),
    ]
    assert clock_notes(spans) == (
        None,
        None,
        "starts 1.0 s before its parent",
        "ends 0.000 ms before it starts",
    )


def test_a_clock_that_is_years_off_is_told() -> None:
    """By when the span came: what was years off then is so however late one looks, history of some years is none."""
    came = Instant(parse("2026-11-20T12:00:00Z"))
    starts = {"five years": -6 * 366 * DAY, "history": -4 * 365 * DAY, "now": 0, "a day after": 2 * DAY}
    spans = [
        replace(span(name, (came + ago) * 1_000, (came + ago) * 1_000 + 5), arrived_at=came)
        for name, ago in starts.items()
    ]
    assert [note and note.partition("more than ")[2].partition(" ")[0] for note in clock_notes(spans)] == [
        "five", None, None, "a",
    ]  # fmt: skip

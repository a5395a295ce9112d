# SPDX-License-Identifier: Apache-2.0
"""The demo's history: made up, but the same each time, never from the future, and with exactly what was planted."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from controlplane.demo import history, profile
from controlplane.demo.story import Story, billed
from terms.instant import DAY, HOUR, Instant, from_datetime, parse

NOW = parse("2026-11-23T14:20:00Z")
LIMIT = 4 * HOUR

starts = st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda moment: from_datetime(moment.replace(tzinfo=UTC))
)
few = settings(max_examples=4, deadline=None)
two = settings(max_examples=2, deadline=None)


@pytest.fixture(scope="module")
def stories() -> tuple[Story, ...]:
    return history.stories(7, NOW)


def _spans(bodies: list[bytes]) -> list[Span]:
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    return [
        span
        for request in requests
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _words(span: Span) -> dict[str, str | int]:
    return {
        pair.key: pair.value.int_value if pair.value.HasField("int_value") else pair.value.string_value
        for pair in span.attributes
    }


def test_one_seed_and_start_are_one_history() -> None:
    """The same seed and start give the same bytes; another seed gives others."""
    first, again, other = (next(history.requests(history.planned(seed, NOW), NOW)) for seed in (7, 7, 8))
    assert first == again
    assert first != other
    assert history.planned(7, NOW) == history.planned(7, NOW)


def test_no_request_cuts_a_deal_in_two() -> None:
    """While the history comes in, every deal on the board is as it stands, and none seems stuck half way."""
    seen: set[str] = set()
    for body in history.requests(history.planned(7, NOW), NOW):
        spans = _spans([body])
        deals = {str(_words(span)["throughline.run"]).split("/")[1] for span in spans}
        assert len(spans) <= 512
        assert not deals & seen
        seen |= deals
    assert len(seen) == 2000


def test_it_is_sent_in_a_few_requests() -> None:
    """A newcomer does not wait for the history: all of it is in a few dozen requests, none a handful of spans."""
    bodies = list(history.requests(history.planned(7, NOW), NOW))
    assert 40 <= len(bodies) <= 80


@two
@given(seed=st.integers(0, 10_000), start=starts)
def test_nothing_is_sent_from_the_future(seed: int, start: Instant) -> None:
    """No span ends and no event happens after the start, whatever the seed and the day of the week."""
    for span in _spans(list(history.requests(history.planned(seed, start), start))):
        assert span.start_time_unix_nano < span.end_time_unix_nano <= start * 1_000
        words = _words(span)
        if "throughline.event_time" in words:
            assert parse(str(words["throughline.event_time"])) <= start


@few
@given(seed=st.integers(0, 10_000), start=starts)
def test_fourteen_invoices_are_overdue_to_the_ledger(seed: int, start: Instant) -> None:
    """Exactly fourteen invoices were issued more than four hours ago and not posted; all others were posted in time."""
    told = history.stories(seed, start)
    overdue = []
    for story in told:
        issued_at = story.at.get(billed(story.kind), start + 1)
        posted_at = story.at.get("posted")
        if issued_at <= start:
            if posted_at is None:
                assert start - issued_at > LIMIT
                overdue.append(story)
            else:
                assert posted_at - issued_at < LIMIT
    assert len(overdue) == 14
    assert Counter(story.entity.code for story in overdue)["DE"] == 10
    oldest = start - min(story.at[billed(story.kind)] for story in overdue)
    assert 3 * DAY <= oldest < 3.5 * DAY


@few
@given(seed=st.integers(0, 10_000), start=starts)
def test_deals_are_spread_over_entities_kinds_and_days(seed: int, start: Instant) -> None:
    """Two thousand deals of the last thirty days, numbered in the order of their days, in fixed shares."""
    told = history.stories(seed, start)
    assert Counter(story.entity.code for story in told) == {"US": 800, "CA": 300, "DE": 500, "UK": 400}
    assert Counter(story.kind for story in told) == {"new-business": 1400, "renewal": 500, "credit": 100}
    assert all(start - 34 * DAY < story.started_at <= start for story in told)
    days = Counter(
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=story.started_at)).weekday()
        for story in told
    )
    assert min(days[day] for day in range(5)) > 2 * max(days[5], days[6])


def test_a_release_nine_days_ago_slowed_german_invoices(stories: tuple[Story, ...]) -> None:
    """From nine days ago on invoices say 1.1.0; the German ones take three to four times as long, no others changed."""
    cut = Instant(NOW - 9 * DAY)

    def median(entity: str, is_after: bool) -> float:
        waits = sorted(
            story.at["invoiced"] - story.at["activated"]
            for story in stories
            if story.entity.code == entity
            and "invoiced" in story.at
            and (story.at["activated"] >= cut) is is_after
        )
        return waits[len(waits) // 2]

    assert 3 < median("DE", True) / median("DE", False) < 4.2
    for entity in ("US", "CA", "UK"):
        assert 0.7 < median(entity, True) / median(entity, False) < 1.4
    for story in stories:
        issued_at = story.at.get(billed(story.kind))
        is_new = story.kind != "credit" and issued_at is not None and issued_at >= cut
        assert story.version == ("1.1.0" if is_new else "1.0.0")
        assert profile.SLOWED_IN == "DE"


def test_each_stage_is_a_trace_of_its_own() -> None:
    """The spans of one deal lie in several traces that nothing but its business keys connects; ids are never used twice."""
    spans = _spans(list(history.requests(history.planned(7, NOW), NOW)))
    assert len({(span.trace_id, span.span_id) for span in spans}) == len(spans)
    events = [
        words["cloudevents.event_id"] for span in spans if "cloudevents.event_id" in (words := _words(span))
    ]
    assert len(set(events)) == len(events)
    order = next(story for story in history.stories(7, NOW) if story.kind == "new-business")
    run = f"lead-to-cash/{order.anchor[1]}/"
    traces = {span.trace_id for span in spans if str(_words(span)["throughline.run"]).startswith(run)}
    assert len(traces) >= 4


def test_what_is_still_on_its_way_comes_later_and_once() -> None:
    """The spans of the time after the start are sent when it has passed: nothing twice, nothing left out."""
    plan = history.planned(7, NOW)
    later = Instant(NOW + 2 * DAY)
    then = _spans(list(history.requests(plan, later, NOW)))
    whole = [span for deal in plan for span in deal]
    due = {span.span for span in whole if span.ended_at <= later}
    before = {span.span for span in whole if span.ended_at <= NOW}
    assert then
    assert sorted(span.span_id for span in then) == sorted(due - before)


def test_sent_later_no_more_invoices_become_overdue() -> None:
    """A demo that runs for hours still shows fourteen: every other invoice is posted when its time has come."""
    later = Instant(NOW + 6 * HOUR)
    told = history.stories(7, NOW)
    late = [
        story
        for story in told
        if story.at.get(billed(story.kind), later) < later - LIMIT
        and story.at.get("posted", later + 1) > later
    ]
    assert len(late) == 14

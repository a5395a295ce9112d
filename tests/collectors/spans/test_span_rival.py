# SPDX-License-Identifier: Apache-2.0
"""A tracer repeats a span's identity with another content: what stays does not depend on which of them came first."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from collectors import tables
from collectors.definitions import load
from collectors.intake import IngestResult, ingest
from collectors.span import Decoded, Origin, Span
from collectors.spans.view import SpanView
from collectors.transactions.story_store import trace
from controlplane.database import Actor, Database
from terms.instant import Instant

DEFINITIONS = load()
ORIGIN = Origin("orders", "", {"service.name": "orders"})
TRACE, OTHER = b"\1" * 16, b"\2" * 16


def a_span(trace_id: bytes = TRACE, name: str = "post", **said: Any) -> Span:
    return Span(ORIGIN, trace_id, b"\1" * 8, None, name, 2, 1_000, 2_000, 0, None, said)


def take(database: Database, spans: Iterable[Span]) -> IngestResult:
    request = Decoded(spans=list(spans))
    return database.write(
        lambda session: ingest(session, request, Instant(1), DEFINITIONS),
        actor=Actor("machine", "test"),
        reason="test",
    )


def stored(database: Database, trace_id: bytes = TRACE) -> tuple[SpanView, ...]:
    return database.read(lambda session: trace(session, trace_id.hex()))


RIVALS = (a_span(attempt=1), a_span(attempt=2), a_span(name="post again", attempt=1))


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param((3,), id="one request"),
        pytest.param((1, 2, 3), id="three"),
        pytest.param((2, 3), id="two"),
    ],
)
def test_the_same_content_stays_whichever_came_first(database: Database, cut: Sequence[int]) -> None:
    """Every order in which three contents of one identity come, in one request or several, leaves the same one behind."""
    left = set()
    for number, order in enumerate(itertools.permutations(RIVALS)):
        trace_id = bytes([7, number + 1]) * 8
        spans = [span._replace(trace_id=trace_id) for span in order]
        new = sum(
            take(database, spans[start:end]).accepted for start, end in zip((0, *cut), cut, strict=False)
        )
        (span,) = stored(database, trace_id)
        left.add((span.name, span.attributes["attempt"]))
        assert new == 1
    assert len(left) == 1


def test_what_was_given_up_is_told_and_not_refused(database: Database) -> None:
    """Sending it again would change nothing, so the sender is not told to; the counts of its source say it."""
    first = take(database, [RIVALS[0], a_span(OTHER)])
    again = take(database, [RIVALS[0]])
    other = take(database, [RIVALS[1], a_span(OTHER)])
    assert (first.accepted, first.flagged, again.flagged) == (2, (), ())
    assert (other.accepted, other.duplicates, other.rejected) == (0, 2, ())
    assert [one.reason for one in other.flagged] == ["two_contents"]


def test_a_repeated_request_leaves_no_block_behind(database: Database) -> None:
    """Attributes that are stored already are not stored a second time."""
    spans = [replace_id(number) for number in range(1, 5)]
    take(database, spans)
    take(database, spans)
    blocks = database.read(
        lambda session: session.execute(select(func.count()).select_from(tables.SpanBlockRow)).scalar_one()
    )
    assert blocks == 1


def replace_id(number: int) -> Span:
    return a_span()._replace(span_id=number.to_bytes(8, "big"))


def test_a_failed_request_leaves_its_numbers_to_the_next(database: Database) -> None:
    """Numbers of rows are part of the transaction: what was rolled back bears none, and none is given twice."""
    bad = replace(DEFINITIONS, processes=(object(),))  # type: ignore[arg-type]
    event = {"cloudevents.event_type": "order-placed", "throughline.object.order": "SO-1"}
    with pytest.raises(AttributeError):
        database.write(
            lambda session: ingest(session, Decoded(spans=[a_span(**event)]), Instant(1), bad),
            actor=Actor("machine", "test"),
            reason="test",
        )
    take(database, [a_span(**event)])
    take(database, [a_span(OTHER)])
    keys = database.read(
        lambda session: session.execute(select(tables.TraceRow.trace_no).order_by("trace_no")).scalars().all()  # type: ignore[arg-type,call-overload]
    )
    assert keys == [1, 2]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(None, id="no value"),
        pytest.param([None, 1], id="no value in a list"),
        pytest.param({"a": None}, id="no value in a mapping"),
        pytest.param(1.0, id="a whole float"),
        pytest.param(True, id="a truth"),
        pytest.param([], id="an empty list"),
        pytest.param({"b": 1, "a": [{}]}, id="a mapping"),
        pytest.param("a\0b", id="a NUL"),
        pytest.param(2**63 - 1, id="the largest integer"),
    ],
)
def test_the_same_sent_again_is_no_other_content(database: Database, value: Any) -> None:
    """Whatever an attribute holds, what was stored of it and what comes again are compared as one."""
    spans = [a_span(said=value, also=1), a_span(OTHER, also=1)]
    assert take(database, spans).accepted == 2
    again = take(database, spans)
    assert (again.accepted, again.duplicates, again.flagged) == (0, 2, ())

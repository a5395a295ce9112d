# SPDX-License-Identifier: Apache-2.0
"""Which business event a span carries, and what it names, is told by a rule of attribute names."""

from typing import Any

import pytest

from collectors.definitions import load
from collectors.extraction.extractor import once
from collectors.span import Origin, Span
from collectors.stitching.event_intake import content_hash
from terms.instant import parse

RULES = load().extractor
WORDS = {
    "cloudevents.event_type": "invoice-issued",
    "cloudevents.event_id": "evt-1",
    "cloudevents.event_source": "billing",
    "throughline.event_time": "2026-03-01T12:00:00Z",
    "throughline.system": "chargebee",
    "throughline.amount_minor": 1200,
    "throughline.currency": "EUR",
    "throughline.object.invoice": "INV-1",
    "throughline.object.order": ["SO-2", "SO-1"],
    "throughline.run": "run-7",
    "http.request.method": "POST",
}


def a_span(attributes: dict[str, Any]) -> Span:
    origin = Origin("billing-sync", "flows", {})
    return Span(origin, b"t" * 16, b"s" * 8, None, "issue", 1, 5_000, 9_000, 0, None, attributes)


def test_a_span_with_an_event_type_carries_one_event() -> None:
    """The event bears the words' identity, time, objects and money, and names the span that told it."""
    out = RULES.extract([a_span(WORDS)])
    event = out.events[0]
    assert event is not None
    assert event[:3] == ("billing", "evt-1", "invoice-issued")
    assert event.occurred_at == parse("2026-03-01T12:00:00Z")
    assert event.objects == ("invoice:INV-1", "order:SO-1", "order:SO-2")
    assert (event.amount_minor, event.currency, event.system) == (1200, "EUR", "chargebee")
    assert (event.trace_id, event.span_id) == (b"t" * 16, b"s" * 8)
    assert event.data == '{"throughline.run":"run-7"}'


def test_a_span_without_an_event_type_only_names_objects() -> None:
    """An attempt names what it is about and makes no event; a span of a stranger says nothing and is kept."""
    out = RULES.extract([a_span({"throughline.object.order": "SO-1"}), a_span({"http.route": "/x"})])
    assert out.events == [None, None]
    assert out.named == [("order:SO-1",), ()]
    assert len(out.spans) == 2


def test_an_event_without_id_and_time_is_known_by_its_span() -> None:
    """Its identity is the span's, its source the service, its time the span's start."""
    event = RULES.extract([a_span({"cloudevents.event_type": "order-placed"})]).events[0]
    assert event is not None
    assert event.source == "billing-sync"
    assert event.source_event_id == f"span:{(b't' * 16).hex()}/{(b's' * 8).hex()}"
    assert event.occurred_at == 5


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param({"throughline.event_time": "yesterday"}, "bad_event_time", id="time in words"),
        pytest.param(
            {"throughline.event_time": "2026-03-01T12:00:00"}, "bad_event_time", id="time without zone"
        ),
        pytest.param({"throughline.amount_minor": "12.50"}, "bad_amount", id="amount with decimals"),
        pytest.param({"throughline.amount_minor": 1.5}, "bad_amount", id="float amount"),
        pytest.param({"throughline.currency": ""}, "amount_without_currency", id="amount alone"),
        pytest.param({"throughline.object.order": 1.5}, "bad_object_key", id="float key"),
        pytest.param({"throughline.object.order": "x" * 600}, "bad_object_key", id="endless key"),
        pytest.param({"throughline.object.a:b": "1"}, "bad_object_type", id="type with a colon"),
        pytest.param({"cloudevents.event_id": "x" * 600}, "bad_event_id", id="endless event id"),
        pytest.param(
            {"throughline.object.order": [f"SO-{n}" for n in range(1_001)]},
            "too_many_objects",
            id="a thousand orders",
        ),
    ],
)
def test_words_that_cannot_be_read_reject_their_span(words: dict[str, Any], reason: str) -> None:
    """A span whose business words are wrong is rejected and told, instead of stored with half of its meaning."""
    out = RULES.extract([a_span(WORDS | words), a_span(WORDS)])
    assert [one.reason for one in out.rejected] == [reason]
    assert len(out.spans) == 1


def test_of_two_contents_under_one_identity_the_same_one_stays() -> None:
    """Whichever of two different events with one id comes first, the same one is kept."""
    one = RULES.extract([a_span(WORDS)]).events[0]
    other = RULES.extract([a_span(WORDS | {"throughline.amount_minor": 1300})]).events[0]
    assert one is not None
    assert other is not None
    assert once([one, other], content_hash) == once([other, one, other], content_hash)


def test_a_key_that_stands_for_nothing_is_left_out_and_told() -> None:
    """The span and its event are kept; the key is a finding of its source and type, at the event's time."""
    out = RULES.extract(
        [a_span({"http.route": "/x"}), a_span(WORDS | {"throughline.object.order": ["n/a", "SO-1", " "]})]
    )
    event = out.events[1]
    assert event is not None
    assert event.objects == ("invoice:INV-1", "order:SO-1")
    assert [
        (position, one.reason, one.type, one.source, one.key, one.at) for position, one in out.findings
    ] == [
        (1, "null-like", "order", "billing", "n/a", parse("2026-03-01T12:00:00Z")),
        (1, "null-like", "order", "billing", "", parse("2026-03-01T12:00:00Z")),
    ]
    assert out.rejected == []


def test_what_is_found_for_one_span_is_not_taken_for_another() -> None:
    """Spans whose attributes have the same names share what was looked up, and nothing of what they say."""
    first, second = WORDS, WORDS | {"throughline.object.invoice": "INV-2"}
    events = RULES.extract([a_span(first), a_span(second), a_span(first)]).events
    assert [event and event.objects[0] for event in events] == [
        "invoice:INV-1",
        "invoice:INV-2",
        "invoice:INV-1",
    ]

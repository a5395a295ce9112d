# SPDX-License-Identifier: Apache-2.0
"""CloudEvents are business events without a span: the envelope says who, what and when, the data names the objects."""

import json
from typing import Any

import pytest

from collectors.decoding.cloudevents import decode
from collectors.definitions import load
from terms.instant import Instant, parse
from terms.problem import ProblemError

RULES = load().extractor
EVENT = {
    "specversion": "1.0", "id": "e1", "source": "/billing", "type": "invoice-issued", "time": "2026-03-01T12:00:00+01:00",
    "data": {
        "throughline.object.invoice": "INV-1", "throughline.object.order": "SO-1", "throughline.amount_minor": 900,
        "throughline.currency": "EUR",
    },
}  # fmt: skip
NOW = Instant(77)


def body(*events: Any) -> bytes:
    return json.dumps(events[0] if len(events) == 1 else events).encode()


def test_one_event_and_a_batch_are_read_alike() -> None:
    """Structured mode and batch mode give the same events."""
    (one,) = decode(body(EVENT), RULES, NOW).events
    assert decode(body(EVENT, EVENT | {"id": "e2"}), RULES, NOW).events[0] == one
    assert one[:3] == ("/billing", "e1", "invoice-issued")
    assert (one.occurred_at, one.objects) == (parse("2026-03-01T11:00:00Z"), ("invoice:INV-1", "order:SO-1"))
    assert (one.amount_minor, one.trace_id) == (900, None)


def test_the_envelope_wins_over_the_data() -> None:
    """Data that claims another identity or time does not change what the envelope says."""
    lying = EVENT | {"data": {"cloudevents.event_id": "x", "throughline.event_time": "2020-01-01T00:00:00Z"}}
    (event,) = decode(body(lying), RULES, NOW).events
    assert (event.source_event_id, event.occurred_at) == ("e1", parse("2026-03-01T11:00:00Z"))


def test_an_event_without_time_happened_when_it_came() -> None:
    """`time` is optional in CloudEvents; the clock of the intake stands in."""
    (event,) = decode(body({k: v for k, v in EVENT.items() if k not in ("time", "data")}), RULES, NOW).events
    assert (event.occurred_at, event.objects) == (77, ())


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        pytest.param({"id": ""}, "bad_event", id="empty id"),
        pytest.param({"source": None}, "bad_event", id="no source"),
        pytest.param({"time": "noon"}, "bad_event_time", id="time in words"),
        pytest.param({"time": 5}, "bad_event_time", id="time as a number"),
        pytest.param({"data": {"throughline.object.order": []}}, None, id="no orders"),
        pytest.param({"data": {"throughline.object.order": {}}}, "bad_object_key", id="key as an object"),
    ],
)
def test_a_flawed_event_is_rejected_alone(wrong: dict[str, Any], reason: str | None) -> None:
    """Its neighbours in the batch are taken."""
    decoded = decode(body(EVENT | wrong, EVENT), RULES, NOW)
    assert [one.reason for one in decoded.rejected] == ([reason] if reason else [])
    assert len(decoded.events) == (1 if reason else 2)


@pytest.mark.parametrize("content", [b"{", b'"x"', b"7"], ids=["broken", "text", "number"])
def test_what_is_no_cloudevent_is_refused(content: bytes) -> None:
    """A body that is neither an event nor a list of them is one clear problem."""
    with pytest.raises(ProblemError):
        decode(content, RULES, NOW)


def test_what_is_rejected_is_told_in_words() -> None:
    """The sender reads the reason and the place, not how we keep them."""
    (rejected,) = decode(body(EVENT | {"id": ""}), RULES, NOW).rejected

    assert str(rejected) == "bad_event: event 0: it lacks id"

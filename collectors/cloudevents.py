# SPDX-License-Identifier: Apache-2.0
"""CloudEvents 1.0 in the JSON format, one or a batch -> business events: the walk's first step for events without spans.

Objects, amounts and the like stand in `data` under the same words as on a span (`throughline.object.order` ...).
"""

from collections.abc import Sequence
from typing import Any

import orjson

from collectors.extraction import Reader, UnreadableError
from collectors.extraction_rule import ExtractionRule
from collectors.span import BusinessEvent, Decoded, Rejected
from terms.instant import Instant, parse
from terms.problem import ProblemError

_REQUIRED = ("id", "source", "type", "specversion")
_DO = "send application/cloudevents+json or application/cloudevents-batch+json"


def decode(body: bytes, rules: Sequence[ExtractionRule], now: Instant) -> Decoded:
    """The events of one CloudEvent or a batch of them. Raises ProblemError when the body is neither.

    An event that lacks what every CloudEvent has, or whose words cannot be read, is rejected alone. One without
    `time` happened `now`.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError(f"is not JSON: {error}", "body", _DO) from error
    if not isinstance(document, dict | list):
        raise ProblemError("is neither a CloudEvent nor a list of them", "body", _DO)
    decoded = Decoded()
    readers = [Reader(rule) for rule in rules]
    for index, event in enumerate(document if isinstance(document, list) else [document]):
        try:
            decoded.events.append(_event(event, readers, now))
        except UnreadableError as error:
            decoded.rejected.append(Rejected(error.reason, f"event {index}: {error}"))
    return decoded


def _event(event: Any, readers: list[Reader], now: Instant) -> BusinessEvent:
    if not isinstance(event, dict):
        raise UnreadableError("bad_event", "it is not a JSON object")
    missing = [name for name in _REQUIRED if not isinstance(event.get(name), str) or not event[name]]
    if missing:
        raise UnreadableError("bad_event", f"it lacks {', '.join(missing)}")
    try:
        at = parse(event["time"]) if "time" in event else now
    except (ProblemError, TypeError) as error:
        raise UnreadableError(
            "bad_event_time", f"time {str(event['time'])[:60]!r} is not RFC 3339"
        ) from error
    data = event.get("data")
    words: dict[str, Any] = dict(data) if isinstance(data, dict) else {}
    for reader in readers:
        named = reader.named(words)
        if named:
            break
    else:
        reader, named = readers[-1], ()
    rule = reader.rule
    # The envelope says who, what and when; only the rest is read from the data.
    words |= {rule.type: event["type"], rule.event_id: event["id"], rule.source: event["source"]}
    if event.get("subject"):
        words.setdefault("cloudevents.event_subject", event["subject"])
    words.pop(rule.time, None)
    return reader.business_event(words, named, event["source"], event["id"], at)

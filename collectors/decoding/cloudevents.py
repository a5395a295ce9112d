# SPDX-License-Identifier: Apache-2.0
"""CloudEvents 1.0 in the JSON format, one or a batch -> business events: the walk's first step for events without spans.

Rules look at a CloudEvent like at a span: objects, amounts and the like stand in `data` under our own words
(`throughline.object.order` ...) or under those of a rule.
"""

from hashlib import sha256
from typing import Any

import orjson

from collectors.extraction.extractor import Extractor, Said
from collectors.extraction.value import UnreadableError
from collectors.payloads.payload import Inspect, Told
from collectors.span import BusinessEvent, Decoded, Origin, Rejected, Span
from terms.instant import Instant, parse
from terms.problem import ProblemError

_REQUIRED = ("id", "source", "type", "specversion")
_NO_SPAN = "span:/"  # how an event is called that no span told and no rule gave an id
_DO = "send application/cloudevents+json or application/cloudevents-batch+json"


def decode(body: bytes, rules: Extractor, now: Instant, inspect: Inspect | None = None) -> Decoded:
    """The events of one CloudEvent or a batch of them. Raises ProblemError when the body is neither.

    An event that lacks what every CloudEvent has, or whose words cannot be read, is rejected alone. One without
    `time` happened `now`. `inspect` says what is kept of their data; without it nothing is.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError(f"is not JSON: {error}", "body", _DO) from error
    if not isinstance(document, dict | list):
        raise ProblemError("is neither a CloudEvent nor a list of them", "body", _DO)
    decoded = Decoded(read_by=rules, again=lambda others: decode(body, others, now, inspect))
    for index, event in enumerate(document if isinstance(document, list) else [document]):
        try:
            span = span_of(event, now)
            said = rules.say(span)
        except UnreadableError as error:
            mark = sha256(orjson.dumps(event)).hexdigest()
            decoded.rejected.append(Rejected(error.reason, f"event {index}: {error}", mark))
            continue
        found = events_of(span, said)
        decoded.findings.extend((len(decoded.events), finding) for finding in said.findings)
        decoded.events.extend(found)
        data = event.get("data")
        payload = (
            inspect(Told(*found[0][:2], *found[0][10:12], data)) if inspect and data is not None else None
        )
        decoded.payloads.extend([payload] if payload else [])
    return decoded


def span_of(event: Any, now: Instant) -> Span:
    """A CloudEvent as rules look at it: its type is the name, its source the service, the members of its data the attributes.

    What the envelope says wins over the data. Raises UnreadableError for what is no CloudEvent.
    """
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
    words |= {f"cloudevents.event_{name}": event[name] for name in ("type", "id", "source")}
    if event.get("subject"):
        words.setdefault("cloudevents.event_subject", event["subject"])
    words.pop("throughline.event_time", None)
    origin = Origin(event["source"], "", {})
    return Span(origin, b"", b"", None, event["type"], 0, at * 1000, at * 1000, 0, None, words)


def events_of(span: Span, said: Said) -> list[BusinessEvent]:
    """The events of a CloudEvent: it is one itself where the rules find no other in it."""
    words = span.attributes
    own, at = words["cloudevents.event_id"], Instant(span.start_ns // 1000)
    if not said.events:
        source = words["cloudevents.event_source"]
        return [
            BusinessEvent(source, own, words["cloudevents.event_type"], at, source, tuple(sorted(said.named)))
        ]
    return [
        event._replace(source_event_id=own + event.source_event_id.removeprefix(_NO_SPAN))
        if event.source_event_id.startswith(_NO_SPAN)
        else event
        for event in said.events
    ]

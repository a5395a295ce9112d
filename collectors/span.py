# SPDX-License-Identifier: Apache-2.0
"""What came in, in one neutral form: spans, business events, and what had to be rejected. Every decoder ends here.

Named tuples and not dataclasses: half a million of them are made in a minute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from collectors.keys.finding import KeyFinding
from collectors.payloads.payload import DATA, Inspect, Payload, told_by
from terms.instant import Instant

MAX_INT64 = 2**63 - 1
_ZERO_TRACE, _ZERO_SPAN = bytes(16), bytes(8)


class Origin(NamedTuple):
    """Who sent a span: the resource's attributes and the instrumentation scope."""

    service: str
    scope: str
    attributes: Mapping[str, Any]


class Span(NamedTuple):
    """One span. Ids are 16 and 8 bytes, times nanoseconds, `kind` 0-5 and `status` 0-2 as in OTLP.

    `attributes` holds JSON values; span events and links stand in it under `span.events` and `span.links`.
    """

    origin: Origin
    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes | None
    name: str
    kind: int
    start_ns: int
    end_ns: int
    status: int
    status_message: str | None
    attributes: Mapping[str, Any]


class BusinessEvent(NamedTuple):
    """Something that happened in the business: its identity is `source` and `source_event_id`.

    `objects` are key texts (`order:SO-1`), sorted, each once. `trace_id` and `span_id` name the span that told it, `rule`
    the extraction rule that read it (`throughline@1`).
    """

    source: str
    source_event_id: str
    type: str
    occurred_at: Instant
    system: str
    objects: tuple[str, ...]
    amount_minor: int | None = None
    currency: str | None = None
    legal_entity: str | None = None
    region: str | None = None
    contract_subject: str | None = None
    contract_version: str | None = None
    message: str | None = None
    trace_id: bytes | None = None
    span_id: bytes | None = None
    data: str | None = None
    rule: str | None = None


class Rejected(NamedTuple):
    """One thing that was not taken: a stable `reason` word, and a sentence that says where and why.

    `mark` tells it from others of that reason wherever it stands in a request; empty: the sentence does.
    """

    reason: str
    what: str
    mark: str = ""

    def __str__(self) -> str:
        """As whoever sent it is told: `bad_event: event 3: it lacks source`."""
        return f"{self.reason}: {self.what}"


class Flagged(NamedTuple):
    """One span that was taken, of which something cannot be: read like Rejected."""

    reason: str
    what: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One request, decoded. `events` are those that came without a span. `rejected` lists what is not among them.

    `findings` are values in `events` that stand where a key should and are none, each with the position of its event.
    `payloads` are of events that came with one, inspected. `read_by` is the extractor that read `events`, None where none did;
    `again` decodes the request with another.
    """

    spans: list[Span] = field(default_factory=list)
    events: list[BusinessEvent] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    findings: list[tuple[int, KeyFinding]] = field(default_factory=list)
    payloads: list[Payload] = field(default_factory=list)
    read_by: object = field(default=None, compare=False, repr=False)
    again: Callable[[Any], "Decoded"] | None = field(default=None, compare=False, repr=False)

    def under(self, rules: object) -> "Decoded":
        """The request as these rules read it: definitions may be replaced between its decoding and its storing."""
        return self if self.again is None or self.read_by is rules else self.again(rules)

    def with_payloads(self, inspect: Inspect) -> "Decoded":
        """The same request: what its spans carry of payloads is out of them, and inspected."""
        for position, span in enumerate(self.spans):
            if DATA in span.attributes:
                told = told_by(span.attributes)
                payload = inspect(told) if told else None
                if payload:
                    self.payloads.append(payload)
                rest = {name: value for name, value in span.attributes.items() if name != DATA}
                self.spans[position] = span._replace(attributes=rest)
        return self


def flaw_of(
    trace_id: bytes, span_id: bytes, parent: bytes, start_ns: int, end_ns: int
) -> tuple[str, str] | None:
    """(reason, sentence) when a span of these ids and times cannot be kept, else None."""
    if len(trace_id) != 16 or trace_id == _ZERO_TRACE:
        return "bad_trace_id", "its trace id is not 16 bytes with one that is not zero"
    if len(span_id) != 8 or span_id == _ZERO_SPAN:
        return "bad_span_id", "its span id is not 8 bytes with one that is not zero"
    if parent and len(parent) != 8:
        return "bad_parent_id", "its parent span id is not 8 bytes"
    if not (0 <= start_ns <= MAX_INT64 and 0 <= end_ns <= MAX_INT64):
        return "bad_time", "its times are not nanoseconds within 63 bits"
    return None


def mark_of(name: str, trace_id: bytes, span_id: bytes, start_ns: int, end_ns: int) -> str:
    """What tells a span that cannot be kept from others, wherever it stands in a request."""
    return f"{name[:200]}/{trace_id.hex()}/{span_id.hex()}/{start_ns}/{end_ns}"


def without_nul(text: str) -> str:
    """The text with U+0000, which PostgreSQL cannot store, replaced by U+FFFD."""
    return text.replace("\0", "\ufffd") if "\0" in text else text

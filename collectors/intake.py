# SPDX-License-Identifier: Apache-2.0
"""The walk in one transaction: spans and events are stored, stitched, and the changed transactions put on the list.

Everything here is idempotent: what was stored before is a duplicate, and changes nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlmodel import Session

from collectors.bulk import Bulk
from collectors.contract_use import counting as contract_use
from collectors.definitions import Definitions
from collectors.extraction.extractor import Extracted, join, once
from collectors.extraction.store import rule_numbers
from collectors.keys import finding_store as key_finding_store
from collectors.keys.finding import KeyFinding
from collectors.numbers import Numbers
from collectors.payloads.payload import Payload
from collectors.payloads.store import store_payloads
from collectors.span import BusinessEvent, Decoded, Flagged, Rejected
from collectors.spans import flag as span_flag
from collectors.spans.intake import StoredSpans, store_mentions, store_spans
from collectors.spans.search_intake import store_promoted
from collectors.stitching.event_intake import content_hash, store_events, store_objects
from collectors.stitching.restitch import restitch, stitching
from collectors.stitching.stitch_event import StitchEvent
from terms.instant import Instant


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of one request: spans and events taken, known already, rejected; transactions that changed (ids), with
    those that requests stored at once with it changed.

    `systems` are those its events name, new or known. `flagged` are spans that were taken though their times cannot be,
    and those of which two contents came under one identity: one of the two is not kept, which is no reason to send it again.
    """

    accepted: int
    duplicates: int
    rejected: tuple[Rejected, ...]
    changed: tuple[str, ...]
    systems: frozenset[str] = frozenset()
    flagged: tuple[Flagged, ...] = ()


def ingest(session: Session, request: Decoded, now: Instant, definitions: Definitions) -> IngestResult:
    """Stores a request and all that follows from it in the session's transaction.

    Sent again it changes nothing. Of two events with one identity and different content the greater content hash
    stays, so that the order of arrival does not decide; so it is with spans. Events that other rules have read are read
    again, so that one state of the definitions reads and stitches them.
    """
    return ingest_all(session, (request,), now, definitions)[0]


def ingest_all(
    session: Session, requests: Sequence[Decoded], now: Instant, definitions: Definitions
) -> list[IngestResult]:
    """`ingest` of each request, in order, for hardly more than one of all their spans would cost.

    They are stored and judged as one: each result tells all that they changed together. What several of them bring counts as
    taken once, with the first; of several contents of it, with the one that stays.
    """
    bulk = Bulk(session)
    read = [_read(request, definitions) for request in requests]
    with stitching(bulk, by_heart=True) as numbers:
        stored = _store(bulk, numbers, read, now, definitions)
        changed = _judge(bulk, numbers, stored, now, definitions)
    flagged = [*stored.spans.rivals, *span_flag.flags(stored.extracted.spans, stored.spans.keys, now)]
    return [_result(one, stored, flagged, changed) for one in stored.read]


@dataclass(slots=True)
class _Read:
    """One request and what its spans say. `first` is the position of its first span among those of all requests.

    `alone` are those of its events without a span that are stored by now, and that no earlier request brought.
    """

    request: Decoded
    extracted: Extracted
    first: int = 0
    alone: dict[tuple[str, str], BusinessEvent] = field(default_factory=dict)


class _Stored(NamedTuple):
    """Requests as they are stored: all that their spans say, the events that are new, what they name."""

    read: list[_Read]
    extracted: Extracted
    spans: StoredSpans
    events: list[StitchEvent]
    ids: dict[str, int]
    new_objects: set[str]
    left: dict[str, int]


def _read(request: Decoded, definitions: Definitions) -> _Read:
    request = request.under(definitions.extractor)
    return _Read(request, definitions.extractor.extract(request.spans))


def _store(
    bulk: Bulk, numbers: Numbers, read: list[_Read], now: Instant, definitions: Definitions
) -> _Stored:
    extracted = join(one.extracted for one in read)
    sent_alone = [event for one in read for event in one.request.events]
    events = once([*extracted.all_events(), *sent_alone], content_hash)
    spans = store_spans(bulk, numbers, extracted.spans, now)
    keys = {key for event in events for key in event.objects}
    keys.update(key for names in extracted.named for key in names)
    ids, new_objects = store_objects(bulk, numbers, keys)
    rules = rule_numbers(bulk, definitions.extractor.rules, events, now)
    stored = store_events(bulk, numbers, events, ids, rules, now)
    store_payloads(bulk, list(_payloads(read, events)), stored.events)
    ids.update(stored.left)
    store_mentions(bulk, extracted, spans, stored.told_by, ids)
    store_promoted(bulk, extracted.spans, spans.keys, definitions.promoted)
    _assign(read, stored.events if sent_alone else ())
    # A span and the event it carries count as one; only events that came alone count themselves.
    alone = [event for one in read for event in one.alone.values()]
    contract_use.count(bulk, extracted.spans, spans.keys, alone, definitions.extractor.contract_words)
    key_finding_store.note(bulk, _findings(read, extracted, spans))
    return _Stored(read, extracted, spans, stored.events, ids, new_objects, stored.left)


def _payloads(read: Sequence[_Read], events: Sequence[BusinessEvent]) -> Iterator[Payload]:
    """The payloads of `events`: of those of an event that several requests brought, the one that came with it."""
    if not any(one.request.payloads for one in read):
        return
    kept = {id(event) for event in events}
    for one in read:
        brought = (*one.extracted.all_events(), *one.request.events)
        mine = {event[:2] for event in brought if id(event) in kept}
        yield from (payload for payload in one.request.payloads if payload[:2] in mine)


def _assign(read: Sequence[_Read], events: Collection[StitchEvent]) -> None:
    """Tells each request where its spans begin among all, and which of its events that came alone are stored with it."""
    new = {(event.source, event.source_event_id) for event in events}
    first = 0
    for one in read:
        one.first = first
        first += len(one.extracted.spans)
        for event in once(one.request.events, content_hash):
            if event[:2] in new:
                new.remove(event[:2])
                one.alone[event[:2]] = event


def _judge(
    bulk: Bulk, numbers: Numbers, stored: _Stored, now: Instant, definitions: Definitions
) -> tuple[str, ...]:
    """The ids of the transactions that changed."""
    if not stored.events:
        return ()
    if stored.left:
        numbers.forget()
    return restitch(
        bulk,
        numbers,
        definitions.processes,
        stored.events,
        stored.ids,
        stored.new_objects,
        stored.left,
        now,
    )


def _findings(read: Sequence[_Read], extracted: Extracted, spans: StoredSpans) -> list[KeyFinding]:
    """What is wrong with keys in spans and events that were not stored before: each use is counted once."""
    found = [finding for position, finding in extracted.findings if spans.keys[position] is not None]
    return found + [
        finding
        for one in read
        for position, finding in one.request.findings
        if one.request.events[position][:2] in one.alone
    ]


def _result(
    one: _Read, stored: _Stored, flagged: Sequence[tuple[int, Flagged]], changed: tuple[str, ...]
) -> IngestResult:
    count = len(one.extracted.spans)
    mine = range(one.first, one.first + count)
    taken = stored.spans.new(mine) + len(one.alone)
    systems = {event.system for event in (*one.extracted.all_events(), *one.request.events)}
    return IngestResult(
        taken,
        count + len(one.request.events) - taken,
        (*one.request.rejected, *one.extracted.rejected),
        changed,
        frozenset(systems),
        tuple(what for position, what in flagged if position in mine),
    )

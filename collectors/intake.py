# SPDX-License-Identifier: Apache-2.0
"""The walk in one transaction: spans and events are stored, stitched, and the changed transactions put on the list.

Everything here is idempotent: what was stored before is a duplicate, and changes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlmodel import Session

from collectors.bulk import Bulk
from collectors.contract_use import counting as contract_use
from collectors.definitions import Definitions
from collectors.extraction.extractor import Extracted, once
from collectors.extraction.store import rule_numbers
from collectors.keys import finding_store as key_finding_store
from collectors.keys.finding import KeyFinding
from collectors.numbers import Numbers
from collectors.payloads.store import store_payloads
from collectors.span import Decoded, Flagged, Rejected
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
    """`ingest` of each request, in order. What they change is judged once, and each result tells all of it."""
    bulk = Bulk(session)
    with stitching(bulk) as numbers:
        stored = [
            _store(bulk, numbers, request.under(definitions.extractor), now, definitions)
            for request in requests
        ]
        changed = _judge(bulk, numbers, stored, now, definitions)
    return [replace(one.result, changed=changed) for one in stored]


class _Stored(NamedTuple):
    """One request as it is stored: its events that are new, what they name, and what became of it so far."""

    result: IngestResult
    events: list[StitchEvent]
    ids: dict[str, int]
    new_objects: set[str]
    left: dict[str, int]


def _store(bulk: Bulk, numbers: Numbers, request: Decoded, now: Instant, definitions: Definitions) -> _Stored:
    extracted = definitions.extractor.extract(request.spans)
    events = once([*extracted.all_events(), *request.events], content_hash)
    spans = store_spans(bulk, numbers, extracted.spans, now)
    keys = {key for event in events for key in event.objects}
    keys.update(key for names in extracted.named for key in names)
    ids, new_objects = store_objects(bulk, numbers, keys)
    rules = rule_numbers(bulk, definitions.extractor.rules, events, now)
    stored = store_events(bulk, numbers, events, ids, rules, now)
    store_payloads(bulk, request.payloads, stored.events)
    ids.update(stored.left)
    store_mentions(bulk, extracted, spans, stored.told_by, ids)
    store_promoted(bulk, extracted.spans, spans.keys, definitions.promoted)
    # A span and the event it carries count as one; only events that came alone count themselves.
    new = {(event.source, event.source_event_id) for event in stored.events} if request.events else ()
    alone = [event for event in once(request.events, content_hash) if event[:2] in new]
    contract_use.count(bulk, extracted.spans, spans.keys, alone, definitions.extractor.contract_words)
    key_finding_store.note(bulk, _findings(request, extracted, spans, new))
    taken = spans.new + len(alone)
    sent = len(extracted.spans) + len(request.events)
    rejected = (*request.rejected, *extracted.rejected)
    systems = frozenset(event.system for event in events)
    flagged = (*spans.rivals, *span_flag.flags(extracted.spans, spans.keys, now))
    result = IngestResult(taken, sent - taken, rejected, (), systems, flagged)
    return _Stored(result, stored.events, ids, new_objects, stored.left)


def _judge(
    bulk: Bulk, numbers: Numbers, stored: Sequence[_Stored], now: Instant, definitions: Definitions
) -> tuple[str, ...]:
    """The ids of the transactions that changed. Of an event that a later request gave another content that one counts."""
    events = {event.event_id: event for one in stored for event in one.events}
    if not events:
        return ()
    ids: dict[str, int] = {}
    left: dict[str, int] = {}
    for one in stored:
        ids |= one.ids
        left |= one.left
    new_objects = set[str]().union(*(one.new_objects for one in stored))
    return restitch(bulk, numbers, definitions.processes, list(events.values()), ids, new_objects, left, now)


def _findings(
    request: Decoded, extracted: Extracted, spans: StoredSpans, new: Collection[tuple[str, str]]
) -> list[KeyFinding]:
    """What is wrong with keys in spans and events that were not stored before: each use is counted once."""
    found = [finding for position, finding in extracted.findings if spans.keys[position] is not None]
    return found + [finding for position, finding in request.findings if request.events[position][:2] in new]

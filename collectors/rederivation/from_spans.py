# SPDX-License-Identifier: Apache-2.0
"""A changed extraction rule, applied to the spans that are still kept: step by step, each a transaction of its own.

First the events that an earlier version made: each is read again from its span, and is given its new content, or removed
where its span carries no such event any more. Then the spans, for events and names that nobody read from them before.
An event whose span is not kept stays as it is, and its day is told.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.definitions import Definitions
from collectors.extraction.extractor import Extractor, Said, once
from collectors.extraction.store import rule_numbers
from collectors.extraction.value import UnreadableError
from collectors.labels import labels_of
from collectors.numbers import Numbers
from collectors.rederivation import store as rederivation_store
from collectors.rederivation.job import Rederivation
from collectors.span import Span
from collectors.spans.stored import COLUMNS, at, whole
from collectors.stitching.event_intake import (
    content_hash,
    forget_events,
    name_objects,
    rewrite_events,
    stitch_event,
    store_events,
    store_objects,
)
from collectors.stitching.restitch import restitch, stitching
from collectors.stitching.stitch_event import StitchEvent
from terms.instant import Instant, day
from terms.tenant import TENANT

EVENTS_A_STEP = 2_000
SPANS_A_STEP = 2_048


class Event(NamedTuple):
    """A stored event of an earlier version: its row, the span that told it, and what it names as stored."""

    event_id: int
    identity: tuple[str, str]
    content_hash: bytes
    objects: str
    occurred_at: int
    span: tuple[bytes, bytes]


def step(session: Session, definitions: Definitions, now: Instant) -> tuple[Rederivation | None, bool]:
    """The job as it stands after one step, None when there is nothing to do, and whether it goes on.

    A rule version that no job brought into force begins one. An empty database needs none: it is in force at once.
    """
    names = tuple(sorted(rule.name for rule in definitions.extraction))
    job = rederivation_store.running(session, "extraction")
    if job is not None and not set(job.names) <= set(names):
        rederivation_store.keep(session, replace(job, state="overtaken", ended_at=now))
        job = None
    if job is None:
        job = _begun(session, names, now)
        return job, job is not None and job.state == "running"
    if job.state == "stopped":
        return job, False
    bulk = Bulk(session)
    one_step = _events if job.phase == "events" else _spans
    with stitching(bulk) as numbers:
        after = one_step(bulk, numbers, job, definitions, now)
    rederivation_store.keep(session, after)
    return after, after.state == "running"


def _begun(session: Session, names: Sequence[str], now: Instant) -> Rederivation | None:
    new = tuple(name for name in names if name not in rederivation_store.in_force(session, "extraction"))
    if not new:
        return None
    bulk = Bulk(session)
    counts = [bulk.select("count(*)", table, "tenant", [TENANT])[0][0] for table in ("event", "span")]
    total = sum(counts)
    return rederivation_store.begin(session, "extraction", new, "events", total, now)


def _events(
    bulk: Bulk, numbers: Numbers, job: Rederivation, definitions: Definitions, now: Instant
) -> Rederivation:
    outdated = _outdated(bulk, job.names)
    rows = bulk.after(
        "event_id, rule_no, source_label, source_event_id, content_hash, objects, occurred_at, trace_id, span_id", "event",
        "event_id", job.cursor, EVENTS_A_STEP,
    )  # fmt: skip
    sources = labels_of(bulk, {row[2] for row in rows})
    old = [
        Event(
            row[0], (sources[row[2]], row[3]), bytes(row[4]), row[5], row[6], (bytes(row[7]), bytes(row[8]))
        )
        for row in rows
        if row[1] in outdated and row[7] is not None
    ]
    spanless = [row[6] for row in rows if row[1] in outdated and row[7] is None]
    found = {(span.trace_id, span.span_id): span for _, span in at(bulk, {event.span for event in old})}
    left_out = [event.occurred_at for event in old if event.span not in found]
    job = _with_days(job, [*spanless, *left_out])
    job = _read_anew(
        bulk, numbers, job, [event for event in old if event.span in found], found, definitions, now
    )
    is_last = len(rows) < EVENTS_A_STEP
    return replace(
        job,
        done=job.done + len(rows),
        phase="spans" if is_last else "events",
        cursor=0 if is_last else rows[-1][0],
    )


def _read_anew(
    bulk: Bulk,
    numbers: Numbers,
    job: Rederivation,
    old: Sequence[Event],
    spans: Mapping[tuple[bytes, bytes], Span],
    definitions: Definitions,
    now: Instant,
) -> Rederivation:
    """Old events against what their spans say now: kept, given another content, or removed."""
    if not old:
        return job
    said = {place: _say(definitions.extractor, spans[place]) for place in {event.span for event in old}}
    new = {(place, event[:2]): event for place, one in said.items() for event in one.events}
    rewritten = {
        event.event_id: new[event.span, event.identity]
        for event in old
        if (event.span, event.identity) in new
    }
    gone = [event for event in old if event.event_id not in rewritten]
    named = {event.event_id: event.objects for event in old}
    changed = sum(
        content_hash(rewritten[event.event_id]) != event.content_hash
        for event in old
        if event.event_id in rewritten
    )
    ids, new_objects = store_objects(
        bulk, numbers, {key for event in rewritten.values() for key in event.objects}
    )
    rules = rule_numbers(bulk, definitions.extractor.rules, rewritten.values(), now)
    left: dict[str, int] = {}
    rewrite_events(bulk, numbers, rewritten, named, ids, rules, now, left)
    name_objects(bulk, rewritten, ids)
    forget_events(bulk, {event.event_id: event.objects for event in gone}, left)
    stitched = [stitch_event(event_id, event) for event_id, event in rewritten.items()]
    _stitch(bulk, numbers, definitions, stitched, ids | left, new_objects, left, now)
    return replace(job, changed=job.changed + changed, removed=job.removed + len(gone))


def _spans(
    bulk: Bulk, numbers: Numbers, job: Rederivation, definitions: Definitions, now: Instant
) -> Rederivation:
    rows = bulk.after(COLUMNS, "span", "span_key", job.cursor, SPANS_A_STEP)
    read = [(key, _say(definitions.extractor, span)) for key, span in whole(bulk, rows)]
    mine = [(key, one) for key, one in read if one.rule is not None and one.rule.name in job.names]
    events = once([event for _, one in mine for event in one.events], content_hash)
    keys = {key for _, one in mine for key in one.named} | {key for event in events for key in event.objects}
    ids, new_objects = store_objects(bulk, numbers, keys)
    rules = rule_numbers(bulk, definitions.extractor.rules, events, now)
    stored = store_events(bulk, numbers, events, ids, rules, now)
    mentions = sorted({(ids[key], span_key) for span_key, one in mine if not one.events for key in one.named})
    bulk.insert(tables.SpanObjectRow, "object_id, span_key", mentions, known="skip")
    if stored.events:
        _stitch(bulk, numbers, definitions, stored.events, ids | stored.left, new_objects, stored.left, now)
    is_last = len(rows) < SPANS_A_STEP
    return replace(
        job,
        added=job.added + len(stored.events),
        done=job.done + len(rows),
        cursor=rows[-1][0] if rows else job.cursor,
        state="done" if is_last else "running",
        ended_at=now if is_last else None,
    )


def _say(extractor: Extractor, span: Span) -> Said:
    """What a span says now; nothing where a strict rule cannot read it: it was taken once, and stays."""
    try:
        return extractor.say(span)
    except UnreadableError:
        return Said((), [], [], None, "")


def _outdated(bulk: Bulk, names: Sequence[str]) -> frozenset[int]:
    """The numbers of other versions of the rules with these names."""
    ids = {name.rpartition("@")[0] for name in names}
    rows = bulk.select("rule_no, id, version", "extraction_rule", "id", ids)
    return frozenset(number for number, rule_id, version in rows if f"{rule_id}@{version}" not in names)


def _stitch(
    bulk: Bulk,
    numbers: Numbers,
    definitions: Definitions,
    events: Sequence[StitchEvent],
    ids: dict[str, int],
    new_objects: set[str],
    left: dict[str, int],
    now: Instant,
) -> None:
    if events or left:
        restitch(bulk, numbers, definitions.processes, events, ids, new_objects, left, now)


def _with_days(job: Rederivation, times: Sequence[int]) -> Rederivation:
    counts = Counter(day(Instant(at)) for at in times)
    return replace(job, days_left=dict(Counter(job.days_left) + counts))

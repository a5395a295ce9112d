# SPDX-License-Identifier: Apache-2.0
"""Business events -> rows, each identity once, and the objects they name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from collectors import tables
from collectors.bulk import Bulk
from collectors.labels import label_numbers
from collectors.numbers import Numbers
from collectors.span import BusinessEvent
from collectors.stitching.event_data import store_data
from collectors.stitching.figures import figures_text
from collectors.stitching.stitch_event import StitchEvent
from collectors.stitching.tree import object_type
from terms import object_key
from terms.instant import Instant
from terms.object_key import ObjectKey

_CONTENT = (
    "source_label, source_event_id, content_hash, type_label, occurred_at, recorded_at, system_label, objects, amount_minor, "
    "currency, legal_entity, region, contract_subject, contract_version, message, trace_id, span_id, data_no, rule_no, figures"
)


class StoredEvents(NamedTuple):
    """Events that were not stored before, or not with this content, as stitching sees them.

    `told_by` are the (trace id, span id) they came from; `left` are objects that a replaced content named, with ids.
    """

    events: list[StitchEvent]
    told_by: set[tuple[bytes | None, bytes | None]]
    left: dict[str, int]


def content_hash(event: BusinessEvent) -> bytes:
    """8 bytes over what an event says; where it came from (its span, the data beside it but figures) is not part of it.

    It tells apart the contents of one identity alone. They begin those of 16 bytes that were stored before.
    """
    figures = figures_text(event.data)
    said = event[2:13] if figures is None else (*event[2:13], figures)
    return blake2b(orjson.dumps(said), digest_size=16).digest()[:8]


def store_objects(bulk: Bulk, numbers: Numbers, keys: Iterable[str]) -> tuple[dict[str, int], set[str]]:
    """(object id of each key, the keys never named before). Keys are stored on first sight."""
    asked = set(keys)
    known = numbers.known["object"]
    wanted = sorted(asked.difference(known))
    given = dict(zip(wanted, numbers.take("object", len(wanted)), strict=True))
    rows = [(object_id, *object_key.parts(key)) for key, object_id in given.items()]
    # Nearly all that nobody remembers are new.
    if bulk.insert(tables.ObjectRow, "object_id, type, value, namespace, scope", rows, known="skip") == len(
        rows
    ):
        known.update(given)
    else:
        for value, kind, namespace, scope, object_id in bulk.select(
            "value, type, namespace, scope, object_id", "object", "value", {row[2] for row in rows}
        ):
            # Others may have the same value; that an object is known which nobody asked for does no harm.
            plain = not namespace and not scope
            known[f"{kind}:{value}" if plain else str(ObjectKey(kind, value, namespace, scope))] = object_id
    return {key: known[key] for key in asked}, {key for key, number in given.items() if known[key] == number}


def keys_of(bulk: Bulk, object_ids: Iterable[int]) -> dict[int, str]:
    """The key texts of stored objects, by id."""
    return {
        object_id: f"{kind}:{value}"
        if not namespace and not scope
        else str(ObjectKey(kind, value, namespace, scope))
        for object_id, kind, value, namespace, scope in bulk.select(
            "object_id, type, value, namespace, scope", "object", "object_id", object_ids
        )
    }


def store_events(
    bulk: Bulk,
    numbers: Numbers,
    events: Sequence[BusinessEvent],
    ids: dict[str, int],
    rules: Mapping[str, int],
    now: Instant,
) -> StoredEvents:
    """Stores events, whose identities differ, whose objects have `ids` and whose rules the numbers in `rules`.

    One that is stored with the same or a greater content hash is left as it is; with a lesser one, or as an earlier version
    of its rule read it, it is replaced.
    """
    taken = dict(zip(numbers.take("event", len(events)), events, strict=True))
    row = _rows(bulk, numbers, events, ids, rules, now)
    rows = [(event_id, *row(event)) for event_id, event in taken.items()]
    left: dict[str, int] = {}
    known: list[BusinessEvent] = []
    if bulk.insert(tables.EventRow, f"event_id, {_CONTENT}", rows, known="skip_few") != len(rows):
        there = {row[0] for row in bulk.select("event_id", "event", "event_id", taken)}
        known = [event for event_id, event in taken.items() if event_id not in there]
        taken = {event_id: event for event_id, event in taken.items() if event_id in there}
    store_data(bulk, row.data_no, {event_id: event.data for event_id, event in taken.items()})
    if known:
        taken |= _replace(bulk, numbers, known, ids, rules, now, left)
    name_objects(bulk, taken, ids)
    return StoredEvents(
        [stitch_event(event_id, event) for event_id, event in taken.items()],
        {(event.trace_id, event.span_id) for event in taken.values()},
        left,
    )


def _replace(
    bulk: Bulk,
    numbers: Numbers,
    known: list[BusinessEvent],
    ids: dict[str, int],
    rules: Mapping[str, int],
    now: Instant,
    left: dict[str, int],
) -> dict[int, BusinessEvent]:
    """The stored events whose content gives way, by id; what they named until now is added to `left`.

    What an earlier version of the same rule read gives way whatever it says; else the greater content hash stays.
    """
    replaced: dict[int, BusinessEvent] = {}
    named: dict[int, str] = {}
    sources = label_numbers(bulk, numbers, {event.source for event in known})
    rule_of = {number: name.rpartition("@")[0] for name, number in rules.items()}
    for source in sorted({event.source for event in known}):
        mine = {event.source_event_id: event for event in known if event.source == source}
        for source_event_id, event_id, stored_hash, objects, rule_no in bulk.select(
            "source_event_id, event_id, content_hash, objects, rule_no",
            "event",
            "source_event_id",
            mine,
            same={"source_label": sources[source]},
        ):
            event = mine[source_event_id]
            own = rules.get(event.rule or "")
            is_newer = own is not None and own != rule_no and rule_of.get(rule_no) == rule_of[own]
            if is_newer or content_hash(event) > bytes(stored_hash):
                replaced[event_id] = event
                named[event_id] = objects
    rewrite_events(bulk, numbers, replaced, named, ids, rules, now, left)
    return replaced


def rewrite_events(
    bulk: Bulk,
    numbers: Numbers,
    replaced: Mapping[int, BusinessEvent],
    named: Mapping[int, str],
    ids: dict[str, int],
    rules: Mapping[str, int],
    now: Instant,
    left: dict[str, int],
) -> None:
    """Gives stored events another content. `named` is what each named until now, as stored; it is added to `left`.

    The objects that the new contents name are for the caller to store beside them.
    """
    unname(bulk, {event_id: named[event_id] for event_id in replaced}, left)
    row = _rows(bulk, numbers, replaced.values(), ids, rules, now)
    rows = [(*row(event), event_id) for event_id, event in replaced.items()]
    bulk.update(tables.EventRow, _CONTENT, "event_id", rows)
    store_data(bulk, row.data_no, {event_id: event.data for event_id, event in replaced.items()})


def forget_events(bulk: Bulk, named: Mapping[int, str], left: dict[str, int]) -> None:
    """Removes stored events, with what each names as stored; that is added to `left`, for it must be stitched anew."""
    unname(bulk, named, left)
    bulk.delete(tables.EventRow, "event_id", [(event_id,) for event_id in named])


def unname(bulk: Bulk, named: Mapping[int, str], left: dict[str, int]) -> None:
    """Events no longer name what they named, which is added to `left` by key with its object id."""
    pairs = [(object_id, event_id) for event_id, text in named.items() for object_id in orjson.loads(text)]
    left.update(
        {key: object_id for object_id, key in keys_of(bulk, {object_id for object_id, _ in pairs}).items()}
    )
    bulk.delete(tables.EventObjectRow, "object_id, event_id", pairs)


def name_objects(bulk: Bulk, events: Mapping[int, BusinessEvent], ids: dict[str, int]) -> None:
    """Stores which objects these events name."""
    named = sorted((ids[key], event_id) for event_id, event in events.items() for key in event.objects)
    bulk.insert(tables.EventObjectRow, "object_id, event_id", named)


class _Rows(NamedTuple):
    """What the rows of some events bear in place of texts. Called with one of them it gives its row, in the order of _CONTENT."""

    labels: Mapping[str, int]
    ids: Mapping[str, int]
    rules: Mapping[str, int]
    data_no: int
    now: Instant

    def __call__(self, event: BusinessEvent) -> tuple[Any, ...]:
        labels, ids = self.labels, self.ids
        return (
            labels[event.source], event.source_event_id, content_hash(event), labels[event.type], event.occurred_at,
            self.now, labels[event.system], f"[{','.join([str(ids[key]) for key in event.objects])}]", *event[6:-2],
            None if event.data is None else self.data_no, self.rules.get(event.rule or ""), figures_text(event.data),
        )  # fmt: skip


def _rows(
    bulk: Bulk,
    numbers: Numbers,
    events: Collection[BusinessEvent],
    ids: Mapping[str, int],
    rules: Mapping[str, int],
    now: Instant,
) -> _Rows:
    texts = {text for event in events for text in (event.source, event.type, event.system)}
    with_data = any(event.data is not None for event in events)
    data_no = numbers.take("event_data", 1)[0] if with_data else 0
    return _Rows(label_numbers(bulk, numbers, texts), ids, rules, data_no, now)


def stitch_event(event_id: int, event: BusinessEvent) -> StitchEvent:
    """A stored event as stitching sees it."""
    return StitchEvent(
        event.occurred_at, event.source, event.source_event_id, event_id, event.type, event.system,
        tuple([object_type(key) for key in event.objects]), event.objects,
        event.amount_minor, event.currency, event.legal_entity, event.region, figures_text(event.data),
    )  # fmt: skip

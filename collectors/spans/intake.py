# SPDX-License-Identifier: Apache-2.0
"""Spans -> slim rows, one compressed block of attributes for each 512 of them, and the objects they name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from operator import itemgetter
from typing import Any

import orjson

from collectors import tables
from collectors.bulk import Bulk
from collectors.extraction.extractor import Extracted
from collectors.numbers import Numbers
from collectors.span import Flagged, Origin, Span, without_nul
from collectors.spans import rival as span_rival
from collectors.spans import search_tables
from collectors.spans.block import BLOCK, pack, span_keys
from collectors.spans.search_intake import store_zones
from terms.instant import Instant

_SPAN_COLUMNS = "span_key, trace_no, span_id, kind, parent_span_id, operation_no, start_ns, end_ns, status, status_message"


@dataclass(slots=True)
class StoredSpans:
    """The row key of each span that was stored now, None for those that were known before.

    `replacing` are the positions of those that took the place of a stored one, `rivals` tell of those that came with another
    content than before, each with its position.
    """

    keys: list[int | None] = field(default_factory=list)
    replacing: set[int] = field(default_factory=set)
    rivals: list[tuple[int, Flagged]] = field(default_factory=list)

    def new(self, positions: range) -> int:
        """How many of the spans at these positions were never stored before."""
        keys = self.keys[positions.start : positions.stop]
        return len(keys) - keys.count(None) - sum(position in positions for position in self.replacing)


def store_spans(bulk: Bulk, numbers: Numbers, spans: Sequence[Span], now: Instant) -> StoredSpans:
    """Stores the spans that are not stored yet; identity is trace id, span id and kind.

    Of two contents of one identity the one with the greater hash stays, whichever came first.
    """
    stored = StoredSpans()
    if not spans:
        return stored
    resources = _resources(bulk, numbers, {id(span.origin): span.origin for span in spans}.items())
    names = _Names(
        resources,
        _operations(bulk, numbers, spans, resources),
        _traces(bulk, numbers, {span.trace_id for span in spans}),
    )
    for start in range(0, len(spans), BLOCK):
        _store_block(bulk, numbers, spans[start : start + BLOCK], names, now, stored)
    return stored


def store_mentions(
    bulk: Bulk,
    extracted: Extracted,
    stored: StoredSpans,
    told_by: set[tuple[bytes | None, bytes | None]],
    ids: dict[str, int],
) -> None:
    """Which spans name which objects. A span whose event was stored from it is found through that event already."""
    rows = [
        (ids[key], span_key)
        for span, named, event, span_key in zip(
            extracted.spans, extracted.named, extracted.events, stored.keys, strict=True
        )
        if named and span_key is not None and (event is None or (span.trace_id, span.span_id) not in told_by)
        for key in named
    ]
    rows.sort()
    bulk.insert(tables.SpanObjectRow, "object_id, span_key", rows)


@dataclass(frozen=True, slots=True)
class _Names:
    """The numbers of what spans come from and are called: resources by the origin's mark, operations by mark and name.

    An origin's mark is the identity of the object: one request has a handful of them.
    """

    resources: dict[int, int]
    operations: dict[tuple[int, str], int]
    traces: Mapping[bytes, int]


def _store_block(
    bulk: Bulk, numbers: Numbers, spans: Sequence[Span], names: _Names, now: Instant, stored: StoredSpans
) -> None:
    (block_id,) = numbers.take("block", 1)
    keys = span_keys(block_id)
    rows = _rows(keys, spans, names)
    # A trace's rows side by side, as they stand in the index of identities.
    rows.sort(key=itemgetter(1))
    new = bulk.insert(tables.SpanRow, _SPAN_COLUMNS, rows, known="skip_few")
    if new == len(spans):
        stored.keys += keys[: len(spans)]
    else:
        bulk.delete_range(tables.SpanRow, "span_key", keys[0], keys[-1])
        _store_known(bulk, spans, keys, names, stored)
    if any(key is not None for key in stored.keys[-len(spans) :]):
        body = pack(span.attributes for span in spans)
        bulk.insert(tables.SpanBlockRow, "block_id, arrived_at, body", [(block_id, now, body)])
        store_zones(bulk, block_id, keys[0], keys[len(spans) - 1], spans, names.resources)


def _store_known(
    bulk: Bulk, spans: Sequence[Span], keys: Sequence[int], names: _Names, stored: StoredSpans
) -> None:
    """Stores those of a block's spans that are new, or that win against what is stored under their identity."""
    traces = names.traces
    judged = span_rival.judge(bulk, spans, traces)
    beaten = [(key,) for key in judged.beaten]
    bulk.delete(tables.SpanRow, "span_key", beaten)
    bulk.delete(search_tables.SpanAttributeRow, "span_key", beaten)
    winning = [spans[position] for position in judged.winners]
    rows = _rows((keys[position] for position in judged.winners), winning, names)
    bulk.insert(tables.SpanRow, _SPAN_COLUMNS, rows)
    first = len(stored.keys)
    winners = set(judged.winners)
    stored.keys += [keys[position] if position in winners else None for position in range(len(spans))]
    stored.replacing.update(first + position for position in judged.replacing)
    stored.rivals += [(first + position, rival) for position, rival in judged.rivals]


def _rows(keys: Iterable[int], spans: Sequence[Span], names: _Names) -> list[tuple[Any, ...]]:
    """The rows of spans, column by column, which costs a quarter less than one by one."""
    if not spans:
        return []
    origins, trace_ids, span_ids, parents, called, kinds, starts, ends, statuses, messages, _ = zip(
        *spans, strict=True
    )
    traces = map(names.traces.__getitem__, trace_ids)
    operations = map(names.operations.__getitem__, zip(map(id, origins), called, strict=True))
    return list(
        zip(
            keys, traces, span_ids, kinds, parents, operations, starts, ends, statuses, messages, strict=False
        )
    )


def _traces(bulk: Bulk, numbers: Numbers, ids: set[bytes]) -> Mapping[bytes, int]:
    known = numbers.known["trace"]
    wanted = sorted(ids.difference(known))
    given = list(zip(numbers.take("trace", len(wanted)), wanted, strict=True))
    # Nearly all that nobody remembers are new.
    if bulk.insert(tables.TraceRow, "trace_no, trace_id", given, known="skip_few") == len(given):
        known.update((trace_id, trace_no) for trace_no, trace_id in given)
    else:
        for trace_id, trace_no in bulk.select("trace_id, trace_no", "trace", "trace_id", wanted):
            known[bytes(trace_id)] = trace_no
    return known


def _operations(
    bulk: Bulk, numbers: Numbers, spans: Sequence[Span], resources: Mapping[int, int]
) -> dict[tuple[int, str], int]:
    called = {(id(span.origin), span.name) for span in spans}
    known = numbers.known["operation"]
    wanted = {(resources[mark], name) for mark, name in called}.difference(known)
    for resource_id, name, operation_no in bulk.select(
        "resource_id, name, operation_no", "operation", "name", sorted({name for _, name in wanted})
    ):
        known[resource_id, name] = operation_no
    new = sorted(wanted.difference(known))
    known.update(zip(new, numbers.take("operation", len(new)), strict=True))
    bulk.insert(tables.OperationRow, "operation_no, resource_id, name", [(known[one], *one) for one in new])
    return {(mark, name): known[resources[mark], name] for mark, name in called}


def _resources(bulk: Bulk, numbers: Numbers, origins: Iterable[tuple[int, Origin]]) -> dict[int, int]:
    digests = {}
    contents = {}
    for mark, origin in origins:
        attributes = orjson.dumps(origin.attributes, option=orjson.OPT_SORT_KEYS)
        head = orjson.dumps([origin.service, origin.scope])
        digests[mark] = blake2b(head + attributes, digest_size=16).digest()
        contents[digests[mark]] = (
            without_nul(origin.service),
            without_nul(origin.scope),
            attributes.decode(),
        )
    known = numbers.known["resource"]
    wanted = [digest for digest in contents if digest not in known]
    for digest, resource_id in bulk.select("digest, resource_id", "resource", "digest", wanted):
        known[bytes(digest)] = resource_id
    new = sorted(digest for digest in wanted if digest not in known)
    known.update(zip(new, numbers.take("resource", len(new)), strict=True))
    bulk.insert(
        tables.ResourceRow,
        "resource_id, digest, service, scope, attributes",
        [(known[digest], digest, *contents[digest]) for digest in new],
    )
    return {mark: known[digest] for mark, digest in digests.items()}

# SPDX-License-Identifier: Apache-2.0
"""Spans -> slim rows, one compressed block of attributes for each 512 of them, and the objects they name."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import orjson

from collectors import tables
from collectors.bulk import Bulk
from collectors.extraction import Extracted
from collectors.search_intake import store_zones
from collectors.span import Origin, Span, without_nul
from collectors.span_block import pack
from terms.row_id import next_row_id, row_ids

BLOCK = 512  # spans; larger ones compress a little better and cost more to read one span from
_SPAN_COLUMNS = (
    "span_key, trace_id, span_id, kind, parent_span_id, resource_id, name, start_ns, end_ns, status, status_message, "
    "block_id, block_ix"
)


class StoredSpans(NamedTuple):
    """How many were `new`, and the row key of each span, None where it was stored before."""

    new: int
    keys: list[int | None]


def store_spans(bulk: Bulk, spans: Sequence[Span]) -> StoredSpans:
    """Stores the spans that are not stored yet; identity is trace id, span id and kind."""
    resources = _resources(bulk, spans)
    stored = StoredSpans(0, [])
    for start in range(0, len(spans), BLOCK):
        part = _store_block(bulk, spans[start : start + BLOCK], resources)
        stored = StoredSpans(stored.new + part.new, stored.keys + part.keys)
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


def _store_block(bulk: Bulk, spans: Sequence[Span], resources: dict[int, int]) -> StoredSpans:
    block_id = next_row_id()
    # A trace's rows side by side: the unique index over random trace ids is the dearest, and is walked once like this.
    by_trace = sorted(enumerate(spans), key=lambda one: one[1].trace_id)
    keys: list[int | None] = [None] * len(spans)
    rows = []
    for key, (position, s) in zip(row_ids(len(spans)), by_trace, strict=True):
        keys[position] = key
        rows.append(
            (
                key, s.trace_id, s.span_id, s.kind, s.parent_span_id, resources[id(s.origin)], s.name, s.start_ns,
                s.end_ns, s.status, s.status_message, block_id, position,
            )
        )  # fmt: skip
    new = bulk.insert(tables.SpanRow, _SPAN_COLUMNS, rows, known="skip")
    if new:
        body = pack(span.attributes for span in spans)
        bulk.insert(tables.SpanBlockRow, "block_id, body", [(block_id, body)])
        store_zones(bulk, block_id, rows[0][0], rows[-1][0], spans, resources)
    if new == len(spans):
        return StoredSpans(new, keys)
    there = {row[0] for row in bulk.select("span_key", "span", "span_key", keys)}
    return StoredSpans(new, [key if key in there else None for key in keys])


def _resources(bulk: Bulk, spans: Sequence[Span]) -> dict[int, int]:
    """The resource id of each origin, by the identity of the object: one request has a handful of them."""
    origins: dict[int, Origin] = {id(span.origin): span.origin for span in spans}
    digests = {}
    contents = {}
    for mark, origin in origins.items():
        attributes = orjson.dumps(origin.attributes, option=orjson.OPT_SORT_KEYS)
        head = orjson.dumps([origin.service, origin.scope])
        digests[mark] = blake2b(head + attributes, digest_size=16).digest()
        contents[digests[mark]] = (
            without_nul(origin.service),
            without_nul(origin.scope),
            attributes.decode(),
        )
    known = {
        bytes(digest): resource_id
        for digest, resource_id in bulk.select("digest, resource_id", "resource", "digest", contents)
    }
    new = sorted(digest for digest in contents if digest not in known)
    for digest in new:
        known[digest] = next_row_id()
    bulk.insert(
        tables.ResourceRow,
        "resource_id, digest, service, scope, attributes",
        [(known[digest], digest, *contents[digest]) for digest in new],
    )
    return {mark: known[digest] for mark, digest in digests.items()}

# SPDX-License-Identifier: Apache-2.0
"""Stored spans, whole again: rows with their resource and their attributes, as rules look at them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from collectors.bulk import Bulk
from collectors.span import Origin, Span
from collectors.span_block import unpack_some

COLUMNS = (
    "span_key, resource_id, trace_id, span_id, parent_span_id, name, kind, start_ns, end_ns, status, status_message, "
    "block_id, block_ix"
)
Row = tuple[Any, ...]


def whole(bulk: Bulk, rows: Sequence[Row]) -> list[tuple[int, Span]]:
    """(span key, span) for each row, in their order; a row whose block is gone meanwhile is left out."""
    origins = _origins(bulk, {row[1] for row in rows})
    positions: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        positions[row[-2]].append(row[-1])
    bodies = bulk.select("block_id, body", "span_block", "block_id", positions)
    blocks = {block_id: unpack_some(bytes(body), positions[block_id]) for block_id, body in bodies}
    return [(row[0], _span(row, origins, blocks[row[-2]])) for row in rows if row[-2] in blocks]


def _origins(bulk: Bulk, resource_ids: Iterable[int]) -> dict[int, Origin]:
    rows = bulk.select("resource_id, service, scope, attributes", "resource", "resource_id", resource_ids)
    return {one: Origin(service, scope, orjson.loads(text)) for one, service, scope, text in rows}


def _span(row: Row, origins: dict[int, Origin], attributes: dict[int, dict[str, Any]]) -> Span:
    _, resource_id, trace_id, span_id, parent, *rest, _, position = row
    name, kind, start_ns, end_ns, status, message = rest
    return Span(
        origins[resource_id], bytes(trace_id), bytes(span_id), bytes(parent) if parent else None, name, kind, start_ns, end_ns,
        status, message, attributes[position],
    )  # fmt: skip

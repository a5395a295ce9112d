# SPDX-License-Identifier: Apache-2.0
"""Stored spans, whole again: rows with their trace, their name, their resource and their attributes, as rules look at them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import orjson

from collectors.bulk import Bulk
from collectors.span import Origin, Span
from collectors.spans.block import place, unpack_some

COLUMNS = "span_key, trace_no, operation_no, span_id, parent_span_id, kind, start_ns, end_ns, status, status_message"
Row = tuple[Any, ...]


def whole(bulk: Bulk, rows: Sequence[Row]) -> list[tuple[int, Span]]:
    """(span key, span) for each row, in their order; a row whose block or trace is gone meanwhile is left out."""
    traces = _traces(bulk, {row[1] for row in rows})
    called = _called(bulk, {row[2] for row in rows})
    positions: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        block_id, position = place(row[0])
        positions[block_id].append(position)
    bodies = bulk.select("block_id, body", "span_block", "block_id", positions)
    said = {
        (block_id, position): attributes
        for block_id, body in bodies
        for position, attributes in unpack_some(bytes(body), positions[block_id]).items()
    }
    return [
        (row[0], _span(row, traces[row[1]], *called[row[2]], said[place(row[0])]))
        for row in rows
        if place(row[0]) in said and row[1] in traces
    ]


def at(bulk: Bulk, places: Collection[tuple[bytes, bytes]]) -> list[tuple[int, Span]]:
    """(span key, span) for those of the (trace id, span id) that are stored, whole."""
    numbers = {
        trace_no: bytes(trace_id)
        for trace_id, trace_no in bulk.select(
            "trace_id, trace_no", "trace", "trace_id", {trace for trace, _ in places}
        )
    }
    rows = bulk.select(COLUMNS, "span", "trace_no", numbers, index="uq_span_identity")
    return whole(bulk, [row for row in rows if (numbers[row[1]], bytes(row[3])) in places])


def _traces(bulk: Bulk, numbers: Iterable[int]) -> dict[int, bytes]:
    rows = bulk.select("trace_no, trace_id", "trace", "trace_no", numbers)
    return {trace_no: bytes(trace_id) for trace_no, trace_id in rows}


def _called(bulk: Bulk, numbers: Iterable[int]) -> dict[int, tuple[Origin, str]]:
    """Who did it and what it is called, for each operation."""
    operations = bulk.select("operation_no, resource_id, name", "operation", "operation_no", numbers)
    rows = bulk.select(
        "resource_id, service, scope, attributes", "resource", "resource_id", {row[1] for row in operations}
    )
    origins = {one: Origin(service, scope, orjson.loads(text)) for one, service, scope, text in rows}
    return {operation_no: (origins[resource_id], name) for operation_no, resource_id, name in operations}


def _span(row: Row, trace_id: bytes, origin: Origin, name: str, attributes: dict[str, Any]) -> Span:
    _, _, _, span_id, parent, kind, start_ns, end_ns, status, message = row
    return Span(
        origin, trace_id, bytes(span_id), bytes(parent) if parent else None, name, kind, start_ns, end_ns, status, message,
        attributes,
    )  # fmt: skip

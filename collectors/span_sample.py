# SPDX-License-Identifier: Apache-2.0
"""The newest stored spans of a service, whole, for who wants to see what they say. Bounded in what is given and looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.key_guess import Known
from collectors.span import Origin, Span
from collectors.span_block import unpack
from terms.tenant import TENANT

MOST_LOOKED_AT = 200_000
_STRETCH = 20_000
_span: Any = tables.SpanRow.__table__  # type: ignore[attr-defined]
_block: Any = tables.SpanBlockRow.__table__  # type: ignore[attr-defined]
_resource: Any = tables.ResourceRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Sample:
    """Spans of a service in the order they are stored, and how many stored spans were looked at to find them."""

    spans: tuple[Span, ...]
    looked_at: int


def sample(session: Session, service: str, limit: int = 2_000) -> Sample:
    """At most `limit` of the service's newest spans, among the 200,000 stored last."""
    origins = {
        row.resource_id: Origin(row.service, row.scope, orjson.loads(row.attributes))
        for row in session.execute(
            select(_resource).where(_resource.c.tenant == TENANT, _resource.c.service == service)
        )
    }
    rows: list[Any] = []
    looked_at, before = 0, None
    while origins and len(rows) < limit and looked_at < MOST_LOOKED_AT:
        stretch = (
            select(_span).where(_span.c.tenant == TENANT).order_by(_span.c.span_key.desc()).limit(_STRETCH)
        )
        if before is not None:
            stretch = stretch.where(_span.c.span_key < before)
        found = session.execute(stretch).all()
        if not found:
            break
        looked_at, before = looked_at + len(found), found[-1].span_key
        rows += [row for row in found if row.resource_id in origins]
    chosen = sorted(rows[:limit], key=lambda row: row.span_key)
    blocks = _blocks(session, {row.block_id for row in chosen})
    return Sample(tuple(_of(row, origins[row.resource_id], blocks) for row in chosen), looked_at)


def known_keys(session: Session, values: Iterable[str]) -> Known:
    """The object types of those of the values that are stored keys."""
    found: dict[str, set[str]] = {}
    rows = Bulk(session).select("value, type", "object", "value", values, index="uq_object_key")
    for value, kind in rows:
        found.setdefault(value, set()).add(kind)
    return {value: frozenset(kinds) for value, kinds in found.items()}


def _blocks(session: Session, ids: set[int]) -> dict[int, list[dict[str, Any]]]:
    ordered = sorted(ids)
    return {
        row.block_id: unpack(row.body)
        for start in range(0, len(ordered), 500)
        for row in session.execute(
            select(_block).where(
                _block.c.tenant == TENANT, _block.c.block_id.in_(ordered[start : start + 500])
            )
        )
    }


def _of(row: Any, origin: Origin, blocks: dict[int, list[dict[str, Any]]]) -> Span:
    return Span(
        origin, bytes(row.trace_id), bytes(row.span_id), row.parent_span_id, row.name, row.kind, row.start_ns, row.end_ns,
        row.status, row.status_message, blocks[row.block_id][row.block_ix],
    )  # fmt: skip

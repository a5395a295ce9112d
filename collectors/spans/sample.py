# SPDX-License-Identifier: Apache-2.0
"""The newest stored spans of a service, whole, for who wants to see what they say. Bounded in what is given and looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.extraction.key_guess import Known
from collectors.span import Span
from collectors.spans.stored import COLUMNS, whole
from terms.tenant import TENANT

MOST_LOOKED_AT = 200_000
_STRETCH = 20_000
_span: Any = tables.SpanRow.__table__  # type: ignore[attr-defined]
_operation: Any = tables.OperationRow.__table__  # type: ignore[attr-defined]
_resource: Any = tables.ResourceRow.__table__  # type: ignore[attr-defined]
_COLUMNS = tuple(_span.c[name] for name in COLUMNS.split(", "))


@dataclass(frozen=True, slots=True)
class Sample:
    """Spans of a service in the order they are stored, and how many stored spans were looked at to find them."""

    spans: tuple[Span, ...]
    looked_at: int


def sample(session: Session, service: str, limit: int = 2_000) -> Sample:
    """At most `limit` of the service's newest spans, among the 200,000 stored last."""
    own = set(
        session.execute(
            select(_operation.c.operation_no)
            .join(
                _resource,
                (_resource.c.tenant == TENANT) & (_resource.c.resource_id == _operation.c.resource_id),
            )
            .where(_operation.c.tenant == TENANT, _resource.c.service == service)
        ).scalars()
    )
    rows: list[Any] = []
    looked_at, before = 0, None
    while own and len(rows) < limit and looked_at < MOST_LOOKED_AT:
        stretch = (
            select(*_COLUMNS)
            .where(_span.c.tenant == TENANT)
            .order_by(_span.c.span_key.desc())
            .limit(_STRETCH)
        )
        if before is not None:
            stretch = stretch.where(_span.c.span_key < before)
        found = session.execute(stretch).all()
        if not found:
            break
        looked_at, before = looked_at + len(found), found[-1].span_key
        rows += [tuple(row) for row in found if row.operation_no in own]
    chosen = sorted(rows[:limit], key=lambda row: row[0])
    return Sample(tuple(span for _, span in whole(Bulk(session), chosen)), looked_at)


def known_keys(session: Session, values: Iterable[str]) -> Known:
    """The object types of those of the values that are stored keys."""
    found: dict[str, set[str]] = {}
    rows = Bulk(session).select("value, type", "object", "value", values, index="uq_object_key")
    for value, kind in rows:
        found.setdefault(value, set()).add(kind)
    return {value: frozenset(kinds) for value, kinds in found.items()}

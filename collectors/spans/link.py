# SPDX-License-Identifier: Apache-2.0
"""Links between spans, read both ways: what these spans link to, and which others link to them, in whatever trace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from collectors import tables
from collectors.spans import search_tables
from collectors.spans.promotion import LINKS, values_of
from collectors.spans.rows import numbers_of_traces, services_of, shown
from collectors.spans.view import SpanView
from terms.tenant import TENANT

MOST = 200
_AT_ONCE = 500

_span: Any = tables.SpanRow.__table__  # type: ignore[attr-defined]
_value: Any = search_tables.SpanAttributeRow.__table__  # type: ignore[attr-defined]
_promoted: Any = search_tables.PromotedRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class SpanLink:
    """A link between one of the spans asked about and another. `is_outgoing`: the one asked about bears it.

    `other_name` and `other_service` are None while the other span has not come.
    """

    trace_id: str
    span_id: str
    other_trace_id: str
    other_span_id: str
    is_outgoing: bool
    other_name: str | None
    other_service: str | None


def span_links(session: Session, spans: Sequence[SpanView]) -> tuple[SpanLink, ...]:
    """The links of these spans, at most 200 each way: those they bear in their order, then those that lead to them."""
    outgoing = [
        (f"{span.trace_id}{span.span_id}", target)
        for span in spans
        for target in values_of(span.attributes, LINKS)
    ][:MOST]
    incoming = _incoming(session, [f"{span.trace_id}{span.span_id}" for span in spans])
    known = _named(session, {target for _, target in outgoing})
    links = [_link(own, other, True, known.get(other)) for own, other in outgoing]
    return (*links, *(_link(own, other, False, told) for own, other, told in incoming))


def _incoming(session: Session, own: Sequence[str]) -> list[tuple[str, str, tuple[str, str]]]:
    number = session.execute(
        select(_promoted.c.attribute_no).where(_promoted.c.tenant == TENANT, _promoted.c.name == LINKS)
    ).scalar_one_or_none()
    found: list[Any] = []
    for start in range(0, len(own) if number is not None else 0, _AT_ONCE):
        rows = (
            shown()
            .add_columns(_value.c.value)
            .join(_value, (_value.c.tenant == TENANT) & (_value.c.span_key == _span.c.span_key))
            .where(
                _span.c.tenant == TENANT,
                _value.c.attribute_no == number,
                _value.c.value.in_(own[start : start + _AT_ONCE]),
            )
            .order_by(_value.c.start_ns, _value.c.span_key)
            .limit(MOST)
        )
        found += session.execute(rows).all()
    services = services_of(session, {row.resource_id for row in found})
    return [
        (row.value, f"{row.trace_id.hex()}{row.span_id.hex()}", (row.name, services[row.resource_id]))
        for row in found[:MOST]
    ]


def _named(session: Session, targets: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(name, service) of the spans with these ids that have come."""
    ids = {one for one in targets if _is_id(one)}
    traces = numbers_of_traces(session, {bytes.fromhex(one[:32]) for one in ids})
    spans = {bytes.fromhex(one[32:]) for one in ids}
    rows = session.execute(
        shown().where(_span.c.tenant == TENANT, _span.c.trace_no.in_(traces), _span.c.span_id.in_(spans))
    ).all()
    services = services_of(session, {row.resource_id for row in rows})
    return {f"{row.trace_id.hex()}{row.span_id.hex()}": (row.name, services[row.resource_id]) for row in rows}


def _is_id(text: str) -> bool:
    return len(text) == 48 and all(c in "0123456789abcdef" for c in text)


def _link(own: str, other: str, is_outgoing: bool, told: tuple[str, str] | None) -> SpanLink:
    name, service = told or (None, None)
    return SpanLink(own[:32], own[32:], other[:32], other[32:], is_outgoing, name, service)

# SPDX-License-Identifier: Apache-2.0
"""Links between spans in the schema, read both ways, and the address of a span in the tracer it came from."""

from collections.abc import Callable, Mapping, Sequence

from sqlmodel import Session

from collectors.sources import store as source_store
from collectors.sources import traffic as source_traffic
from collectors.sources.source import Source
from collectors.spans import link as span_link
from collectors.spans.view import SpanView
from controlplane.graphql.described import noun

Address = Callable[[SpanView], str | None]


@noun
class SpanLink:
    """A link between one of these spans and another, in this trace or any other. `isOutgoing`: the one of these bears it.

    `otherName` and `otherService` are null while the other span has not come.
    """

    trace_id: str
    span_id: str
    other_trace_id: str
    other_span_id: str
    is_outgoing: bool
    other_name: str | None
    other_service: str | None


def links_of(found: Sequence[span_link.SpanLink]) -> list[SpanLink]:
    """Links for the schema."""
    return [
        SpanLink(
            trace_id=one.trace_id,
            span_id=one.span_id,
            other_trace_id=one.other_trace_id,
            other_span_id=one.other_span_id,
            is_outgoing=one.is_outgoing,
            other_name=one.other_name,
            other_service=one.other_service,
        )
        for one in found
    ]


def tracer_addresses(session: Session) -> Address:
    """Where a span is shown by its own tracer: that of the source that names its service, else of one that tells of its system.

    Pulled or pushed alike. None where no source with a template of addresses does.
    """
    kept = sorted((one.source for one in source_store.all_kept(session)), key=lambda source: source.name)
    able = [source for source in kept if source.span_url]
    told = source_traffic.systems(session) if able else {}
    return lambda span: _address(span, able, told)


def _address(span: SpanView, sources: Sequence[Source], told: Mapping[str, frozenset[str]]) -> str | None:
    by_service = [source for source in sources if span.service in source.services]
    # A foreign span names no system of ours; its service may be what events call the system.
    system = span.attributes.get("throughline.system") or span.service
    by_system = [
        source
        for source in sources
        if not source.services and system in (source.systems or told.get(source.name, ()))
    ]
    source = next(iter((*by_service, *by_system)), None)
    return None if source is None else source.link(span.trace_id, span.span_id)

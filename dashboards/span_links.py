# SPDX-License-Identifier: Apache-2.0
"""Where do links between spans lead? Both ways, each as a link to the page of the other trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.format import short_id


@dataclass(frozen=True, slots=True)
class SpanLink:
    """One link. `address` is the other span's trace; `note` says that the other span has not come."""

    own: str
    verb: str
    other: str
    address: str
    short_trace_id: str
    note: str


def span_links(spans: Mapping[str, Any]) -> tuple[SpanLink, ...]:
    """The links of these spans, those they bear before those that lead to them."""
    ids = zip(spans["traceId"], spans["spanId"], strict=True)
    names = dict(zip(ids, spans["name"], strict=True))
    return tuple(_link(link, names) for link in spans["links"])


def _link(link: Mapping[str, Any], names: Mapping[tuple[str, str], str]) -> SpanLink:
    service = f" of {link['otherService']}" if link["otherService"] else ""
    return SpanLink(
        own=names.get((link["traceId"], link["spanId"]), short_id(link["spanId"])),
        verb="links to" if link["isOutgoing"] else "is linked from",
        other=f"{link['otherName'] or short_id(link['otherSpanId'])}{service}",
        address=f"/traces/{link['otherTraceId']}",
        short_trace_id=short_id(link["otherTraceId"]),
        note="" if link["otherName"] else "that span has not come",
    )

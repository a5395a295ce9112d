# SPDX-License-Identifier: Apache-2.0
"""What is noted of new spans so that they are found later: the zones of their block, and their promoted attributes."""

from collections.abc import Mapping, Sequence

from collectors.bulk import Bulk
from collectors.span import Span
from collectors.spans import search_tables
from collectors.spans.promotion import values_of

_ZONE_COLUMNS = (
    "block_id, resource_id, first_key, last_key, first_start_ns, last_start_ns, longest_ns, spans, errors"
)
_VALUE_COLUMNS = "attribute_no, value, start_ns, span_key"


def store_zones(
    bulk: Bulk,
    block_id: int,
    first_key: int,
    last_key: int,
    spans: Sequence[Span],
    resources: Mapping[int, int],
) -> None:
    """Notes where in time the spans of a block lie. `resources` gives the resource's id by the identity of an origin."""
    zones: dict[int, list[int]] = {}
    for span in spans:
        start, length = span.start_ns, span.end_ns - span.start_ns
        zone = zones.get(id(span.origin))
        if zone is None:
            zones[id(span.origin)] = [start, start, length, 1, span.status == 2]
            continue
        if start < zone[0]:
            zone[0] = start
        if start > zone[1]:
            zone[1] = start
        if length > zone[2]:
            zone[2] = length
        zone[3] += 1
        zone[4] += span.status == 2
    # Two origins of one request may be one resource, told twice.
    together: dict[int, list[int]] = {}
    for mark, zone in zones.items():
        resource = resources[mark]
        known = together.setdefault(resource, zone)
        if known is not zone:
            known[:] = [
                min(known[0], zone[0]), max(known[1], zone[1]), max(known[2], zone[2]), known[3] + zone[3], known[4] + zone[4],
            ]  # fmt: skip
    rows = [(block_id, resource, first_key, last_key, *map(int, zone)) for resource, zone in together.items()]
    bulk.insert(search_tables.SpanZoneRow, _ZONE_COLUMNS, rows)


def store_promoted(
    bulk: Bulk, spans: Sequence[Span], keys: Sequence[int | None], promoted: Sequence[str]
) -> None:
    """Notes the promoted attributes of the spans that are new; `keys` are theirs, None for a span stored before.

    An attribute that is declared but not yet taken up is left to the job that fills in what was stored before.
    """
    found = [
        (name, value, span.start_ns, key)
        for span, key in zip(spans, keys, strict=True)
        for name in promoted
        if key is not None and name in span.attributes
        for value in values_of(span.attributes, name)
    ]
    numbers = _numbers(bulk, list(dict.fromkeys(name for name, *_ in found)))
    rows = sorted((numbers[name], *rest) for name, *rest in found if name in numbers)
    bulk.insert(search_tables.SpanAttributeRow, _VALUE_COLUMNS, rows)


def _numbers(bulk: Bulk, names: Sequence[str]) -> dict[str, int]:
    """The numbers of those attributes that are taken up."""
    return {
        str(name): int(number)
        for name, number in bulk.select("name, attribute_no", "promoted_attribute", "name", names)
    }

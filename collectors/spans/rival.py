# SPDX-License-Identifier: Apache-2.0
"""Spans that came before under the same identity: most say the same again, and where they do not, the greater content stays.

Tracers repeat span ids: a record sent twice with different contents must leave the same behind in either order.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from collectors.bulk import Bulk
from collectors.span import Flagged, Span, without_nul
from collectors.spans.block import place, unpack_some
from collectors.spans.flag import TWO_CONTENTS

_STORED = (
    "s.trace_no, s.span_id, s.kind, s.span_key, s.parent_span_id, o.name, r.service, r.scope, s.start_ns, s.end_ns, "
    "s.status, s.status_message"
)
_JOINED = (
    " JOIN operation o ON o.tenant = s.tenant AND o.operation_no = s.operation_no"
    " JOIN resource r ON r.tenant = o.tenant AND r.resource_id = o.resource_id"
)
_Identity = tuple[int, bytes, int]


@dataclass(slots=True)
class Judged:
    """Positions of spans that are to be stored, of those among them before which a stored one gives way, and that one's key.

    `rivals` tell what came twice, each with its position.
    """

    winners: list[int] = field(default_factory=list)
    replacing: list[int] = field(default_factory=list)
    beaten: list[int] = field(default_factory=list)
    rivals: list[tuple[int, Flagged]] = field(default_factory=list)


def judge(bulk: Bulk, spans: Sequence[Span], traces: Mapping[bytes, int]) -> Judged:
    """Which of the spans are new or win. `traces` has the number of each trace id."""
    judged = Judged()
    best: dict[_Identity, int] = {}
    contents = [_content_of(span) for span in spans]
    for position, span in enumerate(spans):
        identity = (traces[span.trace_id], span.span_id, span.kind)
        known = best.setdefault(identity, position)
        if contents[known] != contents[position]:
            judged.rivals.append((position, _rival(span, contents[known], contents[position])))
            if contents[known] < contents[position]:
                best[identity] = position
    stored = _stored(bulk, best)
    for identity, position in best.items():
        there = stored.get(identity)
        if there is None:
            judged.winners.append(position)
        elif there[1] != contents[position]:
            judged.rivals.append((position, _rival(spans[position], there[1], contents[position])))
            if there[1] < contents[position]:
                judged.winners.append(position)
                judged.replacing.append(position)
                judged.beaten.append(there[0])
    return judged


def _stored(bulk: Bulk, wanted: Mapping[_Identity, int]) -> dict[_Identity, tuple[int, bytes]]:
    """(row key, content) of the stored spans of these identities."""
    rows = {
        (row[0], bytes(row[1]), row[2]): row[3:]
        for row in bulk.select(
            _STORED,
            "span s",
            "s.trace_no",
            {identity[0] for identity in wanted},
            join=_JOINED,
            index="uq_span_identity",
            tenant="s.tenant",
        )
    }
    rows = {identity: row for identity, row in rows.items() if identity in wanted}
    positions: dict[int, list[int]] = defaultdict(list)
    for span_key, *_ in rows.values():
        block_id, position = place(span_key)
        positions[block_id].append(position)
    attributes = {
        (block_id, position): said
        for block_id, body in bulk.select("block_id, body", "span_block", "block_id", positions)
        for position, said in unpack_some(body, positions[block_id]).items()
    }
    found = {}
    for identity, (span_key, parent, *rest) in rows.items():
        parent = None if parent is None else bytes(parent)
        found[identity] = (span_key, _content(parent, rest, attributes.get(place(span_key), {})))
    return found


def _content_of(span: Span) -> bytes:
    service, scope = without_nul(span.origin.service), without_nul(span.origin.scope)
    said = [span.name, service, scope, span.start_ns, span.end_ns, span.status]
    return _content(span.parent_span_id, [*said, span.status_message], span.attributes)


def _content(parent: bytes | None, said: Sequence[Any], attributes: Mapping[str, Any]) -> bytes:
    """16 bytes over all that is kept of a span; a resource that was described anew is no other content."""
    kept = dict(attributes)
    if None in kept.values():  # an attribute without a value is not stored
        kept = {name: value for name, value in kept.items() if value is not None}
    whole = [parent.hex() if parent else None, said, kept]
    return blake2b(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _rival(span: Span, one: bytes, other: bytes) -> Flagged:
    # The same two contents met again are the same finding, whichever comes second.
    pair = b"".join(sorted((one, other))).hex()
    return Flagged(
        TWO_CONTENTS,
        f"span '{span.name}' ({span.span_id.hex()}): came twice with different contents; the greater is kept",
        f"{span.trace_id.hex()}/{span.span_id.hex()}/{span.kind}/{pair}",
    )

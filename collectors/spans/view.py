# SPDX-License-Identifier: Apache-2.0
"""One span as a transaction's story shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from terms.instant import Instant


@dataclass(frozen=True, slots=True)
class SpanView:
    """`kind` and `status` are OTLP's numbers (kind 0-5; status 0 unset, 1 ok, 2 error). Ids are lower-case hex.

    `arrived_at` is when it came, by our clock; None where that is not known.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: int
    service: str
    start_ns: int
    end_ns: int
    status: int
    message: str | None
    attributes: Mapping[str, Any]
    why: str
    arrived_at: Instant | None = None

# SPDX-License-Identifier: Apache-2.0
"""A span record: one finished step, attempt or probe of the runtime, as the roof's telemetry needs it to make a span."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from terms.instant import Instant

SpanValue = str | int | bool | list[str]


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """Read from a row that no longer changes: (run_id, step, attempt) names it for ever, and its times are wall times."""

    id: int
    run_id: str
    step: str
    attempt: int
    parent: str | None  # a step of the same run, attempt 1
    name: str
    kind: Literal["internal", "client"]
    started_at: Instant
    ended_at: Instant
    ok: bool
    message: str
    attributes: Mapping[str, SpanValue] = field(default_factory=dict)

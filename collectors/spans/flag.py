# SPDX-License-Identifier: Apache-2.0
"""Spans that are kept though something about them cannot be. They are flagged and counted by reason, and no percentile counts them."""

from collections.abc import Iterable, Sequence

from collectors.span import Flagged, Span
from terms.instant import DAY, Instant

ENDS_BEFORE_START, CLOCK_OFF, TWO_CONTENTS = "ends_before_start", "clock_off", "two_contents"
FLAGS = frozenset({ENDS_BEFORE_START, CLOCK_OFF, TWO_CONTENTS})
"""The reasons for which a span is flagged; every other reason is one for which something was not taken."""

LONGEST_AGO = 5 * 366 * DAY
LONGEST_AHEAD = DAY
"""How far a start may lie from when the span comes: history of some years is brought in, tomorrow is told by nobody."""


def flags(spans: Sequence[Span], keys: Iterable[int | None], now: Instant) -> list[tuple[int, Flagged]]:
    """What is flagged of the spans that were stored now, those with a key, each with its position.

    A span known before was flagged then.
    """
    earliest, latest = (now - LONGEST_AGO) * 1_000, (now + LONGEST_AHEAD) * 1_000
    return [
        (position, _flagged(span, now))
        for position, (span, key) in enumerate(zip(spans, keys, strict=True))
        if (span.end_ns < span.start_ns or not earliest <= span.start_ns <= latest) and key is not None
    ]


def clock_off(start_ns: int, came: Instant) -> str:
    """In words how a start cannot be that of a span which came then; empty when it can."""
    if start_ns < (came - LONGEST_AGO) * 1_000:
        return "starts more than five years before it came"
    if start_ns > (came + LONGEST_AHEAD) * 1_000:
        return "starts more than a day after it came"
    return ""


def _flagged(span: Span, now: Instant) -> Flagged:
    mark = f"{span.trace_id.hex()}/{span.span_id.hex()}/{span.kind}"
    if span.end_ns < span.start_ns:
        early = (span.start_ns - span.end_ns) / 1_000_000
        what, reason = f"ends {early:,.3f} ms before it starts", ENDS_BEFORE_START
    else:
        what, reason = f"{clock_off(span.start_ns, now)}: its clock is off", CLOCK_OFF
    return Flagged(reason, f"span '{span.name}' ({span.span_id.hex()}): {what}", mark)

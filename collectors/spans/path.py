# SPDX-License-Identifier: Apache-2.0
"""Which spans a trace waited for, and which stand at a time that cannot be. Pure; times are shown as sent, never shifted."""

from collections import defaultdict
from collections.abc import Sequence

from collectors.spans import flag
from collectors.spans.view import SpanView

TOLERATED_NS = 1_000_000_000
"""How far a child may start before its parent: clocks of two machines differ by less."""

Key = tuple[str, str]
"""(trace id, span id)"""


def critical_path(spans: Sequence[SpanView]) -> tuple[bool, ...]:
    """For each span whether its trace would have ended earlier had it been shorter.

    From its end a span is walked back to its start: the child that ended last before that moment is on the path, then
    the one that ended last before that child began. What outlives its parent counts as far as the parent's end.
    """
    known = {(span.trace_id, span.span_id) for span in spans}
    children: dict[Key, list[int]] = defaultdict(list)
    roots: dict[str, list[int]] = defaultdict(list)
    for place, span in enumerate(spans):
        parent = (span.trace_id, span.parent_span_id or "")
        if parent in known and span.parent_span_id != span.span_id:
            children[parent].append(place)
        else:
            roots[span.trace_id].append(place)
    on_path: set[int] = set()
    waiting = [(places, max(spans[place].end_ns for place in places)) for places in roots.values()]
    while waiting:
        places, limit = waiting.pop()
        until = limit
        for place in sorted(places, key=lambda one: (min(spans[one].end_ns, limit), one), reverse=True):
            span, end = spans[place], min(spans[place].end_ns, limit)
            # What still ran when the next on the path began was not waited for; what began behind the end, by nobody.
            began_late = span.start_ns >= until and span.end_ns > span.start_ns
            if end > until or end < span.start_ns or began_late or place in on_path:
                continue
            on_path.add(place)
            below = children[span.trace_id, span.span_id]
            if below:
                waiting.append((below, end))
            until = span.start_ns
    return tuple(place in on_path for place in range(len(spans)))


def clock_notes(spans: Sequence[SpanView]) -> tuple[str | None, ...]:
    """For each span why its times cannot be, None where they can: it ends before it starts, starts a second or more before its
    parent, or lies years before it came, or ahead of us."""
    starts = {(span.trace_id, span.span_id): span.start_ns for span in spans}
    return tuple(_clock_note(span, starts.get((span.trace_id, span.parent_span_id or ""))) for span in spans)


def _clock_note(span: SpanView, parent_ns: int | None) -> str | None:
    if span.end_ns < span.start_ns:
        return f"ends {_seconds(span.start_ns - span.end_ns)} before it starts"
    if span.arrived_at is not None and (off := flag.clock_off(span.start_ns, span.arrived_at)):
        return off
    if parent_ns is not None and span.start_ns < parent_ns - TOLERATED_NS:
        return f"starts {_seconds(parent_ns - span.start_ns)} before its parent"
    return None


def _seconds(nanoseconds: int) -> str:
    if nanoseconds < 1_000_000_000:
        return f"{nanoseconds / 1_000_000:,.3f} ms"
    return f"{nanoseconds / 1_000_000_000:,.1f} s"

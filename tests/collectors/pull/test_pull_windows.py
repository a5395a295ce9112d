# SPDX-License-Identifier: Apache-2.0
"""No instant is ever passed over: whatever fails, however much a second holds, in whatever order the tracer answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.pull import traces
from collectors.pull.failure import Kind, SourceFailure
from collectors.pull.freshness import Known
from collectors.pull.ledger import LISTED, FileMark, Part
from collectors.pull.tracer import Found, Seen, Trace
from collectors.pull.window import FLOOR, Cursor, Window
from collectors.sources.source import Source
from collectors.span import Decoded, Origin, Span
from terms.instant import SECOND, Instant
from terms.problem import Problem

ORIGIN = Origin("shop", "", {})
SERVICE = "shop"
BEGIN = 1_000 * SECOND
SETTLE, OVERLAP, QUIET = 10 * SECOND, 60 * SECOND, 20 * SECOND


@dataclass(frozen=True)
class Told:
    """One trace of one span: when it happened, and when the tracer knew of it."""

    number: int
    at: int
    arrived_at: int

    @property
    def trace_id(self) -> str:
        return f"{self.number + 1:032x}"


@dataclass
class Tracer:
    """A tracer with a limit, that fails when the pattern says so. It answers the traces with the highest ids first."""

    told: Sequence[Told]
    failures: list[Kind | None]
    now: int = 0
    api: str = "test"

    async def services(self) -> tuple[str, ...]:
        self._fail()
        return (SERVICE,)

    async def search(self, service: str, window: Window, limit: int) -> Found:
        self._fail()
        inside = [t for t in self.told if window.from_at <= t.at < window.to_at and t.arrived_at <= self.now]
        chosen = sorted(inside, key=lambda one: -one.number)[:limit]
        return Found(tuple(Seen(t.trace_id, Instant(t.at), 1) for t in chosen), len(chosen) >= limit)

    async def fetch(self, seen: Seen) -> Trace | None:
        while self.failures and self.failures[-1] == "too_large":
            self.failures.pop()  # a trace that is too large is given up, and told: a matter of its own test
        self._fail()
        span = Span(ORIGIN, bytes.fromhex(seen.trace_id), b"\0" * 7 + b"\1", None, "s", 1, 0, 0, 0, None, {})
        return Trace(Decoded([span]))

    def _fail(self) -> None:
        kind = self.failures.pop() if self.failures else None
        if kind is not None:
            raise SourceFailure(kind, Problem("does not answer"))


@dataclass
class Ledger:
    """Books in memory. `stops` counts down the parts that are taken before the source is paused."""

    stored: set[str] = field(default_factory=set)
    places: dict[str, Cursor] = field(default_factory=dict)
    marks: dict[str, Known] = field(default_factory=dict)
    whole: list[Window] = field(default_factory=list)
    truncated: list[Window] = field(default_factory=list)
    stops: int = 1_000_000

    async def cursors(self) -> dict[str, Cursor]:
        return dict(self.places)

    async def known(self, trace_ids: Sequence[str]) -> dict[str, Known]:
        return {one: self.marks[one] for one in trace_ids if one in self.marks}

    async def restless(self, now: Instant) -> dict[str, Known]:
        return {one: k for one, k in self.marks.items() if k.is_restless(QUIET) and k.end_at + QUIET <= now}

    async def files(self) -> dict[str, FileMark]:
        return {}

    async def keep(self, part: Part) -> bool:
        self.stops -= 1
        if self.stops < 0:
            return False
        self.stored |= {span.trace_id.hex() for span in part.decoded.spans}
        self.marks |= part.traces
        if part.window:
            (self.truncated if part.truncated else self.whole).append(part.window)
        if part.cursor:
            before = self.places.get(part.service)
            assert before is None or part.cursor.watermark >= before.watermark, "a watermark never goes back"
            self.places[part.service] = part.cursor
        return True


def source(limit: int) -> Source:
    return Source(
        "t", "jaeger", begin_at=Instant(BEGIN), settle=SETTLE, overlap=OVERLAP, quiet_after=QUIET, limit=limit
    )


def one_pass(tracer: Tracer, ledger: Ledger, now: int, limit: int) -> traces.Outcome:
    tracer.now = now
    return asyncio.run(traces.pull(source(limit), tracer, ledger, lambda: Instant(now), lambda: False))


MOMENTS = st.integers(0, 900 * SECOND)
TOLD = st.lists(st.tuples(MOMENTS, st.integers(0, OVERLAP + SETTLE - FLOOR)), max_size=40).map(
    lambda pairs: [Told(n, BEGIN + at, BEGIN + at + late) for n, (at, late) in enumerate(pairs)]
)
KINDS: list[Kind | None] = [None, None, "busy", "garbage", "too_large"]


@settings(max_examples=300, deadline=None)
@given(
    told=TOLD,
    failures=st.lists(st.sampled_from(KINDS), max_size=40),
    steps=st.lists(st.integers(1, 200 * SECOND), min_size=1, max_size=8),
    stops=st.lists(st.integers(0, 6), max_size=3),
    limit=st.integers(1, 6),
)
def test_no_instant_is_passed_over(
    told: list[Told], failures: list[Kind | None], steps: list[int], stops: list[int], limit: int
) -> None:
    """Through failures and pauses, all that came within the overlap is here, but for seconds told to be too full."""
    tracer, ledger, now = Tracer(told, list(failures)), Ledger(), BEGIN
    for step in steps:
        now += step
        ledger.stops = stops.pop() if stops else 1_000_000
        one_pass(tracer, ledger, now, limit)
        assert_contiguous(ledger, now)
    tracer.failures.clear()
    ledger.stops, now = 1_000_000, now + SETTLE
    while one_pass(tracer, ledger, now, limit).more:
        pass
    watermark = ledger.places[SERVICE].watermark
    assert watermark == max(now - SETTLE, BEGIN), "nothing holds a pass up that meets no failure"
    assert_contiguous(ledger, now)
    for one in told:
        is_here = one.at < watermark and one.arrived_at <= now
        if is_here and not any(w.from_at <= one.at < w.to_at for w in ledger.truncated):
            assert one.trace_id in ledger.stored, one
    assert all(window.length <= FLOOR for window in ledger.truncated), (
        "only the shortest windows stay truncated"
    )


def assert_contiguous(ledger: Ledger, now: int) -> None:
    """The windows that came cover everything from the beginning to the watermark, and the watermark is not ahead of us."""
    cursor = ledger.places.get(SERVICE)
    if cursor is None:
        return
    assert cursor.watermark <= now - SETTLE or cursor.watermark == BEGIN
    reached = BEGIN
    for window in sorted(ledger.whole + ledger.truncated, key=lambda one: one.from_at):
        assert window.from_at <= max(reached, window.from_at)
        if window.from_at <= reached:
            reached = max(reached, window.to_at)
    assert reached >= cursor.watermark


def test_a_failed_window_is_asked_for_again() -> None:
    """The second window fails: the watermark stays at the end of the first, and the next pass begins there."""
    told = [Told(0, BEGIN + SECOND, BEGIN), Told(1, BEGIN + 400 * SECOND, BEGIN)]
    tracer, ledger, now = Tracer(told, []), Ledger(), BEGIN + 500 * SECOND
    tracer.failures = [
        "garbage",
        None,
        None,
        None,
    ]  # taken from the end: services, search, fetch, then it fails
    outcome = one_pass(tracer, ledger, now, 10)
    assert outcome.failure is not None
    assert ledger.places[SERVICE].watermark == ledger.whole[0].to_at == BEGIN + 300 * SECOND
    assert LISTED not in ledger.places
    outcome = one_pass(tracer, ledger, now, 10)
    assert (outcome.failure, ledger.stored) == (None, {one.trace_id for one in told})
    assert ledger.places[LISTED].watermark == now - SETTLE


def test_a_second_too_full_is_told_and_passed() -> None:
    """More in a second than the limit: what came is stored, the second is told, and what follows is not held up."""
    told = [Told(n, BEGIN + 100 * SECOND + n, BEGIN) for n in range(9)] + [
        Told(9, BEGIN + 150 * SECOND, BEGIN)
    ]
    ledger = Ledger()
    one_pass(Tracer(told, []), ledger, BEGIN + 200 * SECOND, 5)
    assert len(ledger.truncated) == 1
    assert ledger.truncated[0].from_at <= BEGIN + 100 * SECOND < ledger.truncated[0].to_at
    assert told[9].trace_id in ledger.stored
    assert len(ledger.stored) == 6


def test_a_young_trace_is_fetched_again_until_it_was_quiet_for_long_enough() -> None:
    """Fetched while it may still grow, it is fetched once more when it had time to end, and then left alone."""
    told = [Told(0, BEGIN + 100 * SECOND, BEGIN)]
    tracer, ledger = Tracer(told, []), Ledger()
    fetches = []
    for now in (111, 115, 121, 200, 400):
        before = ledger.marks.get(told[0].trace_id)
        one_pass(tracer, ledger, BEGIN + now * SECOND, 5)
        fetches.append(ledger.marks.get(told[0].trace_id) != before)
    assert fetches == [True, True, True, False, False]

# SPDX-License-Identifier: Apache-2.0
"""A source that is slow, broken, hostile or elsewhere: told in words, never passed over, never followed, never endless."""

import gzip
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping

import pytest
from pulled import IMPATIENT, Plane
from tracer_servers import Answer, Query, Reply, Told, Traces, as_json, jaeger, otlp, serving, zipkin

from collectors.sources import books as source_books
from collectors.sources import leases as source_leases
from collectors.sources import store as source_store
from collectors.sources.source import Source
from controlplane.security.sealing import Seal
from terms.instant import HOUR, MINUTE, SECOND, to_datetime

JSON = {"content-type": "application/json"}


@pytest.fixture
def traces(clock) -> Traces:  # type: ignore[no-untyped-def]
    return Traces([Told(1, 1, clock() - 30 * MINUTE), Told(2, 1, clock() - 20 * MINUTE)])


def failing(inner: Answer, reply: Callable[[], Reply], times: int = 1_000) -> Answer:
    """Searches fail so many times; all else is as it is."""
    left = [times]

    def answer(path: str, query: Query, headers: Mapping[str, str]) -> Reply:
        if path == "/api/v2/traces" and left[0] > 0:
            left[0] -= 1
            return reply()
        return inner(path, query, headers)

    return answer


BOMB = gzip.compress(b" " * 50_000_000)


def endless() -> Iterator[bytes]:
    yield b"["
    yield from itertools.repeat(b" " * 65_536)


def trickle() -> Iterator[bytes]:
    yield b"["
    for _ in range(200):
        time.sleep(0.1)
        yield b" "


def cut_off() -> Reply:
    return Reply(200, (b"[[",), {**JSON, "content-length": "5000"})


BAD: dict[str, tuple[Callable[[], Reply], str, str]] = {
    "a page instead of JSON": (lambda: Reply(200, (b"<html>Sign in",), {"content-type": "text/html"}), "garbage", "text/html"),
    "JSON of another kind": (lambda: as_json({"traces": []}), "garbage", "no list of traces"),
    "JSON that breaks off": (lambda: Reply(200, (b'[[{"traceId"',), JSON), "garbage", "not JSON"),
    "an answer that breaks off": (cut_off, "unreachable", "broke off"),
    "an answer that never ends": (lambda: Reply(200, endless(), JSON), "too_large", "more than"),
    "an answer that trickles for ever": (lambda: Reply(200, trickle(), JSON), "too_slow", "in 1 s"),
    "an answer that does not begin": (lambda: Reply(200, _late(), JSON), "too_slow", "silent"),
    "a bomb": (lambda: Reply(200, (BOMB,), {**JSON, "content-encoding": "gzip"}), "too_large", "more than"),
    "gzip that is none": (lambda: Reply(200, (b"[]",), {**JSON, "content-encoding": "gzip"}), "garbage", "gzip"),
    "an encoding nobody asked for": (lambda: Reply(200, (b"x",), {"content-encoding": "br"}), "garbage", "'br'"),
    "a server error": (lambda: Reply(500, (b"index corrupted",)), "garbage", "500: index corrupted"),
    "no right to ask": (lambda: Reply(401), "refused", "credential"),
    "too many requests": (lambda: Reply(429, (), {"retry-after": "120"}), "busy", "429"),
}  # fmt: skip


def _late() -> Iterator[bytes]:
    time.sleep(3)
    yield b"[]"


@pytest.mark.parametrize("bad", BAD, ids=lambda name: str(name))
def test_a_failed_search_is_told_and_asked_for_again(plane: Plane, traces: Traces, bad: str) -> None:
    """What went wrong stands in the books with what to do; the watermark stays, and the next pass brings all."""
    reply, kind, words = BAD[bad]
    plane.bounds = IMPATIENT if kind == "too_slow" else plane.bounds
    with serving(failing(zipkin(traces), reply)) as served:
        plane.add("zipkin", served.url)
        state = plane.pull()
        assert state.error is not None
        assert (state.error_kind, state.failures, plane.spans(), plane.watermark()) == (kind, 1, 0, None)
        assert words in state.error.what
        assert state.error.do
        served.answer = zipkin(traces)
        assert plane.pull().error is None
    assert (plane.spans(), plane.watermark()) == (2, plane.clock() - 60 * SECOND)


def test_a_redirect_is_never_followed(plane: Plane, traces: Traces) -> None:
    """Not to another host, and not to the same: credentials go where an admin sent them, and nowhere else."""
    with serving(zipkin(traces)) as other:
        to_other = failing(zipkin(traces), lambda: Reply(302, (), {"location": f"{other.url}/api/v2/traces"}))
        with serving(to_other) as served:
            plane.add("zipkin", served.url, headers={"authorization": "Bearer s3cret"})
            state = plane.pull()
        assert state.error is not None
        assert state.error_kind == "redirected"
        assert other.url in state.error.what
        assert other.asked == []


def test_what_fails_in_passing_is_asked_again_at_once(plane: Plane, traces: Traces) -> None:
    """Twice 503, then an answer: the pass goes on as if nothing had been."""
    with serving(failing(zipkin(traces), lambda: Reply(503, (), {"retry-after": "0"}), times=2)) as served:
        plane.add("zipkin", served.url)
        assert plane.pull().error is None
    assert plane.spans() == 2


def test_retries_are_a_budget(plane: Plane, traces: Traces) -> None:
    """Three for a pass; then it is given up until later."""
    with serving(failing(zipkin(traces), lambda: Reply(503))) as served:
        plane.add("zipkin", served.url)
        assert plane.pull().error_kind == "busy"
        assert served.paths().count("/api/v2/traces") == 1 + 3


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_a_source_that_asks_to_stay_away_is_left_alone_for_so_long(
    plane: Plane, traces: Traces, as_date: bool
) -> None:
    """Retry-After is kept: nothing is due before it, and the wait is not spent in the pass."""
    until = to_datetime(plane.clock() + 300 * SECOND)  # type: ignore[operator]
    said = f"{until:%a, %d %b %Y %H:%M:%S} GMT" if as_date else "300"
    with serving(failing(zipkin(traces), lambda: Reply(429, (), {"retry-after": said}))) as served:
        plane.add("zipkin", served.url)
        state = plane.pull()
        assert served.paths().count("/api/v2/traces") == 1
    assert state.next_at >= plane.clock() + 300 * SECOND
    assert plane.database.read(lambda s: source_leases.due(s, plane.clock())) == ()
    assert plane.database.read(lambda s: source_leases.due(s, state.next_at)) == ("t",)


def test_failures_in_a_row_are_followed_by_longer_pauses(plane: Plane) -> None:
    """Nobody there: half a pass to ten minutes at most, jittered, and the first success ends it."""
    plane.add("zipkin", "http://127.0.0.1:1", every=10 * SECOND)
    pauses = [plane.pull().next_at - plane.clock() for _ in range(10)]
    assert all(SECOND * 5 * 2**n <= pause <= SECOND * 10 * 2**n for n, pause in enumerate(pauses[:5]))
    assert 5 * MINUTE <= pauses[-1] <= 10 * MINUTE
    assert plane.state().error_kind == "unreachable"


@pytest.mark.parametrize(
    ("address", "resolves_to", "allowed", "why"),
    [
        ("https://tracer.test", ["10.1.2.3"], False, "resolves to 10.1.2.3, which is private"),
        ("https://tracer.test", ["93.184.216.34", "127.0.0.1"], False, "resolves to 127.0.0.1, which is private"),
        ("https://[::1]:9411", ["::1"], False, "private"),
        ("https://tracer.test", ["::ffff:192.168.0.1"], False, "private"),
        ("https://tracer.test", ["64:ff9b::7f00:1"], False, "private"),
        ("https://tracer.test", ["169.254.169.254"], True, "link-local"),
        ("https://tracer.test", ["fe80::1%eth0"], True, "link-local"),
        ("https://tracer.test", ["fd00:ec2::254"], True, "link-local"),
        ("https://tracer.test", ["0.0.0.0"], True, "no single host"),
        ("http://tracer.test", ["93.184.216.34"], False, "not encrypted"),
    ],
)  # fmt: skip
def test_an_address_that_no_admin_allowed_is_not_connected_to(
    plane: Plane, address: str, resolves_to: list[str], allowed: bool, why: str
) -> None:
    """Every address of the host is looked at, in whatever form it is written; what clouds guard is never asked."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return resolves_to

    plane.resolve = resolve
    plane.add("zipkin", address, allow_private=allowed)
    state = plane.pull()
    assert state.error is not None
    assert state.error_kind == "blocked"
    assert why in state.error.what


def test_the_connection_goes_to_the_address_that_was_checked(plane: Plane, traces: Traces) -> None:
    """The name is resolved once for a request, and the tracer still hears its own name."""
    with serving(zipkin(traces)) as served:

        async def resolve(_host: str, _port: int) -> list[str]:
            return ["127.0.0.1"]

        plane.resolve = resolve
        plane.add("zipkin", f"http://tracer.test:{served.port}")
        assert plane.pull().error is None
        assert {headers["host"] for _, _, headers in served.asked} == {f"tracer.test:{served.port}"}


def test_a_host_without_an_address_is_told(plane: Plane) -> None:
    """A misspelt name."""
    plane.add("zipkin", "https://nobody.invalid")
    state = plane.pull()
    assert state.error is not None
    assert (state.error_kind, state.error.where) == ("unreachable", "nobody.invalid")


def test_one_trace_that_cannot_be_read_does_not_stop_the_others(plane: Plane, traces: Traces) -> None:
    """It is counted, with its id, and the window is done."""
    inner = jaeger(traces)

    def answer(path: str, query: Query, headers: Mapping[str, str]) -> Reply:
        if path == f"/api/v3/traces/{1:032x}":
            return as_json(
                {"result": {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 7}, "x"]}]}]}}
            )
        return inner(path, query, headers)

    with serving(answer) as served:
        plane.add("jaeger", served.url)
        assert plane.pull().error is None
        plane.pull()
    assert (plane.spans(), plane.rejections()) == (1, {"undecodable": 1})


def test_one_trace_that_is_too_large_does_not_stop_the_others(plane: Plane, traces: Traces) -> None:
    """More than we read of one answer: given up and told."""
    inner = jaeger(traces)

    def answer(path: str, query: Query, headers: Mapping[str, str]) -> Reply:
        if path == f"/api/v3/traces/{2:032x}":
            return Reply(200, endless(), JSON)
        return inner(path, query, headers)

    with serving(answer) as served:
        plane.add("jaeger", served.url)
        assert plane.pull().error is None
    assert (plane.spans(), plane.rejections()) == (1, {"too_large": 1})


def test_spans_that_no_door_would_take_are_counted_by_reason(on_both: Plane, traces: Traces) -> None:
    """A zero id rejects that span, and its neighbours stay; met again in the next pass it is not counted again."""
    traces.told.append(Told(1, 0, on_both.clock() - 30 * MINUTE))
    with serving(jaeger(traces)) as served:
        on_both.add("jaeger", served.url)
        on_both.pull()
        on_both.clock.advance(30)  # type: ignore[attr-defined]
        on_both.pull()
    assert (on_both.spans(), on_both.rejections()) == (2, {"bad_span_id": 1})


def test_an_answer_too_large_is_asked_for_in_halves(plane: Plane) -> None:
    """Three hours of long traces are more than we read at once; hour by hour they come."""
    long = {"note": "x" * 30_000}
    told = [Told(n, 1, plane.clock() - n * 10 * MINUTE, attributes=long) for n in range(1, 18)]
    with serving(zipkin(Traces(told))) as served:
        plane.add("zipkin", served.url, begin_at=plane.clock() - 4 * HOUR)
        assert plane.pull().error is None
    assert plane.spans() == 17


def test_a_second_with_more_than_the_limit_is_told_loudly_and_forgotten_when_it_came(on_both: Plane) -> None:
    """Five traces in one millisecond and a limit of two: the books name the second, until a higher limit brings them all."""
    told = [Told(n, 1, on_both.clock() - 10 * MINUTE) for n in range(1, 6)]
    with serving(zipkin(Traces(told))) as served:
        source = on_both.add("zipkin", served.url, limit=2)
        assert on_both.pull().error is None
        (found,) = on_both.database.read(source_books.truncations)["t"]
        assert found.from_at <= told[0].start < found.to_at
        assert (found.limit, found.service, on_both.spans()) == (2, "shop", 2)
        assert on_both.watermark() == on_both.clock() - 60 * SECOND, "what comes after it is not held up"
        raised = Source(
            **{name: getattr(source, name) for name in Source.__dataclass_fields__} | {"limit": 50}
        )
        on_both.write(lambda s: source_store.change(s, raised, None))
        on_both.pull()
    assert (on_both.spans(), on_both.database.read(source_books.truncations)) == (5, {})


def test_a_paused_source_stores_nothing_more_and_goes_on_where_it_was(on_both: Plane, traces: Traces) -> None:
    """Paused in the middle of a pass, its watermark stands at the last window that was stored; resumed it misses nothing."""
    inner = zipkin(traces)

    def answer(path: str, query: Query, headers: Mapping[str, str]) -> Reply:
        if int(query.get("endTs", 0)) * 1_000 > traces.told[1].start:
            on_both.write(lambda s: source_store.set_enabled(s, "t", False))
        return inner(path, query, headers)

    with serving(answer) as served:
        on_both.add("zipkin", served.url)
        on_both.pull()
        assert on_both.spans() == 1
        watermark = on_both.watermark()
        assert watermark is not None
        assert traces.told[0].start < watermark <= traces.told[1].start
        assert on_both.database.read(lambda s: source_leases.due(s, on_both.clock() + HOUR)) == ()  # type: ignore[arg-type]
        served.answer = inner
        on_both.write(lambda s: source_store.set_enabled(s, "t", True))
        assert on_both.database.read(lambda s: source_leases.due(s, on_both.clock())) == ("t",)
        on_both.pull()
    assert on_both.spans() == 2


def test_two_processes_never_pull_one_source_at_once(on_both: Plane, traces: Traces) -> None:
    """While one holds it another gets nothing; when the lease has run out the next takes over, and the first can store no more."""
    inner = zipkin(traces)
    second = on_both.pulling("second")

    def answer(path: str, query: Query, headers: Mapping[str, str]) -> Reply:
        if path == "/api/v2/services":
            held = on_both.write(
                lambda s: source_leases.hold(s, "t", "third", on_both.clock(), on_both.clock())
            )
            assert not held
            later = on_both.clock() + 61 * SECOND
            assert on_both.write(lambda s: source_leases.hold(s, "t", "third", later, later + SECOND))
        return inner(path, query, headers)

    with serving(answer) as served:
        on_both.add("zipkin", served.url)
        on_both.pull(second)
    assert on_both.spans() == 0
    assert on_both.watermark() is None


def test_credentials_sealed_with_another_key_are_told(plane: Plane, traces: Traces) -> None:
    """The key was lost: the source says so, and asks nothing without its credential."""
    with serving(zipkin(traces)) as served:
        plane.add("zipkin", served.url, headers={"authorization": "Bearer x"})
        state = plane.pull(plane.pulling(seal=Seal(b"o" * 32)))
        assert served.asked == []
    assert state.error is not None
    assert (state.error_kind, "another key" in state.error.what) == ("ours", True)


def test_a_line_of_documents_is_read_as_one_answer(plane: Plane, traces: Traces) -> None:
    """A gateway streams v3 traces as a document a line."""
    inner = jaeger(traces, "v3")

    def answer(path: str, query: Query, headers: Mapping[str, str]) -> Reply:
        if path == "/api/v3/traces":
            found = [{"result": {"resourceSpans": otlp([one])}} for one in traces.told]
            return Reply(200, ("\n".join(map(json.dumps, found)).encode(),), JSON)
        return inner(path, query, headers)

    with serving(answer) as served:
        plane.add("jaeger", served.url)
        assert plane.pull().error is None
    assert plane.spans() == 2

# SPDX-License-Identifier: Apache-2.0
"""Jaeger of three ages, Tempo of two, Zipkin: whatever a tracer speaks, its traces come whole, once, and again when they grow."""

from collections.abc import Callable, Iterator

import pytest
from pulled import Plane
from tracer_servers import Answer, Served, Told, Traces, jaeger, tempo, zipkin

from collectors.sources import books as source_books
from collectors.sources import leases as source_leases
from collectors.sources import store as source_store
from collectors.spans.view import SpanView
from collectors.transactions import story_store
from terms.instant import HOUR, MINUTE, SECOND

DIALECTS: dict[str, tuple[str, Callable[[Traces], Answer], str]] = {
    "jaeger with summaries": ("jaeger", jaeger, "v3 summaries"),
    "jaeger v3 before them": ("jaeger", lambda traces: jaeger(traces, "v3"), "v3"),
    "jaeger legacy": ("jaeger", lambda traces: jaeger(traces, "legacy"), "legacy"),
    "tempo": ("tempo", tempo, "v2"),
    "tempo before v2": ("tempo", lambda traces: tempo(traces, "v1"), "v1"),
    "tempo in JSON": ("tempo", lambda traces: tempo(traces, as_text=True), "v2"),
    "zipkin": ("zipkin", zipkin, "v2"),
}


@pytest.fixture
def traces(clock) -> Traces:  # type: ignore[no-untyped-def]
    """Three traces of two services within the last hour, all of them ended."""
    now = clock()
    return Traces(
        [
            Told(1, 1, now - 30 * MINUTE, attributes={"throughline.object.order": "SO-1", "who": "ä"}),
            Told(1, 2, now - 30 * MINUTE + 10, 500, "ledger", parent=1),
            Told(2, 1, now - 29 * MINUTE),
            Told(0xAB00000000000000CD, 1, now - 10 * MINUTE, service="ledger"),
        ]
    )


@pytest.fixture(params=DIALECTS, ids=lambda name: str(name))
def dialect(request: pytest.FixtureRequest, traces: Traces) -> Iterator[tuple[str, Served, str]]:
    kind, made, api = DIALECTS[request.param]
    served = Served(made(traces))
    yield kind, served, api
    served.stop()


def spans_of(plane: Plane, trace_id: str) -> tuple[SpanView, ...]:
    return plane.database.read(lambda session: story_store.trace(session, trace_id))


def test_every_trace_comes_whole_and_once(
    on_both: Plane, traces: Traces, dialect: tuple[str, Served, str]
) -> None:
    """Spans with their parents, services and attributes; a second pass finds nothing new, and the watermark has moved on."""
    kind, served, api = dialect
    on_both.add(kind, served.url)
    state = on_both.pull()
    assert (state.error, state.failures, state.api) == (None, 0, api)
    assert on_both.spans() == 4
    first, second = spans_of(on_both, f"{1:032x}")
    assert (first.service, first.name, first.parent_span_id, first.attributes["who"]) == (
        "shop",
        "work",
        None,
        "ä",
    )
    assert (second.service, second.parent_span_id) == ("ledger", first.span_id)
    assert (first.start_ns, first.end_ns - first.start_ns) == (traces.told[0].start * 1_000, 1_000_000)
    assert on_both.watermark() == on_both.clock() - 60 * SECOND
    on_both.clock.advance(30)  # type: ignore[attr-defined]
    assert on_both.pull().error is None
    assert (on_both.spans(), on_both.watermark()) == (4, on_both.clock() - 60 * SECOND)


def test_a_trace_that_grew_is_fetched_again(
    plane: Plane, traces: Traces, dialect: tuple[str, Served, str]
) -> None:
    """A span that comes late, in a trace that was fetched already, is found though its trace is known."""
    kind, served, _ = dialect
    plane.add(kind, served.url)
    plane.pull()
    traces.told.append(
        Told(0xAB00000000000000CD, 2, plane.clock() - 9 * MINUTE, 5_000_000, "ledger", parent=1)
    )
    plane.clock.advance(30)  # type: ignore[attr-defined]
    plane.pull()
    assert len(spans_of(plane, f"{0xAB00000000000000CD:032x}")) == 2


def test_a_window_that_is_too_full_is_asked_in_halves(plane: Plane, dialect: tuple[str, Served, str]) -> None:
    """No answer says more than two traces, and all of them come."""
    kind, served, _ = dialect
    plane.add(kind, served.url, limit=2, begin_at=plane.clock() - 2 * HOUR)
    assert plane.pull().error is None
    assert plane.spans() == 4
    assert plane.database.read(source_books.truncations) == {}


def test_what_was_found_out_is_remembered(plane: Plane, traces: Traces) -> None:
    """An old Jaeger is asked for its new API once, not in every pass; one that was upgraded is found out anew."""
    served = Served(jaeger(traces, "legacy"))
    plane.add("jaeger", served.url)
    plane.pull()
    assert served.paths()[0] == "/api/v3/services"
    served.asked.clear()
    plane.pull()
    assert not [path for path in served.paths() if path.startswith("/api/v3/")]
    served.answer = jaeger(traces)
    assert plane.pull().error_kind == "garbage", "the page of its UI"
    plane.write(lambda s: source_leases.ask_now(s, "t"))
    assert (plane.pull().error, plane.state().api) == (None, "v3 summaries")
    served.stop()


def test_summaries_spare_what_did_not_change(plane: Plane, traces: Traces) -> None:
    """Of a Jaeger with summaries, a trace that is as it was is not fetched again."""
    served = Served(jaeger(traces))
    plane.add("jaeger", served.url)
    plane.pull()
    served.asked.clear()
    plane.clock.advance(30)  # type: ignore[attr-defined]
    plane.pull()
    assert not [path for path in served.paths() if path.startswith("/api/v3/traces/")]
    served.stop()


def test_only_the_services_that_were_named_are_asked_for(
    plane: Plane, dialect: tuple[str, Served, str]
) -> None:
    """A filter of services leaves the others alone; a trace of a named one comes whole all the same."""
    kind, served, _ = dialect
    plane.add(kind, served.url, services=("shop",))
    plane.pull()
    assert plane.spans() == 3
    assert spans_of(plane, f"{0xAB00000000000000CD:032x}") == ()


def test_a_service_that_is_new_is_pulled_from_the_beginning(plane: Plane, traces: Traces) -> None:
    """Its spans may lie before what the others have come to."""
    served = Served(jaeger(traces))
    plane.add("jaeger", served.url)
    plane.pull()
    traces.told.append(Told(9, 1, plane.clock() - 50 * MINUTE, service="newcomer"))
    plane.clock.advance(30)  # type: ignore[attr-defined]
    plane.pull()
    assert len(spans_of(plane, f"{9:032x}")) == 1
    served.stop()


def test_a_tracer_without_traces_is_up_to_date(plane: Plane) -> None:
    """Nothing to pull is no lag."""
    for name, (kind, made, _) in DIALECTS.items():
        served = Served(made(Traces()))
        plane.add(kind, served.url)
        assert plane.pull().error is None, name
        assert plane.watermark() == plane.clock() - 60 * SECOND, name
        plane.write(lambda s: source_store.remove(s, "t"))
        served.stop()


def test_credentials_and_tenant_are_sent_along_and_kept_sealed(plane: Plane, traces: Traces) -> None:
    """The tracer sees the headers; the database holds nothing that can be read."""
    served = Served(tempo(traces))
    plane.add(
        "tempo", served.url, headers={"authorization": "Bearer s3cret-of-tempo", "x-scope-orgid": "acme"}
    )
    plane.pull()
    assert {headers["authorization"] for _, _, headers in served.asked} == {"Bearer s3cret-of-tempo"}
    assert {headers["x-scope-orgid"] for _, _, headers in served.asked} == {"acme"}
    sealed = plane.database.read(lambda s: source_store.sealed_headers(s, "t"))
    assert sealed is not None
    assert b"s3cret" not in sealed
    served.stop()


def test_a_trace_its_tempo_has_only_a_part_of_is_told(on_both: Plane, traces: Traces) -> None:
    """What there is is stored; it is fetched again while it may become whole, and then counted as partial."""
    served = Served(tempo(traces, partial=[f"{2:032x}"]))
    on_both.add("tempo", served.url)
    on_both.pull()
    assert (on_both.spans(), on_both.rejections()) == (4, {})
    on_both.clock.advance(90)  # type: ignore[attr-defined]
    on_both.pull()
    assert on_both.rejections() == {"partial": 1}
    served.stop()


def test_a_trace_of_two_services_is_fetched_once(plane: Plane, traces: Traces) -> None:
    """It is fetched for the first of them, and known to the second."""
    served = Served(jaeger(traces))
    plane.add("jaeger", served.url)
    plane.pull()
    assert served.paths().count(f"/api/v3/traces/{1:032x}") == 1
    served.stop()

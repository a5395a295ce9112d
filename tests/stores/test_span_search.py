# SPDX-License-Identifier: Apache-2.0
"""Searches for spans on both databases: through an index or block by block, they find what Python finds among all."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from collectors.definitions import Definitions, load
from collectors.intake import ingest
from collectors.retention import store as retention_store
from collectors.span import Decoded, Origin, Span
from collectors.spans import promotion_store, search_tables
from collectors.spans import search as span_search
from collectors.spans.promotion import LINKS, values_of
from collectors.spans.query import KINDS, STATUSES, SpanCondition, SpanQuery, read
from collectors.spans.search import Found, Position
from controlplane.database import Actor, Database
from terms.instant import DAY, HOUR, MINUTE, Instant, parse
from terms.problem import ProblemError
from tests.conftest import FixedClock

NOW = parse("2026-11-20T12:00:00Z")
MACHINE = Actor("machine", "test")
SERVICES = [Origin(name, "scope", {"service.name": name}) for name in ("billing-worker", "kong", "ledger")]
PLAIN = load()


def declaring(*names: str) -> Definitions:
    return Definitions(PLAIN.processes, PLAIN.extraction, tuple(sorted({LINKS, *names})))


def spans_of(number: int, seed: int) -> list[Span]:
    """Spans of three services over ten days; some name an invoice, some carry a status code, a few link to another."""
    draw = random.Random(seed)
    made = []
    for place in range(number):
        # Within an hour starts lie apart, so that two of them are rarely equal; a few are, to the nanosecond.
        start = (NOW - draw.randrange(240) * HOUR - draw.choice([0, 0, draw.randrange(HOUR)])) * 1_000
        attributes: dict[str, Any] = {"http.response.status_code": draw.choice([200, 200, 404, 500])}
        if draw.random() < 0.3:
            attributes["throughline.object.invoice"] = f"INV-{draw.randrange(6)}"
        if draw.random() < 0.3:
            attributes["tags"] = draw.sample(["a", "b", "c"], 2)
        if draw.random() < 0.1:
            attributes[LINKS] = [
                {"trace_id": f"{draw.randrange(1, 5):032x}", "span_id": f"{1:016x}", "attributes": {}}
            ]
        made.append(
            Span(
                draw.choice(SERVICES), (seed * 100 + place // 5 + 1).to_bytes(16, "big"), (seed * 10_000 + place + 1).to_bytes(8, "big"),
                None, draw.choice(["post journal", "POST /orders", "poll", "100% done_"]), draw.choice([1, 2, 3]), start,
                start + draw.choice([500, 2_000_000, 3_000_000_000]), draw.choice([0, 0, 1, 2]), None, attributes,
            )
        )  # fmt: skip
    return made


def take(
    database: Database, spans: Sequence[Span], definitions: Definitions = PLAIN, at_once: int = 40
) -> None:
    """In several requests, each a block of its own."""
    for start in range(0, len(spans), at_once):
        request = Decoded(
            spans=[Span(*span[:-1], dict(span.attributes)) for span in spans[start : start + at_once]]
        )

        def store(session: Session, request: Decoded = request) -> object:
            return ingest(session, request, NOW, definitions)

        database.write(store, actor=MACHINE, reason="test")


def fill_in(database: Database, clock: FixedClock, *names: str) -> None:
    """The job until it has nothing to do."""
    wanted = tuple(sorted({LINKS, *names}))
    for _ in range(1_000):
        more = database.write(
            lambda s: promotion_store.step(s, wanted, clock()), actor=MACHINE, reason="test"
        )
        if more:
            continue
        if all(one.finished_at for one in promotion(database)):
            return
        clock.advance(30)
    raise AssertionError("the job does not end")


def promotion(database: Database) -> tuple[promotion_store.Promoted, ...]:
    return database.read(promotion_store.promoted)


def asked(text: str, *promoted: str) -> SpanQuery:
    query = read(text, NOW, promoted)
    assert query.problems == ()
    return query


def meets(span: Span, query: SpanQuery) -> bool:
    length = span.end_ns - span.start_ns
    return (
        (query.started_from is None or span.start_ns >= query.started_from * 1_000)
        and (query.started_before is None or span.start_ns < query.started_before * 1_000)
        and length >= query.shortest * 1_000
        and (query.longest is None or length // 1_000 <= query.longest)
        and all(_holds(span, one) != one.negated for one in query.conditions)
    )


def _holds(span: Span, one: SpanCondition) -> bool:
    if one.field.startswith("@"):
        return bool(set(values_of(span.attributes, one.field[1:])) & set(one.values))
    told: dict[str, Callable[[str], bool]] = {
        "service": lambda value: span.origin.service == value,
        "status": lambda value: STATUSES[span.status] == value,
        "kind": lambda value: KINDS[span.kind] == value,
        "trace": lambda value: span.trace_id.hex() == value,
        "name": lambda value: span.name.startswith(value[:-1]) if value.endswith("*") else span.name == value,
        "text": lambda value: value.lower() in span.name.lower(),
        "key": lambda value: span.attributes.get("throughline.object.invoice") == value.rpartition(":")[2],
    }
    return any(told[one.field](value) for value in one.values)


def pages(database: Database, query: SpanQuery, first: int, budget: int) -> list[Found]:
    found: list[Found] = []
    after: Position | None = None
    while not found or found[-1].end is not None:
        page = database.read(
            lambda s, after=after: span_search.search(s, query, first, after, budget)  # type: ignore[misc]
        )
        found.append(page)
        assert len(found) < 500, "the search does not end"
        after = page.end
    return found


QUERIES = (
    "", "service:kong", "service:kong,ledger status:error", "-service:kong", "service:nobody", "status:ok,unset", "kind:server", "-kind:client",
    "name:poll", "name:POST*", "post", "100%", "_", "-post", "duration>1s", "duration<=2ms", "duration<500ms duration>1ms",
    "started>=-3d", "started>=2026-11-15 started<2026-11-16", "started>-2d service:kong post", "key:INV-3", "key:invoice:INV-3,INV-4", "-key:INV-3",
    "key:INV-3 status:error", "trace:" + f"{705:032x}", "key:INV-9999", "started>=-4d @http.response.status_code:500", "started>=-4d @tags:a,b -@tags:c",
    "started>=-9d @tags:a key:INV-1",
)  # fmt: skip


@pytest.mark.parametrize(
    ("first", "budget"), [(200, 100_000), (7, 100_000), (7, 60)], ids=["whole", "pages", "small budget"]
)
def test_a_search_finds_exactly_what_it_says(database: Database, first: int, budget: int) -> None:
    """Whatever the size of a page and however little it may look at: each span once, the newest first, and none left out."""
    made = spans_of(400, 7)
    take(database, made)
    for text in QUERIES:
        query = asked(text)
        found = [span for page in pages(database, query, first, budget) for span in page.spans]
        expected = [span for span in made if meets(span, query)]
        assert sorted(span.span_id for span in found) == sorted(span.span_id.hex() for span in expected), text
        starts = [span.start_ns for span in found]
        assert starts == sorted(starts, reverse=True), text


def test_a_search_says_how_much_it_looked_at(database: Database) -> None:
    """What blocks cannot hold is not looked at: another service, another day, no error."""
    take(database, spans_of(400, 7))
    whole = pages(database, asked("-post"), 200, 100_000)[-1].scanned
    assert whole == 400
    for text in ("service:kong", "started>=2026-11-20T11:00", "started<2026-11-11T06:00"):
        assert 0 < pages(database, asked(text), 200, 100_000)[0].scanned < whole
    assert pages(database, asked("trace:" + "f" * 32), 200, 100_000)[0].scanned == 0
    few = pages(database, asked("name:nothing"), 50, 60)
    assert len(few) > 3
    assert sum(page.scanned for page in few) >= 400


def test_a_promoted_attribute_is_found_at_any_time(database: Database, clock: FixedClock) -> None:
    """Declared after the fact: the job fills in what is stored, intake goes on from there, and both are found by the index."""
    old, new = spans_of(300, 3), spans_of(100, 4)
    take(database, old)
    name = "http.response.status_code"
    assert read("@http.response.status_code:500", NOW).problems != ()
    fill_in(database, clock, name, "tags")
    take(database, new, declaring(name, "tags"))
    states = {
        one.name: (one.looked_at, one.blocks, one.finished_at is not None) for one in promotion(database)
    }
    assert states == {name: (8, 8, True), "tags": (8, 8, True), LINKS: (8, 8, True)}
    for text in (
        f"@{name}:500",
        f"@{name}:404,500 service:kong",
        "@tags:b",
        f"@tags:a @{name}:200 -post",
        f"@{name}:500 started>-3d",
    ):
        query = asked(text, name, "tags")
        found = pages(database, query, 50, 60)
        expected = [span for span in [*old, *new] if meets(span, query)]
        ids = sorted(span.span_id for page in found for span in page.spans)
        assert ids == sorted(span.span_id.hex() for span in expected), text
        assert expected
    target = f"{2:032x}{1:016x}"
    linked = [
        span for page in pages(database, asked(f"@{LINKS}:{target}", LINKS), 50, 60) for span in page.spans
    ]
    assert len(linked) == sum(target in values_of(span.attributes, LINKS) for span in [*old, *new]) > 0


def test_the_job_leaves_off_and_goes_on(database: Database, clock: FixedClock) -> None:
    """Killed between two steps, started again, or asked for one attribute more: every value stands once."""
    made = spans_of(1_500, 5)
    take(database, made, at_once=20)

    def step(*names: str) -> bool:
        wanted = tuple(sorted({LINKS, *names}))
        return database.write(
            lambda s: promotion_store.step(s, wanted, clock()), actor=MACHINE, reason="test"
        )

    for _ in range(3):
        assert step("tags")
    half = next(one for one in promotion(database) if one.name == "tags")
    assert (half.looked_at, half.blocks, half.finished_at) == (40, 75, None)
    fill_in(database, clock, "tags", "http.response.status_code")
    table = search_tables.SpanAttributeRow
    rows = database.read(lambda s: s.execute(select(table.value, table.span_key)).all())
    expected = sum(
        len(values_of(span.attributes, name))
        for span in made
        for name in ("tags", "http.response.status_code", LINKS)
    )
    assert len(rows) == len(set(rows)) == expected
    while step():  # no longer declared
        pass
    assert [one.name for one in promotion(database)] == [LINKS]
    left = database.read(lambda s: s.execute(select(table.span_key)).all())
    assert len(left) == sum(len(values_of(span.attributes, LINKS)) for span in made)


def test_what_retention_removes_is_not_found(database: Database, clock: FixedClock) -> None:
    """Zones and values go with their spans."""
    take(database, spans_of(120, 6))
    fill_in(database, clock, "tags")

    def remove(session: Session) -> None:
        blocks = session.execute(select(search_tables.SpanZoneRow.block_id).distinct()).scalars().all()
        gone = retention_store.Archived(1, "", "", 0, 120, 0, 0, NOW)
        retention_store.remove(session, sorted(blocks), gone)

    database.write(remove, actor=MACHINE, reason="test")
    for text in ("", "@tags:a"):
        (page,) = pages(database, asked(text, "tags"), 50, 60)
        assert (page.spans, page.scanned) == ((), 0)
    for table in (search_tables.SpanZoneRow, search_tables.SpanAttributeRow):
        assert database.read(lambda s, table=table: s.execute(select(table)).all()) == []  # type: ignore[misc]


@pytest.mark.parametrize("cursor", ["", "1", "x.1", "-1.2", "1.2.3", "9" * 50])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    """A made-up cursor says so."""
    with pytest.raises(ProblemError, match="is not a cursor"):
        span_search.position(cursor)


@pytest.mark.parametrize(
    ("text", "at", "what"),
    [
        ("servce:kong", 0, "there is no field 'servce'"),
        ("status:bad", 7, "there is no status 'bad'"),
        ("service>kong", 0, "'service' has no order"),
        ("trace:12", 6, "'12' is not the id of a trace"),
        ("duration:2s", 0, "'duration' is compared with > or <"),
        ("-started>-1d", 0, "'started' is compared with > or <"),
        (
            "post @http.route:/x",
            5,
            "'@http.route' is not promoted, so it is looked for only inside a stretch of time",
        ),
        ("@tags:a -@tags:b", 8, "'@tags' is not promoted, so it is looked for only inside a stretch of time"),
    ],
)
def test_what_is_wrong_in_a_query_is_pointed_at(text: str, at: int, what: str) -> None:
    """The place, what is wrong there, and what to do; an attribute outside of any index needs a stretch of time."""
    (problem, *_) = read(text, NOW, ("tags",)).problems
    assert (problem.at, problem.what) == (at, what)
    assert problem.do


def test_bounds_are_exact(database: Database) -> None:
    """On its first microsecond a span is in, at the end of a stretch it is out; lengths count whole microseconds."""
    assert (asked("started>=2026-11-01").started_from, asked("started>2026-11-01").started_from) == (
        parse("2026-11-01T00:00:00Z"),
        Instant(parse("2026-11-01T00:00:00Z") + 1),
    )
    assert (
        asked("duration>1ms").shortest,
        asked("duration<1ms").longest,
        asked("duration<=1ms").longest,
    ) == (1_001, 999, 1_000)
    assert asked("started<-1d started<-2d").started_before == NOW - 2 * DAY
    assert asked("duration>1m duration>2m").shortest == 2 * MINUTE + 1
    assert pages(database, asked("service:none"), 5, 5)[0].spans == ()

# SPDX-License-Identifier: Apache-2.0
"""Sources over the API: set up, tried, watched, paused and removed, by those who may, with secrets that never come back."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session, select
from tracer_servers import Reply, Served, Told, Traces, as_json, zipkin

from collectors.sources.tables import SourceRow
from controlplane.audit import AuditRow
from controlplane.database import Actor
from policies.listing import of_targets
from terms.instant import HOUR, MINUTE, text

ADD = """mutation Add($input: AddSourceInput!) { addSource(input: $input) { __typename
  ... on SourceKept { source { name state kind systems headerNames allowPrivate maxSilenceSeconds } }
  ... on SourceRefused { problems { what where next } } } }"""
TRY = """mutation Try($input: AddSourceInput!) { trySource(input: $input) { __typename
  ... on SourceAnswered { api services traces spans isFull }
  ... on SourceFailed { kind what where next }
  ... on SourceRefused { problems { what where } } } }"""
CHANGE = """mutation Change($input: ChangeSourceInput!) { changeSource(input: $input) { __typename
  ... on SourceKept { source { address limit headerNames maxSilenceSeconds } }
  ... on SourceNotFound { message } ... on SourceRefused { problems { what where next } } } }"""
NAMED = """mutation Do($input: SourceNameInput!) { VERBSource(input: $input) { __typename
  ... on SourceNotFound { message } MORE } }"""
MORE = {"remove": "", "test": "... on SourceAnswered { traces }"}
LIST = """query List($first: Int!, $after: String) { sources(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
  nodes { name kind state setUp watermark behindSeconds lastContactAt systems error { kind what next failures }
    throughput { bucketSeconds accepted totalAccepted totalRejected } rejections { reason count lastWhat }
    truncationCount truncations { service limit } pulled { name watermark } progress { running windows traces spans nextAt } } } }"""


@pytest.fixture
def tracer(world: Any) -> Iterator[Served]:
    now = world.parts.clock()
    served = Served(zipkin(Traces([Told(1, 1, now - 30 * MINUTE), Told(2, 1, now - 20 * MINUTE)])))
    yield served
    served.stop()


def asked(tracer: Served, **more: Any) -> dict[str, Any]:
    source = {"name": "zipkin", "kind": "ZIPKIN", "address": tracer.url, "allowPrivate": True, **more}
    return {"source": source, "idempotencyKey": "k"}


def named(world: Any, verb: str, name: str = "zipkin", role: str = "admin") -> dict[str, Any]:
    query = NAMED.replace("VERB", verb).replace(
        "MORE", MORE.get(verb, "... on SourceKept { source { state } }")
    )
    answer = world.ask(query, role=role, input={"name": name, "idempotencyKey": "k"})
    found: dict[str, Any] = answer[f"{verb}Source"]
    return found


def listed(world: Any) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in world.ask(LIST, first=50)["sources"]["nodes"]}


def pulled(world: Any, name: str = "zipkin") -> None:
    asyncio.run(world.parts.pulling.pull(name))


def test_a_source_is_set_up_pulled_and_watched(world: Any, tracer: Served) -> None:
    """Added, it is due at once; pulled, the list says how far it has told, what came and when it is asked next."""
    added = world.ask(ADD, input=asked(tracer, systems=["netsuite"]))["addSource"]
    assert added["source"] == {
        "name": "zipkin", "state": "BEGINNING", "kind": "ZIPKIN", "systems": ["netsuite"], "headerNames": [],
        "allowPrivate": True, "maxSilenceSeconds": 3600.0,
    }  # fmt: skip
    pulled(world)
    one = listed(world)["zipkin"]
    assert (one["state"], one["setUp"], one["behindSeconds"], one["error"]) == ("OK", True, 60.0, None)
    assert (one["throughput"]["accepted"][-1], one["throughput"]["totalAccepted"]) == (2, 2)
    assert one["pulled"][0] == {"name": "*", "watermark": one["watermark"]}
    assert [service["name"] for service in one["pulled"]] == ["*", "shop"]
    assert (one["progress"]["running"], one["progress"]["traces"], one["progress"]["spans"]) == (False, 2, 2)
    assert one["progress"]["nextAt"] == text(world.parts.clock() + 30 * 1_000_000)


def test_adding_again_is_adding_once(world: Any, tracer: Served) -> None:
    """The same source is the one there is, an hour later too; another under its name is refused."""
    world.ask(ADD, input=asked(tracer))
    world.parts.clock.advance(3600)
    assert world.ask(ADD, input=asked(tracer))["addSource"]["__typename"] == "SourceKept"
    refused = world.ask(ADD, input=asked(tracer, limit=7))["addSource"]
    assert refused["problems"][0]["what"] == "there is a source 'zipkin' already"
    assert world.ask(LIST, first=50)["sources"]["totalCount"] == 1


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"name": "Zip Kin"}, "name"),
        ({"name": "throughline"}, "name"),
        ({"name": "push:x"}, "name"),
        ({"kind": "PUSH"}, "name"),
        ({"allowPrivate": False}, "address"),
        ({"address": "ftp://tracer.example"}, "address"),
        ({"address": "https://me:pw@tracer.example"}, "address"),
        ({"address": "https://tracer.example/?a=b"}, "address"),
        ({"kind": "FILES", "address": "http://tracer.example/x"}, "address"),
        ({"kind": "FILES", "address": "simplecache::http://tracer.example/x"}, "address"),
        ({"limit": 0}, "limit"),
        ({"everySeconds": 0.2}, "every"),
        ({"maxSilenceSeconds": 30}, "maxSilence"),
        ({"spanUrl": "javascript:alert(1)//{trace_id}"}, "spanUrl"),
        ({"headers": [{"name": "Host", "value": "x"}]}, "headers"),
        ({"headers": [{"name": "a b", "value": "x"}]}, "headers"),
        ({"headers": [{"name": "x-y", "value": "a\r\nb: c"}]}, "headers"),
    ],
)
def test_what_cannot_be_a_source_is_refused_with_its_field(
    world: Any, tracer: Served, more: dict[str, Any], where: str
) -> None:
    """Each problem says which field it is about; nothing is stored."""
    refused = world.ask(ADD, input=asked(tracer, **more))["addSource"]
    assert refused["__typename"] == "SourceRefused"
    assert where in [problem["where"] for problem in refused["problems"]]
    assert world.ask(LIST, first=50)["sources"]["totalCount"] == 0


def test_a_secret_goes_in_and_never_comes_out(world: Any, tracer: Served) -> None:
    """The tracer sees it; the API names the header; database and audit log hold nothing that can be read."""
    headers = [{"name": "Authorization", "value": "Bearer top-s3cret"}]
    added = world.ask(ADD, input=asked(tracer, headers=headers))["addSource"]
    assert added["source"]["headerNames"] == ["authorization"]
    pulled(world)
    assert {seen["authorization"] for _, _, seen in tracer.asked} == {"Bearer top-s3cret"}

    def raw(session: Session) -> str:
        rows = [*session.exec(select(SourceRow)), *session.exec(select(AuditRow))]
        return " ".join(repr(row.model_dump()) for row in rows)

    assert "s3cret" not in world.parts.database.read(raw)
    assert "s3cret" not in world.post(LIST, {"first": 50}).text
    changed = world.ask(CHANGE, input={"name": "zipkin", "idempotencyKey": "k", "limit": 5})["changeSource"]
    assert (changed["source"]["headerNames"], changed["source"]["limit"]) == (["authorization"], 5)


def test_a_credential_is_not_sent_to_another_address(world: Any, tracer: Served) -> None:
    """Whoever points a source elsewhere has to give its credential again."""
    world.ask(ADD, input=asked(tracer, headers=[{"name": "authorization", "value": "Bearer x"}]))
    elsewhere = {"name": "zipkin", "idempotencyKey": "k", "address": "https://other.example"}
    refused = world.ask(CHANGE, input=elsewhere)["changeSource"]
    assert refused["problems"][0]["where"] == "headers"
    changed = world.ask(CHANGE, input={**elsewhere, "headers": []})["changeSource"]
    assert (changed["source"]["address"], changed["source"]["headerNames"]) == ("https://other.example", [])


def test_trying_stores_nothing(world: Any, tracer: Served) -> None:
    """What it speaks, its services, traces of the last hour; or what is wrong, in words."""
    found = world.ask(TRY, input=asked(tracer))["trySource"]
    assert found == {
        "__typename": "SourceAnswered", "api": "v2", "services": ["shop"], "traces": 2, "spans": 1, "isFull": False,
    }  # fmt: skip
    tracer.answer = lambda *_: Reply(401)
    failed = world.ask(TRY, input=asked(tracer))["trySource"]
    assert (failed["__typename"], failed["kind"]) == ("SourceFailed", "refused")
    tracer.answer = lambda *_: as_json({"hello": "world"})
    assert world.ask(TRY, input=asked(tracer))["trySource"]["kind"] == "garbage"
    unknown = world.ask(TRY, input=asked(tracer, address="http://127.0.0.1:1"))["trySource"]
    assert (unknown["kind"], bool(unknown["next"])) == ("unreachable", True)
    assert world.ask(LIST, first=50)["sources"]["totalCount"] == 0


def test_an_operator_runs_what_an_admin_has_set_up(world: Any, tracer: Served) -> None:
    """Pause, resume, pull and test, but not where it is or what is sent."""
    world.ask(ADD, input=asked(tracer))
    assert named(world, "pause", role="operator")["source"]["state"] == "PAUSED"
    assert named(world, "resume", role="operator")["source"]["state"] == "BEGINNING"
    assert named(world, "pull", role="operator")["__typename"] == "SourceKept"
    assert named(world, "test", role="operator")["__typename"] == "SourceAnswered"
    for query, what in ((ADD, asked(tracer)), (CHANGE, {"name": "zipkin", "idempotencyKey": "k"})):
        assert (
            world.post(query, {"input": what}, role="operator").json()["errors"][0]["extensions"]["code"]
            == "FORBIDDEN"
        )
    assert (
        world.post(LIST, {"first": 5}, role="viewer").json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    )


def test_a_paused_source_is_not_pulled(world: Any, tracer: Served) -> None:
    """Asking for a pull says that it is paused; what is not there is said as well."""
    world.ask(ADD, input=asked(tracer))
    named(world, "pause")
    assert named(world, "pull")["__typename"] == "SourceRefused"
    pulled(world)
    assert tracer.asked == []
    assert named(world, "pause", "nobody")["__typename"] == "SourceNotFound"
    assert named(world, "remove", "nobody")["__typename"] == "SourceNotFound"


def test_removing_leaves_its_spans_and_nothing_else(world: Any, tracer: Served) -> None:
    """Its books, its credential and its violations go; what has happened has happened."""
    world.ask(ADD, input=asked(tracer, headers=[{"name": "authorization", "value": "Bearer x"}]))
    pulled(world)
    world.parts.clock.advance(2 * 3600)
    world.parts.database.write(
        lambda s: world.parts.governance.judge_sources(s, world.parts.clock()),
        actor=Actor("machine", "test"),
        reason="t",
    )
    assert violations(world) == {"source.silent": "open"}
    assert named(world, "remove")["__typename"] == "SourceRemoved"
    assert named(world, "remove")["__typename"] == "SourceNotFound"
    assert (listed(world), violations(world)) == ({}, {"source.silent": "resolved"})
    trace = world.ask("query T($id: ID!) { trace(id: $id) { count } }", id=f"{1:032x}")["trace"]
    assert trace["count"] == 1


def test_every_change_is_in_the_audit_log(world: Any, tracer: Served) -> None:
    """Who did what, and that a private address was allowed."""
    world.ask(ADD, input=asked(tracer))
    named(world, "pause")
    named(world, "remove")
    rows = world.parts.database.read(lambda s: [row.reason for row in s.exec(select(AuditRow))])
    told = [reason for reason in rows if "source" in reason]
    assert told == [
        f"add source zipkin: zipkin {tracer.url}, a private or plain address allowed",
        "pause source zipkin",
        "remove source zipkin",
    ]


def test_whoever_pushes_is_a_source(world: Any) -> None:
    """Under the name of its token, with what was refused and why; an empty request is a sign of life."""
    token = world.token("ingest", "collector eu")
    json_type = {**token, "Content-Type": "application/json"}
    assert world.client.post("/v1/traces", content=b"{}", headers=json_type).status_code == 200
    seen = listed(world)["push:collector eu"]
    assert (seen["kind"], seen["state"], seen["setUp"]) == ("PUSH", "OK", False)
    assert seen["lastContactAt"] == text(world.parts.clock())
    assert world.client.post("/v1/traces", content=b"{", headers=json_type).status_code == 400
    bad = {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "00", "spanId": "00", "name": "x"}]}]}]}
    assert world.client.post("/v1/traces", json=bad, headers=token).status_code == 200
    counts = {one["reason"]: one["count"] for one in listed(world)["push:collector eu"]["rejections"]}
    assert counts == {"undecodable": 1, "bad_trace_id": 1}
    world.parts.clock.advance(1_200)
    assert listed(world)["push:collector eu"]["state"] == "QUIET"


def test_what_is_odd_is_counted_by_reason_and_once_however_often_it_is_sent(world: Any) -> None:
    """Spans whose times or ids cannot be are kept and flagged, others rejected; a sender that repeats itself changes no count."""
    token, now = world.token("ingest", "collector eu"), world.parts.clock() * 1_000

    def span(number: int, start: int, end: int, **more: Any) -> dict[str, Any]:
        return {"traceId": f"{7:032x}", "spanId": f"{number:016x}", "name": f"step {number}", "kind": 1,
                "startTimeUnixNano": str(start), "endTimeUnixNano": str(end)} | more  # fmt: skip

    year = 366 * 86_400 * 10**9
    spans = [
        span(1, now, now + 5),
        span(2, now, now - 5_000_000),
        span(3, now - 30 * year, now - 30 * year + 1),
        span(4, now + 2 * year, now + 2 * year + 1),
        span(5, now, now + 5),
        span(5, now, now + 6),
        span(6, now, now + 5, traceId="00"),
        span(7, now, now + 5, traceId="00"),
    ]
    body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    for sent in (body, body, {"resourceSpans": [{"scopeSpans": [{"spans": spans[::-1]}]}]}):
        assert world.client.post("/v1/traces", json=sent, headers=token).status_code == 200
        world.client.post("/v1/traces", content=b"{", headers={**token, "Content-Type": "application/json"})
    query = """{ source(name: "push:collector eu") { throughput { totalAccepted totalRejected }
      rejections { reason count } flags { reason count lastAt lastWhat } } }"""
    told = world.ask(query)["source"]
    assert told["throughput"] == {"totalAccepted": 5, "totalRejected": 3}
    assert {one["reason"]: one["count"] for one in told["rejections"]} == {
        "bad_trace_id": 2,
        "undecodable": 1,
    }
    flags = {one["reason"]: one for one in told["flags"]}
    assert {reason: one["count"] for reason, one in flags.items()} == {
        "clock_off": 2, "ends_before_start": 1, "two_contents": 1,
    }  # fmt: skip
    assert (
        flags["ends_before_start"]["lastWhat"] == f"span 'step 2' ({2:016x}): ends 5.000 ms before it starts"
    )


def test_a_pushing_source_that_was_set_up_is_missed_when_it_falls_silent(world: Any) -> None:
    """An admin says for how long; then its silence is a violation, and at twice the time it lags."""
    source = {"name": "push:collector eu", "kind": "PUSH", "maxSilenceSeconds": 600, "systems": ["netsuite"]}
    world.ask(ADD, input={"source": source, "idempotencyKey": "k"})
    headers = {**world.token("ingest", "collector eu"), "Content-Type": "application/json"}
    world.client.post("/v1/traces", content=b"{}", headers=headers)
    states = []
    for seconds in (120, 500, 700):
        world.parts.clock.advance(seconds)
        states.append(listed(world)["push:collector eu"]["state"])
    assert states == ["OK", "SILENT", "LAGGING"]


def test_sources_come_in_pages(world: Any, tracer: Served) -> None:
    """By name, each once."""
    for name in ("a", "b", "c"):
        world.ask(ADD, input=asked(tracer, name=name))
    first = world.ask(LIST, first=2)["sources"]
    assert ([one["name"] for one in first["nodes"]], first["pageInfo"]["hasNextPage"]) == (["a", "b"], True)
    rest = world.ask(LIST, first=2, after=first["pageInfo"]["endCursor"])["sources"]
    assert ([one["name"] for one in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (["c"], False)
    assert "errors" in world.post(LIST, {"first": 2, "after": "nobody"}).json()


OVERDUE = """query { transactions { nodes { overdue sourceLagging sentence milestones { name state } } }
  line { overdue stuckCount } stuck { totalCount } }"""


def test_what_is_due_is_overdue_only_when_its_source_has_told(
    world: Any, tracer: Served, one_deal: Any
) -> None:
    """Due an hour ago, told up to two hours ago: waiting. Silent for twice as long as it may be: overdue, and marked."""
    now = world.parts.clock()
    world.ask(
        ADD,
        input=asked(tracer, systems=["netsuite"], beginAt=text(now - 3 * HOUR), maxSilenceSeconds=4 * 3600),
    )
    world.happened(*one_deal(started=text(now - 17 * HOUR), until=4))
    answer = world.ask(OVERDUE)
    (deal,) = answer["transactions"]["nodes"]
    assert (deal["overdue"], deal["sourceLagging"], answer["stuck"]["totalCount"]) == (False, None, 0)
    assert (answer["line"]["overdue"], answer["line"]["stuckCount"]) == (0, 0)
    assert "so it is not overdue yet" in deal["sentence"], deal["sentence"]
    assert {m["name"]: m["state"] for m in deal["milestones"]}["posted"] == "WAITING"
    assert violations(world, "transaction") == {}
    world.parts.clock.advance(6 * 3600)
    answer = world.ask(OVERDUE)
    (deal,) = answer["transactions"]["nodes"]
    assert (deal["overdue"], deal["sourceLagging"], answer["stuck"]["totalCount"]) == (True, "zipkin", 1)
    assert "source zipkin lags" in deal["sentence"]
    marked = {one["id"]: one["sourcesLagging"] for one in world.ask("{ kpis { id sourcesLagging } }")["kpis"]}
    assert (marked["invoice-latency"], marked["payment-posting-delay"]) == ([], ["zipkin"]), (
        "one ends in billing, one in the ledger"
    )
    page = world.client.get("/transactions", headers=world.token()).text
    assert "overdue, source lagging" in page


def test_a_kpi_that_is_told_again_names_who_lagged_when_it_was_found_out(
    world: Any, tracer: Served, one_deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that fell behind since then says nothing of a figure that was there before."""
    monkeypatch.setattr("controlplane.shared_answers.told_for", lambda _cost_s: 60.0)
    now = world.parts.clock()
    world.ask(
        ADD, input=asked(tracer, systems=["netsuite"], beginAt=text(now - HOUR), maxSilenceSeconds=7200)
    )
    world.happened(*one_deal(started=text(now - 17 * HOUR), until=4))
    ask = "{ kpis { id asOf sourcesLagging } }"
    world.ask(ask)
    before = world.ask(ask)["kpis"]
    world.parts.clock.advance(6 * 3600)
    assert world.ask(ask)["kpis"] == before
    assert ["zipkin"] not in [one["sourcesLagging"] for one in before]
    assert ["zipkin"] in [
        one["sourcesLagging"] for one in world.ask("{ kpis(days: 31) { sourcesLagging } }")["kpis"]
    ]


def test_the_page_shows_it_and_its_forms_ask_the_api(world: Any, tracer: Served) -> None:
    """Set up over the page, pulled, and seen there; an operator sees no form to set one up, a viewer no page."""
    form = {"name": "zipkin", "kind": "ZIPKIN", "address": tracer.url, "private": "yes", "do": "add"}
    done = world.client.post("/admin/sources", data=form, headers=world.token())
    assert (done.status_code, done.headers["location"]) == (303, "/admin?source=zipkin&said=source-added")
    pulled(world)
    page = world.client.get("/admin?source=zipkin", headers=world.token()).text
    assert "Each service, told up to" in page
    assert "Set up a source" not in world.client.get("/admin", headers=world.token("operator")).text
    assert world.client.post("/admin/sources", data=form, headers=world.token("operator")).status_code == 403
    paused = world.client.post(
        "/admin/sources/pause", data={"name": "zipkin"}, headers=world.token("operator")
    )
    assert (paused.status_code, listed(world)["zipkin"]["state"]) == (303, "PAUSED")
    assert world.client.get("/admin", headers=world.token("viewer")).status_code == 403


def violations(world: Any, kind: str = "source") -> dict[str, str]:
    def read(session: Session) -> dict[str, str]:
        keys = ["zipkin"] if kind == "source" else transactions(world)
        return {v.pair.rule_id: v.state for of in of_targets(session, kind, keys).values() for v in of}

    return world.parts.database.read(read)  # type: ignore[no-any-return]


def transactions(world: Any) -> list[str]:
    return [one["id"] for one in world.ask("{ transactions { nodes { id } } }")["transactions"]["nodes"]]

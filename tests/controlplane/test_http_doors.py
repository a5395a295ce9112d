# SPDX-License-Identifier: Apache-2.0
"""The doors: who comes in, what is refused and in which words, and that an answer means it is stored."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from controlplane.database import Actor, BusyError, Database
from controlplane.http import doors
from controlplane.http.doors import Doors
from controlplane.http.health import health_routes
from controlplane.http.intake import DEFAULT_LIMIT, MIB
from controlplane.http.live import Live
from controlplane.http.otlp import taking
from controlplane.http.sign_in import own_page, sign_in_routes, sign_in_url
from controlplane.security import store
from controlplane.security.caller import COOKIE, Credentials, caller_of
from controlplane.security.permissions import ROUTES, Role
from sync.connectors.webhook import StaleWebhook, Unreadable, Unsigned
from terms.problem import Problem, ProblemError

HERE = "https://testserver"
PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True)
class Stored:
    rejected: tuple[str, ...]
    accepted: int = 0
    duplicates: int = 0


class World:
    """A running app of doors over a real database, with a page that echoes and one that breaks."""

    def __init__(self, database: Database, clock: Any) -> None:
        self.database, self.clock = database, clock
        self.credentials = Credentials(database, clock)
        self.live = Live()
        self.not_ready: Problem | None = None
        self.spans: list[int] = []
        self.busy = False
        self.webhooks: list[tuple[str, bytes]] = []
        take = taking(database, self.decode, self.store, lambda _: self.live.changed("transactions"))
        parts = Doors(take, take, take, self.receive)
        pages = [
            Route("/", self.home),
            Route("/kpis", self.broken),
            Route("/graphql", self.echo, methods=["POST"]),
            Route("/exceptions/{id}/replay", self.echo, methods=["POST"]),
        ]
        self.app = Starlette(
            routes=[
                *health_routes(self.ready),
                *sign_in_routes(self.credentials),
                self.live.route(),
                *doors.routes(parts),
                *pages,
            ],
            middleware=doors.layers(self.credentials),
            exception_handlers=doors.exception_handlers(),  # type: ignore[arg-type]
        )

    async def ready(self) -> Problem | None:
        return self.not_ready

    def decode(self, body: bytes, is_json: bool) -> ExportTraceServiceRequest:
        try:
            if is_json:
                json.loads(body)
                return ExportTraceServiceRequest()
            return ExportTraceServiceRequest.FromString(body)
        except Exception as error:
            raise ProblemError("the body is not OTLP", do="send an ExportTraceServiceRequest") from error

    def store(self, _session: Any, sent: Sequence[tuple[ExportTraceServiceRequest, Any]]) -> list[Stored]:
        if self.busy:
            raise BusyError("1000 writes are waiting")
        return [self.store_one(request) for request, _ in sent]

    def store_one(self, request: ExportTraceServiceRequest) -> Stored:
        spans = [
            span for part in request.resource_spans for scope in part.scope_spans for span in scope.spans
        ]
        self.spans.append(len(spans))
        return Stored(tuple(f"span {span.name} has no id" for span in spans if not span.span_id))

    async def receive(self, name: str, headers: Any, body: bytes) -> None:
        if name != "stripe":
            raise LookupError(name)
        match headers.get("stripe-signature"):
            case None:
                raise Unsigned("no Stripe-Signature")
            case "old":
                raise StaleWebhook("signed 400 s ago")
            case "odd":
                raise Unreadable("is not an event")
        self.webhooks.append((name, body))

    async def home(self, request: Request) -> Response:
        caller = caller_of(request)
        assert caller
        return JSONResponse({"name": caller.name, "csrf": request.state.csrf, "id": request.state.request_id})

    async def broken(self, _: Request) -> Response:
        raise RuntimeError("a secret of the inside")

    async def echo(self, request: Request) -> Response:
        body = await request.body()
        return PlainTextResponse(body, headers={"X-Length": request.headers.get("content-length", "")})

    def token(self, role: Role) -> dict[str, str]:
        text = self.database.write(
            lambda s: store.create_token(s, "someone", role, self.clock()),
            actor=Actor("person", "Ada"),
            reason="test",
        )
        return {"Authorization": f"Bearer {text}"}

    def link(self) -> str:
        return self.database.write(
            lambda s: store.make_sign_in_link(s, self.clock()), actor=Actor("person", "Ada"), reason="start"
        )


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    return migrated_sqlite_url


@pytest.fixture
def world(database: Database, clock: Any) -> World:
    return World(database, clock)


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with TestClient(world.app, base_url=HERE, follow_redirects=False) as client:
        yield client


def spans(count: int = 1, span_id: bytes = b"12345678") -> bytes:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number in range(count):
        scope.spans.add(name=str(number), trace_id=b"1" * 16, span_id=span_id)
    return request.SerializeToString()


def test_no_row_of_the_permission_table_answers_without_a_credential(client: TestClient) -> None:
    """Every address but the four open ones asks who it is; a person's browser is led to the sign-in."""
    for row in ROUTES:
        path = row.path.replace("{path:path}", "x").replace("{id}", "x").replace("{connection}", "stripe")
        for method in row.methods - {"HEAD"}:
            answer = client.request(method, path, json={} if method == "POST" else None)
            if row.permission is None:
                assert row.path in ("/healthz", "/readyz", "/sign-in", "/webhooks/{connection}")
                continue
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
    page = client.get("/transactions/x?a=1&b=2", headers={"Accept": "text/html"})
    assert page.status_code == 303
    assert page.headers["location"] == "/sign-in?next=/transactions/x%3Fa%3D1%26b%3D2"


def test_health_is_open_and_tells_what_is_missing(client: TestClient, world: World) -> None:
    """A supervisor needs no credential; readiness names the part that is not there yet."""
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text == "ready\n"
    world.not_ready = Problem("the database does not answer")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "the database does not answer"
    assert client.get("/healthz").status_code == 200


def test_the_link_signs_in_once_and_leads_to_the_page(client: TestClient, world: World) -> None:
    """A person presses the printed link and is in; the cookie is one that no script and no other site can use."""
    secret = world.link()
    assert client.head(f"/sign-in?link={secret}").status_code == 204
    assert client.get(f"/sign-in?link={secret}", headers={"Sec-Purpose": "prefetch"}).status_code == 204
    answer = client.get(sign_in_url(HERE, secret, "/exceptions"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/exceptions")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"):
        assert part in cookie
    assert client.get("/").json()["name"] == "owner of this machine"
    assert client.get(f"/sign-in?link={secret}").status_code == 303, "signed in already: just show the page"
    client.cookies.clear()
    again = client.get(f"/sign-in?link={secret}")
    assert again.status_code == 410
    assert "used already" in again.text
    assert "older than a day" not in again.text
    world.clock.advance(90_000)
    assert "not one of this server" in client.get("/sign-in?link=x").text


def test_a_token_can_be_pasted(client: TestClient, world: World) -> None:
    """Where nobody reads the server's terminal, a token opens the pages."""
    token = world.token("steward")["Authorization"].removeprefix("Bearer ")
    form = {"token": token, "next": "/kpis"}
    assert client.post("/sign-in", data=form).status_code == 403, "without an origin it may be forged"
    assert client.post("/sign-in", data=form, headers={"Origin": "https://evil.example"}).status_code == 403
    wrong = client.post("/sign-in", data=form | {"token": token + "x"}, headers={"Origin": HERE})
    assert wrong.status_code == 403
    assert "not valid" in wrong.text
    assert "value='/kpis'" in wrong.text
    answer = client.post("/sign-in", data=form, headers={"Origin": HERE})
    assert (answer.status_code, answer.headers["location"]) == (303, "/kpis")
    csrf = client.get("/").json()["csrf"]
    assert client.post("/sign-out", data={"csrf": "no"}, headers={"Origin": HERE}).status_code == 403
    assert client.post("/sign-out", data={"csrf": csrf}, headers={"Origin": HERE}).status_code == 303
    assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\n/x",
        "",
        "/sign-in",
    ],
)
def test_a_sign_in_leads_nowhere_else(address: str) -> None:
    """The page after the sign-in is one of ours whatever the address asks for."""
    assert own_page(address) == "/"
    assert own_page("/kpis?days=7") == "/kpis?days=7"


def test_a_role_without_the_permission_is_told_which(client: TestClient, world: World) -> None:
    """403 names the role and the permission, in the form the caller reads."""
    answer = client.get("/", headers=world.token("ingest"))
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "the role ingest lacks the permission line:read"
    spans_of_a_viewer = client.post(
        "/v1/traces", content=b"", headers=world.token("viewer") | {"Content-Type": PROTOBUF}
    )
    assert spans_of_a_viewer.status_code == 403
    assert "ingest:spans" in Status.FromString(spans_of_a_viewer.content).message


def test_a_form_of_another_site_changes_nothing(client: TestClient, world: World) -> None:
    """A signed-in browser that was lured to another page cannot be made to press replay."""
    client.get(f"/sign-in?link={world.link()}")
    csrf = client.get("/").json()["csrf"]
    replay = "/exceptions/1/replay"
    assert (
        client.post(replay, data={"csrf": csrf}, headers={"Origin": "https://evil.example"}).status_code
        == 403
    )
    assert client.post(replay, data={"key": "1"}, headers={"Origin": HERE}).status_code == 403
    assert client.post("/graphql", json={}, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post(replay, data={"csrf": csrf}, headers={"Origin": HERE}).status_code == 200
    assert client.post("/graphql", json={}, headers={"Origin": HERE}).status_code == 200


def test_every_answer_bears_the_headers(client: TestClient, world: World) -> None:
    """Pages, refusals, missing pages and our own failures are all sent with the same strict headers."""
    client.get(f"/sign-in?link={world.link()}")
    for path, status in (
        ("/", 200),
        ("/nowhere", 404),
        ("/kpis", 500),
        ("/sign-in", 200),
        ("/static/x", 404),
    ):
        answer = client.get(path)
        assert answer.status_code == status
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 16


def test_a_failure_of_ours_tells_nothing_of_the_inside(
    client: TestClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A 500 gives an id to look up, and the log has that id with the cause."""
    client.get(f"/sign-in?link={world.link()}")
    answer = client.get("/kpis")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["where"]
    assert answer.headers["x-request-id"] in caplog.text
    assert "a secret of the inside" in caplog.text
    page = client.get("/kpis", headers={"Accept": "text/html"})
    assert "<h1>Internal Server Error</h1>" in page.text


# ── OTLP ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def post_spans(client: TestClient, world: World, body: bytes, kind: str = PROTOBUF, **headers: str) -> Any:
    boot = {"Authorization": f"Bearer {world.credentials.boot_token}", "Content-Type": kind}
    return client.post(
        "/v1/traces", content=body, headers=boot | {k.replace("_", "-"): v for k, v in headers.items()}
    )


def test_spans_are_acknowledged_after_they_are_stored(client: TestClient, world: World) -> None:
    """200 in the request's own encoding; a hint tells the pages."""
    answer = post_spans(client, world, spans(3))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == PROTOBUF
    assert not ExportTraceServiceResponse.FromString(answer.content).HasField("partial_success")
    assert world.spans == [3]
    assert world.live.versions() == {"transactions": 1}
    as_json = post_spans(client, world, b"{}", "application/json; charset=utf-8")
    assert (as_json.status_code, as_json.headers["content-type"], as_json.json()) == (
        200,
        "application/json",
        {},
    )
    assert post_spans(client, world, b"").status_code == 200


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress), ("gzip", lambda b: gzip.compress(b[:9]) + gzip.compress(b[9:]))],
    ids=["gzip", "deflate", "upper case", "two members"],
)  # fmt: skip
def test_packed_spans_are_unpacked(client: TestClient, world: World, encoding: str, pack: Any) -> None:
    """Exporters pack by default; 60,000 equal spans pack 200 to 1 and are welcome all the same."""
    assert post_spans(client, world, pack(spans(60_000)), Content_Encoding=encoding).status_code == 200
    assert world.spans == [60_000]


def test_rejected_spans_are_a_partial_success(client: TestClient, world: World) -> None:
    """The good spans are kept, and the sender learns how many were not and why; it must not send them again."""
    answer = ExportTraceServiceResponse.FromString(post_spans(client, world, spans(7, b"")).content)
    assert answer.partial_success.rejected_spans == 7
    assert answer.partial_success.error_message.startswith("span 0 has no id; span 1")
    assert "span 6" not in answer.partial_success.error_message


def test_a_full_queue_asks_to_come_back(client: TestClient, world: World) -> None:
    """503 with Retry-After: the exporter keeps the spans and sends them again."""
    world.busy = True
    answer = post_spans(client, world, spans())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert Status.FromString(answer.content).code == 14


@pytest.mark.parametrize(
    ("body", "kind", "headers", "status", "words"),
    [
        (b"\xff\xff", PROTOBUF, {}, 400, "not OTLP"),
        (b"{", "application/json", {}, 400, "not OTLP"),
        (b"x", "text/plain", {}, 415, "is not an encoding of spans"),
        (b"x", PROTOBUF, {"Content_Encoding": "br"}, 415, "content encoding 'br'"),
        (b"x", PROTOBUF, {"Content_Encoding": "gzip, gzip"}, 415, "content encoding"),
        (b"these are no gzip bytes", PROTOBUF, {"Content_Encoding": "gzip"}, 400, "not gzip"),
        (gzip.compress(b"x" * 999)[:-9], PROTOBUF, {"Content_Encoding": "gzip"}, 400, "ends too early"),
        (b"", PROTOBUF, {"Content_Encoding": "gzip"}, 200, ""),
        (gzip.compress(bytes(65 * MIB)), PROTOBUF, {"Content_Encoding": "gzip"}, 413, "64 MiB"),
        (gzip.compress(bytes(65 * MIB)), "application/json", {"Content_Encoding": "gzip"}, 413, "64 MiB"),
    ],
    ids=["protobuf", "json", "media type", "brotli", "two layers", "not gzip", "cut", "empty gzip", "bomb", "bomb json"],
)  # fmt: skip
def test_bad_spans_are_refused_in_the_senders_encoding(
    client: TestClient, world: World, body: bytes, kind: str, headers: dict[str, str], status: int, words: str
) -> None:
    """Each 4xx is a google.rpc.Status that says what is wrong, and nothing of the request is stored."""
    answer = post_spans(client, world, body, kind, **headers)
    assert answer.status_code == status
    if status != 200:
        is_json = kind == "application/json"
        message = answer.json()["message"] if is_json else Status.FromString(answer.content).message
        assert words in message
        assert world.spans == []


# ── webhooks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "signature", "status"),
    [("stripe", "good", 200), ("stripe", None, 401), ("stripe", "old", 400), ("stripe", "odd", 400), ("paypal", "good", 404)],
)  # fmt: skip
def test_a_webhook_is_taken_from_its_vendor_only(
    client: TestClient, world: World, name: str, signature: str | None, status: int
) -> None:
    """200 means the inbox has it; unsigned, old, unreadable and unknown ones are each told apart."""
    headers = {"Stripe-Signature": signature} if signature else {}
    answer = client.post(f"/webhooks/{name}", json={"id": "evt_1"}, headers=headers)
    assert answer.status_code == status
    assert len(world.webhooks) == (1 if status == 200 else 0)


# ── bodies ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (b"{}", {}, 200, ""),
        (gzip.compress(b"{}"), {"Content-Encoding": "gzip"}, 200, ""),
        (b"[" * 64 + b"]" * 64, {}, 200, ""),
        (b"[" * 65 + b"]" * 65, {}, 400, "deeper than 64"),
        (b"[" * 100_000, {}, 400, "deeper than 64"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, {}, 400, "deeper than 64"),
        (b'{"a": NaN}', {}, 400, "NaN is not JSON"),
        (b'{"a": -Infinity}', {}, 400, "-Infinity is not JSON"),
        (b'{"a": 1, "b": 2, "a": 3}', {}, 400, "key 'a' stands twice"),
        (b'{"a": ' + b"9" * 5_000 + b"}", {}, 400, "too many digits"),
        (b'{"a": "\xff"}', {}, 400, "not UTF-8"),
        (b"{", {}, 400, "line 1, column 2"),
        (b"", {}, 400, "not JSON"),
        (b'"' + b"x" * DEFAULT_LIMIT + b'"', {}, 413, "256 KiB"),
        (gzip.compress(b" " * DEFAULT_LIMIT + b"{}"), {"Content-Encoding": "gzip"}, 413, "256 KiB"),
    ],
    ids=["plain", "gzip", "64 deep", "65 deep", "brackets", "objects", "NaN", "Infinity", "twice", "digits", "utf-8", "cut", "empty", "large", "bomb"],
)  # fmt: skip
def test_a_json_body_has_one_meaning_and_a_size(
    client: TestClient, world: World, body: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    """What a route receives was counted, unpacked and read once already; the rest is 4xx with a reason."""
    sent = {"Content-Type": "application/json", **headers, **world.token("viewer")}
    answer = client.post("/graphql", content=body, headers=sent)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["x-length"] == str(len(answer.content)), "the route sees the unpacked length"
    else:
        assert words in answer.json()["errors"][0]["message"]


# ── live ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_hints_carry_topic_and_version_only() -> None:
    """A page learns that something changed and asks anew; a stopping server ends the streams."""
    import asyncio

    live = Live()
    live.changed("kpis")

    async def listen() -> list[bytes]:
        heard = []
        stream = live._stream()
        async for chunk in stream:
            heard.append(chunk)
            if len(heard) == 1:
                live.changed("transactions", "kpis")
                live.changed("transactions")
            if len(heard) == 2:
                live.end()
        return heard

    assert asyncio.run(listen()) == [
        b"retry: 2000\n\n",
        b'data: {"topic":"kpis","version":2}\n\ndata: {"topic":"transactions","version":2}\n\n',
    ]

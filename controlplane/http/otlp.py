# SPDX-License-Identifier: Apache-2.0
"""The OTLP/HTTP door (walk a): spans come in, and 200 means that they and all that follows from them are durable.

https://opentelemetry.io/docs/specs/otlp/#otlphttp; a raw route, because a framework's parsing would cost more than ours.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controlplane.database import Actor, Database
from controlplane.http.refusal import OTHER_SIGNALS, PROTOBUF_TYPE, TRACES_PATH, media_type, refusal
from controlplane.security.caller import Caller, caller_of
from controlplane.waiting_calls import Places
from terms.problem import Problem

JSON_TYPE = "application/json"
_NAMED = 5  # rejected spans told one by one; the count tells the rest


class Stored(Protocol):
    """What an intake came to: new ones, those known already, and `rejected`, which must not be sent again."""

    @property
    def accepted(self) -> int: ...

    @property
    def duplicates(self) -> int: ...

    @property
    def rejected(self) -> Sequence[object]: ...


D = TypeVar("D")
S = TypeVar("S", bound=Stored)
S_co = TypeVar("S_co", bound=Stored, covariant=True)


class Take(Protocol[S_co]):
    """Decodes and stores a request's spans; answers after the commit. Raises ProblemError when it cannot be decoded."""

    async def __call__(self, body: bytes, is_json: bool, caller: Caller) -> S_co: ...


def taking(
    database: Database,
    decode: Callable[[bytes, bool], D],
    store: Callable[[Session, Sequence[tuple[D, Caller]]], Sequence[S]],
    then: Callable[[S], None] = lambda _: None,
) -> Take[S]:
    """A Take: decodes off the loop, stores in one transaction, and after the commit tells `then`, which must return at once.

    `store` returns a result for each request; those that wait for the same `store` may be stored at once. Of more requests
    than can be, the rest wait as the bytes they came in: decoded they take seven times as much.
    """
    places = Places()

    async def take(body: bytes, is_json: bool, caller: Caller) -> S:
        async with places:
            decoded = await run_in_threadpool(decode, body, is_json)
            stored = await database.write_together_async(
                store,
                (decoded, caller),
                # Spans are evidence of their own; a row of audit for each request would tell nothing more.
                actor=Actor("machine", caller.name),
                reason="spans",
            )
        then(stored)
        return stored

    return take


def otlp_route(take: Take[Stored]) -> Route:
    """`POST /v1/traces`, protobuf and JSON by media type; the answer is in the encoding of the request."""

    async def traces(request: Request) -> Response:
        kind = media_type(request)
        if kind not in (PROTOBUF_TYPE, JSON_TYPE):
            problem = Problem(
                f"'{kind[:80]}' is not an encoding of spans",
                "Content-Type",
                f"send {PROTOBUF_TYPE} or {JSON_TYPE}",
            )
            return refusal(request, 415, problem)
        caller = caller_of(request)
        assert caller is not None, "the entrance lets nobody in without a credential"
        stored = await take(await request.body(), kind == JSON_TYPE, caller)
        return _answer(kind == JSON_TYPE, stored)

    return Route(TRACES_PATH, traces, methods=["POST"])


def other_signals() -> list[Route]:
    """`/v1/logs` and `/v1/metrics`: 404 with a Status that says so, so that an exporter's log tells what to switch off."""

    async def not_taken(request: Request) -> Response:
        signal = request.url.path.rpartition("/")[2]
        return refusal(
            request,
            404,
            Problem(f"{signal} are not taken here, only traces", do=f"switch the export of {signal} off"),
        )

    return [Route(path, not_taken, methods=["POST"]) for path in OTHER_SIGNALS]


def answer_to(rejected: Sequence[object]) -> ExportTraceServiceResponse:
    """What OTLP answers: empty when all was stored, else a partial success with the first reasons."""
    answer = ExportTraceServiceResponse()
    if rejected:
        answer.partial_success.rejected_spans = len(rejected)
        answer.partial_success.error_message = "; ".join(str(span) for span in rejected[:_NAMED])
    return answer


def counts(stored: Stored) -> dict[str, str]:
    """The headers that tell how many were new and how many were there already; no answer of these doors has a field for it."""
    return {"throughline-new": str(stored.accepted), "throughline-known": str(stored.duplicates)}


def _answer(is_json: bool, stored: Stored) -> Response:
    answer = answer_to(stored.rejected)
    if is_json:
        return Response(MessageToJson(answer, indent=None), headers=counts(stored), media_type=JSON_TYPE)
    return Response(answer.SerializeToString(), headers=counts(stored), media_type=PROTOBUF_TYPE)

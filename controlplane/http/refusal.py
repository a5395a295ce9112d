# SPDX-License-Identifier: Apache-2.0
"""How a request is refused, in the words of the one who asks: a page, a GraphQL answer, an OTLP status or problem+json."""

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus

import orjson
from google.protobuf.json_format import MessageToJson
from google.rpc.status_pb2 import Status
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controlplane.database import BusyError
from controlplane.http.plain_page import plain_page
from terms.problem import Problem, ProblemError

GRAPHQL_PATH = "/graphql"
GRAPHQL_TYPE = "application/graphql-response+json"
TRACES_PATH = "/v1/traces"
EVENTS_PATH = "/events"
CONFLUENT_PATH = "/apis/ccompat"
CONFLUENT_TYPE = "application/vnd.schemaregistry.v1+json"
REGISTRY_PATH = "/apis/registry"
CONTRACT_PATHS = (REGISTRY_PATH, CONFLUENT_PATH)
ZIPKIN_PATH = "/api/v2/spans"
OTHER_SIGNALS = ("/v1/logs", "/v1/metrics")
PROTOBUF_TYPE = "application/x-protobuf"

_log = logging.getLogger("throughline.http")

# What a Confluent registry answers in place of a bare status: (status, error_code).
_CONFLUENT = {413: (422, 42209), 500: (500, 50001), 503: (503, 50301)}

# google.rpc.Code of what OTLP clients tell apart; the HTTP status says the rest.
_RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 408: 4, 413: 3, 415: 3, 429: 8, 500: 13, 503: 14}


def refusal(
    connection: HTTPConnection,
    status: int,
    problem: Problem,
    headers: Mapping[str, str] | None = None,
    *,
    home: bool = True,
) -> Response:
    """The answer with that status, in the form the path and the Accept header ask for; a page leads `home` where there is one."""
    response = _answer(connection, status, problem, home)
    response.headers.update(headers or {})
    return response


def media_type(connection: HTTPConnection) -> str:
    """The request's media type, lower case, without parameters; empty when there is none."""
    return connection.headers.get("content-type", "").partition(";")[0].strip().lower()


def wants_page(connection: HTTPConnection) -> bool:
    """Whether a person's browser asks."""
    return "text/html" in connection.headers.get("accept", "")


def rpc_status(is_json: bool, status: int, text: str) -> Response:
    """A google.rpc.Status in the encoding of the request, as OTLP demands of each error answer."""
    body = Status(code=_RPC_CODES.get(status, 2), message=text)
    if is_json:
        return Response(MessageToJson(body, indent=None), status, media_type="application/json")
    return Response(body.SerializeToString(), status, media_type=PROTOBUF_TYPE)


def _answer(connection: HTTPConnection, status: int, problem: Problem, home: bool) -> Response:
    path = connection.scope["path"]
    if path in (TRACES_PATH, *OTHER_SIGNALS):
        return rpc_status(media_type(connection) == "application/json", status, str(problem))
    if path == GRAPHQL_PATH:
        return Response(
            orjson.dumps({"errors": [{"message": str(problem)}]}), status, media_type=GRAPHQL_TYPE
        )
    if path == CONFLUENT_PATH or path.startswith(f"{CONFLUENT_PATH}/"):
        status, code = _CONFLUENT.get(status, (status, status))
        body = {"error_code": code, "message": str(problem)}
        return Response(orjson.dumps(body), status, media_type=CONFLUENT_TYPE)
    phrase = HTTPStatus(status).phrase
    if wants_page(connection):
        place = f"Where: {problem.where}" if problem.where else ""
        advice = problem.do[:1].upper() + problem.do[1:] + "." if problem.do else ""
        back = "<p><a href='/'>Back to the first screen</a></p>" if home else ""
        return plain_page(f"{phrase}", _sentence(problem.what), place, advice, form=back, status=status)
    body = {"type": "about:blank", "title": phrase, "status": status, "detail": problem.what}
    if problem.where:
        body["where"] = problem.where
    if problem.do:
        body["do"] = problem.do
    return Response(orjson.dumps(body), status, media_type="application/problem+json")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def error_refusal(connection: HTTPConnection, error: Exception) -> Response:
    """The one table from errors to answers. What is not in it is ours: logged with an id, told as 500 without details."""
    if isinstance(error, HTTPException):
        problem = Problem(str(error.detail).lower(), connection.scope["path"])
        return refusal(connection, error.status_code, problem, error.headers)
    if isinstance(error, ProblemError):
        return refusal(connection, 400, error.problems[0])
    if isinstance(error, BusyError | OperationalError | PoolTimeout):
        _log.warning("not answered for now: %s", error)
        problem = Problem("the server cannot store this for now; nothing was kept of it", do="send it again")
        return refusal(connection, 503, problem, {"Retry-After": str(BusyError.retry_after_s)})
    request_id = connection.scope.get("state", {}).get("request_id", "")
    _log.error("request %s to %s failed", request_id, connection.scope["path"], exc_info=error)
    problem = Problem(
        "something failed on our side", f"request {request_id}", "look this request up in the log"
    )
    return refusal(connection, 500, problem)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's handler for 404, 405 and the like."""
    return error_refusal(request, error)


class Refusals:
    """ASGI middleware: an error that nobody caught becomes an answer, unless one has begun. Gives each request its id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if has_begun:
                raise
            await error_refusal(HTTPConnection(scope), error)(scope, receive, watched)

# SPDX-License-Identifier: Apache-2.0
"""The GraphQL door: GraphQL over HTTP as its draft specification says.

https://graphql.github.io/graphql-over-http/draft/
"""

import asyncio
import json
from typing import Any

import orjson
from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult

from controlplane.graphql.context import Context, Sources, context_of
from controlplane.graphql.schema import Schema
from controlplane.http.refusal import GRAPHQL_TYPE
from controlplane.security.caller import caller_of
from terms.problem import ProblemError
from terms.strict_json import strict_json

LONGEST_S = 10.0
JSON_TYPE = "application/json"


class Door(GraphQL[Context, None]):
    """The HTTP side. A request error answers without `data`, as 400 where the client knows that media type."""

    def __init__(self, schema: Schema, sources: Sources) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],  # never the legacy protocol
        )
        self._sources = sources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self.run(request)
        except HTTPException as error:
            response = _refused(request, error)
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        caller = caller_of(request)
        assert caller is not None, "the entrance lets nobody in without a credential"
        return await context_of(self._sources, caller)

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        sub_response = await super().get_sub_response(request)
        # `create_response` sees this response and not the request; the media type of the answer depends on both.
        sub_response.media_type = _accepted(request)
        return sub_response

    async def execute_operation(self, *args: Any, **arguments: Any) -> Any:
        try:
            async with asyncio.timeout(LONGEST_S):
                return await super().execute_operation(*args, **arguments)
        except TimeoutError:
            return ExecutionResult(data=None, errors=[too_long()])

    async def process_result(
        self,
        request: Request | WebSocket,  # noqa: ARG002
        result: ExecutionResult,
    ) -> GraphQLHTTPResponse:
        return answer_of(result)

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        kind = sub_response.media_type or JSON_TYPE
        is_refused = kind == GRAPHQL_TYPE and isinstance(response_data, dict) and "data" not in response_data
        return Response(orjson.dumps(response_data), 400 if is_refused else 200, media_type=kind)

    def parse_json(self, data: str | bytes) -> Any:
        value = super().parse_json(data)
        if not isinstance(value, dict | list):
            raise HTTPException(400, "the body, its variables and its extensions are JSON objects")
        return value

    def decode_json(self, data: str | bytes) -> object:
        try:
            return strict_json(data)
        except ProblemError as error:
            raise json.JSONDecodeError(str(error), "", 0) from error

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


def answer_of(result: ExecutionResult) -> GraphQLHTTPResponse:
    """The answer's body. A request error (found before anything ran) has no `data`; one while running has `data: null`."""
    answer: GraphQLHTTPResponse = {}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    if result.data is not None or any(error.path for error in result.errors or ()):
        answer["data"] = result.data
    return answer


def _accepted(request: Request | WebSocket) -> str:
    return GRAPHQL_TYPE if GRAPHQL_TYPE in request.headers.get("accept", "") else JSON_TYPE


def too_long() -> GraphQLError:
    """The error of a query that was given up."""
    return GraphQLError(
        f"the query took longer than {LONGEST_S:.0f} s (ask for less)", extensions={"code": "TIMEOUT"}
    )


def _refused(request: Request, error: HTTPException) -> Response:
    headers = {"Allow": "GET, POST"} if error.status_code == 405 else None
    body = orjson.dumps({"errors": [{"message": error.reason}]})
    return Response(body, error.status_code, headers, media_type=_accepted(request))

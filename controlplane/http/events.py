# SPDX-License-Identifier: Apache-2.0
"""The CloudEvents door (walk a, without spans): 200 means the events and all that follows from them are durable.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md, binary, structured and batched mode.
"""

from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from controlplane.http.otlp import Stored, Take, counts
from controlplane.http.refusal import EVENTS_PATH, media_type, refusal
from controlplane.security.caller import caller_of
from terms.problem import Problem, ProblemError
from terms.strict_json import strict_json

TYPES = ("application/cloudevents+json", "application/cloudevents-batch+json")
_ATTRIBUTE = "ce-"  # begins the header of each attribute in binary mode


def events_route(take: Take[Stored]) -> Route:
    """`POST /events`: `{"rejected": [...]}` with the reason of each event that was not stored, empty when all were."""

    async def events(request: Request) -> Response:
        kind, body = media_type(request), await request.body()
        if f"{_ATTRIBUTE}specversion" in request.headers:
            # Data that is no JSON is no event either: it is refused and counted as it came.
            with suppress(ProblemError):
                body = _structured(request, kind, body)
        elif kind not in TYPES:
            problem = Problem(
                f"'{kind[:80]}' is not an encoding of CloudEvents",
                "Content-Type",
                f"send {TYPES[0]} or {TYPES[1]}, or the attributes as ce- headers",
            )
            return refusal(request, 415, problem)
        caller = caller_of(request)
        assert caller is not None, "the entrance lets nobody in without a credential"
        stored = await take(body, True, caller)
        return JSONResponse({"rejected": [str(one) for one in stored.rejected]}, headers=counts(stored))

    return Route(EVENTS_PATH, events, methods=["POST"])


def _structured(request: Request, kind: str, body: bytes) -> bytes:
    """The event of a request in binary mode (3.1), written as in structured mode: attributes in headers, data in the body.

    Header values are percent-encoded (3.1.3.2). Data of another type is left out: it can name no objects. Raises ProblemError for
    data that says it is JSON and is none.
    """
    event: dict[str, Any] = {
        name.removeprefix(_ATTRIBUTE): unquote(value)
        for name, value in request.headers.items()
        if name.startswith(_ATTRIBUTE)
    }
    if body and (kind == "application/json" or kind.endswith("+json")):
        strict_json(body)
        event["data"] = orjson.loads(body)
    if kind:
        event["datacontenttype"] = kind
    return orjson.dumps(event)

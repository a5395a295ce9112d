# SPDX-License-Identifier: Apache-2.0
"""The CloudEvents door (walk a, without spans): 200 means the events and all that follows from them are durable.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md, structured and batched mode.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from controlplane.http.otlp import Stored, Take
from controlplane.http.refusal import EVENTS_PATH, media_type, refusal
from controlplane.security.caller import caller_of
from terms.problem import Problem

TYPES = ("application/cloudevents+json", "application/cloudevents-batch+json")


def events_route(take: Take[Stored]) -> Route:
    """`POST /events`: `{"rejected": [...]}` with the reason of each event that was not stored, empty when all were."""

    async def events(request: Request) -> Response:
        kind = media_type(request)
        if kind not in TYPES:
            problem = Problem(
                f"'{kind[:80]}' is not an encoding of CloudEvents",
                "Content-Type",
                f"send {TYPES[0]} or {TYPES[1]}",
            )
            return refusal(request, 415, problem)
        caller = caller_of(request)
        assert caller is not None, "the entrance lets nobody in without a credential"
        stored = await take(await request.body(), True, caller)
        return JSONResponse({"rejected": [str(one) for one in stored.rejected]})

    return Route(EVENTS_PATH, events, methods=["POST"])

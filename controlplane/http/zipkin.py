# SPDX-License-Identifier: Apache-2.0
"""The Zipkin v2 door: 202 means the spans and all that follows from them are durable, as on the OTLP door.

https://zipkin.io/zipkin-api/#/default/post_spans, JSON only.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from controlplane.http.otlp import JSON_TYPE, Stored, Take, counts
from controlplane.http.refusal import ZIPKIN_PATH, media_type, refusal
from controlplane.security.caller import caller_of
from terms.problem import Problem


def zipkin_route(take: Take[Stored]) -> Route:
    """`POST /api/v2/spans`: `{"rejected": [...]}` with the reason of each span that was not stored, empty when all were."""

    async def spans(request: Request) -> Response:
        kind = media_type(request)
        if kind != JSON_TYPE:
            problem = Problem(
                f"'{kind[:80]}' is not an encoding of Zipkin spans", "Content-Type", f"send {JSON_TYPE}"
            )
            return refusal(request, 415, problem)
        caller = caller_of(request)
        assert caller is not None, "the entrance lets nobody in without a credential"
        stored = await take(await request.body(), True, caller)
        return JSONResponse({"rejected": [str(one) for one in stored.rejected]}, 202, counts(stored))

    return Route(ZIPKIN_PATH, spans, methods=["POST"])

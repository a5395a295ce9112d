# SPDX-License-Identifier: Apache-2.0
"""Two questions a supervisor asks: does the process live, and may it be sent requests?"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from controlplane.http.refusal import refusal
from terms.problem import Problem

Ready = Callable[[], Awaitable[Problem | None]]


def health_routes(ready: Ready) -> list[Route]:
    """`/healthz` answers as long as the loop turns; `/readyz` is 503 while `ready` names what is missing."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        try:
            problem = await ready()
        except Exception as error:  # noqa: BLE001 whatever fails here, the answer is: not ready
            problem = Problem(f"the check itself failed: {type(error).__name__}")
        if problem is None:
            return PlainTextResponse("ready\n")
        return refusal(request, 503, problem, {"Retry-After": "1"})

    return [Route("/healthz", healthz, methods=["GET"]), Route("/readyz", readyz, methods=["GET"])]

# SPDX-License-Identifier: Apache-2.0
"""A port for traces alone, where collectors expect it (4318): what listens there shows no page and answers no question."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from controlplane.http.refusal import OTHER_SIGNALS, TRACES_PATH, refusal
from terms.problem import Problem

TAKEN = (TRACES_PATH, *OTHER_SIGNALS, "/healthz", "/readyz")


class TracesPort:
    """ASGI middleware. On that port only `TAKEN` is let through, everything else is 404; other ports are as they were."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        here = scope["type"] != "lifespan" and (scope.get("server") or ("", 0))[1] == self._port
        if not here or (scope["type"] == "http" and scope["path"] in TAKEN):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        problem = Problem("this port takes traces alone", scope["path"], f"send them to {TRACES_PATH}")
        await refusal(Request(scope), 404, problem, home=False)(scope, receive, send)

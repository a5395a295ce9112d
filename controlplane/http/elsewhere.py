# SPDX-License-Identifier: Apache-2.0
"""What another process serves: a process of a role that does not serve everything says so, before it asks who comes."""

from collections.abc import Sequence

from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from controlplane.http.refusal import refusal
from controlplane.security.permissions import route_row
from terms.problem import Problem


class Elsewhere:
    """ASGI middleware. An address of ours that none of the routes has is 404, with what this process does and whom to ask."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute], does: str) -> None:
        self._app = app
        self._routes = routes
        self._does = does

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_here(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            problem = Problem(self._does, scope["path"], "ask a process of the role api or all")
            await refusal(HTTPConnection(scope), 404, problem, home=False)(scope, receive, send)

    def _is_here(self, scope: Scope) -> bool:
        """Also true of what is no address of ours anywhere: that is told as everywhere."""
        return (
            any(route.matches(scope)[0] is not Match.NONE for route in self._routes)
            or route_row(scope["path"], scope.get("method", "GET")) is None
        )

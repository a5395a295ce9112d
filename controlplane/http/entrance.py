# SPDX-License-Identifier: Apache-2.0
"""The entrance: no request reaches a route unless the permission table names the route and the caller has that permission."""

from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from controlplane.http.refusal import refusal, wants_page
from controlplane.security.caller import Caller, Credentials
from controlplane.security.forgery import form_token
from controlplane.security.permissions import route_row
from terms.problem import Problem


class Entrance:
    """ASGI middleware. Leaves the caller in the scope (`caller_of`) and the session's form token in `request.state.csrf`."""

    def __init__(self, app: ASGIApp, credentials: Credentials) -> None:
        self._app = app
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refused = await self._refused(connection, scope.get("method", "GET"))
        if refused is None:
            scope.setdefault("state", {})["csrf"] = form_token(connection)
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refused(scope, receive, send)
        else:
            # Closed before it was accepted: the server answers the handshake with 403.
            await send({"type": "websocket.close", "code": 1008})

    async def _refused(self, connection: HTTPConnection, method: str) -> Response | None:
        path = connection.scope["path"]
        row = route_row(path, method)
        if row is None:
            return refusal(connection, 404, Problem("there is no such address", path))
        if row.permission is None:
            return None
        caller = await self._credentials.caller(connection)
        if caller is None:
            return _sign_in(connection, method)
        if not caller.may(row.permission):
            return refusal(connection, 403, _lacks(caller, row.permission, path))
        return None


def _sign_in(connection: HTTPConnection, method: str) -> Response:
    if method == "GET" and wants_page(connection):
        url = connection.url
        target = url.path + (f"?{url.query}" if url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(target)}", 303)
    problem = Problem(
        "no valid credential came with the request", do="send 'Authorization: Bearer tl_...' or sign in"
    )
    return refusal(connection, 401, problem, {"WWW-Authenticate": "Bearer"})


def _lacks(caller: Caller, permission: str, path: str) -> Problem:
    roles = " and ".join(caller.roles)
    return Problem(
        f"the role {roles} lacks the permission {permission}", path, "ask an admin for another role"
    )

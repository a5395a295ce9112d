# SPDX-License-Identifier: Apache-2.0
"""The intake guard: a body is counted as it comes, unpacked under the same limit and checked before any route sees it."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controlplane.http.packing import ENCODINGS, KIB, MIB, House, Refused, Room, unpacked
from controlplane.http.refusal import (
    CONTRACT_PATHS,
    EVENTS_PATH,
    REGISTRY_PATH,
    TRACES_PATH,
    ZIPKIN_PATH,
    media_type,
    refusal,
)
from controlplane.security.caller import caller_of
from controlplane.security.forgery import forgery_problem
from terms.problem import Problem, ProblemError
from terms.strict_json import strict_json

MOST_HELD = 128 * MIB  # of all bodies together, as they came and as they unpack
DEFAULT_LIMIT = 256 * KIB
# By the first part of the path. A limit holds for the bytes that come and for the bytes they unpack to, so that what
# a bomb may cost is bounded without guessing from its ratio: honest spans pack far better than 100 to 1.
LIMITS: Mapping[str, int] = {
    **dict.fromkeys((TRACES_PATH, EVENTS_PATH, ZIPKIN_PATH), 64 * MIB),
    "/webhooks": MIB,
    # The largest contract. A form writes most marks of JSON as three bytes, and so may JSON text within JSON.
    **dict.fromkeys(CONTRACT_PATHS, 8 * MIB),
    **dict.fromkeys(("/contracts/what-if", "/contracts/register"), 24 * MIB),
}
IMPORT_LIMIT = 24 * MIB
SLOWEST_BODY_S = 60.0


class Intake:
    """ASGI middleware. The route below receives the whole body in one piece, unpacked, its headers set to match."""

    def __init__(self, app: ASGIApp, house: House | None = None) -> None:
        self._app = app
        self._house = house or House(MOST_HELD)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        room = Room(self._house, limit_of(scope["path"]))
        try:
            body = await _read(connection, receive, room)
            _check(connection, body)
            await self._app(_told_anew(scope, len(body)), _once(body, receive), send)
        except ClientDisconnect:
            return
        except Refused as refused:
            # The rest of the body is not waited for, so the connection cannot serve another request.
            headers = {**refused.headers, "Connection": "close"}
            await refusal(connection, refused.status, refused.problem, headers)(scope, receive, send)
        finally:
            room.leave()


def limit_of(path: str) -> int:
    """How many bytes a body sent to the path may have, before and after unpacking."""
    if path.startswith(f"{REGISTRY_PATH}/") and path.endswith("/import"):
        return IMPORT_LIMIT
    return next(
        (limit for start, limit in LIMITS.items() if path == start or path.startswith(f"{start}/")),
        DEFAULT_LIMIT,
    )


def _has_body(scope: Scope) -> bool:
    return scope["method"] not in ("GET", "HEAD", "OPTIONS") or any(
        name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]
    )


async def _read(connection: HTTPConnection, receive: Receive, room: Room) -> bytes:
    encoding = connection.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", *ENCODINGS):
        known = ", ".join(ENCODINGS)
        raise Refused(
            415,
            Problem(f"content encoding '{encoding[:40]}' is not taken", do=f"send {known} or none"),
            {"Accept-Encoding": known},
        )
    try:
        async with asyncio.timeout(SLOWEST_BODY_S):
            body = bytearray()
            async for piece in _pieces(receive):
                room.take(len(piece), len(body) + len(piece))
                body += piece
    except TimeoutError as error:
        raise Refused(408, Problem("the body did not come in time")) from error
    if encoding == "identity":
        return bytes(body)
    return await run_in_threadpool(unpacked, bytes(body), encoding, room)


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


def _check(connection: HTTPConnection, body: bytes) -> None:
    path, kind = connection.scope["path"], media_type(connection)
    caller = caller_of(connection)
    if caller is not None and caller.by_cookie:
        forged = forgery_problem(connection, connection.scope["method"], kind, body)
        if forged is not None:
            raise Refused(403, forged)
    # Spans and contracts are read by parsers with limits of their own; reading 64 MiB twice would halve the intake.
    if path.startswith(tuple(f"{start}/" for start in CONTRACT_PATHS)):
        return
    # What is no JSON at the doors of spans and events is refused where it is counted at its source.
    if path not in (TRACES_PATH, ZIPKIN_PATH, EVENTS_PATH) and (
        kind == "application/json" or kind.endswith("+json")
    ):
        try:
            strict_json(body)
        except ProblemError as error:
            raise Refused(400, error.problems[0]) from error


def _told_anew(scope: Scope, length: int) -> Scope:
    gone = (b"content-encoding", b"content-length", b"transfer-encoding")
    headers = [(name, value) for name, value in scope["headers"] if name not in gone]
    return {**scope, "headers": [*headers, (b"content-length", str(length).encode())]}


def _once(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def given() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return given

# SPDX-License-Identifier: Apache-2.0
"""The intake guard: a body is counted as it comes, unpacked under the same limit and checked before any route sees it."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controlplane.http.refusal import EVENTS_PATH, TRACES_PATH, media_type, refusal
from controlplane.http.strict_json import strict_json
from controlplane.security.caller import caller_of
from controlplane.security.forgery import forgery_problem
from terms.problem import Problem, ProblemError

KIB = 1024
MIB = 1024 * KIB
DEFAULT_LIMIT = 256 * KIB
# By the first part of the path. A limit holds for the bytes that come and for the bytes they unpack to, so that what
# a bomb may cost is bounded without guessing from its ratio: honest spans pack far better than 100 to 1.
LIMITS: Mapping[str, int] = {TRACES_PATH: 64 * MIB, EVENTS_PATH: 64 * MIB, "/webhooks": MIB}
SLOWEST_BODY_S = 60.0
_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class _Refused(Exception):  # noqa: N818 it ends the reading and is never seen outside
    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(str(problem))
        self.status = status
        self.problem = problem


class Intake:
    """ASGI middleware. The route below receives the whole body in one piece, unpacked, its headers set to match."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            body = await _read(connection, receive)
            _check(connection, body)
        except ClientDisconnect:
            return
        except _Refused as refused:
            headers = {"Accept-Encoding": "gzip, deflate"} if refused.status == 415 else {}
            # The rest of the body is not waited for, so the connection cannot serve another request.
            headers["Connection"] = "close"
            await refusal(connection, refused.status, refused.problem, headers)(scope, receive, send)
            return
        await self._app(_told_anew(scope, len(body)), _once(body, receive), send)


def limit_of(path: str) -> int:
    """How many bytes a body sent to the path may have, before and after unpacking."""
    return next(
        (limit for start, limit in LIMITS.items() if path == start or path.startswith(f"{start}/")),
        DEFAULT_LIMIT,
    )


def _has_body(scope: Scope) -> bool:
    return scope["method"] not in ("GET", "HEAD", "OPTIONS") or any(
        name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]
    )


async def _read(connection: HTTPConnection, receive: Receive) -> bytes:
    limit = limit_of(connection.scope["path"])
    encoding = connection.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", *_WINDOW_BITS):
        raise _Refused(
            415, Problem(f"content encoding '{encoding[:40]}' is not taken", do="send gzip, deflate or none")
        )
    try:
        async with asyncio.timeout(SLOWEST_BODY_S):
            body = bytearray()
            async for piece in _pieces(receive):
                body += piece
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError as error:
        raise _Refused(408, Problem("the body did not come in time")) from error
    if encoding == "identity":
        return bytes(body)
    return await run_in_threadpool(unpacked, bytes(body), encoding, limit)


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """What gzip (RFC 1952, all members) or deflate (RFC 1950) hold; never more than `limit` bytes are made. Refuses otherwise."""
    result = bytearray()
    rest = body
    while rest:
        unpacker = zlib.decompressobj(_WINDOW_BITS[encoding])
        try:
            result += unpacker.decompress(rest, limit + 1 - len(result))
        except zlib.error as error:
            raise _Refused(400, Problem(f"the body is not {encoding}", "Content-Encoding")) from error
        if len(result) > limit:
            raise _too_large(limit)
        if not unpacker.eof:
            raise _Refused(
                400, Problem(f"the {encoding} body ends too early", "Content-Encoding", "send all of it")
            )
        rest = unpacker.unused_data
    return bytes(result)


def _too_large(limit: int) -> _Refused:
    size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit // KIB} KiB"
    return _Refused(413, Problem(f"the body is larger than {size}", do="send it in smaller parts"))


def _check(connection: HTTPConnection, body: bytes) -> None:
    path, kind = connection.scope["path"], media_type(connection)
    caller = caller_of(connection)
    if caller is not None and caller.by_cookie:
        forged = forgery_problem(connection, connection.scope["method"], kind, body)
        if forged is not None:
            raise _Refused(403, forged)
    # Spans are read by a parser with limits of its own; reading 64 MiB twice would halve the intake.
    if path != TRACES_PATH and (kind == "application/json" or kind.endswith("+json")):
        try:
            strict_json(body)
        except ProblemError as error:
            raise _Refused(400, error.problems[0]) from error


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

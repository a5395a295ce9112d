# SPDX-License-Identifier: Apache-2.0
"""The door of a stand-in: from an HTTP request to its operation and back, with the faults that strike on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from sync.sandbox import faults
from sync.sandbox.exchange import Call, Operation, Reply, StandIn, World
from terms import canonical_json

Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(world: World, stand_in: StandIn, below: str = "") -> Endpoint:
    """Answers every request below the stand-in's mount. Calls run one after another, each in one transaction.

    `below` is the part of the stand-in's own path that the mount has swallowed.
    """

    async def answer(request: Request) -> Response:
        call = await _call(world, request, below)
        reply, hold_s = _answer(world, stand_in, call)
        if hold_s:
            await asyncio.sleep(hold_s)  # the effect is kept already; only the answer is late
        return _response(reply)

    return answer


def _answer(world: World, stand_in: StandIn, call: Call) -> tuple[Reply, float]:
    refusal = stand_in.refuse(world, call)
    if refusal is not None:
        return refusal, 0.0
    for operation in stand_in.operations:
        match = operation.path.fullmatch(call.path)
        if match and operation.method == call.method:
            return _run(world, stand_in, operation, call, operation.key(call, match))
    return stand_in.nowhere(call), 0.0


def _run(world: World, stand_in: StandIn, operation: Operation, call: Call, key: str) -> tuple[Reply, float]:
    """The reply, and for how many seconds it is to be held."""
    match = operation.path.fullmatch(call.path)
    assert match is not None
    force = faults.current(world) if operation.faulty else faults.Faults()
    with world.ledger.transaction():
        attempt = faults.attempt(world, stand_in.system, key, operation.name)
        words = (stand_in.system, key, operation.name, attempt)
        if faults.strikes(world, "unavailable", force.unavailable, *words):
            return stand_in.unavailable, 0.0
        run = partial(operation.handle, world, call, match)
        reply = stand_in.once(world, call, run) if operation.writes else run()
        held = (
            operation.writes
            and reply.status < 400
            and faults.strikes(world, "timeout_after_effect", force.timeout_after_effect, *words)
        )
    if operation.writes:
        world.wake()
    return reply, force.hold_s if held else 0.0


async def _call(world: World, request: Request, below: str) -> Call:
    path = below + request.path_params["path"]
    return Call(
        method=request.method,
        path="/" + path,
        url=str(request.url.replace(query="")),
        query=dict(request.query_params),
        headers=dict(request.headers),
        body=await request.body(),
        now=world.clock(),
    )


def _response(reply: Reply) -> Response:
    if reply.body is None:
        return Response(status_code=reply.status, headers=dict(reply.headers))
    text = canonical_json.text(reply.body)
    return Response(text, reply.status, {"content-type": "application/json", **reply.headers})

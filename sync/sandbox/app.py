# SPDX-License-Identifier: Apache-2.0
"""Where the sandbox is put together: four stand-ins, the control API and the page over one file, as one web application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Route

from sync.sandbox import (
    books,
    chargebee,
    control,
    credentials,
    domain,
    faults,
    netsuite,
    page,
    salesforce,
    stripe,
)
from sync.sandbox.door import endpoint
from sync.sandbox.exchange import World
from sync.sandbox.faults import Faults
from sync.sandbox.ledger import Ledger
from sync.sandbox.sender import send_all
from terms.instant import Clock, wall_clock

STAND_INS = (salesforce.STAND_IN, chargebee.STAND_IN, stripe.STAND_IN, netsuite.STAND_IN)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def create_sandbox(
    ledger: Ledger,
    *,
    seed: int = 7,
    webhooks_url: str | None = None,
    with_faults: Faults | None = None,
    clock: Clock = wall_clock,
    on_ready: Callable[[], None] = lambda: None,
) -> Starlette:
    """The sandbox over an open ledger, which stays the caller's to close.

    A new file receives credentials and books; `webhooks_url` and `with_faults` overwrite what the file has, when given.
    """
    wake = asyncio.Event()
    world = World(ledger, seed, clock, wake.set)
    credentials.ensure(ledger)
    with ledger.transaction():
        books.start(world)
        if webhooks_url is not None:
            ledger.keep("webhooks", webhooks_url)
        if with_faults is not None:
            faults.keep(world, with_faults)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        sender = asyncio.create_task(send_all(world, wake))
        on_ready()
        yield
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sender

    return Starlette(
        routes=[*domain.routes(world), *_stand_ins(world), *control.routes(world), *page.routes(world)],
        # A page of another site must not reach the sandbox by a name that it has resolved to this machine.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        lifespan=lifespan,
    )


def _stand_ins(world: World) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        Route(f"/{each.system}/{{path:path}}", endpoint(world, each), methods=METHODS) for each in STAND_INS
    ]
    # Chargebee's own client takes a host but no path in front of its own, so it is answered here as well.
    root = "{path:path}"
    routes.append(Route(f"/api/v2/{root}", endpoint(world, chargebee.STAND_IN, "api/v2/"), methods=METHODS))
    return routes

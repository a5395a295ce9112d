# SPDX-License-Identifier: Apache-2.0
"""Sends the queued webhooks, for as long as the sandbox runs. A receiver that is away finds them all when it is back."""

import asyncio
import contextlib

import httpx2

from sync.sandbox import webhooks
from sync.sandbox.exchange import World
from sync.sandbox.webhooks import Webhook
from terms.instant import SECOND

_TIMEOUT_S = 10.0


async def send_all(world: World, wake: asyncio.Event) -> None:
    """Runs until it is cancelled. `wake` says that something was queued or that the receiver's address changed."""
    async with httpx2.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as http:
        while True:
            wake.clear()
            address = world.ledger.setting("webhooks")
            found = webhooks.due(world, world.clock()) if address else []
            if found:
                await asyncio.gather(*(_send(world, http, address, each) for each in found))
            else:
                await _rest(world, wake, bool(address))


async def _rest(world: World, wake: asyncio.Event, addressed: bool) -> None:
    """Waits until the next delivery is due, or until something changes."""
    due = webhooks.next_due(world) if addressed else None
    # A delivery that waits for an earlier one of its chain is due already: look again soon.
    wait_s = None if due is None else max((due - world.clock()) / SECOND, 0.02)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), wait_s)


async def _send(world: World, http: httpx2.AsyncClient, address: str, webhook: Webhook) -> None:
    headers = webhooks.signed(world, webhook, world.clock())
    try:
        response = await http.post(_url(address, webhook.connection), content=webhook.body, headers=headers)
        taken = response.is_success
    except httpx2.HTTPError:
        taken = False
    (webhooks.taken if taken else webhooks.missed)(world, webhook, world.clock())


def _url(address: str, connection: str) -> str:
    """`{connection}` in the address stands for the connection's name; else the name becomes its last part."""
    if "{connection}" in address:
        return address.replace("{connection}", connection)
    return f"{address.rstrip('/')}/{connection}"

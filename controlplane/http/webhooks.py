# SPDX-License-Identifier: Apache-2.0
"""The webhook door (walk c): a vendor's event comes in. 200 means the inbox has it; the vendor may forget it."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from controlplane.http.refusal import refusal
from sync.connectors.webhook import StaleWebhook, Unreadable, Unsigned
from terms.problem import Problem

Receive = Callable[[str, Mapping[str, str], bytes], Awaitable[None]]
"""Takes (connection name, headers by lower-case name, raw body) and answers after the commit.

Raises LookupError for an unknown connection, Unsigned, StaleWebhook or Unreadable.
"""


def webhook_route(receive: Receive) -> Route:
    """`POST /webhooks/{connection}`: 200 stored, 401 not signed by the vendor, 400 too old or unreadable, 404 unknown."""

    async def webhook(request: Request) -> Response:
        name = request.path_params["connection"]
        try:
            await receive(
                name, {key.lower(): value for key, value in request.headers.items()}, await request.body()
            )
        except LookupError:
            return refusal(
                request, 404, Problem("there is no such connection", name, "check the webhook's URL")
            )
        except StaleWebhook as error:
            return refusal(request, 400, Problem(str(error), name, "send it again; check both clocks"))
        except Unsigned as error:
            problem = Problem(f"the signature does not hold: {error}", name, "check the signing secret")
            return refusal(request, 401, problem)
        except Unreadable as error:
            return refusal(request, 400, Problem(str(error), name, "check which system sends to this URL"))
        return JSONResponse({"received": True})

    return Route("/webhooks/{connection}", webhook, methods=["POST"])

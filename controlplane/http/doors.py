# SPDX-License-Identifier: Apache-2.0
"""The doors that take something in, in one list, and the layers every request passes before it reaches one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controlplane.http.entrance import Entrance
from controlplane.http.events import events_route
from controlplane.http.headers import SecurityHeaders
from controlplane.http.intake import Intake
from controlplane.http.otlp import Stored, Take, other_signals, otlp_route
from controlplane.http.packing import House
from controlplane.http.refusal import Refusals, on_http_exception
from controlplane.http.webhooks import Receive, webhook_route
from controlplane.http.zipkin import zipkin_route
from controlplane.security.caller import Credentials


@dataclass(frozen=True, slots=True)
class Doors:
    """What the doors hand their input to."""

    take_spans: Take[Stored]
    take_events: Take[Stored]
    take_zipkin: Take[Stored]
    receive_webhook: Receive


def routes(doors: Doors) -> list[Route]:
    """The doors that take something in: spans, events, webhooks."""
    return [
        otlp_route(doors.take_spans),
        *other_signals(),
        events_route(doors.take_events),
        zipkin_route(doors.take_zipkin),
        webhook_route(doors.receive_webhook),
    ]


def layers(
    credentials: Credentials,
    behind_proxy: bool = False,
    house: House | None = None,
    elsewhere: Sequence[Middleware] = (),
) -> list[Middleware]:
    """The layers, outermost first: headers on every answer, errors as answers, who may come in, what they may bring.

    `elsewhere` refuses what another process serves.
    """
    return [
        Middleware(SecurityHeaders, behind_proxy=behind_proxy),
        Middleware(Refusals),
        *elsewhere,
        Middleware(Entrance, credentials=credentials),
        Middleware(Intake, house=house),
    ]


def exception_handlers() -> Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]:
    """For the framework's own 404, 405 and the like, which never reach the layers as errors."""
    return {HTTPException: on_http_exception}

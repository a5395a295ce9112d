# SPDX-License-Identifier: Apache-2.0
"""All doors of this package in one list, and the layers every request passes before it reaches one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from controlplane.http.entrance import Entrance
from controlplane.http.events import events_route
from controlplane.http.headers import SecurityHeaders
from controlplane.http.health import Ready, health_routes
from controlplane.http.intake import Intake
from controlplane.http.live import Live
from controlplane.http.otlp import Stored, Take, other_signals, otlp_route
from controlplane.http.packing import House
from controlplane.http.refusal import Refusals, on_http_exception
from controlplane.http.sign_in import sign_in_routes
from controlplane.http.webhooks import Receive, webhook_route
from controlplane.http.zipkin import zipkin_route
from controlplane.security.caller import Credentials


@dataclass(frozen=True, slots=True)
class Doors:
    """What the doors hand their input to."""

    credentials: Credentials
    live: Live
    ready: Ready
    take_spans: Take[Stored]
    take_events: Take[Stored]
    take_zipkin: Take[Stored]
    receive_webhook: Receive


def routes(doors: Doors) -> list[BaseRoute]:
    """The doors that are not GraphQL and not pages."""
    all_routes: list[Route] = [
        *health_routes(doors.ready),
        *sign_in_routes(doors.credentials),
        doors.live.route(),
        otlp_route(doors.take_spans),
        *other_signals(),
        events_route(doors.take_events),
        zipkin_route(doors.take_zipkin),
        webhook_route(doors.receive_webhook),
    ]
    return [*all_routes]


def layers(
    credentials: Credentials, behind_proxy: bool = False, house: House | None = None
) -> list[Middleware]:
    """The layers, outermost first: headers on every answer, errors as answers, who may come in, what they may bring."""
    return [
        Middleware(SecurityHeaders, behind_proxy=behind_proxy),
        Middleware(Refusals),
        Middleware(Entrance, credentials=credentials),
        Middleware(Intake, house=house),
    ]


def exception_handlers() -> Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]:
    """For the framework's own 404, 405 and the like, which never reach the layers as errors."""
    return {HTTPException: on_http_exception}

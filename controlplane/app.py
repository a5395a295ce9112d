# SPDX-License-Identifier: Apache-2.0
"""What a process serves, by its role, before its parts. `create_app` makes it; nothing runs at import time."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from sqlmodel import Session
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from collectors import intake
from collectors.decoding import cloudevents, otlp, zipkin_json
from collectors.definitions import Definitions
from collectors.payloads.payload import Inspect
from collectors.span import Decoded
from controlplane import readiness
from controlplane.http import doors
from controlplane.http.elsewhere import Elsewhere
from controlplane.http.health import health_routes
from controlplane.http.intake import MOST_HELD
from controlplane.http.otlp import Stored, Take, taking
from controlplane.http.packing import House
from controlplane.parts import Parts
from controlplane.payloads import Inspector
from controlplane.settings import Role
from controlplane.source_counting import Counting, IngestAll
from controlplane.work import RUNS_STAGES
from sync.connectors.webhook import StaleWebhook, Unsigned
from sync.runtime import UnknownConnection
from terms.instant import Clock
from terms.strict_json import strict_json

if TYPE_CHECKING:
    from controlplane.grpc.otlp import OtlpServer

# What a role serves beside its health; docs/operator.md has the same as a table.
TAKES: frozenset[Role] = frozenset({"all", "api", "ingest", "worker"})
"""Spans, events and webhooks over HTTP. A worker is its own sender: the spans of what it ran come in at its own door."""
TAKES_GRPC: frozenset[Role] = frozenset({"all", "api", "ingest"})
SHOWS: frozenset[Role] = frozenset({"all", "api"})
"""What people and pipelines see: front.py."""


def create_app(parts: Parts) -> Starlette:
    """Health, doors, and what people see, as the role serves them, over the parts. Its lifespan starts them and lets them end in order."""
    changed = [worker for worker in parts.workers if worker.name == "changed-transactions"]

    def noticed(_: object) -> None:
        for worker in changed:
            worker.ask()
        parts.live.changed("transactions")

    counting = Counting(parts.database, parts.clock, _ingesting_all(parts.definitions, parts.clock))

    def take(decode: Callable[[bytes, bool], Decoded]) -> Take[intake.IngestResult]:
        return counting.telling(taking(parts.database, decode, counting.store, noticed))

    house = House(MOST_HELD)
    inspect = Inspector(parts.database)
    take_spans = take(partial(_decode, inspect))
    open_doors = doors.Doors(
        take_spans=take_spans,
        take_events=take(partial(_decode_events, parts, inspect)),
        take_zipkin=take(lambda body, _: zipkin_json.decode(body).with_payloads(inspect)),
        receive_webhook=partial(_receive_webhook, parts),
    )
    role = parts.settings.role
    served: list[BaseRoute] = [*health_routes(partial(readiness.ready, parts.database))]
    if role in TAKES:
        served += doors.routes(open_doors)
    if role in SHOWS:
        served += _front(parts, partial(noticed, None))
    elsewhere = [] if role in SHOWS else [Middleware(Elsewhere, routes=served, does=_does(role))]
    return Starlette(
        routes=served,
        middleware=doors.layers(parts.credentials, parts.settings.behind_proxy, house, elsewhere),
        exception_handlers=doors.exception_handlers(),
        lifespan=partial(_lifespan, parts, _grpc(parts, take_spans, house)),
    )


def _front(parts: Parts, transactions_changed: Callable[[], None]) -> list[BaseRoute]:
    # Read when it is shown: what draws pages and answers GraphQL is 25 MiB that an ingest process would hold for nobody.
    from controlplane import front

    return front.routes(parts, transactions_changed)


def _does(role: Role) -> str:
    does = "takes spans, events and webhooks" if role in TAKES else "does its work and tells of its health"
    return f"this process has the role {role}: it {does} and shows nothing"


@asynccontextmanager
async def _lifespan(parts: Parts, otlp_server: "OtlpServer | None", _: Starlette) -> AsyncIterator[None]:
    for worker in parts.workers:
        worker.start()
        worker.ask()
    runtime = parts.runtime if parts.settings.role in RUNS_STAGES else None
    if runtime:
        await run_in_threadpool(runtime.start)
    parts.schedule.start()
    if otlp_server:
        await otlp_server.start()
    yield
    # What makes work stops first, then what does it; spans that could not be sent are rows, and go out at the next start.
    parts.live.end()
    if otlp_server:
        await otlp_server.stop()
    await run_in_threadpool(parts.schedule.stop)
    if runtime:
        await run_in_threadpool(runtime.stop)
    for worker in parts.workers:
        await run_in_threadpool(worker.stop)
    if parts.telemetry:
        await run_in_threadpool(parts.telemetry.close)
    if parts.reload.presence:
        await run_in_threadpool(parts.reload.presence.leave)
    await run_in_threadpool(parts.database.close)


def _grpc(parts: Parts, take: Take[Stored], house: House) -> "OtlpServer | None":
    """The gRPC door where there is one to be. A demo opens none unasked: its machine may have a collector of its own."""
    settings = parts.settings
    asked = settings.grpc_port
    if not asked or (settings.demo and asked < 0) or settings.role not in TAKES_GRPC:
        return None
    # Its library is 11 MiB: a process without that door never loads it.
    from controlplane.grpc.otlp import OtlpServer

    return OtlpServer(settings.host, asked, take, parts.credentials, house)


def _ingesting_all(definitions: Definitions, clock: Clock) -> IngestAll:
    def ingest_all(session: Session, requests: Sequence[Decoded]) -> Sequence[intake.IngestResult]:
        return intake.ingest_all(session, requests, clock(), definitions.current)

    return ingest_all


async def _receive_webhook(parts: Parts, name: str, headers: Mapping[str, str], body: bytes) -> None:
    if parts.runtime is None:
        raise LookupError(name)
    answer = await run_in_threadpool(parts.runtime.webhook, name, headers, body, parts.clock())
    if isinstance(answer, UnknownConnection):
        raise LookupError(name)
    if isinstance(answer, Unsigned | StaleWebhook):
        raise answer


def _decode_events(parts: Parts, inspect: Inspect, body: bytes, _: bool) -> Decoded:
    strict_json(body)
    return cloudevents.decode(body, parts.definitions.extractor, parts.clock(), inspect)


def _decode(inspect: Inspect, body: bytes, is_json: bool) -> Decoded:
    decoded = otlp.decode_json(body) if is_json else otlp.decode_protobuf(body)
    return decoded.with_payloads(inspect)

# SPDX-License-Identifier: Apache-2.0
"""The doors, the API and the pages before the parts of a process. `create_app` makes them; nothing runs at import time."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from sqlmodel import Session
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route

from collectors import intake
from collectors.decoding import cloudevents, otlp, zipkin_json
from collectors.definitions import Definitions
from collectors.payloads import store as payload_store
from collectors.payloads.payload import Inspect
from collectors.span import Decoded
from controlplane import contract_use, readiness
from controlplane.demo import profile
from controlplane.graphql import service as graphql
from controlplane.graphql.context import InstanceFacts, Sources, SystemFact
from controlplane.grpc.otlp import OtlpServer
from controlplane.http import doors
from controlplane.http.ccompat.door import confluent_routes
from controlplane.http.ccompat.rows import rows as ccompat_rows
from controlplane.http.deployments import deployment_routes
from controlplane.http.intake import MOST_HELD
from controlplane.http.observed import observed_routes
from controlplane.http.otlp import Stored, Take, taking
from controlplane.http.packing import House
from controlplane.http.registering import registering
from controlplane.http.registry.description import openapi_route
from controlplane.http.registry.door import registry_routes
from controlplane.http.registry.rows import rows
from controlplane.http.strict_json import strict_json
from controlplane.parts import Parts
from controlplane.payloads import Inspector
from controlplane.security.caller import Caller, caller_of
from controlplane.shared_answers import SharedAnswers
from controlplane.source_counting import Counting, IngestAll
from controlplane.source_desk import SourceDesk
from controlplane.work import RUNS_STAGES
from dashboards import pages
from sync import exceptions, observed
from sync.connectors.webhook import StaleWebhook, Unsigned
from sync.exceptions import ReplayAsked
from sync.runtime import UnknownConnection
from terms.instant import Clock

TAKES_SPANS = ("all", "api", "ingest")

ROLES: Mapping[str, str] = {
    "salesforce": "crm",
    "chargebee": "billing",
    "stripe": "payments",
    "netsuite": "erp",
}


def create_app(parts: Parts) -> Starlette:
    """The doors, the API and the pages, over the parts. Its lifespan starts them and lets them end in order."""
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
    service = graphql.Service(_sources(parts, partial(noticed, None)))
    open_doors = doors.Doors(
        credentials=parts.credentials,
        live=parts.live,
        ready=partial(readiness.ready, parts.database),
        take_spans=take_spans,
        take_events=take(partial(_decode_events, parts, inspect)),
        take_zipkin=take(lambda body, _: zipkin_json.decode(body).with_payloads(inspect)),
        receive_webhook=partial(_receive_webhook, parts),
    )
    return Starlette(
        routes=[
            *doors.routes(open_doors),
            *_contract_routes(parts),
            *observed_routes(parts.database, observed.payloads, payload_store.payloads_under),
            *service.routes(),
            *pages.routes(partial(_ask, service), pages.PageSettings()),
        ],
        middleware=doors.layers(parts.credentials, parts.settings.behind_proxy, house),
        exception_handlers=doors.exception_handlers(),
        lifespan=partial(_lifespan, parts, _grpc(parts, take_spans, house)),
    )


def _contract_routes(parts: Parts) -> list[Route]:
    registers = registering(parts.database, parts.clock)
    ours = rows(parts.database, parts.clock, registers, contract_use.users(parts.clock))
    deployments = deployment_routes(parts.database, parts.clock)
    return [
        *deployments,
        *registry_routes(ours),
        openapi_route(ours, deployments),
        *confluent_routes(ccompat_rows(parts.database, parts.clock, registers)),
    ]


@asynccontextmanager
async def _lifespan(parts: Parts, otlp_server: OtlpServer | None, _: Starlette) -> AsyncIterator[None]:
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


def _grpc(parts: Parts, take: Take[Stored], house: House) -> OtlpServer | None:
    """The gRPC door where there is one to be. A demo opens none unasked: its machine may have a collector of its own."""
    settings = parts.settings
    asked = settings.grpc_port
    if not asked or (settings.demo and asked < 0) or settings.role not in TAKES_SPANS:
        return None
    return OtlpServer(settings.host, asked, take, parts.credentials, house)


def _ingesting_all(definitions: Definitions, clock: Clock) -> IngestAll:
    def ingest_all(session: Session, requests: Sequence[Decoded]) -> Sequence[intake.IngestResult]:
        return intake.ingest_all(session, requests, clock(), definitions.current)

    return ingest_all


def _sources(parts: Parts, transactions_changed: Callable[[], None]) -> Sources:
    return Sources(
        database=parts.database,
        shared=SharedAnswers(parts.database),
        clock=parts.clock,
        definitions=parts.definitions,
        reload=parts.reload,
        criteria=parts.governance.criteria,
        instance=InstanceFacts(
            version=version("throughline"),
            demo=parts.settings.demo,
            sandbox_url=parts.settings.sandbox_url or None,
            legal_entities=tuple(entity.code for entity in profile.ENTITIES) if parts.settings.demo else (),
            systems=tuple(SystemFact(name, role) for name, role in ROLES.items()),
        ),
        replay=partial(_replay, parts),
        registering=registering(parts.database, parts.clock),
        users=contract_use.users(parts.clock),
        keep=parts.keep,
        transactions_changed=transactions_changed,
        watermarks=parts.governance.watermarks,
        desk=SourceDesk(parts.database, parts.clock, parts.pulling, parts.live),
    )


async def _replay(parts: Parts, exception_id: str, key: str, caller: Caller, reason: str) -> ReplayAsked:
    answer = await parts.database.write_async(
        lambda session: exceptions.request_replay(session, exception_id, key, caller.name, parts.clock()),
        actor=caller.actor,
        reason=f"replay {exception_id}{': ' + reason if reason else ''}",
    )
    if parts.runtime:
        parts.runtime.wake()
    parts.live.changed("exceptions", "transactions")
    return answer


async def _receive_webhook(parts: Parts, name: str, headers: Mapping[str, str], body: bytes) -> None:
    if parts.runtime is None:
        raise LookupError(name)
    answer = await run_in_threadpool(parts.runtime.webhook, name, headers, body, parts.clock())
    if isinstance(answer, UnknownConnection):
        raise LookupError(name)
    if isinstance(answer, Unsigned | StaleWebhook):
        raise answer


async def _ask(
    service: graphql.Service, query: str, variables: dict[str, Any], request: Request
) -> dict[str, Any]:
    caller = caller_of(request)
    if caller is None:
        raise pages.SignInRequired
    return await service.ask(query, variables, caller)


def _decode_events(parts: Parts, inspect: Inspect, body: bytes, _: bool) -> Decoded:
    strict_json(body)
    return cloudevents.decode(body, parts.definitions.extractor, parts.clock(), inspect)


def _decode(inspect: Inspect, body: bytes, is_json: bool) -> Decoded:
    decoded = otlp.decode_json(body) if is_json else otlp.decode_protobuf(body)
    return decoded.with_payloads(inspect)

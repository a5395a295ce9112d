# SPDX-License-Identifier: Apache-2.0
"""The one place where parts meet. `build` makes them, `create_app` puts doors before them; nothing runs at import time."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from random import Random
from typing import Any, TypeVar

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
from collectors.retention import parquet
from collectors.retention.keep import Keep
from collectors.sources import leases as source_leases
from collectors.span import Decoded
from controlplane import contract_use, definition_reload, readiness, registration, source_watermarks
from controlplane.database import Database
from controlplane.definition_reload import DefinitionReload
from controlplane.demo import profile
from controlplane.governance import Governance
from controlplane.graphql import service as graphql
from controlplane.graphql.context import InstanceFacts, Sources, SystemFact
from controlplane.grpc.otlp import OtlpServer
from controlplane.http import doors
from controlplane.http.ccompat.door import confluent_routes
from controlplane.http.ccompat.rows import rows as ccompat_rows
from controlplane.http.deployments import deployment_routes
from controlplane.http.intake import MOST_HELD
from controlplane.http.live import Live
from controlplane.http.observed import observed_routes
from controlplane.http.otlp import Stored, Take, taking
from controlplane.http.packing import House
from controlplane.http.registering import registering
from controlplane.http.registry.description import openapi_route
from controlplane.http.registry.door import registry_routes
from controlplane.http.registry.rows import rows
from controlplane.jobs import Job, Schedule, Worker
from controlplane.payloads import Inspector
from controlplane.presence import Presence, name_of
from controlplane.pulling import Pulling
from controlplane.retention import Retention
from controlplane.security import sealing
from controlplane.security import store as credentials_store
from controlplane.security.caller import Caller, Credentials, caller_of
from controlplane.settings import Settings
from controlplane.shared_answers import SharedAnswers
from controlplane.source_counting import Counting, IngestAll
from controlplane.source_desk import SourceDesk
from controlplane.telemetry import Telemetry
from controlplane.work import MACHINE, RUNS_STAGES, WORK, tell, workers
from dashboards import pages
from registry import canonical
from registry.validate import Validator
from sync import connection, exceptions, observed, store
from sync.connectors.webhook import StaleWebhook, Unsigned
from sync.exceptions import ReplayAsked
from sync.runtime import Runtime, RuntimeSettings, UnknownConnection
from terms.instant import Clock

T = TypeVar("T")

TAKES_SPANS = ("all", "api", "ingest")
JUDGES = ("all", "scheduler")

ROLES: Mapping[str, str] = {
    "salesforce": "crm",
    "chargebee": "billing",
    "stripe": "payments",
    "netsuite": "erp",
}


@dataclass(frozen=True)
class Parts:
    """Everything a process is made of. Made, not started: `create_app`'s lifespan starts and stops it."""

    settings: Settings
    clock: Clock
    database: Database
    definitions: Definitions
    reload: DefinitionReload
    governance: Governance
    credentials: Credentials
    live: Live
    validator: Validator
    runtime: Runtime | None
    telemetry: Telemetry | None
    pulling: Pulling
    workers: tuple[Worker, ...]
    schedule: Schedule

    def sign_in_url(self) -> str:
        """A new link that signs in once. Only its hash is kept."""
        secret = self.database.write(
            lambda session: credentials_store.make_sign_in_link(session, self.clock()),
            actor=MACHINE,
            reason="sign-in link at start",
        )
        return f"http://{self.settings.host}:{self.settings.port}/sign-in?link={secret}"

    def demo_token(self) -> str:
        """A new token for the demo's driver, which asks for figures and hands in the history."""
        return str(
            self.database.write(
                lambda session: credentials_store.create_token(session, "demo driver", "admin", self.clock()),
                actor=MACHINE,
                reason="token of the demo's driver",
            )
        )


def build(settings: Settings, clock: Clock) -> Parts:
    """The parts, with every definition read and checked. Raises ProblemError for whatever cannot be taken."""
    keep = _keep(settings)
    live = Live()
    reload = definition_reload.started(
        settings.definitions, settings.processes, clock, partial(live.changed, "transactions", "sources")
    )
    definitions = reload.held
    governance = Governance(definitions, reload.criteria, source_watermarks.known_by(definitions))
    contracts = canonical.load()
    database = Database(settings.url, clock)
    try:
        credentials = Credentials(database, clock, settings.admin_token_file)
        if not settings.is_embedded:  # others may be over that database
            reload.presence = Presence(
                database, clock, secrets.token_hex(8), name_of(settings.role), reload.contents
            )
            reload.presence.look()
        if not (takes_over := not reload.stands_aside()):
            reload.owe()
        registration.register_canonical(database, contracts, governance, clock(), takes_over)
    except BaseException:
        database.close()
        raise
    if settings.role in JUDGES:
        reload.follow = partial(_follow, database, governance, clock)
    validator = Validator(c for c in contracts if c.document.type == "json-schema")
    runtime = _runtime(settings, clock, database, validator)
    telemetry = _telemetry(settings, database, credentials) if runtime else None
    retention = Retention(database, clock, keep, settings.archive_folder, settings.keep_payloads_days)
    wakes: list[Worker] = []
    pulling = _pulling(settings, clock, database, definitions, live, wakes)
    made = workers(
        settings.role, clock, database, governance, live, runtime, telemetry, retention, pulling, reload
    )
    wakes += [worker for worker in made if worker.name == "changed-transactions"]
    schedule = Schedule(
        tuple(Job(worker.name, WORK[worker.name][1] or settings.poll_s, worker.ask) for worker in made)
    )
    return Parts(
        settings,
        clock,
        database,
        definitions,
        reload,
        governance,
        credentials,
        live,
        validator,
        runtime,
        telemetry,
        pulling,
        made,
        schedule,
    )


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
        take_events=take(
            lambda body, _: cloudevents.decode(body, parts.definitions.extractor, parts.clock(), inspect)
        ),
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


def _runtime(settings: Settings, clock: Clock, database: Database, validator: Validator) -> Runtime | None:
    if settings.connections is None:
        return None

    def read(fn: Callable[[Session], T]) -> T:
        return database.read(fn)

    def write(fn: Callable[[Session], T], reason: str) -> T:
        return database.write(fn, actor=MACHINE, reason=reason)

    return Runtime(
        RuntimeSettings(settings.engine_url, seed=settings.seed),
        read=read,
        write=write,
        clock=clock,
        validate=lambda subject, document: validator.problems(subject, None, document),
        connections=connection.read(settings.connections),
        on_error=tell,
    )


def _ingesting(definitions: Definitions, clock: Clock) -> Callable[[Session, Decoded], intake.IngestResult]:
    def ingest(session: Session, decoded: Decoded) -> intake.IngestResult:
        return intake.ingest(session, decoded, clock(), definitions.current)

    return ingest


def _ingesting_all(definitions: Definitions, clock: Clock) -> IngestAll:
    def ingest_all(session: Session, requests: Sequence[Decoded]) -> Sequence[intake.IngestResult]:
        return intake.ingest_all(session, requests, clock(), definitions.current)

    return ingest_all


def _pulling(
    settings: Settings,
    clock: Clock,
    database: Database,
    definitions: Definitions,
    live: Live,
    wakes: Sequence[Worker],
) -> Pulling:
    """What pulls. An embedded database has one process: whoever held a source before this start is no more."""
    if settings.is_embedded:
        database.write(source_leases.release_all, actor=MACHINE, reason="start")

    def noticed() -> None:
        for worker in wakes:
            worker.ask()
        live.changed("transactions", "sources")

    seal = sealing.read(settings.secret_key_file, settings.data_dir, settings.is_embedded)
    holder = secrets.token_hex(8)
    return Pulling(
        database,
        clock,
        seal,
        _ingesting(definitions, clock),
        Inspector(database),
        noticed,
        holder,
        Random(settings.seed or holder),  # noqa: S311 it spreads retries
    )


def _follow(database: Database, governance: Governance, clock: Clock) -> None:
    database.write(
        lambda session: governance.follow(session, clock()),
        actor=MACHINE,
        reason="changed KPIs or policy rules",
    )


def _keep(settings: Settings) -> Keep:
    """How long spans are kept. Raises ProblemError when what has to go could not be archived."""
    keep = Keep(settings.keep_spans_days, settings.keep_spans_mib)
    if not keep.is_endless and settings.archive_folder is not None:
        parquet.require()
    return keep


def _telemetry(settings: Settings, database: Database, credentials: Credentials) -> Telemetry:
    return Telemetry(
        lambda limit: database.read(lambda session: store.unsent_spans(session, limit)),
        lambda records: database.write(
            lambda session: store.mark_sent(session, [record.id for record in records]),
            actor=MACHINE,
            reason="spans sent",
        ),
        f"http://{settings.host}:{settings.port}/v1/traces",
        credentials.boot_token,
    )


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
        keep=_keep(parts.settings),
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


def _decode(inspect: Inspect, body: bytes, is_json: bool) -> Decoded:
    decoded = otlp.decode_json(body) if is_json else otlp.decode_protobuf(body)
    return decoded.with_payloads(inspect)

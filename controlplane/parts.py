# SPDX-License-Identifier: Apache-2.0
"""What a process is made of: `build` makes the parts and hands each what it needs of the others; nothing runs at import time."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TypeVar

from sqlmodel import Session

from collectors import intake
from collectors.definitions import Definitions
from collectors.retention import parquet
from collectors.retention.keep import Keep
from collectors.sources import leases as source_leases
from collectors.span import Decoded
from controlplane import definition_reload, registration, source_watermarks
from controlplane.database import Database
from controlplane.definition_reload import DefinitionReload
from controlplane.governance import Governance
from controlplane.http.live import Live
from controlplane.jobs import Job, Schedule, Worker
from controlplane.payloads import Inspector
from controlplane.presence import Presence, name_of
from controlplane.pulling import Pulling
from controlplane.retention import Retention
from controlplane.security import sealing
from controlplane.security import store as credentials_store
from controlplane.security.caller import Credentials
from controlplane.settings import Role, Settings
from controlplane.telemetry import Telemetry
from controlplane.work import MACHINE, WORK, tell, workers
from registry import canonical
from registry.validate import Validator
from sync import connection, store
from sync.runtime import Runtime, RuntimeSettings
from terms.instant import Clock

T = TypeVar("T")

JUDGES = ("all", "scheduler")
READS_RULES: frozenset[Role] = frozenset({"all", "api", "worker", "scheduler"})
"""What an ingest process stores is judged by others: it reads no policy rule and judges nothing."""


@dataclass(frozen=True)
class Parts:
    """Everything a process is made of. Made, not started: the lifespan of the app over it starts and stops it."""

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
    keep: Keep

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
    reads_rules = settings.role in READS_RULES
    reload = definition_reload.started(
        settings.definitions,
        settings.processes,
        clock,
        partial(live.changed, "transactions", "sources"),
        reads_rules,
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
        registration.register_canonical(
            database, contracts, governance if reads_rules else None, clock(), takes_over
        )
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
        keep,
    )


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

# SPDX-License-Identifier: Apache-2.0
"""What a process does besides answering: one table says which role does which work, and how often it looks unasked."""

import logging
from collections.abc import Callable
from functools import partial
from typing import get_args

from sqlmodel import Session

from collectors.definitions import Definitions
from collectors.rederivation import from_events as rederive_process
from collectors.rederivation import from_spans as reextract
from collectors.rederivation import removal
from collectors.rederivation.job import Rederivation
from controlplane.database import Actor, Database
from controlplane.definition_reload import DefinitionReload
from controlplane.governance import BATCH, Governance
from controlplane.http.live import Live
from controlplane.jobs import Worker
from controlplane.promotion import promoting
from controlplane.pulling import Pulling
from controlplane.retention import Retention
from controlplane.settings import Role
from controlplane.telemetry import Telemetry
from sync.runtime import Runtime
from terms.instant import Clock, Instant

LOG = logging.getLogger("throughline")
MACHINE = Actor("machine", "throughline")

# work -> (roles that do it, seconds between looks though nobody asked; None: as often as the CRM is polled)
WORK: dict[str, tuple[frozenset[Role], float | None]] = {
    "changed-transactions": (frozenset({"all", "worker"}), 0.5),
    "unsent-spans": (frozenset({"all", "worker"}), 0.3),
    "deadlines": (frozenset({"all", "scheduler"}), 1.0),
    "contract-use": (frozenset({"all", "scheduler"}), 15.0),
    "pulling": (frozenset({"all", "scheduler"}), 1.0),
    "definitions": (frozenset(get_args(Role)), 1.0),
    "presence": (frozenset(get_args(Role)), 5.0),
    "sources": (frozenset({"all", "scheduler"}), 15.0),
    "promotion": (frozenset({"all", "scheduler"}), 20.0),
    "retention": (frozenset({"all", "scheduler"}), 600.0),
    "extraction-rules": (frozenset({"all", "scheduler"}), 60.0),
    "processes": (frozenset({"all", "scheduler"}), 10.0),
    "removed-processes": (frozenset({"all", "scheduler"}), 10.0),
    "crm-poll": (frozenset({"all", "scheduler"}), None),
}
# Work that every intake asks for: seconds from one look to the next. A deal that is told in several requests is not judged with
# each of them, and requests that come together are stored together, with no look between them.
APART_S: dict[str, float] = {"changed-transactions": 0.2}
RUNS_STAGES: frozenset[Role] = frozenset({"all", "worker"})


def workers(
    role: Role,
    clock: Clock,
    database: Database,
    governance: Governance,
    live: Live,
    runtime: Runtime | None,
    telemetry: Telemetry | None,
    retention: Retention,
    pulling: Pulling,
    reload: DefinitionReload,
) -> tuple[Worker, ...]:
    """The workers of a process of that role, not started."""

    def judged(work: Callable[[Session, Instant], int], reason: str) -> Callable[[], bool]:
        def look() -> bool:
            now = clock()
            looked_at = database.write(lambda session: work(session, now), actor=MACHINE, reason=reason)
            if looked_at:
                live.changed("kpis", "violations")
            return looked_at >= BATCH

        return look

    work: dict[str, Callable[[], bool]] = {
        "changed-transactions": judged(governance.drain, "changed transactions"),
        "deadlines": judged(governance.meet_deadlines, "deadlines"),
        "promotion": promoting(database, clock, governance.definitions),
        "contract-use": judged(governance.judge_use, "contracts in use"),
        "sources": judged(governance.judge_sources, "sources"),
        "pulling": pulling.look,
        "definitions": reload.look,
        "extraction-rules": partial(_rederive, reextract.step, database, reload, clock, live),
        "processes": partial(_rederive, rederive_process.step, database, reload, clock, live),
        "removed-processes": partial(_rederive, removal.step, database, reload, clock, live),
    }
    if reload.presence:
        work["presence"] = reload.presence.look
    if not retention.is_endless:
        work["retention"] = retention.step
    if telemetry:
        work["unsent-spans"] = telemetry.send
    if runtime:
        work["crm-poll"] = lambda: _poll(runtime, clock)
    return tuple(
        Worker(
            name,
            work[name],
            tell,
            pulling.stop if name == "pulling" else _nothing,
            APART_S.get(name, 0.0),
        )
        for name, (roles, _) in WORK.items()
        if name in work and role in roles
    )


Step = Callable[[Session, Definitions, Instant], tuple[Rederivation | None, bool]]


def _rederive(step: Step, database: Database, reload: DefinitionReload, clock: Clock, live: Live) -> bool:
    """One step of bringing changed extraction rules, or processes, into force for what is stored already.

    None is taken while another process over the database works with other definitions: it would take it back.
    """

    def unless_aside(session: Session) -> tuple[Rederivation | None, bool]:
        if reload.presence and reload.presence.stands_aside(session):
            return None, False
        return step(session, reload.held.current, clock())

    job, goes_on = database.write(unless_aside, actor=MACHINE, reason="changed definitions")
    if job is not None and job.changed + job.added + job.removed:
        live.changed("transactions")
    if goes_on:
        live.changed("sources")  # the page that says how far it is
    return goes_on


def _nothing() -> None:
    """Most work ends by itself in a moment."""


def tell(where: str, error: Exception) -> None:
    """Logs what a worker met. Its rows are still there, and the next look takes them up."""
    LOG.error("%s: %s: %s", where, type(error).__name__, error, exc_info=error)


def _poll(runtime: Runtime, clock: Clock) -> bool:
    polled = runtime.poll(clock())
    if polled.problem:
        LOG.warning("the CRM could not be read: %s", polled.problem)
    reconciled = runtime.poll_bank(clock())
    if reconciled.problem:
        LOG.warning("the ERP's bank could not be read: %s", reconciled.problem)
    return False

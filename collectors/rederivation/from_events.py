# SPDX-License-Identifier: Apache-2.0
"""A changed process, applied to history: its objects are judged again from their events, step by step.

Events, edges and decisions outlive spans, so that no day is left out as long as its events are kept. What an earlier
version made of types that the new one does not know is taken back at the end.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.definitions import Definitions
from collectors.labels import label_numbers
from collectors.numbers import Numbers
from collectors.processes.process import Process
from collectors.rederivation import store as rederivation_store
from collectors.rederivation.findings import tell_hubs
from collectors.rederivation.job import Rederivation
from collectors.rederivation.removal import take_out
from collectors.stitching.restitch import restitch, stitching
from terms.instant import Instant
from terms.object_key import ObjectKey
from terms.tenant import TENANT

OBJECTS_A_STEP = 500
EDGES_A_STEP = 5_000


def step(session: Session, definitions: Definitions, now: Instant) -> tuple[Rederivation | None, bool]:
    """The job as it stands after one step, None when there is nothing to do, and whether it goes on.

    A process whose content no job brought into force begins one. An empty database needs none: it is in force at once.
    """
    names = {process.content_name: process for process in definitions.processes}
    job = rederivation_store.running(session, "process")
    if job is not None and not set(job.names) <= names.keys():
        rederivation_store.keep(session, replace(job, state="overtaken", ended_at=now))
        job = None
    if job is None:
        job = _begun(session, sorted(names), now)
        return job, job is not None and job.state == "running"
    if job.state == "stopped":
        return job, False
    bulk = Bulk(session)
    concerned = tuple(names[name] for name in job.names)
    with stitching(bulk) as numbers:
        after = (
            _judge(bulk, numbers, job, definitions.processes, now)
            if job.phase == "events"
            else _sweep(bulk, numbers, job, concerned, now)
        )
    rederivation_store.keep(session, after)
    return after, after.state == "running"


def _begun(session: Session, names: Sequence[str], now: Instant) -> Rederivation | None:
    known = rederivation_store.in_force(session, "process")
    new = tuple(name for name in names if name not in known)
    if not new:
        return None
    total = Bulk(session).select("count(*)", "object", "tenant", [TENANT])[0][0]
    return rederivation_store.begin(session, "process", new, "events", total, now)


def _judge(
    bulk: Bulk, numbers: Numbers, job: Rederivation, processes: tuple[Process, ...], now: Instant
) -> Rederivation:
    """The next objects, judged again with all that hangs together with them. All processes are: a hub is one in each."""
    active = {kind for process in processes for kind in process.active_types}
    rows = bulk.after(
        "object_id, type, value, namespace, scope", "object", "object_id", job.cursor, OBJECTS_A_STEP
    )
    ids = {str(ObjectKey(*row[1:])): row[0] for row in rows if row[1] in active}
    keys = tuple(ids)
    changed = restitch(bulk, numbers, processes, (), ids, (), keys, now) if keys else ()
    tell_hubs(bulk, processes, ids, keys)
    if not rows:
        return replace(job, phase="spans", cursor=0)
    return replace(job, cursor=rows[-1][0], done=job.done + len(rows), changed=job.changed + len(changed))


def _sweep(
    bulk: Bulk, numbers: Numbers, job: Rederivation, concerned: tuple[Process, ...], now: Instant
) -> Rederivation:
    """What an earlier version left: transactions nothing anchors any more, and edges of pairs that no rule knows."""
    removed = job.removed + (_remove_transactions(bulk, concerned, now) if job.cursor == 0 else 0)
    rows = bulk.after(
        "parent_id, edge_id, definition_label, version", "edge", "parent_id", job.cursor, EDGES_A_STEP,
        also=" AND retracted_at IS NULL",
    )  # fmt: skip
    if not rows:
        return replace(job, state="done", removed=removed, ended_at=now)
    last = rows[-1][0]
    if len(rows) == EDGES_A_STEP and rows[0][0] != last:
        # The edges of the last parent may have been cut off: they are for the next step.
        rows = [row for row in rows if row[0] != last]
    labels = label_numbers(bulk, numbers, {process.id for process in concerned})
    versions = {labels[process.id]: process.version for process in concerned}
    stale = [(now, row[0], row[1]) for row in rows if row[2] in versions and row[3] != versions[row[2]]]
    bulk.update(tables.EdgeRow, "retracted_at", "parent_id, edge_id", stale)
    return replace(job, cursor=rows[-1][0], removed=removed)


def _remove_transactions(bulk: Bulk, concerned: tuple[Process, ...], now: Instant) -> int:
    rows = [
        row
        for process in concerned
        for row in bulk.select(
            "txn_id, digest",
            "txn",
            "process",
            [process.id],
            also=f" AND definition_version <> {process.version:d}",
        )
    ]
    take_out(bulk, rows, now)
    return len(rows)

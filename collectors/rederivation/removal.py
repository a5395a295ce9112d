# SPDX-License-Identifier: Apache-2.0
"""A process that no file defines any more, or nobody asks for: its transactions are taken out, step by step, and then what it
found wrong with keys that no other process does.

Events, edges and decisions stay. When the process comes back it is judged like a new one, and its transactions have the
ids they had: an id follows from the process and the anchor.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.definitions import Definitions
from collectors.rederivation import store as rederivation_store
from collectors.rederivation.findings import judge_findings
from collectors.rederivation.job import Rederivation
from collectors.stitching.restitch import stitching
from terms.instant import Instant
from terms.row_id import row_ids

TRANSACTIONS_A_STEP = 500
FINDINGS_A_STEP = 200


def step(session: Session, definitions: Definitions, now: Instant) -> tuple[Rederivation | None, bool]:
    """The job as it stands after one step, None when there is nothing to do, and whether it goes on.

    One job takes out one process. A process that comes back before its job is through overtakes it.
    """
    present = {process.id for process in definitions.processes}
    job = rederivation_store.running(session, "removal")
    if job is not None and job.process in present:
        rederivation_store.keep(session, replace(job, state="overtaken", ended_at=now))
        job = None
    if job is None:
        job = _begun(session, present, now)
        return job, job is not None
    if job.state == "stopped":
        return job, False
    bulk = Bulk(session)
    with stitching(bulk) as numbers:
        if job.phase == "transactions":
            rows = bulk.after(
                "txn_id, digest",
                "txn",
                "txn_id",
                job.cursor,
                TRANSACTIONS_A_STEP,
                also=_of_process(job.process),
            )
            take_out(bulk, rows, now)
            after = _moved_on(job, rows)
        else:
            lowest = judge_findings(
                session, bulk, numbers, definitions.processes, job.cursor, FINDINGS_A_STEP, now
            )
            after = replace(job, cursor=lowest) if lowest else replace(job, state="done", ended_at=now)
    rederivation_store.keep(session, after)
    return after, True  # another process may be gone too


def take_out(bulk: Bulk, rows: Sequence[tuple[Any, ...]], now: Instant) -> None:
    """Removes transactions (id, digest) with their parts, retracts their milestones, and puts them on the list of changes."""
    ids = [(row[0],) for row in rows]
    for table in (tables.TxnRow, tables.TxnEventRow, tables.TxnObjectRow):
        bulk.delete(table, "txn_id", ids)
    reached = bulk.select(
        "txn_id, milestone_id",
        "milestone",
        "txn_id",
        [row[0] for row in rows],
        also=" AND retracted_at IS NULL",
    )
    bulk.update(tables.MilestoneRow, "retracted_at", "txn_id, milestone_id", [(now, *row) for row in reached])
    digests = sorted(bytes(row[1]) for row in rows)
    sequences = row_ids(len(digests)) if digests else ()
    bulk.insert(tables.ChangedTxnRow, "sequence, digest", list(zip(sequences, digests, strict=True)))


def _begun(session: Session, present: Collection[str], now: Instant) -> Rederivation | None:
    """A job for the first process that was there and is not. One that made nothing is through at once."""
    gone = sorted(name for name in rederivation_store.ever(session) if name.partition("@")[0] not in present)
    if not gone:
        return None
    process = gone[0].partition("@")[0]
    ((total,),) = Bulk(session).select("count(*)", "txn", "process", [process])
    return rederivation_store.begin(session, "removal", (gone[0],), "transactions", total, now)


def _moved_on(job: Rederivation, rows: Sequence[tuple[Any, ...]]) -> Rederivation:
    number = len(rows)
    is_last = number < TRANSACTIONS_A_STEP
    return replace(
        job,
        phase="findings" if is_last else "transactions",
        cursor=0 if is_last else rows[-1][0],
        done=job.done + number,
        removed=job.removed + number,
    )


def _of_process(process: str) -> str:
    """A condition. An id of a process holds small letters, digits and hyphens alone, as its reader made sure."""
    return f" AND process = '{process}'"

# SPDX-License-Identifier: Apache-2.0
"""The rows of runs: one stage for one business object, queued, running, done or failed, and the steps it tells."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import update
from sqlmodel import Session, col, select

from sync import deal as deals
from sync import steps
from sync.deal import Deal
from sync.tables import InboxRow, RunRow
from terms import object_key
from terms.instant import Instant
from terms.object_key import ObjectKey
from terms.row_id import next_row_id
from terms.tenant import TENANT

RunState = Literal["queued", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """One stage of one flow for one business object. `round` grows with each replay."""

    run_id: str
    flow: str
    stage: str
    deal: ObjectKey
    object: ObjectKey
    state: RunState
    round: int
    sequence: int
    inbox_id: int
    arguments: Mapping[str, Any]

    @property
    def workflow_id(self) -> str:
        """What the engine knows this round by. Ordered by when the run was made, so that the engine keeps that order."""
        return f"{self.sequence:020d}.{self.round}"


def run_id(flow: str, stage: str, what: ObjectKey) -> str:
    """The run of a stage for a business object: always the same one."""
    return f"{flow}/{stage}/{what.value}"


def queue(
    session: Session, flow: str, stage: str, deal: ObjectKey, what: ObjectKey, inbox_id: int, arguments: Mapping[str, Any], now: Instant
) -> Run:  # fmt: skip
    """The run of this stage and object, made if there is none yet. The engine gets it when the row is committed."""
    name = run_id(flow, stage, what)
    row = session.get(RunRow, (TENANT, name))
    if row is None:
        row = RunRow(
            run_id=name,
            run_sequence=next_row_id(),
            flow=flow,
            stage=stage,
            deal=str(deal),
            object=str(what),
            inbox_id=inbox_id,
            arguments=json.dumps(arguments),
            created_at=now,
        )
        session.add(row)
        session.flush()
    return _run(row)


def run(session: Session, name: str) -> Run | None:
    """The run of that id."""
    row = session.get(RunRow, (TENANT, name))
    return None if row is None else _run(row)


def held(session: Session, name: str) -> Run | None:
    """The run as it is now, held: it cannot end before this transaction does.

    On PostgreSQL two transactions run side by side, and one that found a run unfinished would otherwise park its signal
    just after the run's end had woken all that waited for it. SQLite has one writer and ignores the lock.
    """
    row = session.exec(
        select(RunRow)
        .where(RunRow.tenant == TENANT, RunRow.run_id == name)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).first()
    return None if row is None else _run(row)


def runs_of(session: Session, what: ObjectKey) -> list[Run]:
    """The runs that this object started, oldest first."""
    rows = session.exec(
        select(RunRow)
        .where(RunRow.tenant == TENANT, RunRow.object == str(what))
        .order_by(col(RunRow.run_sequence))
    )
    return [_run(row) for row in rows]


def run_of_inbox(session: Session, inbox_id: int) -> Run | None:
    """The run that this signal started."""
    row = session.get(InboxRow, (TENANT, inbox_id))
    return run(session, row.run_id) if row is not None and row.run_id else None


def replace_arguments(session: Session, name: str, arguments: Mapping[str, Any]) -> None:
    """What its next round will be run with."""
    row = session.get_one(RunRow, (TENANT, name))
    row.arguments = json.dumps(arguments)
    session.add(row)
    session.flush()


def deal_of(session: Session, run: Run) -> Deal | None:
    """The deal a run belongs to, as the CRM gave it to the first stage."""
    first = [other for other in runs_of(session, run.deal) if "deal" in other.arguments]
    return deals.from_json(first[0].arguments["deal"]) if first else None


def not_handed_over(session: Session, limit: int) -> list[Run]:
    """Queued runs that the engine has not got yet, in order."""
    rows = session.exec(
        select(RunRow)
        .where(RunRow.tenant == TENANT, RunRow.state == "queued", col(RunRow.handed_over).is_(False))
        .order_by(col(RunRow.run_sequence))
        .limit(limit)
    )
    return [_run(row) for row in rows]


def hand_over(session: Session, handed: Sequence[Run], handed_over: bool = True) -> None:
    """Marks whether the engine has these rounds."""
    for each in handed:
        session.execute(
            update(RunRow)
            .where(
                col(RunRow.tenant) == TENANT,
                col(RunRow.run_id) == each.run_id,
                col(RunRow.round) == each.round,
            )
            .values(handed_over=handed_over)
        )


def unfinished(session: Session) -> list[Run]:
    """Runs that the engine has and that have not ended."""
    rows = session.exec(
        select(RunRow)
        .where(
            RunRow.tenant == TENANT,
            col(RunRow.state).in_(("queued", "running")),
            col(RunRow.handed_over).is_(True),
        )
        .order_by(col(RunRow.run_sequence))
    )
    return [_run(row) for row in rows]


def again(session: Session, name: str) -> None:
    """Queues another round of a run that failed."""
    row = session.get_one(RunRow, (TENANT, name))
    if row.state == "failed":
        row.state, row.round, row.handed_over, row.ended_at = "queued", row.round + 1, False, None
        session.add(row)
        session.flush()


def take_up(session: Session, name: str, now: Instant) -> Run | None:
    """Takes a run up. None when its present round has ended: what is done stays done, also after a crash."""
    row = session.get(RunRow, (TENANT, name))
    if row is None or row.state in ("done", "failed"):
        return None
    row.state = "running"
    row.started_at = row.started_at or now
    session.add(row)
    steps.open_stage(session, row, now)
    session.flush()
    return _run(row)


def end(
    session: Session, run: Run, ok: bool, message: str, objects: Sequence[ObjectKey], now: Instant
) -> None:
    """Ends the present round, and wakes what waited for it when it went well."""
    row = session.get_one(RunRow, (TENANT, run.run_id))
    row.state, row.ended_at = "done" if ok else "failed", now
    session.add(row)
    steps.close_stage(session, row, ok, message, objects, now)
    if ok:
        woken = [run.run_id, str(run.object)]
        session.execute(
            update(InboxRow)
            .where(
                col(InboxRow.tenant) == TENANT,
                col(InboxRow.state).in_(("waiting", "failed")),
                col(InboxRow.waiting_for).in_(woken),
            )
            .values(state="new", waiting_for="", due_at=now)
        )
    session.flush()


def _run(row: RunRow) -> Run:
    return Run(
        run_id=row.run_id,
        flow=row.flow,
        stage=row.stage,
        deal=object_key.parse(row.deal),
        object=object_key.parse(row.object),
        state=cast(RunState, row.state),
        round=row.round,
        sequence=row.run_sequence,
        inbox_id=row.inbox_id,
        arguments=json.loads(row.arguments),
    )

# SPDX-License-Identifier: Apache-2.0
"""The items a person must clear: opened by a stage that cannot go on, replayed by a person, resolved by success.

An exception belongs to one step of one run. Failing there again reopens it; it is never written twice.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from sqlmodel import Session, col, select

from sync import inbox_rows, runs, steps
from sync.deal import Deal
from sync.failure import Failure
from sync.runs import Run
from sync.span_record import SpanValue
from sync.tables import ReplayRequestRow, StepRow, SyncExceptionRow
from terms import instant
from terms.instant import Instant
from terms.money import Money
from terms.object_key import ObjectKey
from terms.row_id import next_row_id
from terms.tenant import TENANT

OPENED = "throughline.exception-opened"
RESOLVED = "throughline.exception-resolved"


@dataclass(frozen=True, slots=True)
class ReplayAsked:
    """What became of asking for a replay. `already_asked`: this key had asked before, and nothing new was started."""

    exception_id: str
    status: Literal["asked", "not_found", "not_open"]
    already_asked: bool = False


def exception_id(name: str, step: str) -> str:
    """The exception of a step of a run (or of an inbox row): the same one however often it fails."""
    digest = blake2b(f"{name}\x00{step}".encode(), digest_size=5, person=b"tl-exception").digest()
    return "EX-" + base64.b32encode(digest).decode()


def fail(
    session: Session, run: Run, failure: Failure, deal: Deal, objects: Sequence[ObjectKey], amount: Money, now: Instant
) -> str:  # fmt: skip
    """Ends the run's present round as failed and leaves one open exception for its step. Returns the exception's id."""
    runs.end(session, run, False, failure.sentence, objects, now)
    key = exception_id(run.run_id, failure.step)
    _resolve_all(
        session, run, now, but=key
    )  # an earlier failure of this run was at a step that went well since
    row = session.get(SyncExceptionRow, (TENANT, key))
    if row is None:
        row = SyncExceptionRow(
            exception_id=key,
            run_id=run.run_id,
            inbox_id=run.inbox_id,
            flow=run.flow,
            stage=run.stage,
            step=failure.step,
            system=failure.system,
            error_class=failure.error_class,
            code=failure.code,
            fingerprint=failure.fingerprint,
            business_key=run.deal.value,
            opened_at=now,
            last_seen_at=now,
            occurrences=0,
        )
    row.state, row.resolved_at, row.last_seen_at = "open", None, now
    row.occurrences += 1
    row.attempts += failure.attempts
    row.error_class, row.code, row.fingerprint = failure.error_class, failure.code, failure.fingerprint
    row.sentence, row.message, row.advice = failure.sentence, failure.message, failure.advice
    row.objects = json.dumps([str(named) for named in objects])
    row.amount_minor, row.currency = abs(amount.minor), amount.currency
    row.legal_entity, row.region = deal.legal_entity, deal.region
    session.add(row)
    _tell(session, row, OPENED, row.occurrences, now)
    session.flush()
    return key


def succeed(session: Session, run: Run, objects: Sequence[ObjectKey], now: Instant) -> None:
    """Ends the run's present round as done and resolves what it had left open."""
    runs.end(session, run, True, "", objects, now)
    _resolve_all(session, run, now)


def reject_inbox_row(
    session: Session, inbox_id: int, event_id: str, system: str, what: str, failure: Failure, now: Instant
) -> str:
    """Leaves one open exception for something that came in and could not become a run. Returns its id."""
    key = exception_id(f"inbox/{system}", event_id)
    inbox_rows.fail(session, inbox_id, failure.sentence)
    row = session.get(SyncExceptionRow, (TENANT, key)) or SyncExceptionRow(
        exception_id=key,
        inbox_id=inbox_id,
        flow="inbox",
        stage=what,
        step=failure.step,
        system=system,
        error_class=failure.error_class,
        code=failure.code,
        fingerprint=failure.fingerprint,
        business_key=event_id,
        opened_at=now,
        last_seen_at=now,
        occurrences=0,
    )
    row.state, row.resolved_at, row.last_seen_at = "open", None, now
    row.occurrences += 1
    row.sentence, row.message, row.advice = failure.sentence, failure.message, failure.advice
    session.add(row)
    session.flush()
    return key


def request_replay(
    session: Session, exception_id: str, idempotency_key: str, actor: str, now: Instant
) -> ReplayAsked:
    """Has the failed stage run again with the same business keys; what it finished is not done again.

    The same `idempotency_key` asks once: a repetition answers the same and starts nothing.
    """
    asked = session.exec(
        select(ReplayRequestRow).where(
            ReplayRequestRow.tenant == TENANT, ReplayRequestRow.idempotency_key == idempotency_key
        )
    ).first()
    if asked is not None:
        return ReplayAsked(asked.exception_id, "asked", already_asked=True)
    row = session.exec(
        select(SyncExceptionRow)
        .where(SyncExceptionRow.tenant == TENANT, SyncExceptionRow.exception_id == exception_id)
        .with_for_update()
    ).first()
    if row is None:
        return ReplayAsked(exception_id, "not_found")
    if row.state != "open":
        return ReplayAsked(exception_id, "not_open")
    session.add(
        ReplayRequestRow(
            replay_id=next_row_id(),
            idempotency_key=idempotency_key,
            exception_id=exception_id,
            actor=actor,
            asked_at=now,
        )
    )
    row.state, row.replays = "retrying", row.replays + 1
    session.add(row)
    if row.run_id:
        runs.again(session, row.run_id)
    else:
        inbox_rows.renew(session, row.inbox_id, now)
    session.flush()
    return ReplayAsked(exception_id, "asked")


def resolve_inbox_row(session: Session, inbox_id: int, now: Instant) -> None:
    """What came in could be taken after all: its exception is resolved."""
    for row in session.exec(
        select(SyncExceptionRow).where(
            SyncExceptionRow.tenant == TENANT,
            SyncExceptionRow.inbox_id == inbox_id,
            SyncExceptionRow.run_id == "",
            SyncExceptionRow.state != "resolved",
        )
    ):
        row.state, row.resolved_at = "resolved", now
        session.add(row)


def _resolve_all(session: Session, run: Run, now: Instant, but: str = "") -> None:
    rows = session.exec(
        select(SyncExceptionRow).where(
            SyncExceptionRow.tenant == TENANT,
            SyncExceptionRow.run_id == run.run_id,
            col(SyncExceptionRow.state) != "resolved",
            col(SyncExceptionRow.exception_id) != but,
        )
    ).all()
    for row in rows:
        row.state, row.resolved_at = "resolved", now
        session.add(row)
        _tell(session, row, RESOLVED, row.occurrences, now)


def _tell(session: Session, row: SyncExceptionRow, event_type: str, occurrence: int, now: Instant) -> None:
    """The business event of an exception: a span like any other, so that the transaction's story holds it."""
    step = f"{event_type}/{row.exception_id}"
    event_id = f"{row.exception_id}/{event_type.rpartition('-')[2]}/{occurrence}"
    objects = [ObjectKey("exception", row.exception_id), *map(_key, json.loads(row.objects))]
    attributes: dict[str, SpanValue] = {
        "cloudevents.event_id": event_id,
        "cloudevents.event_source": "/sync/throughline",
        "cloudevents.event_type": event_type,
        "cloudevents.event_subject": row.exception_id,
        "throughline.event_time": instant.text(now),
        "throughline.system": row.system,
        "throughline.legal_entity": row.legal_entity,
        "throughline.region": row.region,
        "throughline.flow": row.flow,
        "throughline.stage": row.stage,
        "throughline.run": row.run_id,
        "throughline.step": row.step,
        "throughline.exception": row.exception_id,
        "throughline.error_class": row.error_class,
        "throughline.message": row.sentence,
        **steps.object_attributes(objects),
    }
    if row.amount_minor is not None:
        attributes["throughline.amount_minor"] = row.amount_minor
        attributes["throughline.currency"] = row.currency
    opened = event_type == OPENED
    session.add(
        StepRow(
            step_id=next_row_id(),
            run_id=row.run_id,
            step=step,
            attempt=occurrence,
            parent=steps.STAGE,
            name=event_type,
            started_at=now,
            ended_at=now,
            ok=not opened,
            message=row.sentence if opened else "",
            attributes=json.dumps(attributes),
        )
    )


def _key(text: str) -> ObjectKey:
    kind, _, value = text.partition(":")
    return ObjectKey(kind, value)

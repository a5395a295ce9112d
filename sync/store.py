# SPDX-License-Identifier: Apache-2.0
"""What others may ask of the runtime's rows: spans not yet sent, exceptions, effects, and how far a system was read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlmodel import Session, col, select

from sync.span_record import SpanRecord
from sync.steps import STAGE
from sync.tables import CursorRow, EffectAttemptRow, EffectRow, StepRow, SyncExceptionRow
from terms import object_key
from terms.instant import Instant
from terms.money import Money
from terms.object_key import ObjectKey
from terms.tenant import TENANT

ExceptionState = Literal["open", "retrying", "resolved"]

# Made once: whoever judges asks this twice a second, and making a statement costs thrice what it takes.
_step: Any = StepRow.__table__  # type: ignore[attr-defined]
_attempt: Any = EffectAttemptRow.__table__  # type: ignore[attr-defined]
_OLDEST_UNSENT = select(
    *(
        select(func.min(table.c.started_at))
        .where(table.c.tenant == TENANT, table.c.sent.is_(False), table.c.ended_at.is_not(None))
        .scalar_subquery()
        for table in (_step, _attempt)
    )
)
_ANY_STEP = select(_step.c.step_id).where(_step.c.tenant == TENANT).limit(1)


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """An item a person must clear, as pages and the API show it."""

    exception_id: str
    state: str
    run_id: str
    flow: str
    stage: str
    step: str
    system: str
    error_class: str
    code: str
    fingerprint: str
    sentence: str
    message: str
    advice: str
    business_key: str
    objects: tuple[ObjectKey, ...]
    amount: Money | None
    legal_entity: str
    region: str
    opened_at: Instant
    last_seen_at: Instant
    resolved_at: Instant | None
    occurrences: int
    attempts: int
    replays: int


@dataclass(frozen=True, slots=True)
class ExceptionPage:
    """`after` continues it; None when it was the last."""

    items: tuple[ExceptionView, ...]
    after: str | None
    total: int
    at_risk: tuple[Money, ...]  # one sum for each currency, of all in that state


@dataclass(frozen=True, slots=True)
class EffectView:
    """One intended write and where it stands."""

    effect_key: str
    run_id: str
    name: str
    system: str
    canonical: ObjectKey
    state: str
    native_id: str
    attempts: int
    message: str
    created_at: Instant
    updated_at: Instant


def unsent_spans(session: Session, limit: int) -> list[SpanRecord]:
    """Ended steps and attempts that were not sent yet, the oldest first."""
    steps = session.exec(
        select(StepRow)
        .where(StepRow.tenant == TENANT, col(StepRow.sent).is_(False), col(StepRow.ended_at).is_not(None))
        .order_by(col(StepRow.ended_at), col(StepRow.step_id))
        .limit(limit)
    ).all()
    attempts = session.exec(
        select(EffectAttemptRow, EffectRow)
        .where(
            EffectAttemptRow.tenant == TENANT,
            col(EffectAttemptRow.sent).is_(False),
            col(EffectAttemptRow.ended_at).is_not(None),
            EffectRow.tenant == TENANT,
            EffectRow.effect_key == EffectAttemptRow.effect_key,
        )
        .order_by(col(EffectAttemptRow.ended_at), col(EffectAttemptRow.attempt_id))
        .limit(limit)
    ).all()
    found = [_step_span(row) for row in steps] + [_attempt_span(row, effect) for row, effect in attempts]
    return sorted(found, key=lambda record: (record.ended_at, record.id))[:limit]


def oldest_unsent(session: Session) -> Instant | None:
    """When the oldest ended step or attempt began that was not sent yet; None when all were."""
    found = session.execute(_OLDEST_UNSENT).one()
    return min((Instant(at) for at in found if at is not None), default=None)


def has_run(session: Session) -> bool:
    """Whether a flow ever ran here."""
    return session.execute(_ANY_STEP).first() is not None


def mark_sent(session: Session, ids: Sequence[int]) -> None:
    """These records have reached the door."""
    for table, key in ((StepRow, col(StepRow.step_id)), (EffectAttemptRow, col(EffectAttemptRow.attempt_id))):
        session.execute(update(table).where(col(table.tenant) == TENANT, key.in_(ids)).values(sent=True))


def exceptions(
    session: Session, state: ExceptionState | None = None, first: int = 50, after: str | None = None
) -> ExceptionPage:
    """Exceptions, those with the most money first, then the oldest. None as state: all of them.

    Amounts of several currencies are ranked by their figures alone; they are never added.
    """
    at_stake = func.coalesce(SyncExceptionRow.amount_minor, 0)
    wanted: list[ColumnElement[bool]] = [col(SyncExceptionRow.tenant) == TENANT]
    if state is not None:
        wanted.append(col(SyncExceptionRow.state) == state)
    total = session.exec(select(func.count()).select_from(SyncExceptionRow).where(*wanted)).one()
    sums = session.exec(
        select(SyncExceptionRow.currency, func.sum(SyncExceptionRow.amount_minor))
        .where(*wanted, col(SyncExceptionRow.amount_minor).is_not(None))
        .group_by(SyncExceptionRow.currency)
        .order_by(SyncExceptionRow.currency)
    ).all()
    page = list(wanted)
    if after is not None:
        minor, opened_at, key = json.loads(after)
        page.append(
            or_(
                at_stake < minor,
                and_(at_stake == minor, col(SyncExceptionRow.opened_at) > opened_at),
                and_(
                    at_stake == minor,
                    col(SyncExceptionRow.opened_at) == opened_at,
                    col(SyncExceptionRow.exception_id) > key,
                ),
            )
        )
    rows = session.exec(
        select(SyncExceptionRow)
        .where(*page)
        .order_by(at_stake.desc(), col(SyncExceptionRow.opened_at), col(SyncExceptionRow.exception_id))
        .limit(first + 1)
    ).all()
    more = len(rows) > first
    last = rows[first - 1] if more else None
    return ExceptionPage(
        tuple(_view(row) for row in rows[:first]),
        json.dumps([last.amount_minor or 0, last.opened_at, last.exception_id]) if last else None,
        total,
        tuple(Money(int(minor or 0), currency) for currency, minor in sums),
    )


def exception(session: Session, exception_id: str) -> ExceptionView | None:
    """The exception of that id."""
    row = session.get(SyncExceptionRow, (TENANT, exception_id))
    return None if row is None else _view(row)


def exceptions_by_id(session: Session, exception_ids: Sequence[str]) -> dict[str, ExceptionView]:
    """The exceptions of these ids; unknown ones are left out."""
    rows = session.exec(
        select(SyncExceptionRow).where(
            SyncExceptionRow.tenant == TENANT, col(SyncExceptionRow.exception_id).in_(exception_ids)
        )
    )
    return {row.exception_id: _view(row) for row in rows}


def effects_of(session: Session, run_ids: Sequence[str]) -> list[EffectView]:
    """The effects of these runs, in the order they were intended."""
    rows = session.exec(
        select(EffectRow)
        .where(EffectRow.tenant == TENANT, col(EffectRow.run_id).in_(run_ids))
        .order_by(col(EffectRow.created_at), col(EffectRow.effect_key))
    )
    return [
        EffectView(
            row.effect_key, row.run_id, row.name, row.system, object_key.parse(row.canonical), row.state, row.native_id,
            row.attempts, row.message, Instant(row.created_at), Instant(row.updated_at),
        )
        for row in rows
    ]  # fmt: skip


def position(session: Session, connection: str) -> Instant | None:
    """How far a polled system was read; None before the first time."""
    row = session.get(CursorRow, (TENANT, connection))
    return None if row is None else Instant(row.position_at)


def set_position(session: Session, connection: str, moment: Instant) -> None:
    """Remembers how far a polled system was read. It never goes back."""
    row = session.get(CursorRow, (TENANT, connection)) or CursorRow(connection=connection, position_at=moment)
    row.position_at = max(row.position_at, moment)
    session.add(row)
    session.flush()


def _step_span(row: StepRow) -> SpanRecord:
    return SpanRecord(
        id=row.step_id,
        run_id=row.run_id,
        step=row.step,
        attempt=row.attempt,
        parent=row.parent or None,
        name=row.name,
        kind="internal",
        started_at=Instant(row.started_at),
        ended_at=Instant(row.ended_at or row.started_at),
        ok=row.ok,
        message=row.message,
        attributes=json.loads(row.attributes)
        | ({"cloudevents.event_data": row.document} if row.document else {}),
    )


def _attempt_span(row: EffectAttemptRow, effect: EffectRow) -> SpanRecord:
    attributes: dict[str, Any] = {**json.loads(row.attributes), "throughline.run": row.run_id}
    ok = row.outcome in ("sent", "absent")
    if not ok:
        attributes["throughline.message"] = row.message
        if row.error_class:
            attributes["throughline.error_class"] = row.error_class
    if row.outcome == "interrupted":
        attributes["throughline.interrupted"] = True
    attributes["throughline.outcome"] = row.outcome
    verb = "write" if row.purpose == "send" else "look for"
    return SpanRecord(
        id=row.attempt_id,
        run_id=row.run_id,
        step=row.step,
        attempt=row.attempt,
        parent=STAGE,
        name=f"{effect.system}: {verb} {row.step}",
        kind="client",
        started_at=Instant(row.started_at),
        ended_at=Instant(row.ended_at or row.started_at),
        ok=ok,
        message="" if ok else row.message,
        attributes=attributes,
    )


def _view(row: SyncExceptionRow) -> ExceptionView:
    return ExceptionView(
        exception_id=row.exception_id,
        state=row.state,
        run_id=row.run_id,
        flow=row.flow,
        stage=row.stage,
        step=row.step,
        system=row.system,
        error_class=row.error_class,
        code=row.code,
        fingerprint=row.fingerprint,
        sentence=row.sentence,
        message=row.message,
        advice=row.advice,
        business_key=row.business_key,
        objects=tuple(object_key.parse(text) for text in json.loads(row.objects)),
        amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
        legal_entity=row.legal_entity,
        region=row.region,
        opened_at=Instant(row.opened_at),
        last_seen_at=Instant(row.last_seen_at),
        resolved_at=None if row.resolved_at is None else Instant(row.resolved_at),
        occurrences=row.occurrences,
        attempts=row.attempts,
        replays=row.replays,
    )

# SPDX-License-Identifier: Apache-2.0
"""The rows of the inbox: what came in, committed before it is answered, and where each one stands."""

from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from sync.tables import InboxRow
from terms.instant import Instant
from terms.row_id import next_row_id
from terms.tenant import TENANT


@dataclass(frozen=True, slots=True)
class Receipt:
    """The event is stored. `duplicate`: it was before, and this delivery changed nothing."""

    inbox_id: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that came in. `reference` is the business key its sender put on it, empty where there is none."""

    connection: str
    event_id: str
    kind: str
    object_id: str
    reference: str
    payload: str
    occurred_at: Instant
    inbox_id: int = 0  # of a stored one, as is when it came
    received_at: Instant | None = None


def receive(session: Session, signal: Signal, now: Instant) -> Receipt:
    """Stores what came in, once for its connection and event id, also when two deliveries come at the same time."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {
        "tenant": TENANT,
        "inbox_id": next_row_id(),
        "connection": signal.connection,
        "event_id": signal.event_id,
        "kind": signal.kind,
        "object_id": signal.object_id,
        "reference": signal.reference,
        "payload": signal.payload,
        "occurred_at": signal.occurred_at,
        "received_at": now,
        "due_at": now,
        "state": "new",
        "waiting_for": "",
        "run_id": "",
        "message": "",
    }
    stored = session.execute(
        insert(InboxRow)
        .values(values)
        .on_conflict_do_nothing(index_elements=["tenant", "connection", "event_id"])
        .returning(col(InboxRow.inbox_id))
    ).scalar_one_or_none()
    if stored is not None:
        return Receipt(stored, duplicate=False)
    known = session.exec(
        select(InboxRow.inbox_id).where(
            InboxRow.tenant == TENANT,
            InboxRow.connection == signal.connection,
            InboxRow.event_id == signal.event_id,
        )
    ).one()
    return Receipt(known, duplicate=True)


def due(session: Session, now: Instant, limit: int) -> list[Signal]:
    """What is to be looked at now, in the order it came in: new rows, and waiting ones whose time to look again has come."""
    rows = session.exec(
        select(InboxRow)
        .where(InboxRow.tenant == TENANT, col(InboxRow.state).in_(("new", "waiting")), InboxRow.due_at <= now)
        .order_by(col(InboxRow.inbox_id))
        .limit(limit)
    )
    return [_signal(row) for row in rows]


def signal(session: Session, inbox_id: int) -> Signal:
    """The signal of a row."""
    return _signal(session.get_one(InboxRow, (TENANT, inbox_id)))


def take(session: Session, inbox_id: int, run_id: str) -> None:
    """A run has it now."""
    _set(session, inbox_id, state="taken", run_id=run_id, waiting_for="", message="")


def ignore(session: Session, inbox_id: int, reason: str) -> None:
    """Nothing is to be done about it."""
    _set(session, inbox_id, state="ignored", waiting_for="", message=reason)


def park(session: Session, inbox_id: int, waiting_for: str, look_again_at: Instant) -> None:
    """It waits until the run or object it names is done; in any case it is looked at again at that time."""
    _set(session, inbox_id, state="waiting", waiting_for=waiting_for, due_at=look_again_at)


def fail(session: Session, inbox_id: int, message: str) -> None:
    """It can become nothing before a person acts, or what it waited for comes after all."""
    _set(session, inbox_id, state="failed", message=message)


def renew(session: Session, inbox_id: int, now: Instant) -> None:
    """It is looked at as if it had just come in."""
    _set(session, inbox_id, state="new", waiting_for="", due_at=now, received_at=now, message="")


def replace_payload(session: Session, inbox_id: int, payload: str) -> None:
    """The record that a poll found has changed since."""
    _set(session, inbox_id, payload=payload)


def replace(session: Session, inbox_id: int, kind: str, payload: str, now: Instant) -> None:
    """What could not be read before can be now: it is looked at as if it had just come in."""
    _set(session, inbox_id, kind=kind, payload=payload)
    renew(session, inbox_id, now)


def _set(session: Session, inbox_id: int, **values: object) -> None:
    session.execute(
        update(InboxRow)
        .where(col(InboxRow.tenant) == TENANT, col(InboxRow.inbox_id) == inbox_id)
        .values(**values)
    )


def _signal(row: InboxRow) -> Signal:
    return Signal(
        connection=row.connection,
        event_id=row.event_id,
        kind=row.kind,
        object_id=row.object_id,
        reference=row.reference,
        payload=row.payload,
        occurred_at=Instant(row.occurred_at),
        inbox_id=row.inbox_id,
        received_at=Instant(row.received_at),
    )

# SPDX-License-Identifier: Apache-2.0
"""The rows of the runtime: what came in, what was run, what was written to other systems, and what a person must clear.

Every effect row exists before its request is sent, and every row of work carries its own start and end, so that what
happened can be read back after a crash and told once.
"""

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


def _instant(*, nullable: bool = False) -> "Column[int]":
    return Column(BigInteger, nullable=nullable)


def _text() -> "Column[str]":
    return Column(Text, nullable=False, default="")


class InboxRow(SQLModel, table=True):
    """One signal of the outside world: a webhook, or a record that a poll found. Committed before it is answered."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("tenant", "connection", "event_id", name="uq_inbox_event"),
        Index("ix_inbox_due", "tenant", "state", "due_at"),
        Index("ix_inbox_waiting", "tenant", "waiting_for"),
    )
    tenant: int = Field(primary_key=True, default=TENANT)
    inbox_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    connection: str
    event_id: str
    kind: str
    object_id: str = ""
    reference: str = ""  # the business key the sender put on it: a purchase order number, an invoice
    payload: str = Field(default="", sa_column=_text())
    occurred_at: int = Field(sa_column=_instant())
    received_at: int = Field(sa_column=_instant())
    state: str = "new"  # new | waiting | taken | ignored | failed
    due_at: int = Field(sa_column=_instant())
    waiting_for: str = ""  # a run id or an object key: whoever finishes it wakes this row
    run_id: str = ""
    message: str = Field(default="", sa_column=_text())


class RunRow(SQLModel, table=True):
    """One stage of one flow for one business object. Its id is made of those, so that a second signal finds the first."""

    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_state", "tenant", "state", "run_sequence"),
        Index("ix_run_deal", "tenant", "deal"),
        Index("ix_run_object", "tenant", "object"),
    )
    tenant: int = Field(primary_key=True, default=TENANT)
    run_id: str = Field(primary_key=True)
    run_sequence: int = Field(sa_column=_instant())
    flow: str
    stage: str
    deal: str  # object key of the order or amendment: what runs of one deal exclude each other by
    object: str  # object key of what started this stage
    state: str = "queued"  # queued | running | done | failed
    round: int = 0  # grows with each replay
    handed_over: bool = False  # the engine has this round
    inbox_id: int = Field(sa_column=_instant())
    arguments: str = Field(default="{}", sa_column=_text())
    created_at: int = Field(sa_column=_instant())
    started_at: int | None = Field(default=None, sa_column=_instant(nullable=True))
    ended_at: int | None = Field(default=None, sa_column=_instant(nullable=True))


class StepRow(SQLModel, table=True):
    """One step of a run that is told as a span: the stage itself, or a business event with its document."""

    __tablename__ = "step"
    __table_args__ = (
        UniqueConstraint("tenant", "run_id", "step", "attempt", name="uq_step_attempt"),
        Index("ix_step_unsent", "tenant", "sent", "ended_at"),
    )
    tenant: int = Field(primary_key=True, default=TENANT)
    step_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    run_id: str
    step: str
    attempt: int = 1
    parent: str = ""
    name: str
    started_at: int = Field(sa_column=_instant())
    ended_at: int | None = Field(default=None, sa_column=_instant(nullable=True))
    ok: bool = True
    message: str = Field(default="", sa_column=_text())
    attributes: str = Field(default="{}", sa_column=_text())
    document: str = Field(default="", sa_column=_text())
    sent: bool = False


class EffectRow(SQLModel, table=True):
    """One intended write to one system, recorded before it is sent."""

    __tablename__ = "effect"
    __table_args__ = (
        Index("ix_effect_run", "tenant", "run_id"),
        Index("ix_effect_object", "tenant", "canonical"),
    )
    tenant: int = Field(primary_key=True, default=TENANT)
    effect_key: str = Field(primary_key=True)
    run_id: str
    flow: str
    name: str
    system: str
    canonical: str  # object key of what the system shall have
    business_version: str
    state: str = "PLANNED"  # PLANNED | SENT | CONFIRMED | REJECTED | IN_DOUBT | ABSENT
    epoch: int = (
        0  # rises when the last send is known to have had no effect, so that a stored refusal is not replayed
    )
    round: int = 0
    payload: str = Field(default="", sa_column=_text())
    payload_hash: str = ""
    native_id: str = ""
    record: str = Field(default="{}", sa_column=_text())
    confirmed_by: str = ""  # answer | probe
    error_class: str = ""
    code: str = ""
    message: str = Field(default="", sa_column=_text())
    due_at: int = Field(sa_column=_instant())  # nothing is attempted before
    attempts: int = 0
    created_at: int = Field(sa_column=_instant())
    updated_at: int = Field(sa_column=_instant())


class EffectAttemptRow(SQLModel, table=True):
    """One request for an effect: a send or a probe, with its true start and end."""

    __tablename__ = "effect_attempt"
    __table_args__ = (
        UniqueConstraint("tenant", "effect_key", "attempt", name="uq_effect_attempt"),
        Index("ix_effect_attempt_unsent", "tenant", "sent", "ended_at"),
    )
    tenant: int = Field(primary_key=True, default=TENANT)
    attempt_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    effect_key: str
    attempt: int
    purpose: str  # send | probe
    epoch: int
    round: int
    run_id: str
    step: str
    provider_key: str
    started_at: int = Field(sa_column=_instant())
    ended_at: int | None = Field(default=None, sa_column=_instant(nullable=True))
    outcome: str = ""  # sent | absent | refused | unsent | unknown | interrupted
    error_class: str = ""
    code: str = ""
    message: str = Field(default="", sa_column=_text())
    attributes: str = Field(default="{}", sa_column=_text())
    sent: bool = False


class SyncExceptionRow(SQLModel, table=True):
    """An item a person must clear. One for a step of a run, however often it fails there."""

    __tablename__ = "sync_exception"
    __table_args__ = (
        Index("ix_sync_exception_state", "tenant", "state", "amount_minor"),
        Index("ix_sync_exception_run", "tenant", "run_id"),
    )
    tenant: int = Field(primary_key=True, default=TENANT)
    exception_id: str = Field(primary_key=True)
    state: str = "open"  # open | retrying | resolved
    run_id: str = ""  # empty when it failed before a run existed
    inbox_id: int = Field(default=0, sa_column=_instant())
    flow: str
    stage: str
    step: str
    system: str
    error_class: str
    code: str
    fingerprint: str
    sentence: str = Field(default="", sa_column=_text())
    message: str = Field(default="", sa_column=_text())
    advice: str = Field(default="", sa_column=_text())
    business_key: str
    objects: str = Field(default="[]", sa_column=_text())
    amount_minor: int | None = Field(default=None, sa_column=_instant(nullable=True))
    currency: str = ""
    legal_entity: str = ""
    region: str = ""
    opened_at: int = Field(sa_column=_instant())
    last_seen_at: int = Field(sa_column=_instant())
    resolved_at: int | None = Field(default=None, sa_column=_instant(nullable=True))
    occurrences: int = 1
    attempts: int = 0
    replays: int = 0


class ReplayRequestRow(SQLModel, table=True):
    """Somebody asked for a replay. The key makes a second asking the same one."""

    __tablename__ = "replay_request"
    __table_args__ = (UniqueConstraint("tenant", "idempotency_key", name="uq_replay_request_key"),)
    tenant: int = Field(primary_key=True, default=TENANT)
    replay_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    idempotency_key: str
    exception_id: str
    actor: str
    asked_at: int = Field(sa_column=_instant())


class CrossReferenceRow(SQLModel, table=True):
    """What a system calls one of our objects."""

    __tablename__ = "cross_reference"
    __table_args__ = (Index("ix_cross_reference_native", "tenant", "system", "native_id"),)
    tenant: int = Field(primary_key=True, default=TENANT)
    canonical: str = Field(primary_key=True)
    system: str = Field(primary_key=True)
    native_id: str
    effect_key: str
    found_by_probe: bool = False
    seen_at: int = Field(sa_column=_instant())


class CursorRow(SQLModel, table=True):
    """How far a polled system was read."""

    __tablename__ = "cursor_position"
    tenant: int = Field(primary_key=True, default=TENANT)
    connection: str = Field(primary_key=True)
    position_at: int = Field(sa_column=_instant())

# SPDX-License-Identifier: Apache-2.0
"""The ledger's rows: intent, attempts and results of effects. Each function is one step that is stored whole or not at all."""

import json
from typing import cast

from sqlalchemy import func
from sqlmodel import Session, col, select

from sync.effect import EffectState, Intent, Purpose, Standing
from sync.outcome import Absent, Outcome, Probe, Refused, Sent, Unknown, Unsent
from sync.tables import CrossReferenceRow, EffectAttemptRow, EffectRow
from terms import canonical_json
from terms.instant import SECOND, Instant
from terms.row_id import next_row_id
from terms.tenant import TENANT


class OvertakenError(RuntimeError):
    """Another process works on this effect: this one must not."""


def enter(session: Session, intent: Intent, now: Instant) -> Standing:
    """Records the intent, or takes it up where it stands.

    An attempt left open by a process that died is closed as interrupted; what it may have done is then in doubt.
    """
    row = session.get(EffectRow, (TENANT, intent.key))
    if row is None:
        row = _planned(intent, now)
        session.add(row)
        session.flush()
        return _standing(session, row, intent)
    row.run_id = intent.run_id
    unclosed = session.exec(
        select(EffectAttemptRow).where(
            EffectAttemptRow.tenant == TENANT,
            EffectAttemptRow.effect_key == intent.key,
            col(EffectAttemptRow.ended_at).is_(None),
        )
    ).first()
    if unclosed is not None:
        unclosed.ended_at = now
        unclosed.outcome = "interrupted"
        unclosed.message = "the process ended during the request"
        session.add(unclosed)
        row.state, row.due_at, row.updated_at = "IN_DOUBT", now, now
        if unclosed.purpose == "send":
            row.due_at = now + round(intent.settle_s * SECOND)
    session.add(row)
    session.flush()
    return _standing(session, row, intent)


def open_attempt(
    session: Session, standing: Standing, intent: Intent, purpose: Purpose, now: Instant
) -> Standing:
    """Records that a request is about to go out. Raises OvertakenError when somebody else began one since."""
    row = _row(session, standing)
    if purpose == "send":
        row.state = "SENT"
        row.payload, row.payload_hash = canonical_json.text(dict(intent.payload)), intent.payload_hash
    row.attempts += 1
    row.round = intent.round
    row.updated_at = now
    session.add(row)
    session.add(
        EffectAttemptRow(
            attempt_id=next_row_id(),
            effect_key=row.effect_key,
            attempt=row.attempts,
            purpose=purpose,
            epoch=row.epoch,
            round=intent.round,
            run_id=intent.run_id,
            step=intent.name,
            provider_key=standing.provider_key,
            started_at=now,
            attributes=json.dumps(_attributes(intent, standing, purpose)),
        )
    )
    session.flush()
    return _standing(session, row, intent)


def close_attempt(
    session: Session,
    standing: Standing,
    intent: Intent,
    outcome: Outcome | Probe,
    wait_s: float,
    now: Instant,
) -> Standing:
    """Records what came of the last request. Nothing more is attempted for `wait_s` seconds."""
    row = _row(session, standing)
    attempt = session.exec(
        select(EffectAttemptRow).where(
            EffectAttemptRow.tenant == TENANT,
            EffectAttemptRow.effect_key == row.effect_key,
            EffectAttemptRow.attempt == row.attempts,
        )
    ).one()
    probing = attempt.purpose == "probe"
    attempt.ended_at, attempt.outcome = now, type(outcome).__name__.lower()
    row.due_at, row.updated_at = now + round(wait_s * SECOND), now
    match outcome:
        case Sent():
            row.state, row.confirmed_by = "CONFIRMED", "probe" if probing else "answer"
            row.native_id, row.record = outcome.native_id, json.dumps(outcome.record, default=str)
            _refer(session, row, probing, now)
        case Absent():
            row.state, row.epoch = "ABSENT", row.epoch + 1
        case Refused(error_class="duplicate"):
            row.state = "IN_DOUBT"  # it says it has it: look and link
        case Refused():
            row.state, row.epoch = "REJECTED", row.epoch + 1
        case Unsent():
            row.state = "IN_DOUBT" if probing else "PLANNED"
        case Unknown():
            row.state = "IN_DOUBT"
    if isinstance(outcome, Refused | Unsent | Unknown):
        error_class = "in_doubt" if isinstance(outcome, Unknown) else outcome.error_class
        code = outcome.code if isinstance(outcome, Refused) else ""
        for told in (row, attempt):
            told.error_class, told.code, told.message = error_class, code, outcome.message
    session.add(row)
    session.add(attempt)
    session.flush()
    return _standing(session, row, intent)


def _row(session: Session, standing: Standing) -> EffectRow:
    row = session.exec(
        select(EffectRow)
        .where(EffectRow.tenant == TENANT, EffectRow.effect_key == standing.key)
        .with_for_update()
    ).one()
    if (row.attempts, row.state) != (standing.attempts, standing.state):
        raise OvertakenError(f"effect {standing.key} moved from {standing.state} to {row.state} meanwhile")
    return row


def _planned(intent: Intent, now: Instant) -> EffectRow:
    return EffectRow(
        effect_key=intent.key,
        run_id=intent.run_id,
        flow=intent.flow,
        name=intent.name,
        system=intent.system,
        canonical=str(intent.canonical),
        business_version=intent.business_version,
        payload=canonical_json.text(dict(intent.payload)),
        payload_hash=intent.payload_hash,
        round=intent.round,
        due_at=now,
        created_at=now,
        updated_at=now,
    )


def _standing(session: Session, row: EffectRow, intent: Intent) -> Standing:
    counted = session.exec(
        select(EffectAttemptRow.purpose, func.count())
        .where(
            EffectAttemptRow.tenant == TENANT,
            EffectAttemptRow.effect_key == row.effect_key,
            EffectAttemptRow.round == intent.round,
        )
        .group_by(EffectAttemptRow.purpose)
    ).all()
    counts = dict(counted)
    return Standing(
        key=row.effect_key,
        state=cast(EffectState, row.state),
        epoch=row.epoch,
        payload_hash=row.payload_hash,
        due_at=Instant(row.due_at),
        attempts=row.attempts,
        sends=counts.get("send", 0),
        probes=counts.get("probe", 0),
        rejected_now=row.state == "REJECTED" and row.round == intent.round,
        error_class=row.error_class,
        code=row.code,
        message=row.message,
        native_id=row.native_id,
        record=json.loads(row.record),
    )


def _refer(session: Session, row: EffectRow, found_by_probe: bool, now: Instant) -> None:
    session.merge(
        CrossReferenceRow(
            tenant=TENANT,
            canonical=row.canonical,
            system=row.system,
            native_id=row.native_id,
            effect_key=row.effect_key,
            found_by_probe=found_by_probe,
            seen_at=now,
        )
    )


def _attributes(intent: Intent, standing: Standing, purpose: Purpose) -> dict[str, str]:
    attributes = {
        **{f"throughline.object.{key.type}": key.value for key in intent.objects},
        "throughline.system": intent.system,
        "throughline.flow": intent.flow,
        "throughline.step": intent.name,
        "throughline.effect": standing.key,
        "throughline.legal_entity": intent.legal_entity,
        "throughline.region": intent.region,
    }
    if purpose == "send":
        attributes["idempotency.key"] = standing.provider_key
    return attributes

# SPDX-License-Identifier: Apache-2.0
"""The rows of steps: a stage from its start to its end, and the business events it tells. Each becomes one span."""

import json
from collections.abc import Sequence
from typing import Protocol

from sqlmodel import Session, select

from sync.canonical_event import CanonicalEvent
from sync.span_record import SpanValue
from sync.tables import RunRow, StepRow
from terms import instant, object_key
from terms.instant import Instant
from terms.object_key import ObjectKey
from terms.row_id import next_row_id
from terms.tenant import TENANT

STAGE = "stage"  # the step that is the whole of a run; all others hang below it


class RunName(Protocol):
    """What a step says of its run."""

    @property
    def run_id(self) -> str: ...
    @property
    def flow(self) -> str: ...
    @property
    def stage(self) -> str: ...


def open_stage(session: Session, row: RunRow, now: Instant) -> None:
    """Records that a round of a run began, once: taken up again after a crash, it keeps its first start."""
    if _step(session, row.run_id, STAGE, row.round + 1) is None:
        deal = object_key.parse(row.deal)
        attributes = {
            "throughline.flow": row.flow,
            "throughline.stage": row.stage,
            "throughline.run": row.run_id,
            **object_attributes((deal,)),
        }
        session.add(
            StepRow(
                step_id=next_row_id(),
                run_id=row.run_id,
                step=STAGE,
                attempt=row.round + 1,
                name=f"{row.flow} {row.stage}",
                started_at=now,
                attributes=json.dumps(attributes),
            )
        )


def close_stage(
    session: Session, row: RunRow, ok: bool, message: str, objects: Sequence[ObjectKey], now: Instant
) -> None:
    """Records that the present round ended, and which business objects it met."""
    step = _step(session, row.run_id, STAGE, row.round + 1)
    if step is None:
        return
    step.ended_at, step.ok, step.message = now, ok, message
    attributes = {**json.loads(step.attributes), **object_attributes(objects)}
    if message:
        attributes["throughline.message"] = message
    step.attributes = json.dumps(attributes)
    session.add(step)


def tell(session: Session, run: RunName, event: CanonicalEvent, started_at: Instant, now: Instant) -> Instant:
    """Records a business event of a run, once. The event's time: the first one told, however often the step repeats."""
    told = _step(session, run.run_id, event.event_id, 1)
    if told is not None:
        return instant.parse(json.loads(told.attributes)["throughline.event_time"])
    attributes = event_attributes(run, event)
    session.add(
        StepRow(
            step_id=next_row_id(),
            run_id=run.run_id,
            step=event.event_id,
            parent=STAGE,
            name=event.subject,
            started_at=started_at,
            ended_at=now,
            attributes=json.dumps(attributes),
            document="" if event.document is None else json.dumps(event.document),
        )
    )
    session.flush()
    return event.occurred_at


def event_attributes(run: RunName, event: CanonicalEvent) -> dict[str, SpanValue]:
    """The words on the span of a business event."""
    attributes: dict[str, SpanValue] = {
        "cloudevents.event_id": event.event_id,
        "cloudevents.event_source": event.source,
        "cloudevents.event_type": event.subject,
        "cloudevents.event_subject": event.business_id,
        "throughline.event_time": instant.text(event.occurred_at),
        "throughline.system": event.system,
        "throughline.legal_entity": event.deal.legal_entity,
        "throughline.region": event.deal.region,
        "throughline.flow": run.flow,
        "throughline.stage": run.stage,
        "throughline.run": run.run_id,
        "throughline.step": event.event_id,
        **object_attributes(event.objects),
    }
    if event.payload is not None:
        attributes["throughline.contract.subject"] = event.subject
        attributes["throughline.contract.version"] = event.version
    if event.amount is not None:
        attributes["throughline.amount_minor"] = event.amount.minor
        attributes["throughline.currency"] = event.amount.currency
    return attributes


def object_attributes(objects: Sequence[ObjectKey]) -> dict[str, SpanValue]:
    """One attribute for each object type, a list where several of one type are named."""
    values: dict[str, list[str]] = {}
    for key in dict.fromkeys(objects):
        values.setdefault(f"throughline.object.{key.type}", []).append(key.value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _step(session: Session, name: str, step: str, attempt: int) -> StepRow | None:
    return session.exec(
        select(StepRow).where(
            StepRow.tenant == TENANT, StepRow.run_id == name, StepRow.step == step, StepRow.attempt == attempt
        )
    ).first()

# SPDX-License-Identifier: Apache-2.0
"""Payloads are stored with their events, read by event, and forgotten when their time is over."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import delete, func, select
from sqlmodel import Session

from collectors.bulk import Bulk
from collectors.labels import label_of
from collectors.payloads.payload import Payload
from collectors.payloads.tables import PayloadRow
from collectors.stitching.stitch_event import StitchEvent
from collectors.tables import EventRow
from terms.instant import Instant
from terms.problem import Problem
from terms.tenant import TENANT

AT_ONCE = 5_000
"""Payloads forgotten in one transaction."""

LOOKED_AT = 50_000
"""The newest payloads that are searched for those of one contract."""

_event: Any = EventRow.__table__  # type: ignore[attr-defined]
_payload: Any = PayloadRow.__table__  # type: ignore[attr-defined]
_COLUMNS = "event_id, contract_subject, contract_version, body, problems"


@dataclass(frozen=True, slots=True)
class PayloadView:
    """A payload as it may be shown: `body` is JSON text, masked; `problems` None when nothing could judge it."""

    contract_subject: str | None
    contract_version: str | None
    body: str
    problems: tuple[Problem, ...] | None


def store_payloads(bulk: Bulk, payloads: Sequence[Payload], events: Sequence[StitchEvent]) -> None:
    """Stores the payloads of the events that were stored now; the payload of a content that was replaced gives way."""
    ids = {(event.source, event.source_event_id): event.event_id for event in events}
    rows = {
        ids[payload[:2]]: (*payload[2:5], _written(payload.problems))
        for payload in payloads
        if payload[:2] in ids
    }
    bulk.delete(PayloadRow, "event_id", [(event_id,) for event_id in sorted(rows)])
    bulk.insert(PayloadRow, _COLUMNS, [(event_id, *rows[event_id]) for event_id in sorted(rows)])


def payloads_of(session: Session, event_ids: Iterable[int]) -> dict[int, PayloadView]:
    """What is kept of the payloads of these events; events without one are left out."""
    found = session.execute(
        select(_payload).where(_payload.c.tenant == TENANT, _payload.c.event_id.in_(set(event_ids)))
    )
    return {
        row.event_id: PayloadView(row.contract_subject, row.contract_version, row.body, _read(row.problems))
        for row in found
    }


def payloads_under(session: Session, subject: str, limit: int) -> list[Any]:
    """What may be shown of the newest payloads of a contract, newest first, at most so many of the last LOOKED_AT.

    An event that names no contract counts under its type. What was too large to keep is left out.
    """
    newest = (
        select(_payload.c.event_id, _payload.c.contract_subject, _payload.c.body)
        .where(_payload.c.tenant == TENANT)
        .order_by(_payload.c.event_id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    named = func.coalesce(newest.c.contract_subject, label_of(_event.c.type_label))
    found = session.execute(
        select(newest.c.body)
        .join(_event, (_event.c.tenant == TENANT) & (_event.c.event_id == newest.c.event_id))
        .where(named == subject, newest.c.body != "null")
        .order_by(newest.c.event_id.desc())
        .limit(limit)
    )
    return [orjson.loads(body) for (body,) in found]


def forget(session: Session, arrived_before: Instant) -> int:
    """Removes payloads of events that arrived before then, the oldest first, at most AT_ONCE; returns how many."""
    oldest = session.execute(
        select(_payload.c.event_id, _event.c.recorded_at)
        .outerjoin(_event, (_event.c.tenant == TENANT) & (_event.c.event_id == _payload.c.event_id))
        .where(_payload.c.tenant == TENANT)
        .order_by(_payload.c.event_id)
        .limit(AT_ONCE)
    )
    old = [row.event_id for row in oldest if row.recorded_at is None or row.recorded_at < arrived_before]
    done: Any = session.execute(
        delete(_payload).where(_payload.c.tenant == TENANT, _payload.c.event_id.in_(old))
    )
    return int(done.rowcount)


def _written(problems: Sequence[Problem] | None) -> str | None:
    return None if problems is None else orjson.dumps([asdict(each) for each in problems]).decode()


def _read(text: str | None) -> tuple[Problem, ...] | None:
    return None if text is None else tuple(Problem(**each) for each in orjson.loads(text))

# SPDX-License-Identifier: Apache-2.0
"""Why each object of a transaction belongs to it, read in full: every support of every edge, not only the earliest."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import Session

from collectors import tables
from collectors.decisions import store as decision_store
from collectors.decisions.store import DecisionView
from collectors.labels import label_no_of, label_of
from collectors.transactions.story_store import digests, object_keys
from collectors.transactions.support import Support, classes, supports_of
from terms.instant import Instant
from terms.object_key import ObjectKey
from terms.tenant import TENANT

_AT_ONCE = 500

_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_event: Any = tables.EventRow.__table__  # type: ignore[attr-defined]
_edge: Any = tables.EdgeRow.__table__  # type: ignore[attr-defined]
_txn_event: Any = tables.TxnEventRow.__table__  # type: ignore[attr-defined]
_txn_object: Any = tables.TxnObjectRow.__table__  # type: ignore[attr-defined]


def supports(session: Session, ids: Iterable[str]) -> dict[str, Mapping[ObjectKey, tuple[Support, ...]]]:
    """The supports of each transaction's objects by object, the earliest first; those of no effect and no longer said too.

    Also those that tie an object to another transaction, where an event of this one names its anchor: they were refused.
    """
    rows = session.execute(
        select(_txn.c.txn_id, _txn.c.digest, _txn.c.process).where(
            _txn.c.tenant == TENANT, _txn.c.digest.in_(digests(ids))
        )
    ).all()
    return {row.digest.hex(): _of_transaction(session, row.txn_id, row.process) for row in rows}


def _of_transaction(session: Session, txn_id: int, process: str) -> dict[ObjectKey, tuple[Support, ...]]:
    roles = {
        row.object_id: row.role
        for row in session.execute(
            select(_txn_object.c.object_id, _txn_object.c.role).where(
                _txn_object.c.tenant == TENANT, _txn_object.c.txn_id == txn_id
            )
        )
    }
    rows = _edges(session, _named(session, txn_id) | roles.keys(), txn_id, process)
    keys = object_keys(session, {one for row in rows for one in (row.child_id, row.parent_id)} | roles.keys())
    decided = decision_store.decisions_by_id(session, {row.event_id for row in rows if row.type is None})
    found = [_support(row, keys, decided.get(row.event_id)) for row in rows]
    same = classes(found)
    return {keys[one]: supports_of(keys[one], role, found, same) for one, role in roles.items()}


def _named(session: Session, txn_id: int) -> set[int]:
    """What the transaction's events name: its own objects, and those that somebody says they belong to as well."""
    texts = session.execute(
        select(_event.c.objects)
        .join(_txn_event, (_txn_event.c.tenant == TENANT) & (_txn_event.c.event_id == _event.c.event_id))
        .where(_event.c.tenant == TENANT, _txn_event.c.txn_id == txn_id)
    ).scalars()
    return {object_id for text in texts for object_id in orjson.loads(text)}


def _edges(session: Session, parents: Iterable[int], txn_id: int, process: str) -> list[Any]:
    """Edges from one of the parents to an object of the transaction, in judged order: event time, source, source's id.

    Of two names of one thing either may be the object. What else hangs on a parent, a batch's other payments, stays unread.
    """
    asked = sorted(parents)
    mine = select(_txn_object.c.object_id).where(
        _txn_object.c.tenant == TENANT, _txn_object.c.txn_id == txn_id
    )
    named = _edge.c.child_id.in_(mine) | ((_edge.c.role == "same_as") & _edge.c.parent_id.in_(mine))
    rows: list[Any] = []
    for start in range(0, len(asked), _AT_ONCE):
        some = _edge.c.parent_id.in_(asked[start : start + _AT_ONCE])
        rows += session.execute(
            select(
                _edge,
                label_of(_edge.c.rule_label).label("rule"),
                label_of(_event.c.type_label).label("type"),
                label_of(_event.c.source_label).label("source"),
                _event.c.source_event_id,
                _event.c.occurred_at,
            )
            .outerjoin(_event, (_event.c.tenant == TENANT) & (_event.c.event_id == _edge.c.event_id))
            .where(_edge.c.tenant == TENANT, some, _edge.c.definition_label == label_no_of(process), named)
        ).all()
    return sorted(rows, key=_judged)


def _judged(row: Any) -> tuple[int, str, str, int]:
    # A decision has no event; it was recorded when it was taken.
    at = row.recorded_at if row.occurred_at is None else row.occurred_at
    return at, row.source or "", row.source_event_id or "", row.edge_id


def _support(row: Any, keys: Mapping[int, ObjectKey], decided: DecisionView | None) -> Support:
    return Support(
        child=keys[row.child_id],
        parent=keys[row.parent_id],
        role=row.role,
        rule=row.rule,
        rule_version=row.version,
        event_key=str(row.event_id) if row.type is not None else None,
        event_type=row.type,
        source=row.source,
        at=Instant(row.occurred_at)
        if row.occurred_at is not None
        else (decided.decided_at if decided else None),
        decision_id=decided.decision_id if decided else None,
        decided_by=decided.decided_by if decided else "",
        reason=decided.reason if decided else "",
        refused=row.refused,
        recorded_at=Instant(row.recorded_at),
        retracted_at=None if row.retracted_at is None else Instant(row.retracted_at),
    )

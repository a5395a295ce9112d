# SPDX-License-Identifier: Apache-2.0
"""Transactions, read: by id or by the key of what they hold, and the list of those that changed."""

from collections import namedtuple
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import insert, select, tuple_
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.labels import labels_of
from collectors.transactions.transaction import Changed, MilestoneView, TransactionView
from terms import object_key
from terms.instant import Instant
from terms.money import Money
from terms.object_key import ObjectKey
from terms.row_id import row_ids
from terms.tenant import TENANT

MAX_PAGE = 200
# process id -> its milestone names in order; a view lists them all, reached or not
MilestoneNames = Mapping[str, tuple[str, ...]]

# Plain tables: a list is read by column, never through the ORM.
_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_object: Any = tables.ObjectRow.__table__  # type: ignore[attr-defined]
_txn_object: Any = tables.TxnObjectRow.__table__  # type: ignore[attr-defined]
_KEY = (_object.c.value, _object.c.type, _object.c.namespace, _object.c.scope)
_changed: Any = tables.ChangedTxnRow.__table__  # type: ignore[attr-defined]
_Row = namedtuple("_Row", tuple(_txn.c.keys()))  # type: ignore[misc]


def transaction(session: Session, names: MilestoneNames, transaction_id: str) -> TransactionView | None:
    """The transaction with that id, or the one its id was redirected to; None when there is none."""
    return transactions_by_id(session, names, (transaction_id,)).get(transaction_id)


def transactions_by_id(
    session: Session, names: MilestoneNames, ids: Iterable[str]
) -> dict[str, TransactionView]:
    """The transactions of these ids, each under the id it was asked by; unknown ids are absent."""
    bulk = Bulk(session)
    asked = {digest: one for one in ids if (digest := _digest(one)) is not None}
    moved = {
        bytes(old): bytes(new)
        for old, new in bulk.select("old_digest, new_digest", "txn_redirect", "old_digest", asked)
    }
    targets = {moved.get(digest, digest) for digest in asked}
    rows = map(_Row._make, bulk.select(", ".join(_Row._fields), "txn", "digest", targets))
    found = {view.transaction_id: view for view in views(session, names, rows)}
    return {
        one: found[target.hex()]
        for digest, one in asked.items()
        if (target := moved.get(digest, digest)).hex() in found
    }


def transactions_of_objects(session: Session, keys: Iterable[str]) -> dict[str, str]:
    """For each object key text, the id of the newest transaction it is anchor or part of; absent where there is none."""
    wanted = {object_key.parse(key): key for key in keys}
    rows = session.execute(
        select(*_KEY, _txn.c.digest.label("txn"))
        .join(
            _txn_object, (_txn_object.c.tenant == TENANT) & (_txn_object.c.object_id == _object.c.object_id)
        )
        .join(_txn, (_txn.c.tenant == TENANT) & (_txn.c.txn_id == _txn_object.c.txn_id))
        .where(
            _object.c.tenant == TENANT,
            tuple_(*_KEY).in_([(one.value, one.type, one.namespace, one.scope) for one in wanted]),
            _txn_object.c.role.in_(("anchor", "same_as", "child_of")),
        )
        .order_by(_txn.c.started_at)
    )
    return {wanted[ObjectKey(row.type, row.value, row.namespace, row.scope)]: row.txn.hex() for row in rows}


def changed_transactions(session: Session, limit: int) -> list[Changed]:
    """The oldest changes that were not looked at, in order; one transaction may stand in it more than once."""
    rows = Bulk(session).after("sequence, digest", _changed.name, "sequence", -1, limit)
    return [Changed(sequence, digest.hex()) for sequence, digest in rows]


def forget_changed(session: Session, changes: Iterable[Changed]) -> None:
    """Takes the changes off the list. Doing it twice is the same as once."""
    Bulk(session).delete(tables.ChangedTxnRow, "sequence", [(change.sequence,) for change in changes])


def change_all(session: Session, processes: Collection[str] | None = None) -> None:
    """Puts every transaction on the list of changed ones, or every one of some processes: a new definition looks at all of them."""
    query = select(_txn.c.digest).where(_txn.c.tenant == TENANT).order_by(_txn.c.txn_id)
    if processes is not None:
        query = query.where(_txn.c.process.in_(sorted(processes)))
    digests = session.execute(query).scalars().all()
    rows = [
        {"tenant": TENANT, "sequence": sequence, "digest": digest}
        for sequence, digest in zip(row_ids(len(digests)), digests, strict=True)
    ]
    if rows:
        session.execute(insert(_changed), rows)


def _digest(transaction_id: str) -> bytes | None:
    try:
        return bytes.fromhex(transaction_id)
    except ValueError:
        return None


def views(session: Session, names: MilestoneNames, rows: Iterable[Any]) -> list[TransactionView]:
    """The transactions of these rows, in their order, with the milestones they reached."""
    rows = list(rows)
    bulk = Bulk(session)
    reached: dict[int, dict[str, MilestoneView]] = {row.txn_id: {} for row in rows}
    found = bulk.select(
        "txn_id, name_label, reached_at, event_id",
        "milestone",
        "txn_id",
        reached,
        also=" AND retracted_at IS NULL",
    )
    labels = labels_of(bulk, {label for _, label, _, _ in found})
    for txn_id, label, at, event_id in found:
        name = labels[label]
        reached[txn_id][name] = MilestoneView(name, Instant(at), str(event_id))
    return [_view(row, names.get(row.process, ()), reached[row.txn_id]) for row in rows]


@cache
def _unreached(name: str) -> MilestoneView:
    return MilestoneView(name, None, None)


def _view(row: Any, names: tuple[str, ...], reached: Mapping[str, MilestoneView]) -> TransactionView:
    # A milestone of an older definition stays to be seen, behind those of the one in force.
    order = (*names, *(name for name in reached if name not in names))
    return TransactionView(
        transaction_id=row.digest.hex(),
        process=row.process,
        definition_version=row.definition_version,
        anchor=object_key.parse(row.anchor),
        status=row.status,
        started_at=row.started_at,
        ended_at=row.ended_at,
        last_event_at=row.last_event_at,
        amount=Money(row.amount_minor, row.currency)
        if row.amount_minor is not None and row.currency
        else None,
        customer=row.customer,
        legal_entity=row.legal_entity,
        region=row.region,
        waiting_for=row.waiting_for,
        waiting_since=row.waiting_since,
        due_at=row.due_at,
        milestones=tuple([reached.get(name) or _unreached(name) for name in order]),
        not_planned=tuple(row.not_planned.split(",")) if row.not_planned else (),
    )

# SPDX-License-Identifier: Apache-2.0
"""Transactions, read: one by id or key, lists with filters, and the list of those that changed."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select, tuple_
from sqlmodel import Session

from collectors import tables
from collectors.transaction import Changed, MilestoneView, Page, TransactionFilter, TransactionView
from collectors.watermark import NOTHING_HELD, Watermarks
from terms import object_key
from terms.instant import Instant
from terms.money import Money
from terms.object_key import ObjectKey
from terms.problem import ProblemError
from terms.row_id import row_ids
from terms.tenant import TENANT

MAX_PAGE = 200
# process id -> its milestone names in order; a view lists them all, reached or not
MilestoneNames = Mapping[str, tuple[str, ...]]

# Plain tables: a list is read by column, never through the ORM.
_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_milestone: Any = tables.MilestoneRow.__table__  # type: ignore[attr-defined]
_object: Any = tables.ObjectRow.__table__  # type: ignore[attr-defined]
_txn_object: Any = tables.TxnObjectRow.__table__  # type: ignore[attr-defined]
_KEY = (_object.c.value, _object.c.type, _object.c.namespace, _object.c.scope)
_redirect: Any = tables.TxnRedirectRow.__table__  # type: ignore[attr-defined]
_changed: Any = tables.ChangedTxnRow.__table__  # type: ignore[attr-defined]


def transactions(
    session: Session, names: MilestoneNames, wanted: TransactionFilter, first: int, after: str | None = None
) -> Page[TransactionView]:
    """At most `first` (<= 200) transactions that pass the filter, newest start first; `total` counts all that pass.

    Raises ProblemError for a cursor that is none of ours.
    """
    matching = _matching(wanted)
    total = session.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
    page = matching.order_by(_txn.c.started_at.desc(), _txn.c.txn_id.desc()).limit(min(first, MAX_PAGE) + 1)
    if after is not None:
        page = page.where(tuple_(_txn.c.started_at, _txn.c.txn_id) < _position(after))
    rows = session.execute(page).all()
    shown = rows[: min(first, MAX_PAGE)]
    cursors = tuple(f"{row.started_at}.{row.txn_id}" for row in shown)
    return Page(tuple(_views(session, names, shown)), cursors, len(rows) > len(shown), total)


def stuck(
    session: Session,
    names: MilestoneNames,
    now: Instant,
    first: int,
    after: str | None = None,
    watermarks: Watermarks = NOTHING_HELD,
) -> Page[TransactionView]:
    """Failed and overdue transactions, the one that has waited longest first."""
    matching = _matching(TransactionFilter(stuck=True, now=now, watermarks=watermarks))
    total = session.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
    since, size = func.coalesce(_txn.c.waiting_since, _txn.c.started_at), min(first, MAX_PAGE)
    page = matching.add_columns(since.label("since")).order_by(since, _txn.c.txn_id).limit(size + 1)
    if after is not None:
        page = page.where(tuple_(since, _txn.c.txn_id) > _position(after))
    rows = session.execute(page).all()
    cursors = tuple(f"{row.since}.{row.txn_id}" for row in rows[:size])
    return Page(tuple(_views(session, names, rows[:size])), cursors, len(rows) > size, total)


def transaction(session: Session, names: MilestoneNames, transaction_id: str) -> TransactionView | None:
    """The transaction with that id, or the one its id was redirected to; None when there is none."""
    return transactions_by_id(session, names, (transaction_id,)).get(transaction_id)


def transactions_by_id(
    session: Session, names: MilestoneNames, ids: Iterable[str]
) -> dict[str, TransactionView]:
    """The transactions of these ids, each under the id it was asked by; unknown ids are absent."""
    asked = {digest: one for one in ids if (digest := _digest(one)) is not None}
    moved = {
        row.old_digest: row.new_digest
        for row in session.execute(
            select(_redirect.c.old_digest, _redirect.c.new_digest).where(
                _redirect.c.tenant == TENANT, _redirect.c.old_digest.in_(asked)
            )
        )
    }
    targets = {moved.get(digest, digest) for digest in asked}
    rows = session.execute(select(_txn).where(_txn.c.tenant == TENANT, _txn.c.digest.in_(targets))).all()
    found = {view.transaction_id: view for view in _views(session, names, rows)}
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
    rows = session.execute(
        select(_changed.c.sequence, _changed.c.digest)
        .where(_changed.c.tenant == TENANT)
        .order_by(_changed.c.sequence)
        .limit(limit)
    )
    return [Changed(row.sequence, row.digest.hex()) for row in rows]


def forget_changed(session: Session, changes: Iterable[Changed]) -> None:
    """Takes the changes off the list. Doing it twice is the same as once."""
    session.execute(
        delete(_changed).where(
            _changed.c.tenant == TENANT, _changed.c.sequence.in_([c.sequence for c in changes])
        )
    )


def change_all(session: Session) -> None:
    """Puts every transaction on the list of changed ones, so that a new definition looks at all of them."""
    digests = (
        session.execute(select(_txn.c.digest).where(_txn.c.tenant == TENANT).order_by(_txn.c.txn_id))
        .scalars()
        .all()
    )
    rows = [
        {"tenant": TENANT, "sequence": sequence, "digest": digest}
        for sequence, digest in zip(row_ids(len(digests)), digests, strict=True)
    ]
    if rows:
        session.execute(insert(_changed), rows)


def _matching(wanted: TransactionFilter) -> Select[Any]:
    query = select(_txn).where(_txn.c.tenant == TENANT)
    for column in ("process", "status", "legal_entity", "waiting_for"):
        value = getattr(wanted, column)
        if value is not None:
            query = query.where(_txn.c[column] == value)
    if wanted.started_from is not None:
        query = query.where(_txn.c.started_at >= wanted.started_from)
    if wanted.started_before is not None:
        query = query.where(_txn.c.started_at < wanted.started_before)
    if wanted.key is not None:
        query = query.where(_txn.c.txn_id.in_(_named(wanted.key)))
    if wanted.overdue is not None:
        overdue = is_overdue(wanted.now, wanted.watermarks)
        query = query.where(overdue if wanted.overdue else ~overdue)
    if wanted.stuck is not None:
        stuck = is_stuck(wanted.now, wanted.watermarks)
        query = query.where(stuck if wanted.stuck else ~stuck)
    return query


def is_overdue(now: Instant | None, watermarks: Watermarks = NOTHING_HELD) -> Any:
    """The condition on a transaction's row that says what TransactionView.is_overdue says. Needs `now`."""
    if now is None:
        raise ValueError("overdue is a question about an instant")
    late: Any = func.coalesce(_txn.c.due_at < now, False)
    for until, stages in watermarks.groups():
        held = tuple_(_txn.c.process, func.coalesce(_txn.c.waiting_for, "")).in_(stages)
        late &= ~(held & (func.coalesce(_txn.c.due_at, now) >= until))
    return _txn.c.status.in_(("open", "failed")) & late


def is_stuck(now: Instant | None, watermarks: Watermarks = NOTHING_HELD) -> Any:
    """The condition for failed or overdue."""
    return or_(_txn.c.status == "failed", is_overdue(now, watermarks))


def _named(key: str) -> Select[Any]:
    """The ids of transactions that hold the object of a key text, or any object with that bare value."""
    one = object_key.parse(key) if ":" in key else None
    objects = select(_object.c.object_id).where(
        _object.c.tenant == TENANT, _object.c.value == (one.value if one else key)
    )
    if one:
        objects = objects.where(
            _object.c.type == one.type, _object.c.namespace == one.namespace, _object.c.scope == one.scope
        )
    return select(_txn_object.c.txn_id).where(
        _txn_object.c.tenant == TENANT, _txn_object.c.object_id.in_(objects)
    )


def _position(cursor: str) -> Any:
    started, _, txn_id = cursor.partition(".")
    if not (started.lstrip("-").isdigit() and txn_id.isdigit()):
        raise ProblemError(
            f"'{cursor}' is not a cursor", "after", "hand back the endCursor of the page before"
        )
    return tuple_(int(started), int(txn_id))


def _digest(transaction_id: str) -> bytes | None:
    try:
        return bytes.fromhex(transaction_id)
    except ValueError:
        return None


def _views(session: Session, names: MilestoneNames, rows: Iterable[Any]) -> list[TransactionView]:
    rows = list(rows)
    reached: dict[int, dict[str, MilestoneView]] = {row.txn_id: {} for row in rows}
    for row in session.execute(
        select(_milestone.c.txn_id, _milestone.c.name, _milestone.c.reached_at, _milestone.c.event_id).where(
            _milestone.c.tenant == TENANT,
            _milestone.c.txn_id.in_(reached),
            _milestone.c.retracted_at.is_(None),
        )
    ):
        reached[row.txn_id][row.name] = MilestoneView(row.name, Instant(row.reached_at), str(row.event_id))
    return [_view(row, names.get(row.process, ()), reached[row.txn_id]) for row in rows]


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
        milestones=tuple(reached.get(name) or MilestoneView(name, None, None) for name in order),
    )

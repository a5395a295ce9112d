# SPDX-License-Identifier: Apache-2.0
"""Decisions of people: taken, revoked and listed. What follows from one is stored with it, or neither is.

A decision that says again what holds already changes nothing, and so does an idempotency key that was used before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, func, select, update
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.decisions.decision import Decision, DecisionKind, contradicted, joins
from collectors.decisions.tables import DecisionRow
from collectors.numbers import Numbers
from collectors.processes.process import Process
from collectors.stitching.event_intake import store_objects
from collectors.stitching.restitch import restitch, stitching
from terms.instant import Instant
from terms.object_key import ObjectKey
from terms.problem import ProblemError
from terms.row_id import next_row_id
from terms.tenant import TENANT

MAX_PAGE = 200

_decision: Any = DecisionRow.__table__  # type: ignore[attr-defined]
_object: Any = tables.ObjectRow.__table__  # type: ignore[attr-defined]
_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_txn_object: Any = tables.TxnObjectRow.__table__  # type: ignore[attr-defined]
_one, _other = _object.alias("one"), _object.alias("other")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants to hold: `one` is the same as, part of, or apart from `other`."""

    kind: DecisionKind
    one: ObjectKey
    other: ObjectKey
    reason: str
    by: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision with who, why and when, and the same of its end once it was revoked."""

    decision_id: str
    kind: DecisionKind
    one: ObjectKey
    other: ObjectKey
    reason: str
    decided_by: str
    decided_at: Instant
    revoked_by: str | None
    revoked_at: Instant | None
    revoked_reason: str | None

    @property
    def stands(self) -> bool:
        return self.revoked_at is None


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """A stretch of the list. `total` is of all pages; a cursor handed back continues behind its item."""

    items: tuple[DecisionView, ...]
    cursors: tuple[str, ...]
    has_next: bool
    total: int


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision as stored, and the ids of the transactions that it changed. `already`: it was there before."""

    decision: DecisionView
    already: bool
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a decision cannot be taken. `beside` is the standing one that it cannot hold beside."""

    kind: Literal["itself", "means-nothing", "contradicts", "key-used"]
    what: str
    do: str
    beside: DecisionView | None = None


def decide(
    session: Session, processes: tuple[Process, ...], wanted: Wanted, now: Instant
) -> Decided | Refused:
    """Stores the decision and stitches anew what it touches, and only that."""
    bulk = Bulk(session)
    with stitching(bulk) as numbers:
        return _decide(session, bulk, numbers, processes, wanted, now)


def _decide(
    session: Session,
    bulk: Bulk,
    numbers: Numbers,
    processes: tuple[Process, ...],
    wanted: Wanted,
    now: Instant,
) -> Decided | Refused:
    one, other = str(wanted.one), str(wanted.other)
    if one == other:
        return Refused("itself", f"{one} is named twice", "name two objects")
    if (known := _by_key(session, wanted)) is not None:
        if (known.kind, known.one, known.other) == (wanted.kind, wanted.one, wanted.other):
            return Decided(known, True, ())
        return Refused(
            "key-used", "the idempotency key was used for another decision", "make one for each press"
        )
    if not joins(processes, wanted.kind, one, other):
        types = f"'{wanted.one.type}' and '{wanted.other.type}'"
        return Refused("means-nothing", f"no process joins {types} like this", "see the edges of the process")
    fresh = Decision(next_row_id(), wanted.kind, one, other, now)
    standing = {int(view.decision_id): view for view in _views(session, _standing())}
    decisions = [_decision_of(view) for view in standing.values()]
    if (same := next((d for d in decisions if _says_the_same(d, fresh)), None)) is not None:
        return Decided(standing[same.decision_id], True, ())
    if (against := contradicted(decisions, fresh)) is not None:
        beside = standing[against.decision_id]
        return Refused(
            "contradicts", f"{beside.decided_by} decided otherwise", "revoke that decision first", beside
        )
    ids, _ = store_objects(bulk, numbers, {one, other})
    row = (
        fresh.decision_id,
        wanted.kind,
        ids[one],
        ids[other],
        wanted.reason,
        wanted.by,
        now,
        wanted.idempotency_key,
    )
    bulk.insert(
        DecisionRow,
        "decision_id, kind, one_id, other_id, reason, decided_by, decided_at, idempotency_key",
        [row],
    )
    changed = restitch(bulk, numbers, processes, (), ids, (), (one, other), now)
    view = decision(session, str(fresh.decision_id))
    assert view is not None, "it was stored a moment ago"
    return Decided(view, False, changed)


def revoke(
    session: Session, processes: tuple[Process, ...], decision_id: str, by: str, reason: str, now: Instant
) -> Decided | None:
    """Takes a decision back, so that the rules hold again; None for an unknown one. Again it changes nothing."""
    bulk = Bulk(session)
    with stitching(bulk) as numbers:
        return _revoke(session, bulk, numbers, processes, decision_id, by, reason, now)


def _revoke(
    session: Session,
    bulk: Bulk,
    numbers: Numbers,
    processes: tuple[Process, ...],
    decision_id: str,
    by: str,
    reason: str,
    now: Instant,
) -> Decided | None:
    view = decision(session, decision_id)
    if view is None or not view.stands:
        return None if view is None else Decided(view, True, ())
    session.execute(
        update(_decision)
        .where(_decision.c.tenant == TENANT, _decision.c.decision_id == int(decision_id))
        .values(revoked_by=by, revoked_at=now, revoked_reason=reason)
    )
    keys = (str(view.one), str(view.other))
    ids, _ = store_objects(bulk, numbers, keys)
    changed = restitch(bulk, numbers, processes, (), ids, (), keys, now)
    revoked = decision(session, decision_id)
    assert revoked is not None, "it was there a moment ago"
    return Decided(revoked, False, changed)


def decision(session: Session, decision_id: str) -> DecisionView | None:
    """The decision of that id; None when there is none."""
    if not decision_id.isdecimal() or len(decision_id) > 19:
        return None
    return next(iter(_views(session, _all().where(_decision.c.decision_id == int(decision_id)))), None)


def decisions_by_id(session: Session, ids: Iterable[int]) -> dict[int, DecisionView]:
    """The decisions among these ids; other ids are absent."""
    views = _views(session, _all().where(_decision.c.decision_id.in_(set(ids))))
    return {int(view.decision_id): view for view in views}


def decisions(
    session: Session, first: int, after: str | None = None, standing: bool | None = None
) -> DecisionPage:
    """At most `first` (<= 200) decisions, newest first; `total` counts all. Raises ProblemError for what is no cursor."""
    asked = select(_decision.c.decision_id).where(_decision.c.tenant == TENANT)
    page = _all()
    if standing is not None:
        holds = _decision.c.revoked_at.is_(None) if standing else _decision.c.revoked_at.is_not(None)
        asked, page = asked.where(holds), page.where(holds)
    total = session.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
    if after is not None:
        if not after.isdecimal() or len(after) > 19:
            raise ProblemError("is not a cursor of this list", "after", "use an endCursor as it came")
        page = page.where(_decision.c.decision_id < int(after))
    size = min(first, MAX_PAGE)
    views = _views(session, page.order_by(_decision.c.decision_id.desc()).limit(size + 1))
    shown = tuple(views[:size])
    return DecisionPage(shown, tuple(view.decision_id for view in shown), len(views) > size, total)


def of_transactions(session: Session, ids: Iterable[str]) -> dict[str, tuple[DecisionView, ...]]:
    """The standing decisions about the objects of each transaction, oldest first; ids without any are absent."""
    digests = [
        bytes.fromhex(one) for one in ids if len(one) == 32 and all(c in "0123456789abcdef" for c in one)
    ]
    found: dict[str, dict[int, DecisionView]] = {}
    for end in (_decision.c.one_id, _decision.c.other_id):
        query = (
            _standing()
            .add_columns(_txn.c.digest)
            .join(_txn_object, (_txn_object.c.tenant == TENANT) & (_txn_object.c.object_id == end))
            .join(_txn, (_txn.c.tenant == TENANT) & (_txn.c.txn_id == _txn_object.c.txn_id))
            .where(_txn.c.digest.in_(digests), _txn_object.c.role != "annotate")
        )
        for row in session.execute(query):
            found.setdefault(row.digest.hex(), {})[row.decision_id] = _view(row)
    return {one: tuple(views[key] for key in sorted(views)) for one, views in found.items()}


def _all() -> Select[Any]:
    def of(end: Any, name: str) -> list[Any]:
        return [end.c[column].label(f"{name}_{column}") for column in ("type", "value", "namespace", "scope")]

    return (
        select(_decision, *of(_one, "one"), *of(_other, "other"))
        .join(_one, (_one.c.tenant == TENANT) & (_one.c.object_id == _decision.c.one_id))
        .join(_other, (_other.c.tenant == TENANT) & (_other.c.object_id == _decision.c.other_id))
        .where(_decision.c.tenant == TENANT)
    )


def _standing() -> Select[Any]:
    return _all().where(_decision.c.revoked_at.is_(None))


def _by_key(session: Session, wanted: Wanted) -> DecisionView | None:
    same = (_decision.c.decided_by == wanted.by, _decision.c.idempotency_key == wanted.idempotency_key)
    return next(iter(_views(session, _all().where(*same))), None)


def _says_the_same(one: Decision, wanted: Decision) -> bool:
    if one.kind != wanted.kind:
        return False
    return (one.one, one.other) == (wanted.one, wanted.other) or (
        wanted.kind != "part" and one.is_about(wanted.one, wanted.other)
    )


def _views(session: Session, query: Select[Any]) -> list[DecisionView]:
    return [_view(row) for row in session.execute(query)]


def _view(row: Any) -> DecisionView:
    return DecisionView(
        decision_id=str(row.decision_id),
        kind=row.kind,
        one=ObjectKey(row.one_type, row.one_value, row.one_namespace, row.one_scope),
        other=ObjectKey(row.other_type, row.other_value, row.other_namespace, row.other_scope),
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=Instant(row.decided_at),
        revoked_by=row.revoked_by,
        revoked_at=None if row.revoked_at is None else Instant(row.revoked_at),
        revoked_reason=row.revoked_reason,
    )


def _decision_of(view: DecisionView) -> Decision:
    return Decision(int(view.decision_id), view.kind, str(view.one), str(view.other), view.decided_at)

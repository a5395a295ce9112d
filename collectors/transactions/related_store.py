# SPDX-License-Identifier: Apache-2.0
"""What stands beside a transaction: those before and after it, its wholes and parts, those it shares something with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import and_, select, tuple_
from sqlmodel import Session

from collectors import tables
from collectors.processes.process import Process
from terms import object_key
from terms.object_key import ObjectKey
from terms.tenant import TENANT

Relation = Literal["before", "after", "whole", "part", "sibling"]
MOST = 50
_BOUND = ("same_as", "child_of", "link")

_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_object: Any = tables.ObjectRow.__table__  # type: ignore[attr-defined]
_mine: Any = tables.TxnObjectRow.__table__.alias("mine")  # type: ignore[attr-defined]
_theirs: Any = tables.TxnObjectRow.__table__.alias("theirs")  # type: ignore[attr-defined]
_KEY = (_object.c.type, _object.c.value, _object.c.namespace, _object.c.scope)


@dataclass(frozen=True, slots=True)
class RelatedView:
    """A transaction that stands beside another, and the object they have in common."""

    transaction_id: str
    relation: Relation
    through: ObjectKey


def related(session: Session, processes: Iterable[Process], transaction_id: str) -> tuple[RelatedView, ...]:
    """At most 50 transactions for each relation: before and after in the order they started, the others newest first.

    Those `before` and `after` belong to the same chain (`succeeds`). A `whole` is of another process and holds this one's
    anchor, a `part` the other way round; a `sibling` is of the same process and linked to the same thing.
    """
    mine = _transaction(session, transaction_id)
    if mine is None:
        return ()
    chain = _sharing(session, mine, ("succeeds",), ("succeeds",)) + _forerunners(session, mine, processes)
    chain.sort(key=lambda row: (row.started_at, row.anchor))
    before = [row for row in chain if (row.started_at, row.anchor) < (mine.started_at, mine.anchor)]
    after = [row for row in chain if (row.started_at, row.anchor) > (mine.started_at, mine.anchor)]
    wholes = _sharing(session, mine, ("anchor",), _BOUND)
    parts = _sharing(session, mine, _BOUND, ("anchor",))
    siblings = [row for row in _sharing(session, mine, ("link",), ("link",)) if row.process == mine.process]
    groups: tuple[tuple[Relation, list[Any]], ...] = (
        ("before", before[-MOST:]),
        ("after", after[:MOST]),
        ("whole", [row for row in wholes if row.process != mine.process]),
        ("part", [row for row in parts if row.process != mine.process]),
        ("sibling", siblings),
    )
    return tuple(view for relation, rows in groups for view in _views(relation, rows))


def _views(relation: Relation, rows: Iterable[Any]) -> list[RelatedView]:
    found: dict[bytes, RelatedView] = {}
    for row in rows:
        through = ObjectKey(row.type, row.value, row.namespace, row.scope)
        found.setdefault(row.digest, RelatedView(row.digest.hex(), relation, through))
    return list(found.values())[:MOST]


def _transaction(session: Session, transaction_id: str) -> Any:
    try:
        digest = bytes.fromhex(transaction_id)
    except ValueError:
        return None
    return session.execute(select(_txn).where(_txn.c.tenant == TENANT, _txn.c.digest == digest)).first()


def _sharing(
    session: Session, mine: Any, my_roles: tuple[str, ...], their_roles: tuple[str, ...]
) -> list[Any]:
    """The newest transactions that hold in one of `their_roles` what this one holds in one of `my_roles`, with that object."""
    query = (
        select(_txn, *_KEY)
        .select_from(_mine)
        .join(_theirs, and_(_theirs.c.tenant == TENANT, _theirs.c.object_id == _mine.c.object_id))
        .join(_txn, and_(_txn.c.tenant == TENANT, _txn.c.txn_id == _theirs.c.txn_id))
        .join(_object, and_(_object.c.tenant == TENANT, _object.c.object_id == _mine.c.object_id))
        .where(
            _mine.c.tenant == TENANT,
            _mine.c.txn_id == mine.txn_id,
            _mine.c.role.in_(my_roles),
            _theirs.c.txn_id != mine.txn_id,
            _theirs.c.role.in_(their_roles),
        )
        .order_by(_txn.c.started_at.desc(), _txn.c.txn_id.desc())
        .limit(4 * MOST)
    )
    return list(session.execute(query).all())


def _forerunners(session: Session, mine: Any, processes: Iterable[Process]) -> list[Any]:
    """Those that this one names under a type of its own as the one before it, and those that name this one so."""
    named = session.execute(
        select(*_KEY)
        .join(_mine, and_(_mine.c.tenant == TENANT, _mine.c.object_id == _object.c.object_id))
        .where(_object.c.tenant == TENANT, _mine.c.txn_id == mine.txn_id, _mine.c.role == "succeeds")
    ).all()
    anchor = object_key.parse(mine.anchor)
    rules = {(rule.child, rule.names) for process in processes for rule in process.edges if rule.names}
    found: list[Any] = []
    for child, names in sorted(rules):
        keys = [(names, row.value, row.namespace, row.scope) for row in named if row.type == child]
        found += _holding(session, mine, keys, ("anchor", "same_as"))
        if anchor.type == names:
            key = (child, anchor.value, anchor.namespace, anchor.scope)
            found += _holding(session, mine, [key], ("succeeds",))
    return found


def _holding(
    session: Session, mine: Any, keys: Sequence[tuple[str, ...]], roles: tuple[str, ...]
) -> list[Any]:
    if not keys:
        return []
    query = (
        select(_txn, *_KEY)
        .join(_theirs, and_(_theirs.c.tenant == TENANT, _theirs.c.txn_id == _txn.c.txn_id))
        .join(_object, and_(_object.c.tenant == TENANT, _object.c.object_id == _theirs.c.object_id))
        .where(
            _txn.c.tenant == TENANT,
            tuple_(*_KEY).in_(keys),
            _theirs.c.role.in_(roles),
            _txn.c.txn_id != mine.txn_id,
        )
        .order_by(_txn.c.started_at.desc(), _txn.c.txn_id.desc())
        .limit(MOST)
    )
    return list(session.execute(query).all())

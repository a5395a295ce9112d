# SPDX-License-Identifier: Apache-2.0
"""What still wants a look, kept by pair of rule and target: limits that will pass, and rules that gave no answer."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from policies.finding import Deadline, Pair, RuleError
from policies.tables import PolicyDeadlineRow, RuleErrorRow
from terms.instant import Instant
from terms.tenant import TENANT

_CHUNK = 500  # targets in one IN list; both databases take thousands

DEADLINE: Table = SQLModel.metadata.tables[str(PolicyDeadlineRow.__tablename__)]
RULE_ERROR: Table = SQLModel.metadata.tables[str(RuleErrorRow.__tablename__)]


def due(session: Session, now: Instant, limit: int = 500) -> tuple[Deadline, ...]:
    """The pairs whose limit has passed, oldest first. They stay until an evaluation of the pair is applied or its target forgotten."""
    rows = session.execute(
        select(DEADLINE)
        .where(DEADLINE.c.tenant == TENANT, DEADLINE.c.due_at < now)
        .order_by(DEADLINE.c.due_at, DEADLINE.c.rule_id, DEADLINE.c.target_key)
        .limit(limit)
    )
    return tuple(
        Deadline(Pair(row.rule_id, row.target_kind, row.target_key), Instant(row.due_at)) for row in rows
    )


def pair_columns(pair: Pair) -> dict[str, str]:
    """The three key columns of a pair."""
    return {"rule_id": pair.rule_id, "target_kind": pair.target_kind, "target_key": pair.target_key}


def _pair_of(row: Any) -> Pair:
    return Pair(row.rule_id, row.target_kind, row.target_key)


def keep_deadlines(session: Session, pairs: Iterable[Pair], deadlines: Iterable[Deadline]) -> None:
    """Leaves exactly these deadlines for the pairs."""
    looked_at = set(pairs)
    kept = {
        pair: row.due_at
        for row in rows_of_targets(session, DEADLINE, looked_at, DEADLINE.c.target_key)
        if (pair := _pair_of(row)) in looked_at
    }
    wanted = {deadline.pair: deadline.due_at for deadline in deadlines}
    _drop(session, DEADLINE, [pair for pair in kept if wanted.get(pair) != kept[pair]])
    new = [pair for pair in sorted(wanted) if kept.get(pair) != wanted[pair]]
    _put(session, DEADLINE, [{"tenant": TENANT, **pair_columns(pair), "due_at": wanted[pair]} for pair in new], ("due_at",))  # fmt: skip


def keep_errors(session: Session, pairs: Iterable[Pair], errors: Iterable[RuleError], now: Instant) -> None:
    """Leaves exactly these errors for the pairs; one that stays keeps when it was first seen."""
    looked_at = set(pairs)
    kept = {
        pair: row
        for row in rows_of_targets(session, RULE_ERROR, looked_at, RULE_ERROR.c.target_key)
        if (pair := _pair_of(row)) in looked_at
    }
    wanted = {error.pair: error for error in errors}
    _drop(session, RULE_ERROR, [pair for pair in kept if pair not in wanted])
    rows = [
        {
            "tenant": TENANT,
            **pair_columns(pair),
            "rule_version": error.rule_version,
            "message": error.message,
            "first_seen_at": kept[pair].first_seen_at if pair in kept else now,
            "last_seen_at": now,
            "occurrences": kept[pair].occurrences + 1 if pair in kept else 1,
        }
        for pair, error in sorted(wanted.items())
    ]
    _put(session, RULE_ERROR, rows, ("rule_version", "message", "last_seen_at", "occurrences"))


def _drop(session: Session, table: Table, pairs: list[Pair]) -> None:
    if not pairs:
        return
    columns = ("rule_id", "target_kind", "target_key")
    statement = delete(table).where(
        table.c.tenant == TENANT, *(table.c[name] == bindparam(f"the_{name}") for name in columns)
    )
    rows = [{f"the_{name}": value for name, value in pair_columns(pair).items()} for pair in sorted(pairs)]
    session.connection().execute(statement, rows)


def _put(session: Session, table: Table, rows: list[dict[str, Any]], replaced: tuple[str, ...]) -> None:
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    statement = statement.on_conflict_do_update(
        index_elements=["tenant", "rule_id", "target_kind", "target_key"],
        set_={name: statement.excluded[name] for name in replaced},
    )
    session.execute(statement, rows)


def rows_of_targets(
    session: Session, table: Table, pairs: Iterable[Pair], order: ColumnElement[Any]
) -> list[Any]:
    """Rows of the pairs' targets, of any rule, locked where the database can."""
    kinds: dict[str, set[str]] = {}
    for pair in pairs:
        kinds.setdefault(pair.target_kind, set()).add(pair.target_key)
    rows: list[Any] = []
    for kind, keys in sorted(kinds.items()):
        ordered = sorted(keys)
        for start in range(0, len(ordered), _CHUNK):
            chosen = and_(
                table.c.tenant == TENANT,
                table.c.target_kind == kind,
                table.c.target_key.in_(ordered[start : start + _CHUNK]),
            )
            rows += session.execute(select(table).where(chosen).order_by(order).with_for_update()).all()
    return rows

# SPDX-License-Identifier: Apache-2.0
"""What still wants a look, kept by pair of rule and target: limits that will pass, and rules that gave no answer."""

from collections.abc import Iterable

from sqlalchemy import Table, select
from sqlmodel import Session, SQLModel

from policies.finding import Deadline, Pair, RuleError
from policies.tables import PolicyDeadlineRow, RuleErrorRow
from policies.target_rows import Asked, drop, put, rows_of
from terms.instant import Instant
from terms.tenant import TENANT

DEADLINE: Table = SQLModel.metadata.tables[str(PolicyDeadlineRow.__tablename__)]
RULE_ERROR: Table = SQLModel.metadata.tables[str(RuleErrorRow.__tablename__)]
_IN_ORDER = "target_key, rule_id"


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


def keep_deadlines(session: Session, asked: Iterable[Asked], deadlines: Iterable[Deadline]) -> None:
    """Leaves exactly these deadlines for the pairs asked for."""
    kept = {pair: row.due_at for pair, row in rows_of(session, DEADLINE, asked, _IN_ORDER)}
    wanted = {deadline.pair: deadline.due_at for deadline in deadlines}
    drop(session, DEADLINE, [pair for pair in kept if pair not in wanted])
    new = [pair for pair in sorted(wanted) if kept.get(pair) != wanted[pair]]
    put(session, DEADLINE, "due_at", [(TENANT, *pair, wanted[pair]) for pair in new])


def keep_errors(session: Session, asked: Iterable[Asked], errors: Iterable[RuleError], now: Instant) -> None:
    """Leaves exactly these errors for the pairs asked for; one that stays keeps when it was first seen."""
    kept = dict(rows_of(session, RULE_ERROR, asked, _IN_ORDER))
    wanted = {error.pair: error for error in errors}
    drop(session, RULE_ERROR, [pair for pair in kept if pair not in wanted])
    rows = [
        (
            TENANT,
            *pair,
            error.rule_version,
            error.message,
            kept[pair].first_seen_at if pair in kept else now,
            now,
            kept[pair].occurrences + 1 if pair in kept else 1,
        )
        for pair, error in sorted(wanted.items())
    ]
    put(session, RULE_ERROR, "rule_version, message, last_seen_at, occurrences", rows)

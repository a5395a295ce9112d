# SPDX-License-Identifier: Apache-2.0
"""A transaction beside a good one of its kind: the completed one of median length, hop by hop, with the differences named."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from collectors import tables
from collectors.processes.process import Process
from collectors.transactions.transaction import TransactionView
from terms.instant import MINUTE, Instant
from terms.tenant import TENANT

AMONG = 500
"""The newest completed ones among which the median is taken."""
SLOWER = 2
"""From so many times the other's length on, and a minute more, a hop is slower."""

_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class HopPair:
    """One milestone in both. Lengths are microseconds since the milestone before was reached; None where it was not."""

    name: str
    title: str
    system: str
    took: int | None
    other_took: int | None
    verdict: str  # same, slower, faster, missing, extra


def good_one(session: Session, like: TransactionView) -> str | None:
    """The id of the completed transaction of median length among the newest 500 of the same process and legal entity.

    Of the process alone where the entity has none; None where nothing else has completed.
    """
    for same_entity in (True, False):
        query = select(_txn.c.digest, (_txn.c.ended_at - _txn.c.started_at).label("length")).where(
            _txn.c.tenant == TENANT,
            _txn.c.process == like.process,
            _txn.c.status == "completed",
            _txn.c.digest != bytes.fromhex(like.transaction_id),
        )
        if same_entity:
            query = query.where(_txn.c.legal_entity == like.legal_entity)
        rows = session.execute(
            query.order_by(_txn.c.started_at.desc(), _txn.c.txn_id.desc()).limit(AMONG)
        ).all()
        if rows:
            ordered = sorted(rows, key=lambda row: (row.length, row.digest))
            digest: bytes = ordered[(len(ordered) - 1) // 2].digest
            return digest.hex()
    return None


def compared(
    process: Process, one: TransactionView, other: TransactionView, now: Instant
) -> tuple[HopPair, ...]:
    """Each milestone of the process in both. What `one` still waits for is as long as it has waited, for now."""
    mine, theirs = _lengths(process, one), _lengths(process, other)
    if one.waiting_for is not None and one.waiting_since is not None and one.ended_at is None:
        mine[one.waiting_for] = now - one.waiting_since
    reached = {m.name for m in one.milestones if m.reached_at is not None}
    return tuple(
        HopPair(
            rule.name,
            rule.title,
            rule.system,
            mine.get(rule.name),
            theirs.get(rule.name),
            _verdict(rule.name in reached, mine.get(rule.name), theirs.get(rule.name)),
        )
        for rule in process.milestones
    )


def _lengths(process: Process, transaction: TransactionView) -> dict[str, int]:
    """How long each milestone took since the latest one reached before it; the first since the start."""
    reached = sorted(
        (m.reached_at, place, m.name)
        for place, m in enumerate(transaction.milestones)
        if m.reached_at is not None and process.milestone(m.name) is not None
    )
    lengths: dict[str, int] = {}
    before: int = transaction.started_at
    for at, _, name in reached:
        lengths[name] = max(at - before, 0)
        before = max(before, at)
    return lengths


def _verdict(is_reached: bool, took: int | None, other: int | None) -> str:
    if other is None:
        return "extra" if is_reached else "same"
    if took is None:
        return "missing"
    if took >= SLOWER * other and took - other >= MINUTE:
        return "slower"
    if not is_reached:
        return "missing"
    return "faster" if other >= SLOWER * took and other - took >= MINUTE else "same"

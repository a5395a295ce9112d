# SPDX-License-Identifier: Apache-2.0
"""Keeps what an evaluation said: violations open and resolve, deadlines move, rules without an answer are remembered.

All functions work inside the caller's transaction; none commits.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from policies.attention import DEADLINE, RULE_ERROR, due, keep_deadlines, keep_errors
from policies.finding import Evaluation, Finding, Pair
from policies.lifecycle import Change, Violation, found, holds
from policies.tables import ViolationEventRow, ViolationRow
from policies.target_rows import Asked, asked_for, rewrite, rows_of
from terms.instant import Instant
from terms.money import Money
from terms.row_id import row_ids
from terms.tenant import TENANT

VIOLATION: Table = SQLModel.metadata.tables[str(ViolationRow.__tablename__)]
EVENT: Table = SQLModel.metadata.tables[str(ViolationEventRow.__tablename__)]
_CHANGING = tuple(name for name in VIOLATION.columns.keys() if name not in ("tenant", "fingerprint"))  # noqa: SIM118 the keys are names


@dataclass(frozen=True, slots=True)
class Changes:
    """What an evaluation changed, as fingerprints. `seen` were open before and still are."""

    opened: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    violation: Violation
    change: Change
    reason: str


def apply(session: Session, evaluation: Evaluation, now: Instant) -> Changes:
    """Stores the evaluation; answers what changed.

    Findings open, are seen again, or reopen; what was open for an answered pair and was not found again resolves. A
    pair in error keeps what it has. Applied twice at different instants, the second time only counts as seen again.
    """
    asked = asked_for(evaluation.pairs)
    if not asked:
        return Changes()
    known = _violations(session, asked)
    fresh = {finding.fingerprint: finding for finding in evaluation.findings}
    answered = set(evaluation.answered)
    steps = [
        _Step(*found(known.get(fingerprint), finding, now), finding.message)
        for fingerprint, finding in sorted(fresh.items())
    ]
    steps += _resolutions(
        (item for item in known.values() if item.fingerprint not in fresh and item.pair in answered),
        now,
        "the rule holds",
    )
    changes = _store(session, steps, fresh, now)
    keep_deadlines(session, asked, evaluation.deadlines)
    keep_errors(session, asked, evaluation.errors, now)
    return changes


def forget_targets(session: Session, target_kind: str, keys: Collection[str], now: Instant) -> Changes:
    """For targets that are no more, such as a transaction that became part of another: resolves their violations, drops the rest."""
    if not keys:
        return Changes()
    return _end(
        session, lambda table: and_(table.c.target_kind == target_kind, table.c.target_key.in_(keys)), now, "the target is gone"
    )  # fmt: skip


def keep_rules(session: Session, rule_ids: Collection[str], now: Instant) -> Changes:
    """For rules that are no longer loaded: resolves their violations, drops their deadlines and errors. Call it at start."""
    return _end(session, lambda table: table.c.rule_id.not_in(rule_ids), now, "the rule is gone")


def violation_of(row: Any) -> Violation:
    """The violation a row holds."""
    money = None if row.amount_minor is None else Money(row.amount_minor, row.currency)
    return Violation(
        row.fingerprint,
        Pair(row.rule_id, row.target_kind, row.target_key),
        row.path,
        row.rule_version,
        row.severity,
        row.title,
        row.message,
        row.remediation,
        state=row.state,
        first_seen_at=Instant(row.first_seen_at),
        opened_at=Instant(row.opened_at),
        last_seen_at=Instant(row.last_seen_at),
        resolved_at=None if row.resolved_at is None else Instant(row.resolved_at),
        occurrences=row.occurrences,
        reopened=row.reopened,
        money=money,
    )


def _violations(session: Session, asked: Iterable[Asked]) -> dict[str, Violation]:
    """All violations of the pairs by fingerprint, locked until the transaction ends, in one order for every caller."""
    rows = rows_of(session, VIOLATION, asked, "fingerprint")
    return {row.fingerprint: violation_of(row) for _, row in sorted(rows, key=lambda one: one[1].fingerprint)}


def _resolutions(violations: Iterable[Violation], now: Instant, reason: str) -> list[_Step]:
    steps = ((holds(violation, now), reason) for violation in violations)
    return [_Step(violation, change, reason) for (violation, change), reason in steps if change]


def _store(session: Session, steps: list[_Step], findings: Mapping[str, Finding], now: Instant) -> Changes:
    new = [step for step in steps if step.change == "opened"]
    lost = {step.violation.fingerprint for step in new} - _insert(session, [step.violation for step in new])
    if lost:  # another writer opened them meanwhile: to us they are seen again
        rows = session.execute(
            select(VIOLATION)
            .where(VIOLATION.c.tenant == TENANT, VIOLATION.c.fingerprint.in_(sorted(lost)))
            .order_by(VIOLATION.c.fingerprint)
            .with_for_update()
        )
        again = {row.fingerprint: violation_of(row) for row in rows}
        steps = [
            _Step(*found(again[step.violation.fingerprint], findings[step.violation.fingerprint], now), step.reason)
            if step.violation.fingerprint in lost
            else step
            for step in steps
        ]  # fmt: skip
    _update(session, [step.violation for step in steps if step.change != "opened"])
    _record(session, [step for step in steps if step.change != "seen"], now)
    by_change: dict[Change, list[str]] = {}
    for step in steps:
        by_change.setdefault(step.change, []).append(step.violation.fingerprint)
    return Changes(
        *(tuple(by_change.get(change, ())) for change in ("opened", "reopened", "resolved", "seen"))
    )


def _insert(session: Session, violations: list[Violation]) -> set[str]:
    """Stores new violations; the fingerprints that were not there before."""
    if not violations:
        return set()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(VIOLATION).on_conflict_do_nothing().returning(VIOLATION.c.fingerprint)
    return set(session.execute(statement, [_row(violation) for violation in violations]).scalars())


def _update(session: Session, violations: list[Violation]) -> None:
    rows = [_row(violation) for violation in violations]
    values = [(*(row[name] for name in _CHANGING), row["fingerprint"]) for row in rows]
    rewrite(session, VIOLATION, ", ".join(_CHANGING), values)


def _record(session: Session, steps: list[_Step], now: Instant) -> None:
    if not steps:
        return
    rows = [
        {
            "tenant": TENANT,
            "event_id": event_id,
            "fingerprint": step.violation.fingerprint,
            "change": step.change,
            "rule_version": step.violation.rule_version,
            "at": now,
            "reason": step.reason,
        }
        for event_id, step in zip(row_ids(len(steps)), steps, strict=True)
    ]
    session.execute(insert(EVENT), rows)


def _row(violation: Violation) -> dict[str, Any]:
    return {
        "tenant": TENANT,
        "fingerprint": violation.fingerprint,
        **violation.pair._asdict(),
        "rule_version": violation.rule_version,
        "path": violation.path,
        "severity": violation.severity,
        "title": violation.title,
        "message": violation.message,
        "remediation": violation.remediation,
        "state": violation.state,
        "first_seen_at": violation.first_seen_at,
        "opened_at": violation.opened_at,
        "last_seen_at": violation.last_seen_at,
        "resolved_at": violation.resolved_at,
        "occurrences": violation.occurrences,
        "reopened": violation.reopened,
        "amount_minor": violation.money.minor if violation.money else None,
        "currency": violation.money.currency if violation.money else None,
    }


def _end(
    session: Session, chosen: Callable[[Table], ColumnElement[bool]], now: Instant, reason: str
) -> Changes:
    rows = session.execute(
        select(VIOLATION)
        .where(VIOLATION.c.tenant == TENANT, VIOLATION.c.state == "open", chosen(VIOLATION))
        .order_by(VIOLATION.c.fingerprint)
        .with_for_update()
    ).all()
    changes = _store(session, _resolutions(map(violation_of, rows), now, reason), {}, now)
    for table in (DEADLINE, RULE_ERROR):
        session.execute(delete(table).where(table.c.tenant == TENANT, chosen(table)))
    return changes


__all__ = ["Changes", "apply", "due", "forget_targets", "keep_rules", "violation_of"]

# SPDX-License-Identifier: Apache-2.0
"""Reads violations for the people who clear them: pages, counts and money per rule, the history of one, rules without an answer."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlmodel import Session

from policies.attention import RULE_ERROR
from policies.finding import Pair
from policies.lifecycle import Change, State, Violation
from policies.store import EVENT, VIOLATION, violation_of
from terms.instant import Instant
from terms.money import Money
from terms.problem import ProblemError
from terms.tenant import TENANT


@dataclass(frozen=True, slots=True)
class ViolationFilter:
    """What to list; None means any."""

    state: State | None = None
    rule_id: str | None = None
    severity: str | None = None
    target_kind: str | None = None
    target_key: str | None = None


@dataclass(frozen=True, slots=True)
class ViolationPage:
    """One page. `total` counts all pages; a cursor handed back as `after` continues behind its item."""

    items: tuple[Violation, ...]
    cursors: tuple[str, ...]
    has_next: bool
    total: int


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """How a rule stands: open violations, the money in them by currency (each target once), pairs without an answer."""

    open: int
    money: tuple[Money, ...]
    errors: int


@dataclass(frozen=True, slots=True)
class ViolationEvent:
    """One transition of one violation."""

    change: Change
    at: Instant
    rule_version: int
    reason: str


@dataclass(frozen=True, slots=True)
class StandingError:
    """A rule that gives no answer for a target."""

    pair: Pair
    message: str
    first_seen_at: Instant
    last_seen_at: Instant
    occurrences: int


def violations(
    session: Session, chosen: ViolationFilter, first: int, after: str | None = None
) -> ViolationPage:
    """A page of violations, the most recently opened first; the order is total, so pages neither repeat nor skip.

    Raises ProblemError for an `after` that no page gave.
    """
    everything = _filtered(select(VIOLATION), chosen)
    total = session.execute(_filtered(select(func.count()).select_from(VIOLATION), chosen)).scalar_one()
    statement = everything
    if after is not None:
        opened_at, fingerprint = _position(after)
        statement = statement.where(
            tuple_(VIOLATION.c.opened_at, VIOLATION.c.fingerprint) < tuple_(opened_at, fingerprint)
        )
    rows = session.execute(
        statement.order_by(VIOLATION.c.opened_at.desc(), VIOLATION.c.fingerprint.desc()).limit(first + 1)
    ).all()
    items = tuple(map(violation_of, rows[:first]))
    return ViolationPage(items, tuple(map(cursor, items)), len(rows) > first, total)


def cursor(violation: Violation) -> str:
    """The `after` that continues behind this violation."""
    return f"{violation.opened_at:x}-{violation.fingerprint}"


def violation(session: Session, fingerprint: str) -> Violation | None:
    """The violation of that fingerprint."""
    row = session.execute(
        select(VIOLATION).where(VIOLATION.c.tenant == TENANT, VIOLATION.c.fingerprint == fingerprint)
    ).first()
    return None if row is None else violation_of(row)


def of_targets(session: Session, target_kind: str, keys: Collection[str]) -> dict[str, tuple[Violation, ...]]:
    """The violations of many targets at once: target key -> open ones first, then the newest. Targets without any are absent."""
    rows = session.execute(
        select(VIOLATION)
        .where(
            VIOLATION.c.tenant == TENANT,
            VIOLATION.c.target_kind == target_kind,
            VIOLATION.c.target_key.in_(list(keys)),
        )
        .order_by(VIOLATION.c.state, VIOLATION.c.opened_at.desc(), VIOLATION.c.fingerprint)
    )
    found: dict[str, list[Violation]] = {}
    for row in rows:
        found.setdefault(row.target_key, []).append(violation_of(row))
    return {key: tuple(items) for key, items in found.items()}


def standings(session: Session) -> dict[str, RuleStanding]:
    """How each rule stands that has something open or in error; a rule that is not here has neither."""
    is_open = (VIOLATION.c.tenant == TENANT, VIOLATION.c.state == "open")
    counts = _counts(session, select(VIOLATION.c.rule_id, func.count()).where(*is_open), VIOLATION.c.rule_id)
    # Two paths of one target put the target's money at risk once.
    once = (
        select(
            VIOLATION.c.rule_id, VIOLATION.c.target_key, VIOLATION.c.currency, func.max(VIOLATION.c.amount_minor).label("minor")
        )
        .where(*is_open, VIOLATION.c.currency.is_not(None))
        .group_by(VIOLATION.c.rule_id, VIOLATION.c.target_kind, VIOLATION.c.target_key, VIOLATION.c.currency)
        .subquery()
    )  # fmt: skip
    sums = session.execute(
        select(once.c.rule_id, once.c.currency, func.sum(once.c.minor))
        .group_by(once.c.rule_id, once.c.currency)
        .order_by(once.c.rule_id, once.c.currency)
    ).all()
    in_error = select(RULE_ERROR.c.rule_id, func.count()).where(RULE_ERROR.c.tenant == TENANT)
    errors = _counts(session, in_error, RULE_ERROR.c.rule_id)
    return {
        rule_id: RuleStanding(
            open=counts.get(rule_id, 0),
            money=tuple(Money(int(minor), currency) for rule, currency, minor in sums if rule == rule_id),
            errors=errors.get(rule_id, 0),
        )
        for rule_id in sorted({*counts, *errors})
    }


def history(session: Session, fingerprint: str) -> tuple[ViolationEvent, ...]:
    """Every transition of one violation, oldest first."""
    rows = session.execute(
        select(EVENT)
        .where(EVENT.c.tenant == TENANT, EVENT.c.fingerprint == fingerprint)
        .order_by(EVENT.c.event_id)
    )
    return tuple(ViolationEvent(row.change, Instant(row.at), row.rule_version, row.reason) for row in rows)


def rule_errors(session: Session, limit: int = 200) -> tuple[StandingError, ...]:
    """The pairs of rule and target without an answer, the longest standing first."""
    rows = session.execute(
        select(RULE_ERROR)
        .where(RULE_ERROR.c.tenant == TENANT)
        .order_by(RULE_ERROR.c.first_seen_at, RULE_ERROR.c.rule_id, RULE_ERROR.c.target_key)
        .limit(limit)
    )
    return tuple(
        StandingError(
            Pair(row.rule_id, row.target_kind, row.target_key),
            row.message,
            Instant(row.first_seen_at),
            Instant(row.last_seen_at),
            row.occurrences,
        )
        for row in rows
    )


def _counts(session: Session, counting: Select[Any], column: ColumnElement[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(counting.group_by(column))}


def _filtered(statement: Select[Any], chosen: ViolationFilter) -> Select[Any]:
    statement = statement.where(VIOLATION.c.tenant == TENANT)
    for name in ("state", "rule_id", "severity", "target_kind", "target_key"):
        value = getattr(chosen, name)
        if value is not None:
            statement = statement.where(VIOLATION.c[name] == value)
    return statement


def _position(after: str) -> tuple[int, str]:
    opened_at, _, fingerprint = after.partition("-")
    try:
        return int(opened_at, 16), fingerprint
    except ValueError as error:
        raise ProblemError("is not a cursor of this list", "after", "use an endCursor as it came") from error

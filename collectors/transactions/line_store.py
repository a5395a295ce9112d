# SPDX-License-Identifier: Apache-2.0
"""The figures of the first screen: is money moving, where does it stand, and which contract versions flow."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, case, cast, func, literal_column, select
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.labels import labels_of
from collectors.sources.watermark import NOTHING_HELD, Watermarks
from collectors.transactions.condition import is_overdue, is_stuck
from terms.instant import Instant
from terms.money import Money
from terms.tenant import TENANT

_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_milestone: Any = tables.MilestoneRow.__table__  # type: ignore[attr-defined]
_event: Any = tables.EventRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Totals:
    """Transactions that started in the window. `stuck` is failed or overdue, its money one figure for each currency."""

    transactions: int
    completed: int
    open: int
    failed: int
    cancelled: int
    overdue: int
    stuck: int
    stuck_money: tuple[tuple[Money, int], ...]  # most transactions first
    oldest_stuck: str | None  # transaction id
    oldest_stuck_since: Instant | None


@dataclass(frozen=True, slots=True)
class Came:
    """`n` transactions of a process that reached the same milestones, one that was reached twice told twice."""

    process: str
    milestones: tuple[str, ...]
    n: int


@dataclass(frozen=True, slots=True)
class StageFigures:
    """One milestone of one process: how many reached it, and what stands before it."""

    process: str
    milestone: str
    reached: int
    waiting: int
    overdue: int
    failed: int
    at_risk: tuple[Money, ...]  # of the failed and overdue, one for each currency


@dataclass(frozen=True, slots=True)
class ContractTraffic:
    """A contract version seen in events of one legal entity. Instants are business times."""

    subject: str
    version: str
    legal_entity: str
    events: int
    first_seen: Instant
    last_seen: Instant


def totals(
    session: Session,
    started_from: Instant,
    now: Instant,
    watermarks: Watermarks = NOTHING_HELD,
    left_out: Collection[str] = (),
) -> Totals:
    """The counts over every process but those `left_out`."""
    overdue, stuck = is_overdue(now, watermarks), is_stuck(now, watermarks)
    since = func.coalesce(_txn.c.waiting_since, _txn.c.started_at)
    here = (_txn.c.tenant == TENANT, _txn.c.started_at >= started_from, *_but(left_out))
    counts = {
        row.status: row
        for row in session.execute(
            select(
                _txn.c.status, func.count().label("n"), func.sum(case((overdue, 1), else_=0)).label("overdue")
            )
            .where(*here)
            .group_by(_txn.c.status)
        )
    }
    money = session.execute(
        select(_txn.c.currency, func.count().label("n"), func.sum(_txn.c.amount_minor).label("minor"))
        .where(*here, stuck)
        .group_by(_txn.c.currency)
        .order_by(func.count().desc(), _txn.c.currency)
    ).all()
    oldest = session.execute(
        select(_txn.c.digest, since.label("since"))
        .where(*here, stuck)
        .order_by(since, _txn.c.txn_id)
        .limit(1)
    ).first()

    def of(status: str) -> int:
        return int(counts[status].n) if status in counts else 0

    return Totals(
        transactions=sum(int(row.n) for row in counts.values()),
        completed=of("completed"),
        open=of("open"),
        failed=of("failed"),
        cancelled=of("cancelled"),
        overdue=sum(int(row.overdue) for row in counts.values()),
        stuck=sum(int(row.n) for row in money),
        stuck_money=tuple(
            (Money(int(row.minor), row.currency), int(row.n)) for row in money if row.currency and row.minor
        ),
        oldest_stuck=oldest.digest.hex() if oldest else None,
        oldest_stuck_since=Instant(oldest.since) if oldest else None,
    )


def came(session: Session, started_from: Instant) -> tuple[Came, ...]:
    """How far the transactions came that started since then."""
    names = (
        select(_milestone.c.name_label)
        .where(
            _milestone.c.tenant == TENANT,
            _milestone.c.txn_id == _txn.c.txn_id,
            _milestone.c.retracted_at.is_(None),
        )
        .order_by(_milestone.c.name_label)  # so that those that came equally far say so alike
        .correlate(_txn)
        .subquery()
    )
    each = (
        select(
            _txn.c.process,
            select(func.aggregate_strings(cast(names.c.name_label, String), ","))
            .correlate(_txn)
            .scalar_subquery()
            .label("labels"),
        )
        .where(_txn.c.tenant == TENANT, _txn.c.started_at >= started_from)
        .subquery()
    )
    rows = session.execute(
        select(each.c.process, each.c.labels, func.count()).group_by(each.c.process, each.c.labels)
    ).all()
    found = [
        (process, [int(label) for label in labels.split(",")], n) for process, labels, n in rows if labels
    ]
    text = labels_of(Bulk(session), {label for _, labels, _ in found for label in labels})
    return tuple(Came(process, tuple(text[label] for label in labels), n) for process, labels, n in found)


def reached(told: Iterable[Came], milestone: str, left_out: Collection[str] = ()) -> int:
    """How many of them reached a milestone of that name, in any process but those `left_out`."""
    return sum(one.n for one in told if milestone in one.milestones and one.process not in left_out)


def stages(
    session: Session,
    told: Iterable[Came],
    started_from: Instant,
    now: Instant,
    watermarks: Watermarks = NOTHING_HELD,
) -> tuple[StageFigures, ...]:
    """The figures of every milestone that anything reached or waits for, ordered by process and milestone name."""
    made: Counter[tuple[str, str]] = Counter()
    for one in told:
        for name in one.milestones:
            made[one.process, name] += one.n
    overdue, stuck = is_overdue(now, watermarks), is_stuck(now, watermarks)
    standing: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in session.execute(
        select(
            _txn.c.process,
            _txn.c.waiting_for,
            _txn.c.currency,
            func.count().label("n"),
            func.sum(case((overdue, 1), else_=0)).label("overdue"),
            func.sum(case((_txn.c.status == "failed", 1), else_=0)).label("failed"),
            func.sum(case((stuck, func.coalesce(_txn.c.amount_minor, 0)), else_=0)).label("minor"),
        )
        .where(_txn.c.tenant == TENANT, _txn.c.started_at >= started_from, _txn.c.waiting_for.is_not(None))
        .group_by(_txn.c.process, _txn.c.waiting_for, _txn.c.currency)
        .order_by(_txn.c.currency)
    ):
        standing[row.process, row.waiting_for].append(row)
    return tuple(
        StageFigures(
            process,
            milestone,
            reached=made[process, milestone],
            waiting=sum(int(row.n) for row in rows),
            overdue=sum(int(row.overdue) for row in rows),
            failed=sum(int(row.failed) for row in rows),
            at_risk=tuple(Money(int(row.minor), row.currency) for row in rows if row.currency and row.minor),
        )
        for process, milestone in sorted({*made, *standing})
        for rows in (standing.get((process, milestone), []),)
    )


def contract_traffic(session: Session, subjects: Sequence[str] | None = None) -> tuple[ContractTraffic, ...]:
    """Which versions of the subjects (None: of all) flowed where, ordered by subject, version, legal entity. Events that name no
    contract are left out."""
    # Written into the statement: PostgreSQL takes two parameters for two expressions, though both are empty.
    entity = func.coalesce(_event.c.legal_entity, literal_column("''"))
    group = (_event.c.contract_subject, _event.c.contract_version, entity)
    query = (
        select(
            _event.c.contract_subject,
            _event.c.contract_version,
            entity.label("legal_entity"),
            func.count().label("n"),
            func.min(_event.c.occurred_at).label("first_seen"),
            func.max(_event.c.occurred_at).label("last_seen"),
        )
        .where(
            _event.c.tenant == TENANT,
            _event.c.contract_subject.is_not(None),
            _event.c.contract_version.is_not(None),
        )
        .group_by(*group)
        .order_by(*group)
    )
    if subjects is not None:
        query = query.where(_event.c.contract_subject.in_(list(subjects)))
    return tuple(
        ContractTraffic(
            row.contract_subject,
            row.contract_version,
            row.legal_entity,
            int(row.n),
            Instant(row.first_seen),
            Instant(row.last_seen),
        )
        for row in session.execute(query)
    )


def _but(left_out: Collection[str]) -> tuple[Any, ...]:
    return (_txn.c.process.not_in(sorted(left_out)),) if left_out else ()

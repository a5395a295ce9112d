# SPDX-License-Identifier: Apache-2.0
"""What came from each source, counted in the transaction that stored it: taken, known already, rejected or flagged and why."""
# ruff: noqa: S608  the only text put into a statement is names of our own

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeVar

from sqlalchemy import delete, func, select
from sqlmodel import Session

from collectors.sources import tables
from collectors.span import Flagged, Rejected, without_nul
from collectors.spans.flag import FLAGS
from terms.instant import DAY, MINUTE, Instant
from terms.tenant import TENANT

BUCKET = 5 * MINUTE
KEPT = 7 * DAY
_LONGEST = 300
_AT_ONCE = 500
T = TypeVar("T", Rejected, Flagged)

_traffic: Any = tables.SourceTrafficRow.__table__  # type: ignore[attr-defined]
_rejection: Any = tables.SourceRejectionRow.__table__  # type: ignore[attr-defined]
_counted: Any = tables.SourceCountedRow.__table__  # type: ignore[attr-defined]
_system: Any = tables.SourceSystemRow.__table__  # type: ignore[attr-defined]
_SYSTEMS = select(_system.c.source, _system.c.system).where(_system.c.tenant == TENANT)

# One statement a request, and a second where something was rejected: this is on the way of every span. Names are ours.
_COUNT = (
    "INSERT INTO source_traffic (tenant, source, at, accepted, duplicates, rejected, last_at) "
    f"VALUES ({TENANT:d}, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, source, at) DO UPDATE SET "
    "accepted = source_traffic.accepted + excluded.accepted, duplicates = source_traffic.duplicates + excluded.duplicates, "
    "rejected = source_traffic.rejected + excluded.rejected, last_at = excluded.last_at"
)
_REJECT = (
    "INSERT INTO source_rejection (tenant, source, reason, total, last_at, last_what) "
    f"VALUES ({TENANT:d}, ?, ?, ?, ?, ?) ON CONFLICT (tenant, source, reason) DO UPDATE SET "
    "total = source_rejection.total + excluded.total, last_at = excluded.last_at, last_what = excluded.last_what"
)
_SEEN = f"INSERT INTO source_counted (tenant, digest, at) VALUES ({TENANT:d}, ?, ?) ON CONFLICT DO NOTHING"
_SYSTEM = (
    f"INSERT INTO source_system (tenant, source, system) VALUES ({TENANT:d}, ?, ?) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Counted:
    """How much was not taken, or flagged, for one reason, and the last of it in a sentence."""

    reason: str
    count: int
    last_at: Instant
    last_what: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a source brought in the last `len(counts)` buckets of five minutes, oldest first, and when it was last in contact."""

    counts: tuple[int, ...]
    accepted: int
    duplicates: int
    rejected: int
    last_at: Instant | None


def count(
    session: Session,
    source: str,
    accepted: int,
    duplicates: int,
    rejected: Sequence[Rejected],
    flagged: Sequence[Flagged],
    now: Instant,
) -> None:
    """Counts one contact. An empty one counts as well: it says that the source lives.

    What is rejected or flagged again, because it was sent again within a week, is not counted again.
    """
    connection = session.connection()
    is_postgres = connection.dialect.name == "postgresql"
    refused = _new(session, source, rejected, now) if rejected else []
    odd = _new(session, source, flagged, now) if flagged else []
    row = (source, now // BUCKET * BUCKET, accepted, duplicates, len(refused), now)
    connection.exec_driver_sql(_marked(_COUNT, is_postgres), row)
    told: list[Rejected | Flagged] = [*refused, *odd]
    if told:
        last = {one.reason: one.what for one in told}
        counts = Counter(one.reason for one in told)
        rows = [(source, reason, n, now, _short(last[reason])) for reason, n in sorted(counts.items())]
        connection.exec_driver_sql(_marked(_REJECT, is_postgres), rows)


def _new(session: Session, source: str, told: Sequence[T], now: Instant) -> list[T]:
    """Those that were not counted before; from now on they are."""
    by_digest: dict[bytes, T] = {}
    met: Counter[tuple[str, str]] = Counter()
    for one in told:
        mark = one.mark or one.what
        # Two of one request that nothing tells apart are two.
        met[one.reason, mark] += 1
        said = "\0".join((source, one.reason, mark, str(met[one.reason, mark])))
        by_digest[blake2b(said.encode("utf-8", "replace"), digest_size=16).digest()] = one
    digests = sorted(by_digest)
    for start in range(0, len(digests), _AT_ONCE):
        some = _counted.c.digest.in_(digests[start : start + _AT_ONCE])
        known = session.execute(select(_counted.c.digest).where(_counted.c.tenant == TENANT, some)).scalars()
        for digest in known.all():
            by_digest.pop(bytes(digest))
    if by_digest:
        connection = session.connection()
        statement = _marked(_SEEN, connection.dialect.name == "postgresql")
        connection.exec_driver_sql(statement, [(digest, now) for digest in sorted(by_digest)])
    return list(by_digest.values())


def tell_systems(session: Session, source: str, systems: Iterable[str]) -> None:
    """Remembers which systems the source's events name. Telling again changes nothing."""
    rows = [(source, without_nul(system)) for system in sorted(systems) if system]
    if rows:
        connection = session.connection()
        connection.exec_driver_sql(_marked(_SYSTEM, connection.dialect.name == "postgresql"), rows)


def traffic(session: Session, buckets: int, now: Instant) -> dict[str, Traffic]:
    """The traffic of every source that was in contact within a week."""
    first = (now // BUCKET - buckets + 1) * BUCKET
    counts: dict[str, list[int]] = {}
    for row in session.execute(
        select(_traffic.c.source, _traffic.c.at, _traffic.c.accepted).where(
            _traffic.c.tenant == TENANT, _traffic.c.at >= first, _traffic.c.at <= now
        )
    ):
        counts.setdefault(row.source, [0] * buckets)[(row.at - first) // BUCKET] = row.accepted
    sums = session.execute(
        select(
            _traffic.c.source,
            func.sum(_traffic.c.accepted).label("accepted"),
            func.sum(_traffic.c.duplicates).label("duplicates"),
            func.sum(_traffic.c.rejected).label("rejected"),
            func.max(_traffic.c.last_at).label("last_at"),
        )
        .where(_traffic.c.tenant == TENANT)
        .group_by(_traffic.c.source)
    )
    return {
        row.source: Traffic(
            tuple(counts.get(row.source, [0] * buckets)),
            int(row.accepted),
            int(row.duplicates),
            int(row.rejected),
            Instant(row.last_at),
        )
        for row in sums
    }


def rejections(session: Session, source: str | None = None) -> dict[str, tuple[Counted, ...]]:
    """What was not taken, by source, the most frequent reason first."""
    return _by_reason(session, source, _rejection.c.reason.not_in(FLAGS))


def flags(session: Session, source: str | None = None) -> dict[str, tuple[Counted, ...]]:
    """What was taken and flagged, by source, the most frequent reason first."""
    return _by_reason(session, source, _rejection.c.reason.in_(FLAGS))


def _by_reason(session: Session, source: str | None, which: Any) -> dict[str, tuple[Counted, ...]]:
    query = select(_rejection).where(_rejection.c.tenant == TENANT, which)
    if source is not None:
        query = query.where(_rejection.c.source == source)
    found: dict[str, list[Counted]] = {}
    for row in session.execute(query.order_by(_rejection.c.total.desc(), _rejection.c.reason)):
        one = Counted(row.reason, row.total, Instant(row.last_at), row.last_what)
        found.setdefault(row.source, []).append(one)
    return {name: tuple(listed) for name, listed in found.items()}


def systems(session: Session) -> dict[str, frozenset[str]]:
    """The systems that events of each source named."""
    found: dict[str, set[str]] = {}
    for row in session.execute(_SYSTEMS):
        found.setdefault(row.source, set()).add(row.system)
    return {name: frozenset(named) for name, named in found.items()}


def forget_old(session: Session, now: Instant) -> None:
    """Drops traffic that came more than a week ago, and what was counted then; each source's last contact stays, however old."""
    session.execute(delete(_counted).where(_counted.c.tenant == TENANT, _counted.c.at < now - KEPT))
    newest = (
        select(_traffic.c.source, func.max(_traffic.c.at).label("at"))
        .where(_traffic.c.tenant == TENANT)
        .group_by(_traffic.c.source)
        .subquery()
    )
    is_newest = select(newest.c.source).where(
        newest.c.source == _traffic.c.source, newest.c.at == _traffic.c.at
    )
    session.execute(
        delete(_traffic).where(_traffic.c.tenant == TENANT, _traffic.c.at < now - KEPT, ~is_newest.exists())
    )


def _short(text: str) -> str:
    return without_nul(text)[:_LONGEST]


def _marked(statement: str, is_postgres: bool) -> str:
    return statement.replace("?", "%s") if is_postgres else statement

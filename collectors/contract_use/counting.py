# SPDX-License-Identifier: Apache-2.0
"""Which contract versions are really used, and by whom? Counted as spans and events come in, in their own transaction.

Each span or event counts once, however often it is sent: only what was not stored before is counted. (An event that is corrected
counts again.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from collectors.bulk import Bulk
from collectors.contract_use.tables import ContractUseRow
from collectors.span import BusinessEvent, Span
from terms.instant import DAY, Instant, day
from terms.tenant import TENANT

UNKNOWN = "unknown"
_LONGEST = 200

_use: Any = ContractUseRow.__table__  # type: ignore[attr-defined]

_KEY = "subject, version, application, day"
_ADD = (  # all names are ours
    f"INSERT INTO contract_use (tenant, {_KEY}, uses, first_seen, last_seen) VALUES ({TENANT:d}, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
    f"ON CONFLICT (tenant, {_KEY}) DO UPDATE SET uses = contract_use.uses + excluded.uses, "
    "first_seen = CASE WHEN excluded.first_seen < contract_use.first_seen THEN excluded.first_seen ELSE contract_use.first_seen END, "
    "last_seen = CASE WHEN excluded.last_seen > contract_use.last_seen THEN excluded.last_seen ELSE contract_use.last_seen END"
)


@dataclass(frozen=True, slots=True)
class ContractUse:
    """What one application did with one contract version. `day` is a UTC day, empty for all days together."""

    subject: str
    version: str
    application: str
    day: str
    uses: int
    first_seen: Instant
    last_seen: Instant


def count(
    bulk: Bulk,
    spans: Sequence[Span],
    keys: Sequence[int | None],
    events: Sequence[BusinessEvent],
    words: Sequence[tuple[str, str]],
) -> None:
    """Counts the spans that are new (their row key is not None) and the events, which came without a span and are new.

    `words` are the attributes (subject, version) by which spans name contracts. The application is the span's service,
    or the event's source; a span that names no contract costs one look.
    """
    # By what was said as it was said; names are looked at once a request, not once a span.
    raw: dict[tuple[Any, Any, str, int], list[int]] = {}
    for name, version in words:
        for span, key in zip(spans, keys, strict=True):
            attributes = span.attributes
            if key is not None and name in attributes:
                at = span.start_ns // 1000
                _add(raw, (attributes[name], attributes.get(version), span.origin.service, at // DAY), at)
    for event in events:
        if event.contract_subject:
            key_of = (event.contract_subject, event.contract_version, event.source, event.occurred_at // DAY)
            _add(raw, key_of, event.occurred_at)
    found: dict[tuple[str, str, str, int], list[int]] = {}
    for (subject, said, application, date), (uses, first, last) in raw.items():
        if type(subject) is str and type(said) is str and subject and said:
            named = (_short(subject), _short(said), _short(application) or UNKNOWN, date)
            known = found.setdefault(named, [0, first, last])
            found[named] = [known[0] + uses, min(known[1], first), max(known[2], last)]
    if found:
        rows = [
            (*key[:3], day(Instant(key[3] * DAY)), uses, first, last)
            for key, (uses, first, last) in sorted(found.items())
        ]
        statement = _ADD.replace("?", "%s") if bulk.is_postgres else _ADD
        bulk.connection.exec_driver_sql(statement, rows)


def _add(raw: dict[tuple[Any, Any, str, int], list[int]], key: tuple[Any, Any, str, int], at: int) -> None:
    try:
        known = raw.get(key)
    except TypeError:
        return  # a list names no contract
    if known is None:
        raw[key] = [1, at, at]
        return
    known[0] += 1
    if at < known[1]:
        known[1] = at
    elif at > known[2]:
        known[2] = at


def _short(text: str) -> str:
    return text[:_LONGEST].replace("\x00", "")


def uses(
    session: Session, subject: str | None = None, version: str | None = None, since: Instant | None = None
) -> tuple[ContractUse, ...]:
    """Who used what since then, all days together, by subject, version and application. `since` counts whole days."""
    query = select(
        _use.c.subject,
        _use.c.version,
        _use.c.application,
        func.sum(_use.c.uses).label("uses"),
        func.min(_use.c.first_seen).label("first_seen"),
        func.max(_use.c.last_seen).label("last_seen"),
    ).where(*_here(subject, version, since))
    group = (_use.c.subject, _use.c.version, _use.c.application)
    rows = session.execute(query.group_by(*group).order_by(*group))
    return tuple(
        ContractUse(
            row.subject,
            row.version,
            row.application,
            "",
            int(row.uses),
            Instant(row.first_seen),
            Instant(row.last_seen),
        )
        for row in rows
    )


def daily(
    session: Session, subject: str, version: str | None = None, since: Instant | None = None
) -> tuple[ContractUse, ...]:
    """The days of one subject, by day, version and application; a day without use is left out."""
    rows = session.execute(
        select(_use)
        .where(*_here(subject, version, since))
        .order_by(_use.c.day, _use.c.version, _use.c.application)
    )
    return tuple(
        ContractUse(
            row.subject,
            row.version,
            row.application,
            row.day,
            row.uses,
            Instant(row.first_seen),
            Instant(row.last_seen),
        )
        for row in rows
    )


def _here(subject: str | None, version: str | None, since: Instant | None) -> list[Any]:
    where = [_use.c.tenant == TENANT]
    if subject is not None:
        where.append(_use.c.subject == subject)
    if version is not None:
        where.append(_use.c.version == version)
    if since is not None:
        where.append(_use.c.day >= day(since))
    return where

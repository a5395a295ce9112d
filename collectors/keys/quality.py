# SPDX-License-Identifier: Apache-2.0
"""What is wrong with whose keys: the findings by object type, source and reason, as people read them."""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

import orjson
from sqlalchemy import case, func, select, tuple_
from sqlmodel import Session

from collectors.definitions import Definitions
from collectors.extraction.key_form import masked
from collectors.keys.finding import DEMOTED, REJECTED, Demotion, Reason, Rejection
from collectors.keys.tables import KeyFindingRow
from terms.instant import Instant
from terms.problem import ProblemError
from terms.tenant import TENANT

EXAMPLES = 3
_row: Any = KeyFindingRow.__table__  # type: ignore[attr-defined]
_GROUP = (_row.c.type, _row.c.source, _row.c.reason)


@dataclass(frozen=True, slots=True)
class KeyExample:
    """One key of a group. `what` names the other keys concerned, where there are any."""

    key: str
    what: str
    uses: int
    event_id: int | None


@dataclass(frozen=True, slots=True)
class KeyQuality:
    """What one source's keys of one type have wrong in one way. Instants are those of the events.

    `keys` counts those known by name; `more_keys` tells that there are others, whose uses are counted without names.
    """

    type: str
    source: str
    reason: Reason
    sentence: str
    is_rejected: bool
    uses: int
    keys: int
    more_keys: bool
    first_seen: Instant
    last_seen: Instant
    examples: tuple[KeyExample, ...]


@dataclass(frozen=True, slots=True)
class KeyQualityPage:
    """A stretch of the report. `total` counts all groups; a cursor handed back as `after` continues behind its group."""

    items: tuple[KeyQuality, ...]
    cursors: tuple[str, ...]
    has_next: bool
    total: int


def classified_types(definitions: Definitions) -> frozenset[str]:
    """The object types whose keys a rule says are classified: reports show them masked."""
    return frozenset(
        kind
        for rule in definitions.extraction
        for reading in rule.readings
        for word in reading.objects
        for kind, form in ((word.type, word.form), *word.forms.items())
        if kind and form.classified
    )


def report(
    session: Session,
    classified: Collection[str],
    first: int,
    after: str | None = None,
    object_type: str | None = None,
    source: str | None = None,
) -> KeyQualityPage:
    """A page of groups by type, source and reason. Raises ProblemError for a cursor that is none."""
    where = [_row.c.tenant == TENANT]
    if object_type:
        where.append(_row.c.type == object_type)
    if source:
        where.append(_row.c.source == source)
    counted = select(func.count()).select_from(select(*_GROUP).where(*where).distinct().subquery())
    total = int(session.execute(counted).scalar_one())
    if after:
        where.append(tuple_(*_GROUP) > tuple_(*_position(after)))
    named = case((_row.c.key != "", 1), else_=0)
    rows = session.execute(
        select(
            *_GROUP,
            func.sum(_row.c.uses).label("uses"),
            func.sum(named).label("named"),
            func.count().label("rows"),
            func.min(_row.c.first_seen).label("first_seen"),
            func.max(_row.c.last_seen).label("last_seen"),
        )
        .where(*where)
        .group_by(*_GROUP)
        .order_by(*_GROUP)
        .limit(first + 1)
    ).all()
    items = tuple(_quality(session, row, row.type in classified) for row in rows[:first])
    cursors = tuple(cursor(item) for item in items)
    return KeyQualityPage(items, cursors, has_next=len(rows) > first, total=total)


def cursor(item: KeyQuality) -> str:
    """Continues a list behind this group."""
    return base64.urlsafe_b64encode(orjson.dumps([item.type, item.source, item.reason])).decode()


def _quality(session: Session, row: Any, is_classified: bool) -> KeyQuality:
    is_rejected = row.reason in REJECTED
    sentence = REJECTED[cast(Rejection, row.reason)] if is_rejected else DEMOTED[cast(Demotion, row.reason)]
    found = session.execute(
        select(_row.c.key, _row.c.what, _row.c.uses, _row.c.event_id)
        .where(
            _row.c.tenant == TENANT,
            _row.c.type == row.type,
            _row.c.source == row.source,
            _row.c.reason == row.reason,
            _row.c.key != "",
        )
        .order_by(_row.c.uses.desc(), _row.c.key)
        .limit(EXAMPLES)
    )
    return KeyQuality(
        type=row.type,
        source=row.source,
        reason=row.reason,
        sentence=sentence,
        is_rejected=is_rejected,
        uses=int(row.uses),
        keys=int(row.named),
        more_keys=row.rows > row.named,
        first_seen=Instant(int(row.first_seen)),
        last_seen=Instant(int(row.last_seen)),
        examples=tuple(_example(one, is_classified, is_rejected) for one in found),
    )


def _example(row: Any, is_classified: bool, is_rejected: bool) -> KeyExample:
    """What was refused of a classified type was masked when it was noted; a stored key is masked here, with its company."""
    hides = (is_classified and not is_rejected) or ("@" in row.key and not is_rejected)
    if not hides:
        return KeyExample(row.key, row.what, row.uses, row.event_id)
    head, _, value = row.key.partition(":")
    return KeyExample(f"{head}:{masked(value)}", "", row.uses, row.event_id)


def _position(after: str) -> list[str]:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(after))
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, list) or len(found) != 3 or not all(isinstance(part, str) for part in found):
        raise ProblemError("is not a cursor of this list", "after", "use a cursor that the list gave")
    return found

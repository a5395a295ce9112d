# SPDX-License-Identifier: Apache-2.0
"""How far each source has told: pulled ones to the end of the newest contiguous window, pushing ones to their last contact."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import Session

from collectors.sources import store as source_store
from collectors.sources import tables
from collectors.sources import traffic as source_traffic
from collectors.sources.source import RUNTIME, Source
from collectors.sources.store import Kept
from collectors.sources.watermark import Reach
from terms.instant import MINUTE, Instant
from terms.tenant import TENANT

PUSH = "push:"
"""Begins the name of a source that sends by itself; the name of its credential follows."""

OWN_RUNTIME = Source(RUNTIME, "runtime", settle=0, max_silence=10 * MINUTE)

_cursor: Any = tables.SourceCursorRow.__table__  # type: ignore[attr-defined]
_traffic: Any = tables.SourceTrafficRow.__table__  # type: ignore[attr-defined]
# Made once: whoever judges asks this twice a second, and making a statement costs thrice what it takes.
_WATERMARKS = (
    select(_cursor.c.source, func.min(_cursor.c.watermark).label("watermark"))
    .where(_cursor.c.tenant == TENANT)
    .group_by(_cursor.c.source)
)
_LAST_CONTACT = (
    select(_traffic.c.last_at)
    .where(_traffic.c.tenant == TENANT, _traffic.c.source == bindparam("name"))
    .order_by(_traffic.c.at.desc())
    .limit(1)
)


def everything(session: Session, runs_flows: bool) -> tuple[Kept, ...]:
    """Every source there is: those set up, those that push unasked, and the embedded runtime where flows run. By name.

    Nobody waits for one that pushes unasked, until an admin says for how long it may be silent.
    """
    found = {one.source.name: one for one in source_store.all_kept(session)}
    for row in session.execute(
        select(_traffic.c.source, func.min(_traffic.c.at).label("first"))
        .where(_traffic.c.tenant == TENANT, _traffic.c.source.startswith(PUSH))
        .group_by(_traffic.c.source)
    ):
        pushed = Source(row.source, "push", max_silence=None)
        found.setdefault(row.source, Kept(pushed, (), Instant(row.first), ""))
    if runs_flows:
        found.setdefault(RUNTIME, Kept(OWN_RUNTIME, (), Instant(0), ""))
    return tuple(found[name] for name in sorted(found))


def watermarks(session: Session) -> dict[str, Instant]:
    """The end of the newest contiguous window of each source that was pulled: of its services the one furthest behind decides."""
    return {row.source: Instant(row.watermark) for row in session.execute(_WATERMARKS)}


def contacts(session: Session, names: Iterable[str]) -> dict[str, Instant]:
    """When each of these sources, which push, was last in contact, empty requests included."""
    found = {name: session.execute(_LAST_CONTACT, {"name": name}).scalar() for name in names}
    return {name: Instant(last_at) for name, last_at in found.items() if last_at is not None}


def reaches(
    session: Session, now: Instant, oldest_unsent: Instant | None, runs_flows: bool
) -> tuple[Reach, ...]:
    """How far every source has told at `now`. `oldest_unsent`: the runtime's first row that is no span yet, None without one."""
    return _reaches(session, everything(session, runs_flows), now, oldest_unsent)


def waited_for(
    session: Session, now: Instant, oldest_unsent: Instant | None, runs_flows: bool
) -> tuple[Reach, ...]:
    """`reaches`, of the sources that somebody waits for; no other holds anything up."""
    found = {one.source.name: one for one in source_store.all_kept(session)}
    if runs_flows:
        found.setdefault(RUNTIME, Kept(OWN_RUNTIME, (), Instant(0), ""))
    waited = [one for one in found.values() if one.source.max_silence is not None]
    return _reaches(session, waited, now, oldest_unsent) if waited else ()


def _reaches(
    session: Session, sources: Iterable[Kept], now: Instant, oldest_unsent: Instant | None
) -> tuple[Reach, ...]:
    pushing = [one.source.name for one in sources if one.source.kind == "push"]
    pulled, pushed = watermarks(session), contacts(session, pushing)
    named = source_traffic.systems(session)
    return tuple(
        Reach(
            one.source.name,
            frozenset(one.source.systems) or named.get(one.source.name, frozenset()),
            _watermark(one, pulled, pushed, oldest_unsent, now),
            one.source.max_silence,
        )
        for one in sources
    )


def _watermark(
    kept: Kept,
    pulled: dict[str, Instant],
    pushed: dict[str, Instant],
    oldest_unsent: Instant | None,
    now: Instant,
) -> Instant:
    source = kept.source
    if source.kind == "runtime":
        return now if oldest_unsent is None else min(oldest_unsent, now)
    if source.kind == "push":
        # While it is heard from, what it holds back to send together is not older than `settle`.
        return min(pushed.get(source.name, kept.created_at), Instant(now - source.settle))
    return min(pulled.get(source.name, source.begin_at), now)

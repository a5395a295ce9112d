# SPDX-License-Identifier: Apache-2.0
"""Sources as those who watch them see them: how each is set up, how far it has told, what came, what was refused, what is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session

from collectors.sources import books as source_books
from collectors.sources import leases as source_leases
from collectors.sources import reach as source_reach
from collectors.sources import store as source_store
from collectors.sources import traffic as source_traffic
from collectors.sources.books import Truncation
from collectors.sources.leases import PullState
from collectors.sources.source import Source
from collectors.sources.traffic import Counted, Traffic
from collectors.sources.watermark import Reach
from terms.instant import MINUTE, Instant

State = Literal["ok", "beginning", "behind", "failing", "silent", "lagging", "paused", "quiet"]

BUCKETS = 48  # of five minutes: four hours
MOST_TRUNCATIONS = 20
QUIET_AFTER = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source at an instant. `behind` is microseconds. `created_at` None: it pushes unasked, or is the runtime.

    `systems` are those it tells of: as set up, or as its events name them. `truncations` are the newest of `truncated`.
    """

    source: Source
    state: State
    header_names: tuple[str, ...]
    created_at: Instant | None
    created_by: str
    systems: tuple[str, ...]
    watermark: Instant
    behind: int
    pull: PullState | None
    services: Mapping[str, Instant]
    traffic: Traffic | None
    rejections: tuple[Counted, ...]
    flags: tuple[Counted, ...]
    truncated: int
    truncations: tuple[Truncation, ...]
    file_problems: Mapping[str, str]


def views(
    session: Session, now: Instant, reaches: Iterable[Reach], runs_flows: bool
) -> tuple[SourceView, ...]:
    """Every source, by name."""
    by_name = {reach.source: reach for reach in reaches}
    set_up = {one.source.name for one in source_store.all_kept(session)}
    states, traffic = source_leases.states(session, now), source_traffic.traffic(session, BUCKETS, now)
    rejected, flagged = source_traffic.rejections(session), source_traffic.flags(session)
    cut = source_books.truncations(session)
    found = []
    for kept in source_reach.everything(session, runs_flows):
        source, reach, pull = kept.source, by_name[kept.source.name], states.get(kept.source.name)
        truncations = cut.get(source.name, ())
        found.append(
            SourceView(
                source=source,
                state=state_of(source, reach, pull, traffic.get(source.name), now),
                header_names=kept.header_names,
                created_at=kept.created_at if source.name in set_up else None,
                created_by=kept.created_by,
                systems=tuple(sorted(reach.systems)),
                watermark=reach.watermark,
                behind=reach.behind(now),
                pull=pull,
                services={
                    name: cursor.watermark
                    for name, cursor in source_books.cursors(session, source.name).items()
                }
                if source.is_pulled
                else {},
                traffic=traffic.get(source.name),
                rejections=rejected.get(source.name, ()),
                flags=flagged.get(source.name, ()),
                truncated=len(truncations),
                truncations=truncations[:MOST_TRUNCATIONS],
                file_problems=source_books.file_problems(session, source.name)
                if source.kind == "files"
                else {},
            )
        )
    return tuple(found)


def state_of(
    source: Source, reach: Reach, pull: PullState | None, traffic: Traffic | None, now: Instant
) -> State:
    """The one word for how a source is: what a person decided first, then what waits for a person, then the rest."""
    if not source.enabled:
        return "paused"
    if reach.is_lagging(now):
        return "lagging"
    if reach.is_silent(now):
        return "silent"
    if pull is not None and pull.error is not None:
        return "failing"
    if source.is_pulled:
        if pull is None or pull.ok_at is None:
            return "beginning"
        return "behind" if reach.behind(now) > source.settle + 3 * source.every else "ok"
    last_at = traffic.last_at if traffic else None
    if source.kind == "push" and (last_at is None or now - last_at > QUIET_AFTER):
        return "quiet"
    return "ok"

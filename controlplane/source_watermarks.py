# SPDX-License-Identifier: Apache-2.0
"""Up to when the whole installation knows what happened: its sources, and the rows of its own runtime that are no spans yet."""

from collections.abc import Callable

from sqlmodel import Session

from collectors.definitions import Definitions
from collectors.sources import reach as source_reach
from collectors.sources import view as source_view
from collectors.sources.view import SourceView
from collectors.sources.watermark import Reach, Watermarks, watermarks
from sync import store
from terms.instant import Instant

At = Callable[[Session, Instant], Watermarks]


def reaches(session: Session, now: Instant) -> tuple[Reach, ...]:
    """How far every source has told."""
    return source_reach.reaches(session, now, store.oldest_unsent(session), store.has_run(session))


def views(session: Session, now: Instant) -> tuple[SourceView, ...]:
    """Every source as those who watch them see them."""
    return source_view.views(session, now, reaches(session, now), store.has_run(session))


def known_by(definitions: Definitions) -> At:
    """What judges deadlines: the watermarks of every stage at an instant."""

    def at(session: Session, now: Instant) -> Watermarks:
        told = source_reach.waited_for(session, now, store.oldest_unsent(session), store.has_run(session))
        return watermarks(told, definitions.processes, now)

    return at

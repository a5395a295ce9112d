# SPDX-License-Identifier: Apache-2.0
"""What a pass needs from whoever keeps its books: where each service stands, what is known of a trace, and one commit a part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from collectors.pull.failure import SourceFailure
from collectors.pull.freshness import Known
from collectors.pull.window import Cursor, Window
from collectors.span import Decoded
from terms.instant import Instant

LISTED = "*"
"""The cursor of the list of services or files itself: what was not on it by then did not exist."""


class FileMark(NamedTuple):
    """How far a file was taken, as it was then: `head` tells a file that grew from another of the same name.

    `problem`: why it could not be taken.
    """

    stamp: str
    head: str
    offset: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one commit brings: spans with everything that says they are here, or nothing of it.

    `cursor` is set with the last part of a `window` only; `truncated`: some of the window may be missing, for good.
    `files` are marks by path; those of `gone` are forgotten.
    """

    decoded: Decoded = field(default_factory=Decoded)
    service: str = ""
    traces: Mapping[str, Known] = field(default_factory=dict)
    window: Window | None = None
    cursor: Cursor | None = None
    truncated: bool = False
    files: Mapping[str, FileMark] = field(default_factory=dict)
    gone: Sequence[str] = ()


class Ledger(Protocol):
    """The books of one source."""

    async def cursors(self) -> dict[str, Cursor]:
        """Where each service stands."""
        ...

    async def known(self, trace_ids: Sequence[str]) -> dict[str, Known]:
        """What was kept of these traces; absent: never fetched, or long ago."""
        ...

    async def restless(self, now: Instant) -> dict[str, Known]:
        """Traces that were young when they were fetched and have had time to end, the oldest first, a bounded number."""
        ...

    async def files(self) -> dict[str, FileMark]:
        """Every file that was taken, by its path."""
        ...

    async def keep(self, part: Part) -> bool:
        """Stores a part in one transaction. False when this pass may not go on: paused, removed, or taken by another."""
        ...


@dataclass(slots=True)
class Outcome:
    """What became of a pass. `failure` is the worst it met; `more`: it ended before the way did, and may go on at once."""

    windows: int = 0
    traces: int = 0
    spans: int = 0
    failure: SourceFailure | None = None
    more: bool = False
    is_ours: bool = True

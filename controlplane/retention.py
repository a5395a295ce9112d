# SPDX-License-Identifier: Apache-2.0
"""Old payloads are removed, old spans leave: first their file is on the disk, then their rows go and the file is recorded, in one transaction."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlmodel import Session

from collectors.payloads import store as payload_store
from collectors.retention import parquet, store
from collectors.retention.keep import DAY_US, Keep
from collectors.retention.store import Archived, OldSpan
from controlplane.database import Actor, Database
from terms import instant
from terms.instant import Clock, Instant
from terms.row_id import next_row_id

MACHINE = Actor("machine", "retention")


@dataclass(frozen=True)
class Retention:
    """`step` removes a stretch of what `keep` no longer holds. `folder` None: without a file, as was asked for.

    A kill between file and removal leaves a file whose spans are still stored; the next step writes the very same one
    again, because it is named after what it holds.
    """

    database: Database
    clock: Clock
    keep: Keep
    folder: Path | None
    payload_days: int = 0

    @property
    def is_endless(self) -> bool:
        """Whether nothing is ever removed."""
        return self.keep.is_endless and not self.payload_days

    def step(self) -> bool:
        """Removes the oldest stretch, at most 5,000 payloads and some 20,000 spans. Returns whether there may be more."""
        now = self.clock()
        forgotten = self._forget_payloads(now) if self.payload_days else 0
        return self._remove_spans(now) or forgotten == payload_store.AT_ONCE

    def _forget_payloads(self, now: Instant) -> int:
        before = Instant(now - self.payload_days * DAY_US)
        return self.database.write(
            lambda session: payload_store.forget(session, before), actor=MACHINE, reason="old payloads"
        )

    def _remove_spans(self, now: Instant) -> bool:
        if self.keep.is_endless:
            return False
        blocks, spans = self.database.read(lambda session: self._outdated(session, now))
        if not blocks:
            return False
        archived = self._archived(blocks[0], spans, now)
        self.database.write(
            lambda session: store.remove(session, blocks, archived),
            actor=MACHINE,
            reason="old spans archived",
        )
        if len(blocks) == store.BLOCKS:
            return True
        self._sweep()
        return False

    def _outdated(self, session: Session, now: Instant) -> tuple[tuple[int, ...], tuple[OldSpan, ...]]:
        blocks = store.outdated(session, self.keep, now)
        return blocks, store.spans(session, blocks) if blocks else ()

    def _archived(self, first: int, spans: tuple[OldSpan, ...], now: Instant) -> Archived:
        path, digest, size = "", "", 0
        if self.folder is not None:
            day = instant.day(Instant(spans[0].start_ns // 1_000)) if spans else "empty"
            written = parquet.write(self.folder / f"spans-{day}-{first}.parquet", spans)
            path, digest, size = str(written.path), written.sha256, written.bytes
        starts = [span.start_ns for span in spans] or [0]
        return Archived(next_row_id(), path, digest, size, len(spans), min(starts), max(starts), now)

    def _sweep(self) -> None:
        after: int | None = 0
        while after is not None:
            after = self.database.write(
                partial(store.sweep, after=after), actor=MACHINE, reason="mentions of old spans"
            )

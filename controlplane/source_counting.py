# SPDX-License-Identifier: Apache-2.0
"""Whoever pushes is a source as well: what a credential brings is counted under its name, in the transaction that stores it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlmodel import Session

from collectors.intake import IngestResult
from collectors.sources import traffic as source_traffic
from collectors.sources.reach import PUSH
from collectors.sources.source import RUNTIME
from collectors.span import Decoded, Rejected
from controlplane.database import Actor, Database
from controlplane.http.otlp import Take
from controlplane.security.caller import Caller
from terms.instant import Clock
from terms.problem import ProblemError

IngestAll = Callable[[Session, Sequence[Decoded]], Sequence[IngestResult]]


def source_of(caller: Caller) -> str:
    """The source that a caller is: the embedded runtime, or the holder of a credential.

    >>> source_of(Caller("collector eu", "token", ("ingest",)))
    'push:collector eu'
    """
    return RUNTIME if caller.kind == "machine" else f"{PUSH}{caller.name}"


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts what the doors take and what they refuse. An empty request counts as a sign of life."""

    database: Database
    clock: Clock
    ingest_all: IngestAll

    def store(self, session: Session, sent: Sequence[tuple[Decoded, Caller]]) -> Sequence[IngestResult]:
        """Stores requests and counts each under its caller."""
        results = self.ingest_all(session, [decoded for decoded, _ in sent])
        for result, (_, caller) in zip(results, sent, strict=True):
            name, now = source_of(caller), self.clock()
            source_traffic.count(
                session, name, result.accepted, result.duplicates, result.rejected, result.flagged, now
            )
            source_traffic.tell_systems(session, name, result.systems)
        return results

    def refuse(self, session: Session, body: bytes, why: ProblemError, caller: Caller) -> None:
        """Counts a request of which nothing could be decoded; sent again it is not counted again."""
        rejected = [Rejected("undecodable", str(why), sha256(body).hexdigest())]
        source_traffic.count(session, source_of(caller), 0, 0, rejected, (), self.clock())

    def telling(self, take: Take[IngestResult]) -> Take[IngestResult]:
        """The same Take, that counts a request of which nothing could be decoded, before it is refused."""

        async def told(body: bytes, is_json: bool, caller: Caller) -> IngestResult:
            try:
                return await take(body, is_json, caller)
            except ProblemError as error:
                why = error
                await self.database.write_async(
                    lambda session: self.refuse(session, body, why, caller),
                    actor=Actor("machine", caller.name),
                    reason="spans refused",
                )
                raise

        return told

# SPDX-License-Identifier: Apache-2.0
"""Pulling as the server does it, over a real database: one source, one pass at a time."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from collectors import tables
from collectors.definitions import load
from collectors.intake import IngestResult, ingest
from collectors.pull.address import Resolve, resolved
from collectors.pull.http import Bounds
from collectors.sources import leases as source_leases
from collectors.sources import reach as source_reach
from collectors.sources import store as source_store
from collectors.sources import traffic as source_traffic
from collectors.sources.leases import PullState
from collectors.sources.source import Source
from collectors.sources.store import Headers
from collectors.span import Decoded
from controlplane.database import Actor, Database
from controlplane.payloads import Inspector
from controlplane.pulling import Pulling
from controlplane.security.sealing import Seal
from terms.instant import HOUR, MINUTE, Clock, Instant

DEFINITIONS = load()
MACHINE = Actor("machine", "test")
SEAL = Seal(b"k" * 32)
SMALL = Bounds(connect_s=10, read_s=30, whole_s=60, most_bytes=200_000, retries=3, longest_wait_s=0.05)
IMPATIENT = replace(SMALL, read_s=0.5, whole_s=1.0)


@dataclass
class Plane:
    """What pulls, its books, and the spans that came of it."""

    database: Database
    clock: Clock
    resolve: Resolve = resolved
    bounds: Bounds = SMALL

    def pulling(self, holder: str = "test", seal: Seal = SEAL) -> Pulling:
        def store(session: Session, decoded: Decoded) -> IngestResult:
            return ingest(session, decoded, self.clock(), DEFINITIONS)

        return Pulling(
            self.database, self.clock, seal, store, Inspector(self.database), lambda: None, holder, Random(7),
            self.bounds, self.resolve,
        )  # fmt: skip

    def add(self, kind: Any, address: str, headers: Mapping[str, str] | None = None, **more: Any) -> Source:
        source = Source(
            "t", kind, address, begin_at=Instant(self.clock() - HOUR), allow_private=True, quiet_after=MINUTE
        )
        source = replace(source, **more)
        sealed = SEAL.seal("t", json.dumps(dict(headers))) if headers else None
        told = Headers(tuple(headers or ()), sealed)
        self.write(lambda s: source_store.add(s, source, told, self.clock(), "tester"))
        return source

    def pull(self, pulling: Pulling | None = None) -> PullState:
        """One pass; how it went."""
        asyncio.run((pulling or self.pulling()).pull("t"))
        return self.state()

    def state(self) -> PullState:
        found = self.database.read(lambda s: source_leases.state(s, "t", self.clock()))
        assert found is not None
        return found

    def watermark(self) -> Instant | None:
        return self.database.read(source_reach.watermarks).get("t")

    def spans(self) -> int:
        return self.database.read(
            lambda s: s.execute(select(func.count()).select_from(tables.SpanRow)).scalar_one()  # type: ignore[deprecated]
        )

    def rejections(self) -> dict[str, int]:
        found = self.database.read(lambda s: source_traffic.rejections(s, "t"))
        return {one.reason: one.count for one in found.get("t", ())}

    def write(self, work: Callable[[Session], Any]) -> Any:
        return self.database.write(work, actor=MACHINE, reason="test")

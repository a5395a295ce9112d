# SPDX-License-Identifier: Apache-2.0
"""Which reader a source needs, and what a try of it finds: the one place that knows all kinds."""

import asyncio
from dataclasses import dataclass

from collectors.pull import files
from collectors.pull.failure import SourceFailure
from collectors.pull.http import Http
from collectors.pull.jaeger import Jaeger
from collectors.pull.tempo import Tempo
from collectors.pull.tracer import ALL, Tracer
from collectors.pull.window import Window
from collectors.pull.zipkin import Zipkin
from collectors.sources.source import Source
from terms.instant import HOUR, Clock, Instant
from terms.problem import Problem

_MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Tried:
    """What a source answered when it was tried; nothing was stored. `traces` are those of the last hour, at most `limit`."""

    api: str
    services: tuple[str, ...]
    traces: int
    spans: int
    is_full: bool


def tracer(source: Source, http: Http, api: str) -> Tracer:
    """The reader of a tracer. `api` is what was remembered of it."""
    match source.kind:
        case "jaeger":
            return Jaeger(http, api)
        case "tempo":
            return Tempo(http, source.services, api)
        case "zipkin":
            return Zipkin(http)
        case _:
            raise ValueError(f"a source of the kind {source.kind} is not asked")


async def attempt(source: Source, http: Http, clock: Clock) -> Tried:
    """Asks a source for its services, the traces of the last hour and one of them whole. Raises SourceFailure."""
    if source.kind == "files":
        _, listed = await asyncio.to_thread(files.listing, source.address)
        return Tried("files", tuple(sorted(listed))[:_MOST_NAMED], len(listed), 0, False)
    reader = tracer(source, http, "")
    services = await reader.services()
    asked = source.services or services
    if not asked:
        return Tried(reader.api, (), 0, 0, False)
    if source.services and ALL not in services and (unknown := sorted({*source.services} - {*services})):
        do = f"it knows {', '.join(services[:_MOST_NAMED]) or 'none'}"
        raise SourceFailure("missing", Problem(f"knows no service '{unknown[0]}'", source.address, do))
    now = clock()
    found = await reader.search(asked[0], Window(Instant(now - HOUR), now), source.limit)
    whole = await reader.fetch(found.traces[0]) if found.traces else None
    named = () if services == (ALL,) else services[:_MOST_NAMED]
    return Tried(
        reader.api, named, len(found.traces), len(whole.decoded.spans) if whole else 0, found.is_full
    )

# SPDX-License-Identifier: Apache-2.0
"""Hints that something changed: topic and version, never data. A page that hears one asks anew, and is checked anew."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping

import orjson
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

LOOK_EVERY_S = 0.5
KEEP_ALIVE_S = 15.0
LONGEST_S = 600.0  # the browser comes back by itself, and its session is looked at again
MOST_STREAMS = 200


class Live:
    """Counts changes by topic (transactions, kpis, exceptions, violations, contracts ...). Any thread may tell one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._versions: Counter[str] = Counter()
        self._streams = 0
        self._is_ending = False

    def changed(self, *topics: str) -> None:
        """Something of each topic changed. Cheap: no one is woken, streams look by themselves twice a second."""
        with self._lock:
            self._versions.update(topics)

    def versions(self) -> dict[str, int]:
        """How often each topic has changed since this process began."""
        with self._lock:
            return dict(self._versions)

    def end(self) -> None:
        """Ends all streams at their next look, so that a stopping server need not wait for them."""
        self._is_ending = True

    def route(self) -> Route:
        """`GET /live`: server-sent events `{"topic", "version"}`. A reader that falls behind hears only the newest."""

        async def live(_: Request) -> StreamingResponse:
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            return StreamingResponse(self._stream(), media_type="text/event-stream", headers=headers)

        return Route("/live", live, methods=["GET"])

    async def _stream(self) -> AsyncIterator[bytes]:
        if self._streams >= MOST_STREAMS:
            yield b"retry: 30000\n\n"
            return
        self._streams += 1
        try:
            told, started, spoke = self.versions(), time.monotonic(), time.monotonic()
            yield b"retry: 2000\n\n"
            while not self._is_ending and time.monotonic() - started < LONGEST_S:
                await asyncio.sleep(LOOK_EVERY_S)
                now = self.versions()
                if events := list(_events(told, now)):
                    yield b"".join(events)
                elif time.monotonic() - spoke > KEEP_ALIVE_S:
                    yield b": still here\n\n"
                else:
                    continue
                told, spoke = now, time.monotonic()
        finally:
            self._streams -= 1


def _events(told: Mapping[str, int], now: Mapping[str, int]) -> Iterable[bytes]:
    for topic, version in sorted(now.items()):
        if told.get(topic, 0) != version:
            yield b"data: " + orjson.dumps({"topic": topic, "version": version}) + b"\n\n"

# SPDX-License-Identifier: Apache-2.0
"""Zipkin's query API v2: services, the traces of a window with all their spans, a trace by its id.

https://zipkin.io/zipkin-api/: `endTs` and `lookback` are milliseconds, so a window is asked for rounded outwards.
"""

from typing import Any

from collectors.decoding import otlp_json, zipkin_json
from collectors.decoding.otlp_words import hex_id
from collectors.pull.http import Http
from collectors.pull.tracer import Found, Seen, Trace, garbage, names_of, undecodable
from collectors.pull.window import Window
from collectors.span import Rejected
from terms.instant import Instant
from terms.problem import ProblemError

_MILLISECOND = 1_000


class Zipkin:
    """A Zipkin. Its searches come with all spans, so only what is still young is fetched apart."""

    api = "v2"

    def __init__(self, http: Http) -> None:
        self._http = http

    async def services(self) -> tuple[str, ...]:
        path = "/api/v2/services"
        return names_of((await self._http.get(path)).json(path), path)

    async def search(self, service: str, window: Window, limit: int) -> Found:
        path = "/api/v2/traces"
        end_ms = -(-window.to_at // _MILLISECOND)
        answer = await self._http.get(
            path,
            {
                "serviceName": service,
                "endTs": end_ms,
                "lookback": max(end_ms - window.from_at // _MILLISECOND, 1),
                "limit": limit,
            },
        )
        listed = answer.json(path)
        if not isinstance(listed, list) or not all(isinstance(trace, list) for trace in listed):
            raise garbage(path, "answers something that is no list of traces")
        return Found(tuple(_seen(trace) for trace in listed if trace), len(listed) >= limit)

    async def fetch(self, seen: Seen) -> Trace | None:
        held = seen.held
        if held is None:
            path = f"/api/v2/trace/{seen.trace_id}"
            answer = await self._http.get(path, may_miss=True)
            if answer.status == 404:
                return None
            held = answer.json(path)
        return _trace(held, seen.trace_id)


def _seen(trace: list[Any]) -> Seen:
    spans = [span for span in trace if isinstance(span, dict)]
    ends = [_whole(span.get("timestamp")) + _whole(span.get("duration")) for span in spans]
    first = hex_id(spans[0].get("traceId"), 32) if spans else ""
    return Seen(first, Instant(max(ends, default=0)), len(trace), trace)


def _trace(held: Any, trace_id: str) -> Trace:
    try:
        groups, left_out = zipkin_json.groups(held, f"trace {trace_id}")
        decoded = otlp_json.decode_request({"resourceSpans": groups})
    except ProblemError as error:
        return undecodable(trace_id, error)
    decoded.rejected.extend(Rejected("no_time", why) for why in left_out)
    return Trace(decoded)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0

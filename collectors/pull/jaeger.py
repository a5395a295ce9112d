# SPDX-License-Identifier: Apache-2.0
"""Jaeger's query API: v3 with summaries of traces, v3 without them (before 2.19), and the legacy one (before 2).

Which of them a Jaeger speaks is found out once and remembered. v3 is asked for raw traces, whose times were not edited.
Search of the legacy API left Jaeger after 2.20; a trace by its id stayed.
"""

from typing import Any

import orjson

from collectors.decoding import jaeger_json
from collectors.decoding.otlp_words import Group, hex_id
from collectors.pull import lenient
from collectors.pull.http import Answer, Http
from collectors.pull.tracer import Found, Seen, Trace, garbage, names_of, trace_of, undecodable
from collectors.pull.window import Window
from terms import instant
from terms.instant import Instant
from terms.problem import ProblemError

SUMMARIES, V3, LEGACY = "v3 summaries", "v3", "legacy"
_MICROSECOND = 1_000


class Jaeger:
    """A Jaeger. `api` is what was remembered of it; empty has it found out."""

    def __init__(self, http: Http, api: str = "") -> None:
        self._http = http
        self.api = api if api in (SUMMARIES, V3, LEGACY) else ""

    async def services(self) -> tuple[str, ...]:
        if self.api != LEGACY:
            path = "/api/v3/services"
            answer = await self._http.get(path, may_miss=not self.api)
            if self.api or not _is_missing(answer):
                document = answer.json(path)
                return names_of(document.get("services") if isinstance(document, dict) else document, path)
            self.api = LEGACY
        path = "/api/services"
        document = (await self._http.get(path)).json(path)
        return names_of(document.get("data") if isinstance(document, dict) else document, path)

    async def search(self, service: str, window: Window, limit: int) -> Found:
        if self.api == LEGACY:
            return await self._legacy_search(service, window, limit)
        if self.api != V3:
            return await self._summaries(service, window, limit)
        return await self._v3_search(service, window, limit)

    async def fetch(self, seen: Seen) -> Trace | None:
        if self.api == LEGACY:
            return await self._legacy_fetch(seen)
        if seen.held is not None:
            return trace_of(seen.held, seen.trace_id)
        path = f"/api/v3/traces/{seen.trace_id}"
        answer = await self._http.get(path, {"rawTraces": "true", "raw_traces": "true"}, may_miss=True)
        if answer.status == 404:
            return None
        try:
            groups = [group for own in _by_trace(answer, path).values() for group in own]
        except ProblemError as error:
            return undecodable(seen.trace_id, error)
        return trace_of(groups, seen.trace_id) if groups else None

    async def _summaries(self, service: str, window: Window, limit: int) -> Found:
        """What the summaries tell. A 404 means that there are none of the window, or no summaries at all: the traces tell which."""
        path = "/api/v3/trace-summaries"
        answer = await self._http.get(path, _query(service, window, limit), may_miss=True)
        if _is_missing(answer):
            found = await self._v3_search(service, window, limit)
            if found.traces:
                self.api = V3
            return found
        document = answer.json(path)
        inner = document.get("result", document) if isinstance(document, dict) else None
        listed = inner.get("summaries", []) if isinstance(inner, dict) else None
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise garbage(path, "answers something that is no list of summaries")
        self.api = SUMMARIES
        return Found(tuple(_summed(one) for one in listed), len(listed) >= limit)

    async def _v3_search(self, service: str, window: Window, limit: int) -> Found:
        path = "/api/v3/traces"
        answer = await self._http.get(path, _older_query(service, window, limit), may_miss=True)
        if answer.status == 404:
            return Found((), False)
        try:
            traces = _by_trace(answer, path)
        except ProblemError as error:
            raise garbage(path, str(error.problems[0].what)) from error
        return Found(
            tuple(_held(trace_id, groups) for trace_id, groups in traces.items()), len(traces) >= limit
        )

    async def _legacy_search(self, service: str, window: Window, limit: int) -> Found:
        path = "/api/traces"
        query: dict[str, str | int] = {
            "service": service,
            "start": window.from_at,
            "end": window.to_at,
            "limit": limit,
        }
        listed = _legacy_data((await self._http.get(path, query)), path)
        return Found(tuple(_legacy_seen(trace) for trace in listed), len(listed) >= limit)

    async def _legacy_fetch(self, seen: Seen) -> Trace | None:
        held = seen.held
        if held is None:
            path = f"/api/traces/{seen.trace_id}"
            answer = await self._http.get(path, {"raw": "true"}, may_miss=True)
            listed = [] if answer.status == 404 else _legacy_data(answer, path)
            if not listed:
                return None
            held = listed[0]
        try:
            groups = jaeger_json.groups({"data": [held]}, f"trace {seen.trace_id}")
        except ProblemError as error:
            return undecodable(seen.trace_id, error)
        return trace_of(groups, seen.trace_id)


def _is_missing(answer: Answer) -> bool:
    """Whether there is no such API: a Jaeger answers 404 to what it does not know, or the page of its UI."""
    return answer.status == 404 or answer.kind == "text/html"


def _query(service: str, window: Window, limit: int) -> dict[str, str | int]:
    asked: dict[str, str | int] = {
        "query.startTimeMin": instant.text(window.from_at),
        "query.startTimeMax": instant.text(window.to_at),
        "query.searchDepth": limit,
    }
    return {"query.serviceName": service, **asked} if service else asked


def _older_query(service: str, window: Window, limit: int) -> dict[str, str | int]:
    """The names that v3 had before 2.19, which later ones still take."""
    asked: dict[str, str | int] = {
        "query.start_time_min": instant.text(window.from_at),
        "query.start_time_max": instant.text(window.to_at),
        "query.num_traces": limit,
        "query.search_depth": limit,
        "query.raw_traces": "true",
    }
    return {"query.service_name": service, **asked} if service else asked


def _by_trace(answer: Answer, path: str) -> dict[str, list[Group]]:
    """The traces of an answer: one document, or a stream of them, a line each. Raises ProblemError for no OTLP."""
    try:
        documents = [orjson.loads(answer.body)]
    except orjson.JSONDecodeError:
        lines = [line for line in answer.body.splitlines() if line.strip()]
        documents = [Answer(answer.status, answer.kind, line).json(path) for line in lines or [b""]]
    found: dict[str, list[Group]] = {}
    for document in documents:
        if isinstance(document, dict) and isinstance(error := document.get("error"), dict):
            raise garbage(path, f"answers an error: {str(error.get('message', error))[:200]}")
        inner = document.get("result", document) if isinstance(document, dict) else document
        for trace_id, groups in lenient.by_trace(inner, path).items():
            found.setdefault(trace_id, []).extend(groups)
    return found


def _summed(one: dict[str, Any]) -> Seen:
    end_ns, spans = one.get("maxEndTimeUnixNano", 0), one.get("spanCount", -1)
    try:
        return Seen(lenient.hex_of(one.get("traceId"), 16), Instant(int(end_ns) // _MICROSECOND), int(spans))
    except (TypeError, ValueError) as error:
        raise garbage("/api/v3/trace-summaries", "answers a summary whose times are no numbers") from error


def _held(trace_id: str, groups: list[Group]) -> Seen:
    _, end_ns, spans = lenient.sum_of(groups)
    return Seen(trace_id, Instant(end_ns // _MICROSECOND), spans, groups)


def _legacy_data(answer: Answer, path: str) -> list[dict[str, Any]]:
    document = answer.json(path)
    listed = document.get("data") if isinstance(document, dict) else None
    if listed is None and isinstance(document, dict) and document.get("errors"):
        raise garbage(path, f"answers errors: {str(document['errors'])[:200]}")
    if listed is None:
        listed = []
    if not isinstance(listed, list) or not all(isinstance(one, dict) and "spans" in one for one in listed):
        raise garbage(path, "answers something that is no list of traces")
    return listed


def _legacy_seen(trace: dict[str, Any]) -> Seen:
    spans = trace["spans"] if isinstance(trace["spans"], list) else []
    ends = [
        _number(span.get("startTime")) + _number(span.get("duration"))
        for span in spans
        if isinstance(span, dict)
    ]
    return Seen(hex_id(trace.get("traceID"), 32), Instant(max(ends, default=0)), len(spans), trace)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0

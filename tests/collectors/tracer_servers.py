# SPDX-License-Identifier: Apache-2.0
"""Tracers as real HTTP servers on this machine: each answers the traces it was given in the shapes its kind documents.

Everything they answer is made up here.
"""

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from terms.instant import SECOND, parse

MILLISECOND = 1_000


@dataclass(frozen=True)
class Reply:
    """`pieces` are sent as they come; an endless iterator is an answer that never ends."""

    status: int = 200
    pieces: Iterable[bytes] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: Any, status: int = 200) -> Reply:
    return Reply(status, (json.dumps(value).encode(),), {"content-type": "application/json"})


Query = Mapping[str, str]
Answer = Callable[[str, Query, Mapping[str, str]], Reply]


class Served:
    """A server on a free port of this machine. `asked` lists the requests: (path, query, headers with small names)."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.answer = answer
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {
                    key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()
                }
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((parts.path, query, headers))
                reply = outer.answer(parts.path, query, headers)
                self.send_response(reply.status)
                for name, value in {**reply.headers, "connection": "close"}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    for piece in reply.pieces:
                        self.wfile.write(piece)
                        self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    pass  # whoever asked has had enough
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(answer: Answer) -> Iterator[Served]:
    served = Served(answer)
    try:
        yield served
    finally:
        served.stop()


@dataclass(frozen=True)
class Told:
    """A span as a tracer has it. Times are microseconds."""

    trace: int
    span: int
    start: int
    duration: int = 1_000
    service: str = "shop"
    name: str = "work"
    parent: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def trace_id(self) -> str:
        return f"{self.trace:032x}"


@dataclass
class Traces:
    """What a tracer has; tests add to it between two passes."""

    told: list[Told] = field(default_factory=list)

    def services(self) -> list[str]:
        return sorted({one.service for one in self.told})

    def of(self, trace_id: str) -> list[Told]:
        return [one for one in self.told if one.trace_id == trace_id]

    def between(self, service: str, start: int, end: int, limit: int) -> list[list[Told]]:
        """The traces with a span of the service that starts in [start, end), whole, the newest first, at most `limit`."""
        hit = {
            o.trace_id: o.start for o in self.told if start <= o.start < end and service in ("", o.service)
        }
        return [self.of(one) for one in sorted(hit, key=lambda one: (-hit[one], one))][:limit]


def otlp(told: Sequence[Told], encode: Callable[[str], str] = lambda text: text) -> list[dict[str, Any]]:
    """`resourceSpans` of these spans, a group each."""
    return [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": one.service}}]},
            "scopeSpans": [
                {
                    "scope": {"name": "made-up"},
                    "spans": [
                        {
                            "traceId": encode(one.trace_id),
                            "spanId": encode(f"{one.span:016x}"),
                            **({"parentSpanId": encode(f"{one.parent:016x}")} if one.parent else {}),
                            "name": one.name,
                            "kind": 2,
                            "startTimeUnixNano": str(one.start * 1_000),
                            "endTimeUnixNano": str((one.start + one.duration) * 1_000),
                            "attributes": [
                                {"key": key, "value": {"stringValue": text}}
                                for key, text in one.attributes.items()
                            ],
                            "status": {},
                        }
                    ],
                }
            ],
        }
        for one in told
    ]


def jaeger(traces: Traces, version: str = "summaries") -> Answer:
    """Jaeger's query service: `summaries` (2.19 and later), `v3` (before) or `legacy` (1.x)."""

    def answer(path: str, query: Query, _: Mapping[str, str]) -> Reply:
        if path.startswith("/api/v3/") and version != "legacy":
            return _jaeger_v3(traces, version, path, query)
        if path.startswith("/api/") and not path.startswith("/api/v3/") and version == "legacy":
            return _jaeger_legacy(traces, path, query)
        # What it does not know, a Jaeger of those days answers with the page of its UI.
        return Reply(
            200, (b"<!doctype html><title>Jaeger UI</title>",), {"content-type": "text/html; charset=utf-8"}
        )

    return answer


def _jaeger_v3(traces: Traces, version: str, path: str, query: Query) -> Reply:
    if path == "/api/v3/services":
        return as_json({"services": traces.services()})
    if path.startswith("/api/v3/traces/"):
        found = traces.of(path.rpartition("/")[2])
        return (
            as_json({"result": {"resourceSpans": otlp(found)}})
            if found
            else as_json({"error": {"httpCode": 404}}, 404)
        )
    older = version == "v3"
    if older and path == "/api/v3/trace-summaries":
        return Reply(
            200, (b"<!doctype html><title>Jaeger UI</title>",), {"content-type": "text/html; charset=utf-8"}
        )
    start, end, service, limit = (
        ("query.start_time_min", "query.start_time_max", "query.service_name", "query.num_traces")
        if older or "query.start_time_min" in query
        else ("query.startTimeMin", "query.startTimeMax", "query.serviceName", "query.searchDepth")
    )
    if start not in query:
        return as_json({"error": {"httpCode": 400, "message": f"{start} is required"}}, 400)
    found_all = traces.between(
        query.get(service, ""), parse(query[start]), parse(query[end]), int(query.get(limit, "100"))
    )
    if path == "/api/v3/traces":
        if not found_all:
            return as_json({"error": {"httpCode": 404, "message": "no traces"}}, 404)
        return as_json({"result": {"resourceSpans": [group for one in found_all for group in otlp(one)]}})
    if path == "/api/v3/trace-summaries":
        return as_json({"summaries": [_summary(one) for one in found_all]})
    return as_json({"error": {"httpCode": 404}}, 404)


def _summary(told: Sequence[Told]) -> dict[str, Any]:
    return {
        "traceId": told[0].trace_id,
        "rootServiceName": told[0].service,
        "minStartTimeUnixNano": str(min(one.start for one in told) * 1_000),
        "maxEndTimeUnixNano": str(max(one.start + one.duration for one in told) * 1_000),
        "spanCount": len(told),
        "services": [{"name": told[0].service}],
    }


def _jaeger_legacy(traces: Traces, path: str, query: Query) -> Reply:
    if path == "/api/services":
        return as_json({"data": traces.services(), "total": 0, "limit": 0, "offset": 0, "errors": None})
    if path == "/api/traces":
        if not query.get("service"):
            return as_json({"data": None, "errors": [{"code": 400, "msg": "service is required"}]}, 400)
        found = traces.between(query["service"], int(query["start"]), int(query["end"]), int(query["limit"]))
        return as_json({"data": [_legacy_trace(one) for one in found], "errors": None})
    found_one = traces.of(path.rpartition("/")[2])
    return as_json({"data": [_legacy_trace(found_one)]}) if found_one else as_json({"data": None}, 404)


def _legacy_trace(told: Sequence[Told]) -> dict[str, Any]:
    """Ids lose their leading zeros, as older Jaegers write them."""
    trace_id = told[0].trace_id.lstrip("0")
    processes = {
        f"p{n}": {"serviceName": name} for n, name in enumerate(sorted({one.service for one in told}))
    }
    named = {process["serviceName"]: key for key, process in processes.items()}
    return {
        "traceID": trace_id,
        "spans": [
            {
                "traceID": trace_id,
                "spanID": f"{one.span:x}",
                "operationName": one.name,
                "references": [{"refType": "CHILD_OF", "traceID": trace_id, "spanID": f"{one.parent:x}"}]
                if one.parent
                else [],
                "startTime": one.start,
                "duration": one.duration,
                "tags": [
                    {"key": "span.kind", "type": "string", "value": "server"},
                    *({"key": key, "type": "string", "value": text} for key, text in one.attributes.items()),
                ],
                "logs": [],
                "processID": named[one.service],
            }
            for one in told
        ],
        "processes": processes,
    }


def tempo(traces: Traces, version: str = "v2", as_text: bool = False, partial: Sequence[str] = ()) -> Answer:
    """Tempo: `v2` or only `v1`; protobuf, or with `as_text` JSON with ids in base64. Traces in `partial` are not whole."""

    def answer(path: str, query: Query, headers: Mapping[str, str]) -> Reply:
        if path == "/api/search":
            service = query["q"].partition('service.name="')[2].partition('"')[0]
            found = traces.between(
                service, int(query["start"]) * SECOND, int(query["end"]) * SECOND, int(query["limit"])
            )
            return as_json(
                {"traces": [_tempo_found(one) for one in found], "metrics": {"inspectedBytes": "1"}}
            )
        trace_id = path.rpartition("/")[2]
        is_v2 = path.startswith("/api/v2/traces/")
        found_one = traces.of(trace_id)
        if not found_one or (is_v2 and version == "v1"):
            return Reply(404, (b"not found",))
        if as_text or "protobuf" not in headers.get("accept", ""):
            groups = otlp(found_one, lambda text: b64encode(bytes.fromhex(text)).decode())
            for group in groups:
                group["scopeSpans"][0]["spans"][0]["kind"] = "SPAN_KIND_SERVER"
            status = "PARTIAL" if trace_id in partial else "COMPLETE"
            return as_json(
                {"trace": {"resourceSpans": groups}, "status": status} if is_v2 else {"batches": groups}
            )
        # ParseDict reads ids of JSON as base64, as all bytes.
        groups = otlp(found_one, lambda text: b64encode(bytes.fromhex(text)).decode())
        body = ParseDict({"resourceSpans": groups}, TracesData()).SerializeToString()
        if is_v2:
            body = b"\x0a" + _varint(len(body)) + body + (b"\x18\x01" if trace_id in partial else b"")
        return Reply(200, (body,), {"content-type": "application/protobuf"})

    return answer


def _tempo_found(told: Sequence[Told]) -> dict[str, Any]:
    start = min(one.start for one in told)
    end = max(one.start + one.duration for one in told)
    return {
        "traceID": told[0].trace_id.lstrip("0"),
        "rootServiceName": told[0].service,
        "startTimeUnixNano": str(start * 1_000),
        "durationMs": (end - start) // MILLISECOND,
    }


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def zipkin(traces: Traces) -> Answer:
    """Zipkin's query API v2."""

    def answer(path: str, query: Query, _: Mapping[str, str]) -> Reply:
        if path == "/api/v2/services":
            return as_json(traces.services())
        if path == "/api/v2/traces":
            end = int(query["endTs"]) * MILLISECOND
            start = end - int(query["lookback"]) * MILLISECOND
            found = traces.between(
                query["serviceName"], start, end + MILLISECOND, int(query.get("limit", "10"))
            )
            return as_json([[_zipkin_span(one) for one in trace] for trace in found])
        found_one = traces.of(path.rpartition("/")[2])
        return as_json([_zipkin_span(one) for one in found_one]) if found_one else as_json([], 404)

    return answer


def _zipkin_span(one: Told) -> dict[str, Any]:
    return {
        "traceId": one.trace_id,
        "id": f"{one.span:016x}",
        **({"parentId": f"{one.parent:016x}"} if one.parent else {}),
        "kind": "SERVER",
        "name": one.name,
        "timestamp": one.start,
        "duration": one.duration,
        "localEndpoint": {"serviceName": one.service},
        "tags": dict(one.attributes),
    }

# SPDX-License-Identifier: Apache-2.0
"""Tempo's query API: TraceQL search, then each trace by its id as protobuf.

A search says the first traces it finds and how long the blocks it looked at make them: the trace itself tells the truth.
Times of a search are whole seconds, so a window is asked for rounded outwards.
https://grafana.com/docs/tempo/latest/api_docs/
"""

import json
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.trace.v1 import trace_pb2

from collectors.decoding import otlp
from collectors.pull import lenient
from collectors.pull.http import Answer, Http
from collectors.pull.tracer import ALL, Found, Seen, Trace, garbage, trace_of, undecodable
from collectors.pull.window import Window
from terms.instant import SECOND, Instant
from terms.problem import ProblemError

V2, V1 = "v2", "v1"
PROTOBUF = "application/protobuf"
_PARTIAL = 1


class Tempo:
    """A Tempo. It is asked for all services at once, or for those of the source's filter one by one."""

    def __init__(self, http: Http, services: tuple[str, ...] = (), api: str = "") -> None:
        self._http = http
        self._services = services
        self.api = api if api in (V2, V1) else ""

    async def services(self) -> tuple[str, ...]:
        return self._services or (ALL,)

    async def search(self, service: str, window: Window, limit: int) -> Found:
        path = "/api/search"
        # A text of TraceQL is quoted as one of JSON is.
        query = f"{{resource.service.name={json.dumps(service)}}}" if service else "{}"
        asked: dict[str, str | int] = {
            "q": query,
            "start": window.from_at // SECOND,
            "end": -(-window.to_at // SECOND),
            "limit": limit,
            "spss": 1,
        }
        document = (await self._http.get(path, asked)).json(path)
        listed = document.get("traces") if isinstance(document, dict) else None
        if not isinstance(document, dict) or not isinstance(listed or [], list):
            raise garbage(path, "answers something that is no list of traces")
        return Found(tuple(_seen(one, path) for one in listed or []), len(listed or []) >= limit)

    async def fetch(self, seen: Seen) -> Trace | None:
        if self.api != V1:
            answer = await self._http.get(f"/api/v2/traces/{seen.trace_id}", accept=PROTOBUF, may_miss=True)
            if answer.status != 404:
                self.api = V2
                return _enveloped(answer, seen.trace_id)
            if self.api == V2:
                return None
        # Before 2.6 there is no v2; what is gone in both is gone.
        answer = await self._http.get(f"/api/traces/{seen.trace_id}", accept=PROTOBUF, may_miss=True)
        if answer.status == 404:
            return None
        self.api = V1
        return _bare(answer, seen.trace_id)


def _seen(one: Any, path: str) -> Seen:
    if not isinstance(one, dict) or not isinstance(one.get("traceID"), str):
        raise garbage(path, "answers a trace without a traceID")
    try:
        start_ns, length_ms = int(one.get("startTimeUnixNano") or 0), int(one.get("durationMs") or 0)
    except (TypeError, ValueError) as error:
        raise garbage(path, "answers a trace whose times are no numbers") from error
    return Seen(lenient.hex_of(one["traceID"], 16), Instant(start_ns // 1_000 + length_ms * 1_000), -1)


def _enveloped(answer: Answer, trace_id: str) -> Trace:
    """v2 wraps the trace and says whether it is whole."""
    try:
        if _is_json(answer):
            document = answer.json(trace_id)
            inner = document.get("trace", document) if isinstance(document, dict) else document
            is_partial = isinstance(document, dict) and document.get("status") in ("PARTIAL", _PARTIAL)
            return Trace(_of_json(inner, trace_id).decoded, is_partial)
        envelope: Any = _ENVELOPE.FromString(answer.body)
        return Trace(otlp.decode_protobuf(envelope.trace.SerializeToString()), envelope.status == _PARTIAL)
    except DecodeError as error:
        raise garbage(trace_id, f"answers {answer.kind} that is no trace") from error
    except ProblemError as error:
        return undecodable(trace_id, error)


def _bare(answer: Answer, trace_id: str) -> Trace:
    """v1 answers the trace alone, on the wire an ExportTraceServiceRequest."""
    try:
        if _is_json(answer):
            return _of_json(answer.json(trace_id), trace_id)
        return Trace(otlp.decode_protobuf(answer.body))
    except ProblemError as error:
        raise garbage(trace_id, f"answers {answer.kind or 'bytes'} that are no trace") from error


def _is_json(answer: Answer) -> bool:
    return answer.kind == "application/json" or answer.body[:1] == b"{"


def _of_json(document: Any, trace_id: str) -> Trace:
    groups = [group for own in lenient.by_trace(document, trace_id).values() for group in own]
    return trace_of(groups, trace_id)


def _envelope() -> Any:
    """The message class of `tempopb.TraceByIDResponse`, as far as it is read: trace = 1, status = 3."""
    file = FileDescriptorProto(
        name="throughline/tempo.proto",
        package="throughline.tempo",
        syntax="proto3",
        dependency=[trace_pb2.DESCRIPTOR.name],
    )
    message = file.message_type.add(name="TraceByIDResponse")
    message.field.add(
        name="trace",
        number=1,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=".opentelemetry.proto.trace.v1.TracesData",
        label=FieldDescriptorProto.LABEL_OPTIONAL,
    )
    message.field.add(
        name="status",
        number=3,
        type=FieldDescriptorProto.TYPE_INT32,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
    )
    pool = Default()
    pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName("throughline.tempo.TraceByIDResponse"))


_ENVELOPE = _envelope()

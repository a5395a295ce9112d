# SPDX-License-Identifier: Apache-2.0
"""Jaeger's own JSON (its UI's download and legacy query API) -> OTLP groups.

Times are microseconds. References of the kind CHILD_OF within the trace make the parent, all others become links; the
tags `span.kind`, `error` and `otel.status_*` become what OTLP has fields for.
Format: jaeger-ui's trace JSON, `{"data": [{"traceID", "spans", "processes"}]}`.
"""

from typing import Any

from collectors.decoding.otlp_words import (
    ERROR,
    KINDS,
    OK,
    UNSET,
    Group,
    attributes,
    group,
    hex_id,
    nanoseconds,
)
from terms.problem import ProblemError

_DO = "export it as Jaeger JSON"
_FIELDS = {"span.kind", "otel.status_code", "otel.status_description", "otel.scope.name", "otel.library.name"}


def is_jaeger(document: Any) -> bool:
    """Whether a JSON document is a Jaeger answer, or one trace of it."""
    return bool(_traces(document))


def groups(document: Any, where: str) -> list[Group]:
    """The spans of every trace in it, each with its process as the resource, in the order written.

    Raises ProblemError (`where` with a JSON pointer) where the document is not as Jaeger writes it.
    """
    found: list[Group] = []
    for i, trace in enumerate(_traces(document)):
        here = f"{where}#/data/{i}"
        processes = trace.get("processes") or {}
        if not isinstance(trace["spans"], list) or not isinstance(processes, dict):
            raise ProblemError("spans is not a list, or processes no object", here, _DO)
        for j, span in enumerate(trace["spans"]):
            if not isinstance(span, dict):
                raise ProblemError("is not a JSON object", f"{here}/spans/{j}", _DO)
            found.append(_group(span, processes, f"{here}/spans/{j}"))
    return found


def _traces(document: Any) -> list[dict[str, Any]]:
    listed = document.get("data", [document]) if isinstance(document, dict) else document
    if not isinstance(listed, list):
        return []
    return [trace for trace in listed if isinstance(trace, dict) and "traceID" in trace and "spans" in trace]


def _group(span: dict[str, Any], processes: dict[str, Any], where: str) -> Group:
    process = span.get("process") or processes.get(str(span.get("processID", ""))) or {}
    name = str(process.get("serviceName", "")) if isinstance(process, dict) else ""
    said = _tags(process.get("tags") if isinstance(process, dict) else None, where)
    tags = _tags(span.get("tags"), where)
    scope = str(tags.get("otel.scope.name") or tags.get("otel.library.name") or "")
    return group((("service.name", name), *said.items()), scope, [_span(span, tags, where)])


def _span(span: dict[str, Any], tags: dict[str, Any], where: str) -> dict[str, Any]:
    start = nanoseconds(span, "startTime", where)
    trace_id = hex_id(span.get("traceID"), 32)
    parent, links = _references(span, trace_id)
    return {
        "traceId": trace_id,
        "spanId": hex_id(span.get("spanID"), 16),
        "parentSpanId": parent,
        "name": str(span.get("operationName", "")),
        "kind": KINDS.get(str(tags.get("span.kind", "internal")).lower(), 1),
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + nanoseconds(span, "duration", where)),
        "attributes": attributes((key, item) for key, item in tags.items() if key not in _FIELDS),
        "events": [_event(log, where) for log in span.get("logs") or () if isinstance(log, dict)],
        "links": links,
        "status": _status(tags),
    }


def _references(span: dict[str, Any], trace_id: str) -> tuple[str, list[dict[str, str]]]:
    parent = hex_id(span["parentSpanID"], 16) if span.get("parentSpanID") else ""
    links = []
    for reference in span.get("references") or ():
        if not isinstance(reference, dict):
            continue
        trace, to = hex_id(reference.get("traceID"), 32), hex_id(reference.get("spanID"), 16)
        if not parent and reference.get("refType") == "CHILD_OF" and trace == trace_id:
            parent = to
        else:
            links.append({"traceId": trace, "spanId": to})
    return parent, links


def _status(tags: dict[str, Any]) -> dict[str, Any]:
    code = str(tags.get("otel.status_code", "")).upper()
    failed = code == "ERROR" or tags.get("error") in (True, "true")
    said = {"message": str(tags["otel.status_description"])} if "otel.status_description" in tags else {}
    return {"code": ERROR if failed else OK if code == "OK" else UNSET, **said}


def _event(log: dict[str, Any], where: str) -> dict[str, Any]:
    fields = _tags(log.get("fields"), where)
    return {
        "timeUnixNano": str(nanoseconds(log, "timestamp", where)),
        "name": str(fields.pop("event", fields.pop("message", "log"))),
        "attributes": attributes(fields.items()),
    }


def _tags(listed: Any, where: str) -> dict[str, Any]:
    """Tags by key. An int64 that JavaScript could not hold is written as text, and is a number all the same."""
    if listed is None:
        return {}
    if not isinstance(listed, list):
        raise ProblemError("tags is not a list", where, _DO)
    found: dict[str, Any] = {}
    for tag in listed:
        if not isinstance(tag, dict) or not isinstance(tag.get("key"), str):
            raise ProblemError("a tag has no key", where, _DO)
        item = tag.get("value")
        numeric = tag.get("type") == "int64" and isinstance(item, str) and item.lstrip("-").isdecimal()
        found[tag["key"]] = int(str(item)) if numeric else item
    return found

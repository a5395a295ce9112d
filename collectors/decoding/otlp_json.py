# SPDX-License-Identifier: Apache-2.0
"""OTLP JSON -> spans: hex ids, integers as numbers or decimal text, enums as integers, unknown fields ignored."""

from base64 import b64decode, b64encode
from typing import Any

import orjson

from collectors.span import MAX_INT64, Decoded, Origin, Rejected, Span, flaw_of, mark_of, without_nul
from terms.problem import ProblemError

_DO = "send ExportTraceServiceRequest in the OTLP JSON encoding"
MAX_DEPTH = 64  # protobuf's own limit allows no more


def decode_json(body: bytes) -> Decoded:
    """The spans of an OTLP JSON trace request. Raises ProblemError with a JSON pointer when it is none.

    Zero or short ids and times beyond int64 reject the span (OTLP partial success).
    """
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError(f"is not JSON: {error}", "body", _DO) from error
    return decode_request(request)


def decode_request(request: Any) -> Decoded:
    """`decode_json` of a document that is parsed already."""
    if not isinstance(request, dict):
        raise ProblemError("is not a JSON object", "", _DO)
    for other, signal in (("resourceLogs", "logs"), ("resourceMetrics", "metrics")):
        if other in request:
            raise ProblemError(f"holds {signal}, not traces", f"/{other}", "only traces are taken here")
    decoded = Decoded()
    for i, group in enumerate(_list(request, "resourceSpans", "")):
        where = f"/resourceSpans/{i}"
        resource = _object(group, "resource", where)
        attributes = _attributes(_list(resource, "attributes", f"{where}/resource"), where)
        service = str(attributes.get("service.name", ""))
        for j, scoped in enumerate(_list(group, "scopeSpans", where)):
            scope = _object(scoped, "scope", f"{where}/scopeSpans/{j}")
            origin = Origin(service, _text(scope, "name", where), attributes)
            for k, span in enumerate(_list(scoped, "spans", f"{where}/scopeSpans/{j}")):
                _take(span, origin, f"{where}/scopeSpans/{j}/spans/{k}", decoded)
    return decoded


def _take(span: Any, origin: Origin, where: str, decoded: Decoded) -> None:
    if not isinstance(span, dict):
        raise ProblemError("is not a JSON object", where, _DO)
    name = without_nul(_text(span, "name", where))
    trace_id, span_id = _id(span, "traceId"), _id(span, "spanId")
    parent = _id(span, "parentSpanId")
    start_ns, end_ns = _int(span, "startTimeUnixNano", where), _int(span, "endTimeUnixNano", where)
    status = _object(span, "status", where)
    kind, code = _enum(span, "kind", 5, where), _enum(status, "code", 2, f"{where}/status")
    flaw = flaw_of(trace_id, span_id, parent, start_ns, end_ns)
    if flaw is not None:
        mark = mark_of(name, trace_id, span_id, start_ns, end_ns)
        decoded.rejected.append(Rejected(flaw[0], f"span '{name}' at {where}: {flaw[1]}", mark))
        return
    attributes = _attributes(_list(span, "attributes", where), where)
    if events := _list(span, "events", where):
        attributes["span.events"] = [
            {
                "name": _text(e, "name", where),
                "time_unix_nano": _int(e, "timeUnixNano", where),
                "attributes": _attributes(_list(e, "attributes", where), where),
            }
            for e in events
        ]
    if links := _list(span, "links", where):
        attributes["span.links"] = [
            {
                "trace_id": _text(link, "traceId", where).lower(),
                "span_id": _text(link, "spanId", where).lower(),
                "attributes": _attributes(_list(link, "attributes", where), where),
            }
            for link in links
        ]
    decoded.spans.append(
        Span(
            origin, trace_id, span_id, parent or None, name, kind, start_ns, end_ns, code,
            without_nul(_text(status, "message", f"{where}/status")) or None, attributes,
        )
    )  # fmt: skip


def _list(holder: Any, key: str, where: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    if value is None:
        return []
    if not isinstance(value, list):
        raise ProblemError("is not a list", f"{where}/{key}", _DO)
    return value


def _object(holder: Any, key: str, where: str) -> dict[str, Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ProblemError("is not a JSON object", f"{where}/{key}", _DO)
    return value


def _text(holder: Any, key: str, where: str) -> str:
    value = holder.get(key, "") if isinstance(holder, dict) else ""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ProblemError("is not a text", f"{where}/{key}", _DO)
    return value


def _id(span: dict[str, Any], key: str) -> bytes:
    """The bytes of a hex id; empty when it is not hex, which the id check then rejects with its span."""
    try:
        return bytes.fromhex(span.get(key) or "")
    except (TypeError, ValueError):
        return b"\0"


def _int(holder: Any, key: str, where: str) -> int:
    value = holder.get(key, 0) if isinstance(holder, dict) else 0
    return _whole(value, f"{where}/{key}")


def _whole(value: Any, where: str) -> int:
    if type(value) is int:
        return value
    try:
        if isinstance(value, str) and len(value) <= 40:
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
    except ValueError:
        pass
    raise ProblemError(f"{value!r} is not a whole number", where, "write it as a number or as decimal text")


def _enum(holder: dict[str, Any], key: str, highest: int, where: str) -> int:
    value = holder.get(key, 0)
    if type(value) is not int:
        raise ProblemError(
            f"{value!r} is not an enum number", f"{where}/{key}", "OTLP JSON writes enums as integers"
        )
    return value if 0 <= value <= highest else 0


def _attributes(pairs: list[Any], where: str, depth: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        # Protobuf's own JSON leaves an empty key out.
        key = pair.get("key", "") if isinstance(pair, dict) else None
        if not isinstance(key, str):
            raise ProblemError("an attribute has no key", f"{where}/attributes", _DO)
        value = pair.get("value")
        if isinstance(value, dict) and type(text := value.get("stringValue")) is str:
            found[key] = text
        else:
            found[key] = _value(value, f"{where}/attributes/{key}", depth)
    return found


def _value(value: Any, where: str, depth: int) -> Any:
    """The JSON value of an AnyValue, as the protobuf decoder gives it."""
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        raise ProblemError("is not an attribute value", where, 'write {"stringValue": "..."}')
    if depth > MAX_DEPTH:
        raise ProblemError(f"is nested more than {MAX_DEPTH} deep", where, "send flatter attributes")
    if "arrayValue" in value:
        return [_value(item, where, depth + 1) for item in _list(value["arrayValue"], "values", where)]
    if "kvlistValue" in value:
        return _attributes(_list(value["kvlistValue"], "values", where), where, depth + 1)
    for key, read in _READERS.items():
        if key in value:
            return read(value[key], where)
    return None


def _string(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ProblemError("is not a text", where, _DO)
    return value


def _bool(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ProblemError("is neither true nor false", where, _DO)
    return value


def _int64(value: Any, where: str) -> int:
    number = _whole(value, where)
    if not -MAX_INT64 - 1 <= number <= MAX_INT64:
        raise ProblemError(f"{number} is no 64-bit integer", where, "send it as a stringValue")
    return number


def _double(value: Any, where: str) -> float | str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ProblemError("is not a number", where, _DO)
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise ProblemError(f"{value!r} is not a number", where, _DO) from error
    return number if number - number == 0 else str(number)


def _bytes(value: Any, where: str) -> str:
    try:
        return b64encode(b64decode(value, validate=True)).decode()
    except (TypeError, ValueError) as error:
        raise ProblemError("is not base64", where, _DO) from error


_READERS = {
    "stringValue": _string,
    "intValue": _int64,
    "boolValue": _bool,
    "doubleValue": _double,
    "bytesValue": _bytes,
}

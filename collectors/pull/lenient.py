# SPDX-License-Identifier: Apache-2.0
"""OTLP JSON as tracers really answer it -> strict OTLP JSON, one trace at a time.

Ids come as hex or as base64, with or without leading zeros; enums as numbers or names; groups under their names of today
or of years ago. What we send ourselves is strict; what we fetch need not be.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from collectors.decoding.otlp_words import Group
from terms.problem import ProblemError

_KINDS = {"UNSPECIFIED": 0, "INTERNAL": 1, "SERVER": 2, "CLIENT": 3, "PRODUCER": 4, "CONSUMER": 5}
_CODES = {"UNSET": 0, "OK": 1, "ERROR": 2}
_ID_BYTES = {"traceId": 16, "spanId": 8, "parentSpanId": 8}
_DO = "check that the source is of the kind that was named"


def by_trace(document: Any, where: str) -> dict[str, list[Group]]:
    """The groups of each trace by its id in hex, in the order written. Raises ProblemError when it is no OTLP document.

    A span whose id is none is kept as it is, for the decoder to reject.
    """
    found: dict[str, list[Group]] = {}
    for resource, scope, spans in _scoped(document, where):
        of_trace: dict[str, list[Any]] = {}
        for span in spans:
            if not isinstance(span, dict):
                raise ProblemError("holds a span that is no JSON object", where, _DO)
            strict = _strict(span)
            of_trace.setdefault(str(strict.get("traceId", "")), []).append(strict)
        for trace, own in of_trace.items():
            group = {"resource": resource, "scopeSpans": [{"scope": scope, "spans": own}]}
            found.setdefault(trace, []).append(group)
    return found


def hex_of(text: Any, size: int) -> str:
    """An id of `size` bytes in hex, however it was written; what is none stays what it is.

    Base64 of 8 or 16 bytes ends with `=`, so that neither is ever taken for the other.

    >>> hex_of("AAAAAAAAAAEAAAAAAAAAAg==", 16), hex_of("1F", 8), hex_of("deadbeefAAA=", 8)
    ('00000000000000010000000000000002', '000000000000001f', '75e69d6de79f0000')
    """
    if not isinstance(text, str) or not text:
        return ""
    if len(text) <= 2 * size and all(c in "0123456789abcdefABCDEF" for c in text):
        return text.lower().zfill(2 * size)
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        return text
    return raw.hex() if len(raw) == size else text


def sum_of(groups: list[Group]) -> tuple[int, int, int]:
    """(earliest start, latest end, number of spans) of one trace's groups; times in nanoseconds, 0 where there are none."""
    spans = [span for group in groups for scoped in group["scopeSpans"] for span in scoped["spans"]]
    starts = [_whole(span.get("startTimeUnixNano")) for span in spans]
    ends = [_whole(span.get("endTimeUnixNano")) for span in spans]
    return min(filter(None, starts), default=0), max(ends, default=0), len(spans)


def _scoped(document: Any, where: str) -> Iterator[tuple[Any, Any, list[Any]]]:
    """(resource, scope, spans) of every group."""
    if not isinstance(document, dict):
        raise ProblemError("is not a JSON object", where, _DO)
    for group in _list(document, where, "resourceSpans", "batches"):
        for scoped in _list(group, where, "scopeSpans", "instrumentationLibrarySpans"):
            scope = (
                scoped.get("scope", scoped.get("instrumentationLibrary"))
                if isinstance(scoped, dict)
                else None
            )
            yield group.get("resource"), scope, _list(scoped, where, "spans")


def _list(holder: Any, where: str, *names: str) -> list[Any]:
    if not isinstance(holder, dict):
        raise ProblemError("holds a group of spans that is no JSON object", where, _DO)
    found = next((holder[name] for name in names if name in holder), None)
    if found is None:
        return []
    if not isinstance(found, list):
        raise ProblemError(f"holds {names[0]} that is no list", where, _DO)
    return found


def _strict(span: dict[str, Any]) -> dict[str, Any]:
    strict = dict(span)
    for name, size in _ID_BYTES.items():
        if name in span:
            strict[name] = hex_of(span[name], size)
    if isinstance(kind := span.get("kind"), str):
        strict["kind"] = _KINDS.get(kind.removeprefix("SPAN_KIND_"), 0)
    status = span.get("status")
    if isinstance(status, dict) and isinstance(code := status.get("code"), str):
        strict["status"] = {**status, "code": _CODES.get(code.removeprefix("STATUS_CODE_"), 0)}
    if isinstance(links := span.get("links"), list):
        strict["links"] = [_strict(link) if isinstance(link, dict) else link for link in links]
    return strict


def _whole(value: Any) -> int:
    """A count of nanoseconds, written as a number or as text; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return 0
    try:
        return int(value)
    except ValueError:
        return 0

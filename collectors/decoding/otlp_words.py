# SPDX-License-Identifier: Apache-2.0
"""What other trace formats say, in the words of OTLP JSON: attributes, ids, kinds. The readers of foreign formats share it."""

from collections.abc import Iterable, Mapping
from typing import Any

from terms.problem import ProblemError

Group = dict[str, Any]
"""One entry of `resourceSpans`, with one resource, one scope and any number of spans."""

KINDS: Mapping[str, int] = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
UNSET, OK, ERROR = 0, 1, 2

MICROSECOND = 1_000


def attributes(pairs: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    """The pairs as OTLP attributes; the type of each value stays what it is."""
    return [{"key": key, "value": value(found)} for key, found in pairs]


def value(found: Any) -> dict[str, Any]:
    """One AnyValue.

    >>> value(True), value(7), value(["a"])
    ({'boolValue': True}, {'intValue': '7'}, {'arrayValue': {'values': [{'stringValue': 'a'}]}})
    """
    match found:
        case bool():
            return {"boolValue": found}
        case int():
            return {"intValue": str(found)}
        case float():
            return {"doubleValue": found}
        case list():
            return {"arrayValue": {"values": [value(item) for item in found]}}
        case dict():
            return {"kvlistValue": {"values": attributes(found.items())}}
        case None:
            return {}
        case _:
            return {"stringValue": str(found)}


def hex_id(text: Any, digits: int) -> str:
    """An id at its full length: older tracers leave leading zeros out. What is no text becomes one that the door rejects."""
    return text.lower().zfill(digits) if isinstance(text, str) else ""


def group(resource: Iterable[tuple[str, Any]], scope: str, spans: list[dict[str, Any]]) -> Group:
    """The spans of one resource and one scope."""
    scoped = {"scope": {"name": scope} if scope else {}, "spans": spans}
    return {"resource": {"attributes": attributes(resource)}, "scopeSpans": [scoped]}


def nanoseconds(holder: Mapping[str, Any], key: str, where: str) -> int:
    """The nanoseconds of a field that holds whole microseconds; 0 where it is missing. Raises ProblemError (JSON pointer)."""
    found = holder.get(key) or 0
    if isinstance(found, bool) or not isinstance(found, int):
        raise ProblemError(
            f"{found!r} is not a whole number of microseconds",
            f"{where}/{key}",
            "export it again, times as numbers",
        )
    return found * MICROSECOND

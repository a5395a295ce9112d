# SPDX-License-Identifier: Apache-2.0
"""Values of a rule -> functions that find them in a span. Made once, when the rule is compiled."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import orjson

from collectors.extraction.rule import Amount, Time, Value
from collectors.span import MAX_INT64, Span, without_nul
from terms.instant import Instant, from_datetime, parse
from terms.money import exponent
from terms.problem import ProblemError

MAX_JSON = 256 * 1024  # characters of an attribute that a pointer is followed into
_STATUS = ("unset", "ok", "error")
_KIND = ("unspecified", "internal", "server", "client", "producer", "consumer")
_PER_SECOND = {"unix_s": 1, "unix_ms": 10**3, "unix_us": 10**6, "unix_ns": 10**9}

ITEM = ""  # where the item of `each` stands among the attributes of the span that is read for it

Getter = Callable[[Span], Any]


class UnreadableError(ValueError):
    """A span's business words cannot be read. `reason` is a stable word."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason = reason


def raw(value: Value) -> Getter:
    """What stands at the value, before any step; None where nothing does."""
    names, pointer = value.names, value.pointer
    if value.place == "text":
        constant = names[0]
        return lambda _: constant
    if value.place == "item":
        return lambda span: at(span.attributes.get(ITEM), pointer)
    find = _OF_PLACE[value.place]
    if value.place == "attribute" and len(names) == 1 and not pointer:
        name = names[0]
        return lambda span: span.attributes.get(name)

    def get(span: Span) -> Any:
        for name in names:
            found = find(span, value.event, name)
            if found is not None:
                return at(found, pointer) if pointer else found
        return None

    return get


def text(value: Value) -> Getter:
    """The text of the value after its steps; None where there is none, or a step cannot take it."""
    get, steps = raw(value), value.normalise

    def read(span: Span) -> Any:
        found = plain_text(get(span))
        for step in steps:
            if found is None:
                return None
            found = step.apply(found)
        return found

    return read


def plain_text(value: Any) -> str | None:
    """A value as the text that is stored; None for nothing and for an empty text."""
    if type(value) is str:
        return without_nul(value) or None
    if value is None:
        return None
    if type(value) is bool:
        return "true" if value else "false"
    return without_nul(str(value))


def at(document: Any, pointer: tuple[str, ...]) -> Any:
    """What stands at a JSON pointer (RFC 6901, split); `*` goes into every item of a list. None where nothing stands.

    A text is read as JSON first, as many runtimes keep a payload in one attribute.

    >>> at('{"lines": [{"order": "SO-1"}, {"order": "SO-2"}]}', ("lines", "*", "order"))
    ['SO-1', 'SO-2']
    """
    if isinstance(document, str) and pointer:
        document = _parsed(document) if len(document) <= MAX_JSON else None
    for position, part in enumerate(pointer):
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and part == "*":
            found = [at(one, pointer[position + 1 :]) for one in document]
            return [one for one in found if one is not None]
        elif isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


@lru_cache(16)
def _parsed(text: str) -> Any:
    """What a JSON text holds; several values of a rule stand in one payload."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def instant(time: Time) -> Callable[[Span], Instant]:
    """When the event of a span happened. The function raises UnreadableError where the value is no time of its format."""
    if time.value is None:
        if time.at_end:
            return lambda span: Instant(span.end_ns // 1000)
        return lambda span: Instant(span.start_ns // 1000)
    get, form = raw(time.value), time.format
    name = " or ".join(time.value.names) or "/".join(time.value.pointer)

    def read(span: Span) -> Instant:
        found = get(span)
        if found is None:
            return Instant((span.end_ns if time.at_end else span.start_ns) // 1000)
        return rfc3339(found, name) if form == "rfc3339" else _since_1970(found, form, name)

    return read


def rfc3339(value: Any, name: str) -> Instant:
    """The instant of an RFC 3339 text. Raises UnreadableError."""
    try:
        return parse(value)
    except (ProblemError, TypeError) as error:
        raise UnreadableError(
            "bad_event_time", f"{name} {str(value)[:60]!r} is not an RFC 3339 time"
        ) from error


def _since_1970(value: Any, form: str, name: str) -> Instant:
    if type(value) in (int, float, str):
        try:
            us = int(Decimal(str(value)) * 10**6 / _PER_SECOND[form])
            from_datetime(datetime.fromtimestamp(us // 10**6, UTC))
            return Instant(us)
        except (InvalidOperation, ValueError, OverflowError, OSError):
            pass
    raise UnreadableError("bad_event_time", f"{name} {str(value)[:60]!r} is not a time in {form}")


def minor_units(amount: Amount) -> Callable[[Span, str | None], int | None]:
    """The minor units of an amount in a currency; None where no amount stands. The function raises UnreadableError."""
    get = raw(amount.value)

    def read(span: Span, currency: str | None) -> int | None:
        value = get(span)
        if value is None:
            return None
        if not amount.is_major:
            return whole_minor(value)
        places = exponent(currency or "") if amount.exponent is None else amount.exponent
        return _of_major(value, places)

    return read


def whole_minor(value: Any) -> int:
    """A whole number of minor units. Raises UnreadableError for anything else."""
    if type(value) is int and abs(value) <= MAX_INT64:
        return value
    if isinstance(value, str) and len(value) < 20:
        try:
            return int(value)
        except ValueError:
            pass
    raise UnreadableError("bad_amount", f"{str(value)[:40]!r} is not a whole number of minor units")


def _of_major(value: Any, places: int) -> int:
    """Exact: what has more decimals than the currency is refused, not rounded. A float counts as it is written."""
    if type(value) in (int, float, str) and len(str(value)) < 40:
        try:
            scaled = Decimal(str(value)).scaleb(places)
            if scaled == scaled.to_integral_value() and abs(scaled) <= MAX_INT64:
                return int(scaled)
        except (InvalidOperation, ValueError):
            pass
    raise UnreadableError("bad_amount", f"{str(value)[:40]!r} is not an amount with {places} decimals")


def _of_span(span: Span, _: str, word: str) -> Any:
    match word:
        case "name":
            return span.name
        case "service":
            return span.origin.service
        case "scope":
            return span.origin.scope
        case "trace_id":
            return span.trace_id.hex()
        case "span_id":
            return span.span_id.hex()
        case "status":
            return _STATUS[span.status]
        case "kind":
            return _KIND[span.kind]
        case _:
            return span.status_message


def _of_span_event(span: Span, event: str, name: str) -> Any:
    for one in span.attributes.get("span.events") or ():
        if isinstance(one, dict) and one.get("name") == event:
            attributes = one.get("attributes")
            if isinstance(attributes, dict) and attributes.get(name) is not None:
                return attributes[name]
    return None


_OF_PLACE: dict[str, Callable[[Span, str, str], Any]] = {
    "attribute": lambda span, _, name: span.attributes.get(name),
    "resource": lambda span, _, name: span.origin.attributes.get(name),
    "span": _of_span,
    "span_event": _of_span_event,
}

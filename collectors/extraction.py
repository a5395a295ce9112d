# SPDX-License-Identifier: Apache-2.0
"""Spans -> business events and the objects spans name: the second step of the walk. The words come from a rule."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from collectors.extraction_rule import ExtractionRule
from collectors.span import MAX_INT64, BusinessEvent, Rejected, Span, without_nul
from terms.instant import Instant, parse
from terms.problem import ProblemError

MAX_KEY = 512
MAX_OBJECTS = 1_000  # one event; a run that names more is split by its sender
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,63}")
Attributes = dict[str, Any]


class Extracted(NamedTuple):
    """What the spans of one request say. `named[i]` are the key texts that `spans[i]` names; `events` pairs with it."""

    spans: list[Span]
    named: list[tuple[str, ...]]
    events: list[BusinessEvent | None]
    rejected: list[Rejected]


class UnreadableError(ValueError):
    """A span's business words cannot be read. `reason` is a stable word."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason = reason


def extract(spans: Sequence[Span], rules: Sequence[ExtractionRule]) -> Extracted:
    """Spans with the event each carries and the objects it names; those whose words cannot be read are rejected.

    Of `rules` the first that fits a span is used; a span that fits none is kept and says nothing.
    """
    out = Extracted([], [], [], [])
    readers = [Reader(rule) for rule in rules]
    for span in spans:
        named: tuple[str, ...] = ()
        event = None
        try:
            for reader in readers:
                named = reader.named(span.attributes)
                if named or reader.rule.type in span.attributes:
                    event = reader.event(span, named)
                    break
        except UnreadableError as error:
            out.rejected.append(Rejected(error.reason, f"span '{span.name}' ({span.span_id.hex()}): {error}"))
            continue
        out.spans.append(span)
        out.named.append(named)
        out.events.append(event)
    return out


class Reader:
    """Reads attributes by one rule."""

    def __init__(self, rule: ExtractionRule) -> None:
        self.rule = rule

    def named(self, attributes: Attributes) -> tuple[str, ...]:
        """The key texts of the objects that are named, sorted, each once."""
        found = _object_names(tuple(attributes), self.rule.objects)
        if not found:
            return ()
        if len(found) == 1 and type(attributes[found[0][0]]) is str:
            return (_key(found[0][1], attributes[found[0][0]]),)
        keys: set[str] = set()
        for name, kind in found:
            value = attributes[name]
            for one in value if isinstance(value, list) else (value,):
                keys.add(_key(kind, one))
        if len(keys) > MAX_OBJECTS:
            raise UnreadableError(
                "too_many_objects", f"it names {len(keys)} objects; {MAX_OBJECTS} are allowed"
            )
        return tuple(sorted(keys))

    def event(self, span: Span, named: tuple[str, ...]) -> BusinessEvent | None:
        """The event a span carries; None when it carries none. An event without an id is known by its span."""
        if self.rule.type not in span.attributes:
            return None
        fallback = f"span:{span.trace_id.hex()}/{span.span_id.hex()}"
        return self.business_event(
            span.attributes, named, span.origin.service or "unknown", fallback, span.start_ns // 1000,
            span.trace_id, span.span_id,
        )  # fmt: skip

    def business_event(
        self,
        words: Attributes,
        named: tuple[str, ...],
        source: str,
        event_id: str,
        at: int,
        trace_id: bytes | None = None,
        span_id: bytes | None = None,
    ) -> BusinessEvent:
        """The event of these words; `source`, `event_id` and `at` stand in where the words do not say."""
        rule, get = self.rule, words.get
        told = get(rule.time)
        amount, currency = _amount(get(rule.amount_minor)), _text(get(rule.currency))
        if amount is not None and not currency:
            raise UnreadableError(
                "amount_without_currency", f"{rule.amount_minor} has no {rule.currency} beside it"
            )
        source, event_id = _text(get(rule.source)) or source, _text(get(rule.event_id)) or event_id
        if len(source) > MAX_KEY or len(event_id) > MAX_KEY:
            raise UnreadableError("bad_event_id", f"its source or id is longer than {MAX_KEY}")
        return BusinessEvent(
            source,
            event_id,
            _text(get(rule.type)) or "",
            Instant(at) if told is None else _instant(told, rule.time),
            _text(get(rule.system)) or source,
            named,
            amount,
            currency,
            _text(get(rule.legal_entity)),
            _text(get(rule.region)),
            _text(get(rule.contract_subject)),
            _text(get(rule.contract_version)),
            _text(get(rule.message)),
            trace_id,
            span_id,
            _data(words, rule.data),
        )


def once(events: Iterable[BusinessEvent], rank: Callable[[BusinessEvent], bytes]) -> list[BusinessEvent]:
    """Each identity once. Where contents differ the greater rank stays, so that arrival order does not decide."""
    kept: dict[tuple[str, str], BusinessEvent] = {}
    for event in events:
        identity = event[:2]
        known = kept.get(identity)
        if known is None or (known is not event and rank(event) > rank(known)):
            kept[identity] = event
    return list(kept.values())


@lru_cache(10_000)
def _object_names(names: tuple[str, ...], prefix: str) -> tuple[tuple[str, str], ...]:
    """(attribute, object type) for those of the names that name an object: spans of one kind have the same names."""
    found = tuple((name, name[len(prefix) :]) for name in names if name.startswith(prefix))
    for _, kind in found:
        if not _TYPE.fullmatch(kind):
            raise UnreadableError("bad_object_type", f"{kind[:80]!r} is not an object type")
    return found


def _key(kind: str, value: Any) -> str:
    if type(value) is not str:
        if type(value) is not int:
            raise UnreadableError("bad_object_key", f"the key of {kind!r} is neither text nor a whole number")
        value = str(value)
    value = value.strip()
    if not value or len(value) > MAX_KEY:
        raise UnreadableError("bad_object_key", f"the key of {kind!r} is empty or longer than {MAX_KEY}")
    return f"{kind}:{without_nul(value)}"


def _text(value: Any) -> str | None:
    if type(value) is str:
        return without_nul(value) or None
    return None if value is None else without_nul(str(value))


def _amount(value: Any) -> int | None:
    if value is None or type(value) is int:
        return value if value is None or abs(value) <= MAX_INT64 else _refuse_amount(value)
    if isinstance(value, str) and len(value) < 20:
        try:
            return int(value)
        except ValueError:
            pass
    return _refuse_amount(value)


def _refuse_amount(value: Any) -> int:
    raise UnreadableError("bad_amount", f"{str(value)[:40]!r} is not a whole number of minor units")


def _instant(value: Any, name: str) -> Instant:
    try:
        return parse(value)
    except (ProblemError, TypeError) as error:
        raise UnreadableError(
            "bad_event_time", f"{name} {str(value)[:60]!r} is not an RFC 3339 time"
        ) from error


def _data(words: Attributes, names: tuple[str, ...]) -> str | None:
    kept = {name: words[name] for name in names if name in words}
    return orjson.dumps(kept).decode() if kept else None

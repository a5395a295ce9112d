# SPDX-License-Identifier: Apache-2.0
"""Spans -> business events and the objects spans name: the second step of the walk. Which rule reads a span is looked up, not searched.

A span is dispatched on its service and scope, its name where a rule asks for it, and the names of its attributes. What
was found for one span holds for the next that looks like it: a runtime says a few dozen different things, over and over.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from collectors.decoding.wire_attributes import WireAttributes
from collectors.extraction.key_form import masked
from collectors.extraction.plan import Compiled, Plan, Refused
from collectors.extraction.rule import ExtractionRule
from collectors.extraction.value import UnreadableError
from collectors.keys.finding import KeyFinding, Rejection
from collectors.span import BusinessEvent, Origin, Rejected, Span
from terms.instant import Instant

_MOST = 5_000  # origins, and shapes of each; a runtime that names attributes after its customers must not fill the memory
_FINDING: Final[dict[str, Rejection]] = {
    "bad_event_time": "bad-time",
    "bad_amount": "bad-amount",
    "amount_without_currency": "bad-amount",
    "bad_event_id": "too-long",
    "too_many_objects": "too-many",
    "bad_object_type": "pattern",
}


class Extracted(NamedTuple):
    """What the spans of one request say. `named[i]` are the key texts that `spans[i]` names; `events` pairs with it.

    `more` are further events of spans that carry several. `findings` are values that stand where a key should and are
    none, each with the position of its span.
    """

    spans: list[Span]
    named: list[tuple[str, ...]]
    events: list[BusinessEvent | None]
    rejected: list[Rejected]
    more: list[BusinessEvent]
    findings: list[tuple[int, KeyFinding]]

    def all_events(self) -> list[BusinessEvent]:
        """Every event, in the order of the spans."""
        return [*(event for event in self.events if event is not None), *self.more]


class Said(NamedTuple):
    """What one span says, and by which rule and reading; all empty when no rule reads it."""

    named: tuple[str, ...]
    events: list[BusinessEvent]
    findings: list[KeyFinding]
    rule: ExtractionRule | None
    reading: str


NOTHING: Final = Said((), [], [], None, "")


class Extractor:
    """Rules, made ready. Of the rules, and of the readings of each, the first that fits a span is used."""

    def __init__(self, rules: Iterable[ExtractionRule]) -> None:
        self.rules = tuple(rules)
        self._compiled = [Compiled(rule, reading) for rule in self.rules for reading in rule.readings]
        self._tables: dict[tuple[str, str], _Table] = {}
        self.contract_words = tuple(
            (reading.texts["contract_subject"].names[0], reading.texts["contract_version"].names[0])
            for rule in self.rules
            for reading in rule.readings
            if all(
                name in reading.texts and reading.texts[name].place == "attribute"
                for name in ("contract_subject", "contract_version")
            )
        )
        """(subject, version): the attributes by which spans name contracts."""

    def extract(self, spans: Sequence[Span]) -> Extracted:
        """Spans with the events each carries and the objects it names; those that a strict rule cannot read are rejected.

        A span that no rule fits is kept and says nothing.
        """
        out = Extracted([], [], [], [], [], [])
        last: Origin | None = None
        table = _Table([])
        refused: list[Refused] = []
        for span in spans:
            if span.origin is not last:
                last = span.origin
                table = self._table(last)
            named: tuple[str, ...] = ()
            event: BusinessEvent | None = None
            try:
                for plan in table.plans(span):
                    if plan.holds is not None and not plan.holds(span):
                        continue
                    named, event, more = plan.read(span, refused)
                    if more:
                        out.more.extend(more)
                    if refused:
                        out.findings.extend((len(out.spans), _finding(one, span, event)) for one in refused)
                    if named or event is not None or refused:
                        refused.clear()
                        break
            except UnreadableError as error:
                refused.clear()
                if plan.rule.is_strict:
                    what = f"span '{span.name}' ({span.span_id.hex()}): {error}"
                    out.rejected.append(
                        Rejected(error.reason, what, f"{span.trace_id.hex()}/{span.span_id.hex()}")
                    )
                    continue
                named, event = (), None
                out.findings.append((len(out.spans), _unread(error, span)))
            out.spans.append(span)
            out.named.append(named)
            out.events.append(event)
        return out

    def say(self, span: Span) -> Said:
        """What one span says. Raises UnreadableError where a strict rule cannot read it."""
        for plan in self._table(span.origin).plans(span):
            if plan.holds is not None and not plan.holds(span):
                continue
            refused: list[Refused] = []
            reading = plan.compiled.reading.id
            try:
                named, event, more = plan.read(span, refused)
            except UnreadableError as error:
                if plan.rule.is_strict:
                    raise
                return Said((), [], [_unread(error, span)], plan.rule, reading)
            if named or event is not None or refused:
                events = [event, *more] if event is not None else []
                return Said(
                    named, events, [_finding(one, span, event) for one in refused], plan.rule, reading
                )
        return NOTHING

    def _table(self, origin: Origin) -> "_Table":
        key = origin.service, origin.scope
        table = self._tables.get(key)
        if table is None:
            if len(self._tables) >= _MOST:
                self._tables.clear()
            fitting = [
                one
                for one in self._compiled
                if one.rule.service.fits(origin.service) and one.rule.scope.fits(origin.scope)
            ]
            table = self._tables[key] = _Table(fitting)
        return table


class _Table:
    """The readings for one service and scope, by what spans of it look like."""

    def __init__(self, compiled: list[Compiled]) -> None:
        self.compiled = compiled
        self._by_shape: dict[tuple[str, ...], tuple[Plan, ...] | _ByName] = {}

    def plans(self, span: Span) -> tuple[Plan, ...]:
        """The plans that may be for the span, in the order they are tried."""
        attributes = span.attributes
        shape = attributes.names() if type(attributes) is WireAttributes else tuple(attributes)
        found = self._by_shape.get(shape)
        if found is None:
            if len(self._by_shape) >= _MOST:
                self._by_shape.clear()
            found = self._by_shape[shape] = self._for(shape)
        return found if type(found) is tuple else found.plans(span.name)  # type: ignore[union-attr]

    def _for(self, shape: tuple[str, ...]) -> "tuple[Plan, ...] | _ByName":
        there = frozenset(shape)
        fitting = [Plan(one, shape) for one in self.compiled if one.reading.when.has <= there]
        saying = tuple(plan for plan in fitting if plan.may_say)
        return _ByName(saying) if any(not plan.name.is_any for plan in saying) else saying


class _ByName:
    """Plans of which some are for spans of some names only. Names that no plan asks for are not told apart."""

    def __init__(self, plans: tuple[Plan, ...]) -> None:
        self._plans = plans
        self._exact = frozenset(text for plan in plans for text in plan.name.exact)
        self._beginnings = tuple(sorted({text for plan in plans for text in plan.name.beginnings}))
        self._found: dict[Any, tuple[Plan, ...]] = {}

    def plans(self, name: str) -> tuple[Plan, ...]:
        """Those that are for spans of that name."""
        key = (
            name if name in self._exact else tuple(text for text in self._beginnings if name.startswith(text))
        )
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = tuple(plan for plan in self._plans if plan.name.fits(name))
        return found


def _unread(error: UnreadableError, span: Span) -> KeyFinding:
    return KeyFinding(_FINDING[error.reason], "", _service(span), str(error), _start(span))


def _finding(refused: Refused, span: Span, event: BusinessEvent | None) -> KeyFinding:
    source, at = (event.source, event.occurred_at) if event else (_service(span), _start(span))
    text = masked(refused.text) if refused.is_classified or "@" in refused.text else refused.text
    return KeyFinding(refused.reason, refused.type, source, text, at)


def _service(span: Span) -> str:
    return span.origin.service or "unknown"


def _start(span: Span) -> Instant:
    return Instant(span.start_ns // 1000)


def join(parts: Iterable[Extracted]) -> Extracted:
    """What the spans of several requests say, one after the other."""
    first, *further = parts
    if not further:
        return first
    out = Extracted([], [], [], [], [], [])
    for part in (first, *further):
        out.findings.extend((len(out.spans) + position, finding) for position, finding in part.findings)
        out.spans.extend(part.spans)
        out.named.extend(part.named)
        out.events.extend(part.events)
        out.rejected.extend(part.rejected)
        out.more.extend(part.more)
    return out


def once(events: Iterable[BusinessEvent], rank: Callable[[BusinessEvent], bytes]) -> list[BusinessEvent]:
    """Each identity once. Where contents differ the greater rank stays, so that arrival order does not decide."""
    kept: dict[tuple[str, str], BusinessEvent] = {}
    for event in events:
        identity = event[:2]
        known = kept.get(identity)
        if known is None or (known is not event and rank(event) > rank(known)):
            kept[identity] = event
    return list(kept.values())

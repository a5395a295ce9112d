# SPDX-License-Identifier: Apache-2.0
"""What a rule's examples say must come out of it: a rule whose examples do not hold does not load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from collectors.decoding.cloudevents import events_of, span_of
from collectors.decoding.otlp_words import KINDS
from collectors.extraction.extractor import NOTHING, Extractor, Said
from collectors.extraction.rule import Example, ExtractionRule
from collectors.extraction.value import UnreadableError
from collectors.span import BusinessEvent, Origin, Span
from collectors.stitching.figures import ALLOCATED, ANNOTATE, NONE, PLANNED, RELATED, figures_text, read
from terms.instant import SECOND, Instant, parse, text
from terms.money import Money
from terms.problem import Problem, ProblemError

_STATUSES = ("unset", "ok", "error")
_NOON = parse("2026-03-01T12:00:00Z")
SPAN_KEYS = (
    "service", "scope", "resource", "name", "kind", "status", "status_message", "trace_id", "span_id", "parent_id", "start", "end",
    "attributes", "events",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one example: the reading that was used, and how what came out differs from what must."""

    example: Example
    reading: str
    differences: tuple[str, ...]


def outcomes(rule: ExtractionRule) -> tuple[Outcome, ...]:
    """Each example of the rule, tried with this rule alone."""
    extractor = Extractor([rule])
    return tuple(_outcome(extractor, rule, example) for example in rule.examples)


def broken_examples(rule: ExtractionRule) -> list[Problem]:
    """What keeps the rule from being used: examples that do not hold, and readings that no example shows."""
    tried = outcomes(rule)
    problems = [
        Problem(f"example '{one.example.name}' of {rule.id}: {difference}", one.example.where)
        for one in tried
        for difference in one.differences
    ]
    shown = {one.reading for one in tried}
    return problems + [
        Problem(
            f"no example shows the reading '{reading.id}' of {rule.id}",
            reading.where,
            "add one with what must come out",
        )
        for reading in rule.readings
        if reading.id not in shown
    ]


def span_of_example(given: Mapping[str, Any]) -> Span:
    """The span an example writes down. Raises ProblemError for a key that is none, or a time or id that is wrong."""
    unknown = sorted(set(given) - set(SPAN_KEYS))
    if unknown:
        raise ProblemError(f"a span has no '{unknown[0]}'", do=f"it has {', '.join(SPAN_KEYS)}")
    start = parse(given["start"]) if "start" in given else _NOON
    end = parse(given["end"]) if "end" in given else Instant(start + SECOND)
    attributes = dict(given.get("attributes") or {})
    if given.get("events"):
        attributes["span.events"] = [
            {"name": one.get("name", ""), "time_unix_nano": start * 1000, "attributes": one.get("attributes") or {}}
            for one in given["events"]
        ]  # fmt: skip
    resource = {"service.name": given.get("service", ""), **(given.get("resource") or {})}
    kind, status = str(given.get("kind", "internal")), str(given.get("status", "unset"))
    if kind not in KINDS or status not in _STATUSES:
        raise ProblemError(
            f"'{kind}' or '{status}' is no kind or status of a span",
            do="write kind: server, status: ok and the like",
        )
    return Span(
        Origin(str(given.get("service", "")), str(given.get("scope", "")), resource),
        _id(given.get("trace_id"), 16, given),
        _id(given.get("span_id"), 8, given),
        _id(given["parent_id"], 8, given) if given.get("parent_id") else None,
        str(given.get("name", "")),
        KINDS[kind],
        start * 1000,
        end * 1000,
        _STATUSES.index(status),
        given.get("status_message"),
        attributes,
    )


def told(event: BusinessEvent) -> dict[str, Any]:
    """The parts of an event as an example writes them; what is not there is left out."""
    words = orjson.loads(event.data) if event.data else {}
    said = figures_text(event.data)
    figures = read(said) if said else NONE
    for name in (ALLOCATED, PLANNED, RELATED):
        words.pop(name, None)
    planned = {
        kind: {"count": plan.number, "amount": _text(plan.minor, event)}
        for kind, plan in figures.planned.items()
    }
    parts = {
        "event": event.type,
        "objects": list(event.objects),
        "related": sorted(
            [*map(" ".join, figures.related), *(f"{key} {ANNOTATE}" for key in figures.beside)]
        ),
        "allocated": {key: _text(minor, event) for key, minor in figures.allocated.items()},
        "planned": {
            kind: {word: one for word, one in plan.items() if one is not None}
            for kind, plan in planned.items()
        },
        "at": text(event.occurred_at),
        "source": event.source,
        "id": event.source_event_id,
        "system": event.system,
        "amount": _money(event),
        "legal_entity": event.legal_entity,
        "region": event.region,
        "contract": " ".join(part for part in (event.contract_subject, event.contract_version) if part),
        "message": event.message,
        "data": words,
    }
    return {key: value for key, value in parts.items() if value or key == "objects"}


def _outcome(extractor: Extractor, rule: ExtractionRule, example: Example) -> Outcome:
    said, events = NOTHING, []
    try:
        if example.is_cloudevent:
            span = span_of(example.given, _NOON)
            said = extractor.say(span)
            events = events_of(span, said) if said.rule else []
        else:
            said = extractor.say(span_of_example(example.given))
            events = said.events
    except UnreadableError as error:
        if example.rejects == (error.reason,):
            return Outcome(example, rule.readings[0].id, ())
        return Outcome(example, "", (f"it cannot be read: {error} ({error.reason})",))
    except ProblemError as error:
        return Outcome(example, "", tuple(str(problem) for problem in error.problems))
    reasons = tuple(sorted(finding.reason for finding in said.findings))
    differences = list(_differences(example.gives, said, events))
    if reasons != tuple(sorted(example.rejects)):
        differences.append(f"rejects {list(reasons)}, and {sorted(example.rejects)} must be")
    return Outcome(example, said.reading, tuple(differences))


def _differences(
    gives: Sequence[Mapping[str, Any]], said: Said, events: Sequence[BusinessEvent]
) -> list[str]:
    if not events:
        names = sorted(str(one) for must in gives for one in must["objects"])
        if any("event" in must for must in gives):
            return ["no event comes out"]
        return [] if list(said.named) == names else [f"names {list(said.named)}, and {names} must be"]
    if len(events) != len(gives):
        return [f"{len(events)} events come out, and {len(gives)} must: {[event.type for event in events]}"]
    return [
        f"{key} is {made.get(key)!r}, and {_plain(must[key])!r} must be"
        for event, must in zip(events, gives, strict=True)
        for made in (told(event),)
        for key in dict.fromkeys(("event", *must))
        if made.get(key) != _plain(must.get(key))
    ]


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _money(event: BusinessEvent) -> str | None:
    return _text(event.amount_minor, event)


def _text(minor: int | None, event: BusinessEvent) -> str | None:
    return str(Money(minor, event.currency or "")) if minor is not None else None


def _id(given: Any, size: int, whole: Mapping[str, Any]) -> bytes:
    """The id of a hex text; one that follows from the example where none is given."""
    if given is None:
        return blake2b(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS), digest_size=size).digest()
    try:
        found = bytes.fromhex(str(given))
    except ValueError:
        found = b""
    if len(found) != size:
        raise ProblemError(f"'{given}' is not {size} bytes in hex digits")
    return found

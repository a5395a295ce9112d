# SPDX-License-Identifier: Apache-2.0
"""A proposed rule as YAML: every line with the evidence it stands on, and examples from the spans it was made of."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collectors.decoding.otlp_words import KINDS
from collectors.extraction.example import broken_examples, told
from collectors.extraction.extractor import Extractor
from collectors.extraction.file import read_extraction
from collectors.extraction.key_form import masked
from collectors.extraction.key_guess import Guess, Passed
from collectors.extraction.profile import NameProfile
from collectors.extraction.rule import ExtractionRule
from collectors.span import Span
from terms import yaml_lines
from terms.instant import from_nanoseconds, text
from terms.problem import Problem, ProblemError

_STATUSES = ("unset", "ok", "error")
_ID = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Proposed:
    """A reading to be: the names and the spans it is for, what they name, whether they are events and why it is thought so.

    `amount` is (attribute, unit, the currency's attribute).
    """

    id: str
    names: tuple[str, ...]
    spans: tuple[Span, ...]
    guesses: tuple[Guess, ...]
    is_event: bool
    why: str
    amount: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Source:
    """Whose spans a proposal is made of: their service, the id of the rule to be, and where they are from."""

    service: str
    rule_id: str
    origin: str


def rule_file(
    source: Source, own: Sequence[NameProfile], readings: Sequence[Proposed], passed: Sequence[Passed]
) -> tuple[str, list[Proposed]]:
    """The file, and the readings in it. It loads and its examples hold; a reading that no span shows is left out."""
    # Exact names first: a reading for one name must be asked before one for its beginning.
    ordered = sorted(
        readings,
        key=lambda one: (any(name.endswith("*") for name in one.names), not one.is_event, -len(one.spans)),
    )
    head = _head(source, own)
    draft = _loaded(
        "\n".join([*head, *(line for one in ordered for line in _reading_lines(one)), "examples: []"])
    )
    shown = {one.id: span for one in ordered if (span := _shown_by(one, Extractor([draft]))) is not None}
    kept = [one for one in ordered if one.id in shown]
    if not kept:
        return "", []
    lines = [*head, *(line for one in kept for line in _reading_lines(one))]
    if passed:
        lines += ["", "# Not proposed:"]
        lines += [
            _comment(
                f"#   {_place_words(one)}: {one.values.distinct} values such as {_sample(one)}; it {one.why}."
            )
            for one in passed
        ]
    extractor = Extractor([_loaded("\n".join([*lines, "examples: []"]))])
    lines += [
        "",
        "examples:",
        *(line for one in kept for line in _example_lines(one, shown[one.id], extractor)),
    ]
    content = "\n".join(lines) + "\n"
    problems = broken_examples(_loaded(content))
    if problems:  # what does not hold must not be handed out
        raise ProblemError(tuple(problems))
    return content, kept


def _head(source: Source, own: Sequence[NameProfile]) -> list[str]:
    service = source.service
    total = sum(len(one.spans) for one in own)
    scopes = sorted({one.scope for one in own})
    scope = f"scope: [{', '.join(map(_quoted, scopes))}]" if all(scopes) else ""
    return [
        _comment(
            f"# Proposed by `throughline extract suggest` from {total} spans of {service or 'a service without a name'} "
            f"in {source.origin}."
        ),
        "# The numbers say why each line is here. Whether a span is an event of your business, only you know: look at all of it,",
        "# and at the examples, which hold values from your spans, before you keep it.",
        "kind: extraction",
        f"id: {_quoted(source.rule_id)}",
        "version: 1",
        f"title: {_quoted(f'Spans of {service}')}",
        f"spans: {{service: [{_quoted(service)}]}}" if service else f"spans: {{{scope}}}",
        "readings:",
    ]


def word(text_: str, otherwise: str) -> str:
    """A text as an id: small letters, digits and hyphens.

    >>> word("CompleteWorkflow:DeliverInvoice", "x"), word("99 balloons", "span")
    ('completeworkflow-deliverinvoice', 'span-99-balloons')
    """
    plain = _ID.sub("-", text_.lower()).strip("-")
    return plain if plain[:1].isalpha() else f"{otherwise}-{plain}".strip("-")


def _shown_by(one: Proposed, extractor: Extractor) -> Span | None:
    """The span that shows a reading best, with most of its objects; None when other readings take all its spans."""
    said = [(span, extractor.say(_short(span, one))) for span in one.spans]
    fitting = [
        (len(found.named), not found.findings, -place)
        for place, (_, found) in enumerate(said)
        if found.reading == one.id
    ]
    return one.spans[-max(fitting)[2]] if fitting else None


def _reading_lines(one: Proposed) -> list[str]:
    attributes = sorted({guess.values.place.attribute for guess in one.guesses if _everywhere(guess)})
    has = f"has: [{', '.join(map(_quoted, attributes))}]" if attributes else ""
    status = "status: [unset, ok]" if one.is_event else ""
    lines = [
        f"  # {len(one.spans)} spans; {one.why}.",
        f"  - id: {_quoted(one.id)}",
    ]
    when = [part for part in (_names(one.names), has, status) if part]
    if when:
        lines.append(f"    when: {{{', '.join(when)}}}")
    if one.is_event:
        lines += ["    must_name: true", f"    event: {_quoted(one.id)}", "    system: {span: service}"]
    lines.append("    objects:")
    for guess in one.guesses:
        lines += [_comment(f"      # {sentence}.") for sentence in guess.evidence]
        lines.append(
            f"      - {{type: {guess.type}, from: {_quoted(guess.values.place.attribute)}{_steps(guess)}}}"
        )
    if one.amount:
        name, unit, currency = one.amount
        lines.append(f"    amount: {{{unit}: {_quoted(name)}, currency: {{from: {_quoted(currency)}}}}}")
    return lines


def _names(names: Sequence[str]) -> str:
    """For which names; a span without one is for any."""
    if "" in names:
        return ""
    return f"name: {_quoted(names[0])}" if len(names) == 1 else f"name: [{', '.join(map(_quoted, names))}]"


def _everywhere(guess: Guess) -> bool:
    return guess.values.present >= guess.values.spans


def _steps(guess: Guess) -> str:
    before = guess.values.place.before
    if not before:
        return ""
    # The part may hold anything but what divides parts; the sign before it, where there is one, is kept.
    pattern = f"{re.escape(before)}([^/:?&=|,;#\\s]{{3,64}})".replace("\\-", "-")
    return f", normalise: [{{capture: {_quoted(pattern)}}}]"


def _example_lines(one: Proposed, span: Span, extractor: Extractor) -> list[str]:
    shortened = _short(span, one)
    said = extractor.say(shortened)
    given: dict[str, Any] = {
        "service": span.origin.service,
        "scope": span.origin.scope,
        "name": span.name,
        "kind": next((word for word, kind in KINDS.items() if kind == span.kind), "internal"),
        "status": _STATUSES[span.status],
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "start": text(from_nanoseconds(span.start_ns)),
        "attributes": shortened.attributes,
    }
    gives: Any = {"objects": list(said.named)} if said.named else "nothing"
    if said.events:
        parts = told(said.events[0])
        gives = {key: parts[key] for key in ("event", "at", "system", "objects", "amount") if key in parts}
    lines = [f"  - name: {_quoted(f'a span of the reading {one.id}')}", f"    span: {flow(given)}"]
    lines.append(f"    gives: {flow(gives)}")
    if said.findings:
        lines.append(f"    rejects: {flow(sorted(finding.reason for finding in said.findings))}")
    return lines


def _short(span: Span, one: Proposed) -> Span:
    """The span with the attributes the reading looks at, to the microsecond as an example writes it down."""
    wanted = {guess.values.place.attribute for guess in one.guesses} | set(
        one.amount[::2] if one.amount else ()
    )
    attributes = {name: value for name, value in span.attributes.items() if name in wanted}
    start = span.start_ns // 1000 * 1000
    return span._replace(attributes=attributes, start_ns=start)


def _loaded(content: str) -> ExtractionRule:
    problems: list[Problem] = []
    rule = read_extraction(yaml_lines.load(content.encode(), "the proposal"), problems)
    if rule is None:
        raise ProblemError(tuple(problems))
    return rule


def _place_words(one: Passed) -> str:
    place = one.values.place
    return f"{place.attribute} behind {place.before}" if place.before else place.attribute


def _sample(one: Passed) -> str:
    first = min(one.values.values)
    return masked(first) if "@" in first else repr(first[:40])


def flow(value: Any) -> str:
    """A value as YAML on one line, which JSON almost is: what YAML does not print is escaped its way."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_in_quotes(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return _in_quotes(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text_: str) -> str:
    """A YAML text: plain where it can be."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text_)
    is_word = text_.lower() in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
    return text_ if plain and not is_word else _in_quotes(text_)


def _in_quotes(text_: str) -> str:
    return '"' + "".join(map(_escaped, text_)) + '"'


def _comment(line: str) -> str:
    """A line that stays one line."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    code = ord(letter)
    if letter.isprintable() and code < 0xD800:
        return letter
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

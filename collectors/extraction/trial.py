# SPDX-License-Identifier: Apache-2.0
"""What would come out of spans and events, by which rule: the walk's second step without the rest of it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from collectors.extraction.extractor import Extractor, Said
from collectors.extraction.value import UnreadableError
from collectors.keys.finding import KeyFinding
from collectors.processes.process import Process
from collectors.span import BusinessEvent, Decoded, Rejected, Span
from collectors.stitching.alias import object_type
from collectors.stitching.figures import NONE, Figures, figures_text
from collectors.stitching.figures import read as figures_of
from collectors.stitching.stated import effects

EXAMPLES = 3  # objects and refused values that a line shows
NO_RULE = "-"


class Read(NamedTuple):
    """One span, or (None) an event that came without one, and what was made of it."""

    span: Span | None
    rule: str
    reading: str
    named: tuple[str, ...]
    events: Sequence[BusinessEvent]
    findings: Sequence[KeyFinding]
    rejected: Rejected | None


@dataclass(slots=True)
class Line:
    """Spans of one service, name and outcome together. `makes` is the event type, empty where objects are only named."""

    service: str
    name: str
    rule: str
    reading: str
    makes: str
    count: int = 0
    objects: dict[str, None] = field(default_factory=dict)
    related: dict[str, None] = field(default_factory=dict)
    refused: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Trial:
    """The sums. `unread` are spans that no rule reads, `refused` values that stand where a key should and are none; `pairs` are
    the (type, role, type) that events state."""

    spans: int = 0
    events: int = 0
    naming: int = 0
    unread: int = 0
    refused: int = 0
    rejected: int = 0
    pairs: dict[tuple[str, str, str], None] = field(default_factory=dict)
    lines: dict[tuple[str, str, str, str, str], Line] = field(default_factory=dict)

    def add(self, read: Read) -> None:
        """Counts one span or event."""
        self.spans += read.span is not None
        self.events += len(read.events)
        self.naming += bool(read.named and not read.events)
        self.unread += read.rule == NO_RULE and read.rejected is None
        self.refused += len(read.findings)
        self.rejected += read.rejected is not None
        service = read.span.origin.service if read.span else read.events[0].source
        name = read.span.name if read.span else ""
        makes = ", ".join(dict.fromkeys(event.type for event in read.events))
        key = (service, name, read.rule, read.reading, makes)
        line = self.lines.setdefault(key, Line(*key))
        line.count += 1
        _fill(line.objects, read.named)
        for figures in map(_figures, read.events):
            _fill(line.related, (" ".join(one) for one in figures.related))
            pairs = ((object_type(one), role, object_type(other)) for one, role, other in figures.related)
            self.pairs |= dict.fromkeys(pairs)
        _fill(line.refused, (f"{one.reason} {one.type}: {one.key}" for one in read.findings))
        if read.rejected is not None:
            _fill(line.refused, (f"{read.rejected.reason}: {read.rejected.what}",))

    def unknown_to(self, processes: Iterable[Process]) -> list[str]:
        """The stated pairs of which no process makes anything, as texts: what they name is shown, and joins nothing."""
        known = tuple(processes)
        return [
            " ".join(pair)
            for pair in sorted(self.pairs)
            if not any(effects(process, *pair) for process in known)
        ]

    def sorted_lines(self) -> list[Line]:
        """The lines, those with most spans first."""
        return sorted(self.lines.values(), key=lambda one: (-one.count, one.service, one.name))


def read_all(decoded: Decoded, extractor: Extractor) -> Iterator[Read]:
    """Each span and each event of one request, read by the rules."""
    for span in decoded.spans:
        yield _read(span, extractor)
    findings: dict[int, list[KeyFinding]] = {}
    for position, finding in decoded.findings:
        findings.setdefault(position, []).append(finding)
    for position, event in enumerate(decoded.events):
        told = findings.get(position, [])
        yield Read(None, event.rule or NO_RULE, "", event.objects, (event,), told, None)


def _read(span: Span, extractor: Extractor) -> Read:
    try:
        said: Said = extractor.say(span)
    except UnreadableError as error:
        return Read(span, NO_RULE, "", (), (), (), Rejected(error.reason, str(error)))
    rule = said.rule.name if said.rule else NO_RULE
    return Read(span, rule, said.reading, said.named, said.events, said.findings, None)


def _figures(event: BusinessEvent) -> Figures:
    text = figures_text(event.data)
    return figures_of(text) if text else NONE


def _fill(known: dict[str, None], more: Iterable[str]) -> None:
    for one in more:
        if len(known) >= EXAMPLES:
            return
        known[one] = None

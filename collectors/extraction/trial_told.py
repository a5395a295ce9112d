# SPDX-License-Identifier: Apache-2.0
"""A trial of rules as people and scripts read it: a table of lines and a sentence, or one JSON document."""

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from collectors.extraction.example import told
from collectors.extraction.trial import Line, Read, Trial

_WIDTH = 160  # where the output goes to no terminal


def console() -> Console:
    """Where tables go: the terminal, or lines wide enough for a file."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH)


def counted(number: int, noun: str) -> str:
    """`1 span`, `2,000 spans`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(trial: Trial) -> None:
    """Prints a line for each service, name and outcome."""
    lines = Table(
        "spans",
        "service",
        "name",
        "rule",
        "event",
        "objects",
        "related",
        "refused",
        box=None,
        header_style="bold",
    )
    for line in trial.sorted_lines():
        lines.add_row(*_cells(line))
    console().print(lines)


def sentence(trial: Trial) -> str:
    """The sums in one sentence."""
    return (
        f"{counted(trial.spans, 'span')}: {counted(trial.events, 'event')}, {counted(trial.naming, 'more span')} that only name "
        f"objects, {trial.unread} that no rule reads, {counted(trial.refused, 'value')} refused, {trial.rejected} rejected"
    )


def _cells(line: Line) -> tuple[str, ...]:
    rule = f"{line.rule} {line.reading}".strip()
    return (
        str(line.count), line.service, line.name, rule, line.makes, " ".join(line.objects), "; ".join(line.related),
        "; ".join(line.refused),
    )  # fmt: skip


def document(trial: Trial, shown: Sequence[Read]) -> dict[str, Any]:
    """Everything a script may want: the sums, the lines, and the spans shown one by one."""
    return {
        "spans": trial.spans,
        "events": trial.events,
        "naming": trial.naming,
        "unread": trial.unread,
        "refused": trial.refused,
        "rejected": trial.rejected,
        "lines": [
            {
                "spans": line.count,
                "service": line.service,
                "name": line.name,
                "rule": line.rule,
                "reading": line.reading,
                "event": line.makes,
                "objects": list(line.objects),
                "related": list(line.related),
                "refused": list(line.refused),
            }
            for line in trial.sorted_lines()
        ],
        "read": [_read_document(read) for read in shown],
    }


def _read_document(read: Read) -> dict[str, Any]:
    span = read.span
    ids = {"traceId": span.trace_id.hex(), "spanId": span.span_id.hex(), "name": span.name} if span else {}
    return {
        **ids,
        "rule": read.rule,
        "reading": read.reading,
        "named": list(read.named),
        "events": [told(event) for event in read.events],
        "refused": [{"reason": one.reason, "type": one.type, "value": one.key} for one in read.findings],
        **(
            {"rejected": {"reason": read.rejected.reason, "what": read.rejected.what}}
            if read.rejected
            else {}
        ),
    }

# SPDX-License-Identifier: Apache-2.0
"""What did the machines do? Spans by trace, one waterfall each, lanes by system, with tries as ticks and the pauses named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards import status
from dashboards.format import columns, counted, duration, precise_instant, seconds_between, short_id
from terms.instant import SECOND, parse

OPEN_UP_TO = 60  # spans on a page that are shown unfolded; beyond, only the runs with an error are
_LEAST_BAR = 0.6  # percent; a thinner bar could not be seen


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    failed: bool
    critical: bool
    suspect: bool
    label: str


@dataclass(frozen=True, slots=True)
class SpanRow:
    """All tries of one thing. `note` tells of more than one try, or of what failed; `suspect` says why its times cannot be."""

    name: str
    bars: tuple[Bar, ...]
    took: str
    note: str
    failed: bool
    suspect: str
    label: str


@dataclass(frozen=True, slots=True)
class SpanLane:
    system: status.System
    rows: tuple[SpanRow, ...]


@dataclass(frozen=True, slots=True)
class SpanDetail:
    """One span in the table twin, with its raw ids."""

    name: str
    system: str
    started: str
    took: str
    status: str
    attempt: str
    message: str
    why: str
    span_id: str
    attributes: str
    suspect: str
    tracer: str


@dataclass(frozen=True, slots=True)
class Run:
    """One trace. `pause` names the wait since the trace before, and for which system; `ticks` are (percent, words, anchor)."""

    id: str
    title: str
    started: str
    trace_id: str
    short_trace_id: str
    length: str
    counts: str
    errors: int
    pause: str
    unfolded: bool
    ticks: tuple[tuple[float, str, str], ...]
    lanes: tuple[SpanLane, ...]
    details: tuple[SpanDetail, ...]


def runs(spans: Mapping[str, Any]) -> tuple[Run, ...]:
    """One run per trace, in the order in which they started."""
    by_trace: dict[str, list[Mapping[str, Any]]] = {}
    for span in sorted(columns({**spans, "links": None}), key=lambda span: parse(span["startedAt"])):
        by_trace.setdefault(span["traceId"], []).append(span)
    few = spans["count"] <= OPEN_UP_TO
    told: list[Run] = []
    previous: list[Mapping[str, Any]] | None = None
    for number, own in enumerate(by_trace.values(), start=1):
        told.append(_run(number, own, previous, few))
        previous = own
    return tuple(told)


def _run(
    number: int, spans: list[Mapping[str, Any]], before: list[Mapping[str, Any]] | None, few: bool
) -> Run:
    first = parse(spans[0]["startedAt"])
    length = max((parse(s["startedAt"]) - first) / SECOND + s["durationSeconds"] for s in spans) or 0.001
    errors = sum(span["status"] == "error" for span in spans)
    root = next((span for span in spans if span["parentSpanId"] is None), spans[0])
    return Run(
        id=f"run-{number}",
        title=root["name"],
        started=precise_instant(spans[0]["startedAt"]),
        trace_id=spans[0]["traceId"],
        short_trace_id=short_id(spans[0]["traceId"]),
        length=duration(length),
        counts=counted(len(spans), "span") + (f", {counted(errors, 'error')}" if errors else ""),
        errors=errors,
        pause=_pause(before, spans),
        unfolded=few or errors > 0,
        ticks=tuple(
            (part * 25, duration(length * part / 4) if part else "0", "start" if not part else "end" if part == 4 else "middle")
            for part in range(5)
        ),
        lanes=_lanes(spans, first, length),
        details=tuple(_detail(span) for span in spans),
    )  # fmt: skip


def _pause(before: list[Mapping[str, Any]] | None, spans: list[Mapping[str, Any]]) -> str:
    if before is None:
        return ""
    end = max(seconds_between(before[0]["startedAt"], s["startedAt"]) + s["durationSeconds"] for s in before)
    pause = seconds_between(before[0]["startedAt"], spans[0]["startedAt"]) - end
    return f"waited {duration(pause)} for {status.system(spans[0]['system']).word}" if pause >= 1 else ""


def _lanes(spans: Sequence[Mapping[str, Any]], first: int, length: float) -> tuple[SpanLane, ...]:
    """Rows by system; tries of the same thing in the same system share a row, so that a retry is a second bar in it."""
    systems: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for span in spans:
        tried = span["name"] if span["attempt"] is not None else span["spanId"]
        systems.setdefault(span["system"], {}).setdefault(tried, []).append(span)
    return tuple(
        SpanLane(status.system(name), tuple(_row(tries, first, length) for tries in rows.values()))
        for name, rows in systems.items()
    )


def _row(tries: list[Mapping[str, Any]], first: int, length: float) -> SpanRow:
    last = tries[-1]
    failed = last["status"] == "error"
    note = [counted(len(tries), "attempt")] if len(tries) > 1 else []
    note += [last["message"] or "failed"] if failed else []
    suspect = _suspect(tries)
    took = sum(span["durationSeconds"] for span in tries)
    return SpanRow(
        name=last["name"],
        bars=tuple(_bar(span, first, length) for span in tries),
        took=duration(took),
        note=": ".join(note),
        failed=failed,
        suspect=suspect,
        label=f"{last['name']}, {duration(took)}"
        + (f", {': '.join(note)}" if note else "")
        + (f", {suspect}" if suspect else ""),
    )


def _suspect(tries: Sequence[Mapping[str, Any]]) -> str:
    """`clock suspect: starts 2 s before its parent`, of each of several tries that cannot be; empty when all can."""
    why = dict.fromkeys(span["clockNote"] for span in tries if span["clockNote"])
    return f"clock suspect: {'; '.join(why)}" if why else ""


def _bar(span: Mapping[str, Any], first: int, length: float) -> Bar:
    x = (parse(span["startedAt"]) - first) / SECOND / length * 100
    width = max(span["durationSeconds"] / length * 100, _LEAST_BAR)
    attempt = f"attempt {span['attempt']}, " if span["attempt"] is not None else ""
    words = span["message"] or span["status"]
    return Bar(
        x=round(min(x, 100 - width), 2),
        width=round(width, 2),
        failed=span["status"] == "error",
        critical=span["onCriticalPath"],
        suspect=span["clockNote"] is not None,
        label=f"{attempt}{precise_instant(span['startedAt'])}, {duration(span['durationSeconds'])}, {words}"
        + (", on the critical path" if span["onCriticalPath"] else "")
        + (f", {_suspect((span,))}" if span["clockNote"] else ""),
    )


def _detail(span: Mapping[str, Any]) -> SpanDetail:
    return SpanDetail(
        name=span["name"],
        system=status.system(span["system"]).word,
        started=precise_instant(span["startedAt"]),
        took=duration(span["durationSeconds"]),
        status=span["status"],
        attempt="" if span["attempt"] is None else str(span["attempt"]),
        message=span["message"] or "",
        why=span["why"],
        span_id=span["spanId"],
        attributes=span["attributes"],
        suspect=_suspect((span,)),
        tracer=span["tracerUrl"] or "",
    )

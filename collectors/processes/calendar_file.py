# SPDX-License-Identifier: Apache-2.0
"""Reads a business calendar from its YAML. Every mistake is told with file, line, key and what it may be."""

import re
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from collectors.processes.business_calendar import WEEKDAYS, BusinessCalendar
from terms.problem import Problem, did_you_mean
from terms.yaml_lines import Document

_KEYS = ("kind", "id", "version", "title", "zone", "hours", "holidays")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]|24):([0-5]\d)")
_DAYS = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?")
_YEARLY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def read_calendar(document: Document, problems: list[Problem]) -> BusinessCalendar | None:
    """The calendar a document describes, or None with its problems added to `problems`."""
    data = document.data
    found = document.unknown_keys("", data, _KEYS)
    found += document.missing_keys("", data, ("zone", "hours"))
    if not found and str(data["zone"]) not in available_timezones():
        found.append(
            document.problem(
                f"unknown time zone '{data['zone']}'",
                "/zone",
                did_you_mean(str(data["zone"]), sorted(available_timezones())),
            )
        )
    hours = _hours(document, data.get("hours"), found)
    holidays, yearly = _holidays(document, data.get("holidays") or [], found)
    if found or document.missing_keys("", data, ("id", "version", "title")):
        problems.extend(found)
        return None
    ZoneInfo(str(data["zone"]))
    return BusinessCalendar(
        id=str(data["id"]),
        version=data["version"] if type(data["version"]) is int else 0,
        title=str(data["title"]),
        zone=str(data["zone"]),
        hours=hours,
        holidays=holidays,
        yearly=yearly,
    )


def _hours(document: Document, said: Any, found: list[Problem]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """`{mon-thu: "09:00-17:30", fri: ["09:00-12:00", "13:00-15:00"]}` as the open minutes of each weekday."""
    if not isinstance(said, dict) or not said:
        found.append(document.problem("no day is open", "/hours", 'write mon-fri: "09:00-17:00"'))
        return ()
    week: list[list[tuple[int, int]]] = [[] for _ in WEEKDAYS]
    for name, spans in said.items():
        pointer = f"/hours/{name}"
        days = _days(str(name))
        if not days:
            found.append(document.problem(f"'{name}' names no weekday", pointer, "write mon, or mon-fri"))
        for text in spans if isinstance(spans, list) else [spans]:
            match = _HOURS.fullmatch(str(text))
            opened, closed = (
                (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
            )
            if not opened < closed <= 24 * 60:
                found.append(
                    document.problem(f"'{text}' is no time from and until", pointer, 'write "09:00-17:00"')
                )
                continue
            for day in days:
                week[day].append((opened, closed))
    for day, spans in enumerate(week):
        spans.sort()
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            found.append(document.problem(f"the hours of {WEEKDAYS[day]} overlap", "/hours"))
    return tuple(tuple(spans) for spans in week)


def _days(name: str) -> range:
    match = _DAYS.fullmatch(name)
    if not match or match[1] not in WEEKDAYS or (match[2] or match[1]) not in WEEKDAYS:
        return range(0)
    return range(WEEKDAYS.index(match[1]), WEEKDAYS.index(match[2] or match[1]) + 1)


def _holidays(
    document: Document, said: Any, found: list[Problem]
) -> tuple[frozenset[date], frozenset[tuple[int, int]]]:
    """Dates, and (month, day) of those that come every year: `2026-04-03` and `12-25`."""
    dates: set[date] = set()
    yearly: set[tuple[int, int]] = set()
    for index, one in enumerate(said if isinstance(said, list) else [said]):
        match = _YEARLY.fullmatch(str(one))
        if isinstance(one, date):
            dates.add(one)
        elif match:
            yearly.add((int(match[1]), int(match[2])))
        else:
            try:
                dates.add(date.fromisoformat(str(one)))
            except ValueError:
                problem = document.problem(
                    f"'{one}' is no day",
                    f"/holidays/{index}",
                    'write "2026-04-03", or "12-25" for every year',
                )
                found.append(problem)
    return frozenset(dates), frozenset(yearly)

# SPDX-License-Identifier: Apache-2.0
"""Limits that run while people work: over nights, weekends, holidays, lunch, and the hour that a clock loses or gains."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.definitions import load
from collectors.processes.business_calendar import BusinessCalendar
from collectors.processes.calendar_file import read_calendar
from collectors.processes.process import Process
from terms import yaml_lines
from terms.instant import DAY, HOUR, MINUTE, Instant, parse, text
from terms.problem import Problem, ProblemError

BERLIN = """kind: calendar
id: finance-de
version: 1
title: Finance in Germany
zone: Europe/Berlin
hours:
  mon-thu: "09:00-17:00"
  fri: ["09:00-12:00", "13:00-15:00"]
holidays: [2026-04-03, 12-25]
"""


def calendar(tmp_path: Path, source: str = BERLIN) -> BusinessCalendar:
    (tmp_path / "calendar.yaml").write_text(source)
    problems: list[Problem] = []
    found = read_calendar(yaml_lines.read(tmp_path / "calendar.yaml"), problems)
    if found is None:
        raise ProblemError(tuple(problems))
    return found


@pytest.fixture(scope="module")
def berlin(tmp_path_factory: pytest.TempPathFactory) -> BusinessCalendar:
    return calendar(tmp_path_factory.mktemp("calendar"))


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        pytest.param("2026-11-16T09:00:00+01:00", 4, "2026-11-16T13:00:00+01:00", id="within a day"),
        pytest.param("2026-11-16T15:00:00+01:00", 4, "2026-11-17T11:00:00+01:00", id="over night"),
        pytest.param("2026-11-16T03:00:00+01:00", 1, "2026-11-16T10:00:00+01:00", id="before work"),
        pytest.param("2026-11-20T11:30:00+01:00", 1, "2026-11-20T13:30:00+01:00", id="over lunch"),
        pytest.param("2026-11-20T14:00:00+01:00", 2, "2026-11-23T10:00:00+01:00", id="over a weekend"),
        pytest.param(
            "2026-04-02T16:00:00+02:00", 2, "2026-04-06T10:00:00+02:00", id="over a holiday of one year"
        ),
        pytest.param("2026-12-24T16:00:00+01:00", 2, "2026-12-28T10:00:00+01:00", id="over a yearly holiday"),
        pytest.param(
            "2026-03-27T14:00:00+01:00", 2, "2026-03-30T10:00:00+02:00", id="over the change of the clocks"
        ),
        pytest.param(
            "2026-11-16T16:00:00+01:00", 1, "2026-11-16T17:00:00+01:00", id="to the very end of the day"
        ),
    ],
)
def test_a_limit_runs_while_people_work(berlin: BusinessCalendar, start: str, hours: int, due: str) -> None:
    """Hours count only where the calendar is open, in its own zone."""
    assert text(berlin.after(parse(start), hours * HOUR)) == text(parse(due))
    assert berlin.between(parse(start), parse(due)) == hours * HOUR


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param("2026-11-16T10:00:00+01:00", 2, "2026-11-18T10:00:00+01:00", id="two days later"),
        pytest.param("2026-11-19T16:30:00+01:00", 1, "2026-11-20T15:00:00+01:00", id="a shorter day"),
        pytest.param("2026-11-19T12:30:00+01:00", 1, "2026-11-20T13:00:00+01:00", id="lunch"),
        pytest.param("2026-11-20T10:00:00+01:00", 1, "2026-11-23T10:00:00+01:00", id="over a weekend"),
        pytest.param("2026-11-21T10:00:00+01:00", 1, "2026-11-24T09:00:00+01:00", id="from a weekend"),
        pytest.param("2026-04-02T10:00:00+02:00", 1, "2026-04-06T10:00:00+02:00", id="over a holiday"),
    ],
)
def test_days_are_working_days(berlin: BusinessCalendar, start: str, days: int, due: str) -> None:
    """The same time of day so many working days later, as far as anybody works then."""
    assert text(berlin.after_days(parse(start), days)) == text(parse(due))


@given(
    start=st.integers(parse("2026-01-01T00:00:00Z"), parse("2027-01-01T00:00:00Z")),
    lengths=st.lists(st.integers(1, 30 * HOUR), min_size=2, max_size=2, unique=True),
)
def test_more_time_is_never_due_earlier(berlin: BusinessCalendar, start: int, lengths: list[int]) -> None:
    """Due is after the start, grows with the limit, and what lies between is the limit."""
    for shorter, longer in pairwise(sorted(lengths)):
        assert start < berlin.after(start, shorter) < berlin.after(start, longer)
        assert berlin.between(start, berlin.after(start, longer)) == longer


@pytest.mark.parametrize(
    ("was", "now", "what"),
    [
        ("Europe/Berlin", "Europe/Berlim", "did you mean 'Europe/Berlin'"),
        ("mon-thu", "mon-thx", "names no weekday"),
        ('"09:00-17:00"', '"17:00-09:00"', "is no time from and until"),
        ('["09:00-12:00", "13:00-15:00"]', '["09:00-12:00", "11:00-15:00"]', "the hours of fri overlap"),
        ("12-25", "13-25", "is no day"),
        ("hours:\n  mon-thu", "hours: {}\nsome:\n  mon-thu", "unknown"),
    ],
    ids=["zone", "weekday", "backwards", "overlap", "day", "no hours"],
)
def test_a_calendar_that_cannot_be_read_says_where(tmp_path: Path, was: str, now: str, what: str) -> None:
    """Each mistake is told with what would be right."""
    with pytest.raises(ProblemError, match=what):
        calendar(tmp_path, BERLIN.replace(was, now))


PROCESS = """kind: process
id: postings
version: 1
title: Postings
anchor: invoice
milestones:
  - {name: issued, event: invoice-issued}
  - {name: posted, event: journal-posted, sla: LIMIT, from: issued, calendar: finance-de}
completed_when: [posted]
"""


@pytest.mark.parametrize(
    ("limit", "due"), [("4h", "2026-11-23T13:00:00+01:00"), ("1d", "2026-11-23T15:00:00+01:00")]
)
def test_a_stages_limit_runs_in_its_calendar(tmp_path: Path, limit: str, due: str) -> None:
    """Issued on a Friday at the end of work, it is due on Monday; how long it took is told in open time."""
    (tmp_path / "calendar.yaml").write_text(BERLIN)
    (tmp_path / "process.yaml").write_text(PROCESS.replace("LIMIT", limit))
    process: Process | None = load((tmp_path,)).process("postings")
    assert process is not None
    rule = process.milestones[1]
    begun = parse("2026-11-20T15:00:00+01:00")
    ended = rule.due_after(begun)
    assert ended is not None
    assert text(Instant(ended)) == text(parse(due))
    if limit == "4h":
        assert rule.elapsed(begun, ended + 20 * MINUTE) == 4 * HOUR + 20 * MINUTE
        assert ended - begun > 2 * DAY


def test_a_limit_in_a_calendar_that_is_none_is_refused(tmp_path: Path) -> None:
    """A name that no file gives is told with the nearest."""
    (tmp_path / "calendar.yaml").write_text(BERLIN)
    (tmp_path / "process.yaml").write_text(
        PROCESS.replace("LIMIT", "4h").replace("finance-de}", "finance-dk}")
    )
    with pytest.raises(ProblemError, match="did you mean 'finance-de'"):
        load((tmp_path,))

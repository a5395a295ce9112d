# SPDX-License-Identifier: Apache-2.0
"""What happened to this one, why, and what now? The story of one business transaction across every system."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from dashboards import belonging, beside, exception_item, queries, status, timeline, waterfall
from dashboards.asking import NothingHere, Page, Visit
from dashboards.exception_item import ExceptionItem
from dashboards.format import NONE, counted, duration, instant, money, moneys, short_instant
from dashboards.policies import ViolationRow, violation_row
from dashboards.span_links import SpanLink, span_links


@dataclass(frozen=True, slots=True)
class MilestoneStep:
    """One milestone. `filled` is how much of its limit was used, in percent; None where there is no limit to show.

    `people` answer for it; `runbook_address` is `` where the runbook is a path. `progress` tells what came in there.
    """

    title: str
    system: status.System
    people: str
    runbook: str
    runbook_address: str
    progress: str
    badge: status.Badge
    when: str
    at: str
    limit: str
    filled: float | None
    now_value: float
    most: float
    tone: str


@dataclass(frozen=True, slots=True)
class Story:
    """The page. `open_item` is the exception a person can replay now; `advice` the next action when there is none.

    `press` begins the idempotency keys of this showing's forms: pressing twice is once, after a reload it is new.
    """

    id: str
    key: str
    anchor: str
    process: str
    customer: str
    badge: status.Badge
    sentence: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    open_item: ExceptionItem | None
    replaying: bool
    advice: str
    milestones: tuple[MilestoneStep, ...]
    timeline: timeline.Timeline | None
    runs: tuple[waterfall.Run, ...]
    links: tuple[SpanLink, ...]
    suspects: int
    span_count: str
    neighbours: tuple[beside.Neighbours, ...]
    compared: beside.Compared | None
    members: tuple[belonging.MemberRow, ...]
    decisions: tuple[belonging.DecisionRow, ...]
    may_decide: bool
    press: str
    events: tuple[belonging.EventRow, ...]
    violations: tuple[ViolationRow, ...]
    exceptions: tuple[ExceptionItem, ...]


async def show(visit: Visit) -> Page:
    """The story of the transaction of that id; the API follows ids that were merged into another."""
    identity = visit.request.path_params["id"]
    data = await visit.answer(queries.TRANSACTION, id=identity)
    transaction = data["transaction"]
    if transaction is None:
        raise NothingHere("transaction", identity, "/transactions")
    title = f"{transaction['processTitle']} {transaction['anchor']['value']}"
    may = data["me"]["permissions"]
    kept = await _payloads(visit, identity) if "payloads:read" in may else {}
    story = _story(transaction, data["instance"]["now"], kept, may_decide="transactions:decide" in may)
    return Page("transaction.html", title, story, data)


async def raw(visit: Visit) -> Response:
    """All that the page is made of, as JSON, in the API's own words."""
    identity = visit.request.path_params["id"]
    data = await visit.answer(queries.TRANSACTION, id=identity)
    if data["transaction"] is None:
        raise NothingHere("transaction", identity, "/transactions")
    return JSONResponse(data["transaction"], headers={"Cache-Control": "no-store", "Vary": "Cookie"})


async def _payloads(visit: Visit, identity: str) -> Mapping[str, Mapping[str, Any]]:
    """What the events carried, by event; asked apart, because not everybody may see it."""
    found = (await visit.answer(queries.PAYLOADS, id=identity))["transaction"]
    return {event["id"]: event["payload"] for event in found["events"] if event["payload"]}


def _story(
    transaction: Mapping[str, Any], now: str, kept: Mapping[str, Mapping[str, Any]], *, may_decide: bool
) -> Story:
    items = tuple(exception_item.item(exception, now) for exception in transaction["exceptions"])
    violations = tuple(violation_row(violation, now) for violation in transaction["violations"])
    badge = status.transaction(transaction["status"], transaction["overdue"], transaction["sourceLagging"])
    broken = [v.remediation for v in violations if v.badge.word == "open"]
    return Story(
        id=transaction["id"],
        key=transaction["anchor"]["value"],
        anchor=transaction["anchor"]["text"],
        process=transaction["processTitle"],
        customer=transaction["customer"] or "",
        badge=badge,
        sentence=transaction["sentence"],
        tone=badge.tone,
        facts=_facts(transaction),
        open_item=next((item for item in items if item.open), None),
        replaying=any(exception["state"] == "RETRYING" for exception in transaction["exceptions"]),
        advice=broken[0] if broken else "",
        milestones=tuple(_milestone(milestone) for milestone in transaction["milestones"]),
        timeline=timeline.business_time(transaction, now),
        runs=waterfall.runs(transaction["spans"]),
        links=span_links(transaction["spans"]),
        suspects=sum(transaction["spans"]["clockSuspect"]),
        neighbours=beside.neighbours(transaction["related"]),
        compared=beside.compared(transaction["comparison"]),
        span_count=counted(transaction["spans"]["count"], "span"),
        members=tuple(belonging.member(member, transaction["id"]) for member in transaction["members"]),
        decisions=tuple(belonging.decision(decision) for decision in transaction["decisions"]),
        may_decide=may_decide,
        press=f"page:{transaction['id']}:{now}",
        events=tuple(belonging.event(event, kept.get(event["id"])) for event in transaction["events"]),
        violations=violations,
        exceptions=items,
    )


def _facts(transaction: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    where = " · ".join(filter(None, (transaction["legalEntity"], transaction["region"])))
    ended = (
        ("Ended", instant(transaction["endedAt"]))
        if transaction["endedAt"]
        else ("Last event", instant(transaction["lastEventAt"]))
    )
    facts = (
        ("Amount", money(transaction["amount"])),
        ("Legal entity", where or NONE),
        ("Started", instant(transaction["startedAt"])),
        ended,
    )
    waits = transaction["waitingForTitle"] if transaction["status"] in ("OPEN", "FAILED") else None
    if waits:
        system = status.system(transaction["waitingSystem"]).word
        return (*facts, ("Waits for", f"{waits} in {system}, {duration(transaction['waitingSeconds'])}"))
    return (*facts, ("Took", duration(transaction["durationSeconds"])))  # fmt: skip


def _milestone(milestone: Mapping[str, Any]) -> MilestoneStep:
    elapsed, limit = milestone["elapsedSeconds"], milestone["slaSeconds"]
    badge = status.milestone(milestone["state"])
    words = "no limit" if limit is None else f"limit {duration(limit)}"
    if elapsed is not None:
        words = duration(elapsed) if limit is None else f"{duration(elapsed)} of {duration(limit)}"
    share = None if elapsed is None or not limit else elapsed / limit
    late = share is not None and share > 1
    return MilestoneStep(
        title=milestone["title"],
        system=status.system(milestone["system"]),
        people=_people(milestone),
        runbook=milestone["runbook"],
        runbook_address=milestone["runbook"] if milestone["runbook"].startswith("https://") else "",
        progress=_progress(milestone["progress"]),
        badge=badge,
        when=short_instant(milestone["reachedAt"]) + " UTC" if milestone["reachedAt"] else "not reached",
        at=milestone["reachedAt"] or "",
        limit=words,
        filled=None if share is None else round(min(share, 1) * 100, 1),
        now_value=round(elapsed or 0, 1),
        most=round(max(limit or 0, elapsed or 0), 1),
        tone="bad" if badge.tone == "bad" else "warn" if late or (share or 0) > 0.8 else badge.tone,
    )


def _people(milestone: Mapping[str, Any]) -> str:
    """Who answers for a stage; the team that clears its exceptions where it is not the same."""
    names = [milestone["owner"]]
    if milestone["state"] in ("FAILED", "OVERDUE"):
        names += [milestone["exceptionTeam"], milestone["steward"]]
    return ", ".join(dict.fromkeys(filter(None, names)))


def _progress(progress: Mapping[str, Any] | None) -> str:
    """`2 of 3, EUR 80.00 of EUR 120.00`; `` where nothing came in and nothing is known to be expected."""
    if progress is None:
        return ""
    counted_words = (
        "" if progress["expected"] is None else f"{progress['done'] or 0} of {progress['expected']}"
    )
    amounts = moneys(progress["amounts"]) if progress["amounts"] else ""
    expected = money(progress["expectedAmount"], trim=True) if progress["expectedAmount"] else ""
    sums = f"{amounts or NONE} of {expected}" if expected else amounts
    return ", ".join(filter(None, (counted_words, sums)))

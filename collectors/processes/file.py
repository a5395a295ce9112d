# SPDX-License-Identifier: Apache-2.0
"""Reads a process from its YAML. Every mistake is told with file, line, key and what it may be."""

from collections.abc import Mapping
from typing import Any

from collectors.processes import flaws
from collectors.processes.business_calendar import BusinessCalendar
from collectors.processes.process import (
    EdgeRule,
    FailureRule,
    Hop,
    HubLimit,
    MilestoneRule,
    Process,
    Responsible,
)
from collectors.processes.scalar import duration, share_bp, words
from terms.instant import DAY
from terms.problem import Problem
from terms.yaml_lines import Document

_KEYS = (
    "kind", "id", "version", "title", "description", "anchor", "customer", "amount", "edges", "milestones",
    "completed_when", "cancelled_by", "failure", "hops", "hubs", "on_request",
)  # fmt: skip
_EDGE_KEYS = ("id", "child", "parent", "role", "on", "carries_events", "names")
_MILESTONE_KEYS = (
    "name", "title", "system", "event", "names", "sla", "from", "calendar", "reached", "object", "count", "share", "owner",
    "steward", "exception_team", "runbook",
)  # fmt: skip
_FAILURE_KEYS = ("opened", "resolved", "object")
_HUB_KEYS = ("object", "joins", "within")
_HOP_KEYS = ("id", "source", "target", "title", "milestone")


def read_process(
    document: Document, problems: list[Problem], calendars: Mapping[str, BusinessCalendar]
) -> Process | None:
    """The process a document describes, whose limits may run in these calendars; None with its problems added to `problems`."""
    data = document.data
    found = document.unknown_keys("", data, _KEYS)
    found += document.missing_keys("", data, ("anchor", "milestones", "completed_when"))
    edges = _rows(document, "edges", _EDGE_KEYS, ("id", "child", "parent", "role"), found)
    milestones = _rows(document, "milestones", _MILESTONE_KEYS, ("name", "event"), found)
    hops = _rows(document, "hops", _HOP_KEYS, ("id", "source", "target", "milestone"), found)
    hubs = _rows(document, "hubs", _HUB_KEYS, _HUB_KEYS, found)
    failure = data.get("failure")
    if isinstance(failure, dict):
        found += document.unknown_keys("/failure", failure, _FAILURE_KEYS)
        found += document.missing_keys("/failure", failure, _FAILURE_KEYS)
    if not found:
        found += flaws.of_edges(document, str(data["anchor"]), edges)
        found += flaws.of_milestones(document, milestones, hops)
        found += flaws.of_completion(document, milestones, calendars)
        found += flaws.of_hubs(document, hubs, edges)
    if type(data.get("on_request", False)) is not bool:
        found.append(
            document.problem("on_request is neither true nor false", "/on_request", "write on_request: true")
        )
    # The head's problems (id, version, title) are told by the caller.
    if found or document.missing_keys("", data, ("id", "version", "title")):
        problems.extend(found)
        return None
    return Process(
        id=str(data["id"]),
        version=data["version"] if type(data["version"]) is int else 0,
        title=str(data["title"]),
        description=str(data.get("description", "")),
        anchor=str(data["anchor"]),
        customer=str(data.get("customer", "customer")),
        amount_from=words(data.get("amount")),
        edges=tuple(_edge(edge) for edge in edges),
        milestones=tuple(_milestone(one, calendars.get(str(one.get("calendar", "")))) for one in milestones),
        completed_when=words(data["completed_when"]),
        cancelled_by=frozenset(words(data.get("cancelled_by"))),
        failure=_failure(failure),
        hops=tuple(_hop(hop) for hop in hops),
        on_request=data.get("on_request", False),
        hubs={str(hub["object"]): HubLimit(hub["joins"], duration(hub["within"]) or 0) for hub in hubs},
    )


def _rows(
    document: Document, key: str, known: tuple[str, ...], required: tuple[str, ...], found: list[Problem]
) -> list[dict[str, Any]]:
    rows = document.data.get(key) or []
    if not isinstance(rows, list):
        found.append(document.problem(f"'{key}' is not a list", f"/{key}", "begin each entry with '- '"))
        return []
    for index, row in enumerate(rows):
        pointer = f"/{key}/{index}"
        if not isinstance(row, dict):
            found.append(document.problem("is not a mapping", pointer, f"it needs {', '.join(required)}"))
            continue
        found += document.unknown_keys(pointer, row, known)
        found += document.missing_keys(pointer, row, required)
    return [row for row in rows if isinstance(row, dict)]


def _edge(edge: dict[str, Any]) -> EdgeRule:
    return EdgeRule(
        id=str(edge["id"]),
        child=str(edge["child"]),
        parent=str(edge["parent"]),
        role=edge["role"],
        on=frozenset(words(edge.get("on"))),
        carries_events=edge["role"] != "succeeds" and bool(edge.get("carries_events", True)),
        names=str(edge.get("names", "")),
    )


def _milestone(milestone: dict[str, Any], calendar: BusinessCalendar | None) -> MilestoneRule:
    limit = duration(milestone.get("sla"))
    return MilestoneRule(
        name=str(milestone["name"]),
        title=str(milestone.get("title", milestone["name"])),
        system=str(milestone.get("system", "")),
        events=words(milestone["event"]),
        names=frozenset(words(milestone.get("names"))),
        sla=limit,
        sla_from=None if limit is None else str(milestone["from"]),
        responsible=Responsible(
            *(str(milestone.get(word, "")) for word in ("owner", "steward", "exception_team", "runbook"))
        ),
        policy=milestone.get("reached", "any"),
        object=str(milestone.get("object", "")),
        count=milestone.get("count", 1),
        share_bp=share_bp(milestone.get("share", "100%")) or 0,
        calendar=calendar,
        sla_days=limit // DAY if limit and calendar and str(milestone["sla"]).endswith("d") else None,
    )


def _failure(failure: Any) -> FailureRule | None:
    if not isinstance(failure, dict):
        return None
    return FailureRule(
        frozenset(words(failure["opened"])), frozenset(words(failure["resolved"])), str(failure["object"])
    )


def _hop(hop: dict[str, Any]) -> Hop:
    return Hop(
        str(hop["id"]), hop["source"], hop["target"], str(hop.get("title", hop["id"])), str(hop["milestone"])
    )

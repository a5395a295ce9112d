# SPDX-License-Identifier: Apache-2.0
"""Reads a process from its YAML. Every mistake is told with file, line, key and what it may be."""

import re
from collections.abc import Mapping
from typing import Any

from collectors.processes.business_calendar import BusinessCalendar
from collectors.processes.process import (
    COMPLETION_POLICIES,
    EDGE_ROLES,
    HOP_ROLES,
    MERGING,
    EdgeRule,
    FailureRule,
    Hop,
    HubLimit,
    MilestoneRule,
    Process,
    Responsible,
)
from terms.instant import DAY, HOUR, MINUTE, SECOND
from terms.problem import Problem, did_you_mean
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
_SHARE = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%")
_FAILURE_KEYS = ("opened", "resolved", "object")
_HUB_KEYS = ("object", "joins", "within")
_HOP_KEYS = ("id", "source", "target", "title", "milestone")
_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_HOW_LONG = "write 30m, 4h or 30d"
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


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
        found += _edge_problems(document, str(data["anchor"]), edges)
        found += _milestone_problems(document, milestones, hops)
        found += _completion_problems(document, milestones, calendars)
        found += _hub_problems(document, hubs, edges)
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
        amount_from=_words(data.get("amount")),
        edges=tuple(_edge(edge) for edge in edges),
        milestones=tuple(_milestone(one, calendars.get(str(one.get("calendar", "")))) for one in milestones),
        completed_when=_words(data["completed_when"]),
        cancelled_by=frozenset(_words(data.get("cancelled_by"))),
        failure=_failure(failure),
        hops=tuple(_hop(hop) for hop in hops),
        on_request=data.get("on_request", False),
        hubs={str(hub["object"]): HubLimit(hub["joins"], duration(hub["within"]) or 0) for hub in hubs},
    )


def duration(text: Any) -> int | None:
    """The microseconds of `30m`, `4h`, `2d`; None for what is no length of time.

    >>> duration("90s")
    90000000
    """
    found = _DURATION.fullmatch(str(text))
    return int(found[1]) * _UNITS[found[2]] if found else None


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


def _edge_problems(document: Document, anchor: str, edges: list[dict[str, Any]]) -> list[Problem]:
    problems: list[Problem] = []
    parents: dict[str, set[str]] = {}
    for index, edge in enumerate(edges):
        pointer = f"/edges/{index}"
        if edge["role"] not in EDGE_ROLES:
            problems.append(
                document.problem(
                    f"unknown role '{edge['role']}'",
                    f"{pointer}/role",
                    did_you_mean(str(edge["role"]), EDGE_ROLES),
                )
            )
        if any(edge["id"] == other["id"] for other in edges[:index]):
            problems.append(document.problem(f"edge '{edge['id']}' stands twice", f"{pointer}/id"))
        if edge["child"] == edge["parent"] and edge["role"] != "same_as":
            problems.append(
                document.problem(
                    f"'{edge['child']}' cannot stand in this role to its own type",
                    f"{pointer}/role",
                    "name the one before by a type of its own: child: previous-order, names: order",
                )
            )
        if "names" in edge and edge["role"] != "succeeds":
            problems.append(
                document.problem("'names' means nothing here", f"{pointer}/names", "use succeeds")
            )
        if edge["role"] == "child_of":
            if edge["child"] == anchor:
                problems.append(
                    document.problem(
                        f"the anchor '{anchor}' cannot be a child", f"{pointer}/child", "use link"
                    )
                )
            parents.setdefault(edge["child"], set()).add(edge["parent"])
    aliases = {end for edge in edges if edge["role"] == "same_as" for end in (edge["child"], edge["parent"])}
    for index, edge in enumerate(edges):
        if edge["role"] == "child_of" and not problems:
            above = _above(edge["child"], parents)
            if edge["child"] in above:
                problems.append(
                    document.problem(f"'{edge['child']}' would be its own ancestor", f"/edges/{index}")
                )
            elif anchor not in above and not above & aliases:
                problems.append(
                    document.problem(
                        f"nothing leads from '{edge['child']}' to the anchor '{anchor}'",
                        f"/edges/{index}/parent",
                        did_you_mean(str(edge["parent"]), [anchor, *parents]),
                    )
                )
    return problems


def _completion_problems(
    document: Document, milestones: list[dict[str, Any]], calendars: Mapping[str, BusinessCalendar]
) -> list[Problem]:
    problems: list[Problem] = []

    def tell(what: str, pointer: str, do: str) -> None:
        problems.append(document.problem(what, pointer, do))

    for index, milestone in enumerate(milestones):
        pointer = f"/milestones/{index}"
        policy = milestone.get("reached", "any")
        if policy not in COMPLETION_POLICIES:
            tell(
                f"unknown word '{policy}'",
                f"{pointer}/reached",
                did_you_mean(str(policy), COMPLETION_POLICIES),
            )
        if policy in ("all", "count") and "object" not in milestone:
            tell("it does not say what is counted", pointer, "name the type: object: invoice")
        if "count" in milestone and (type(milestone["count"]) is not int or milestone["count"] < 1):
            tell("count is not a whole number from 1", f"{pointer}/count", "write count: 2")
        if "share" in milestone and not share_bp(milestone["share"]):
            tell(f"'{milestone['share']}' is not a share", f"{pointer}/share", "write share: 99.5%")
        if "calendar" in milestone:
            name = str(milestone["calendar"])
            if "sla" not in milestone:
                tell("a calendar means nothing without a limit", f"{pointer}/calendar", "write sla and from")
            elif name not in calendars:
                tell(
                    f"unknown calendar '{name}'",
                    f"{pointer}/calendar",
                    did_you_mean(name, sorted(calendars)),
                )
    return problems


def _hub_problems(
    document: Document, hubs: list[dict[str, Any]], edges: list[dict[str, Any]]
) -> list[Problem]:
    problems: list[Problem] = []
    joining = [str(edge["child"]) for edge in edges if edge["role"] in MERGING]
    for index, hub in enumerate(hubs):
        pointer = f"/hubs/{index}"
        if hub["object"] not in joining:
            problems.append(
                document.problem(
                    f"'{hub['object']}' joins nothing here",
                    f"{pointer}/object",
                    did_you_mean(str(hub["object"]), joining),
                )
            )
        if type(hub["joins"]) is not int or hub["joins"] < 1:
            problems.append(document.problem("joins is not a whole number from 1", f"{pointer}/joins"))
        if not duration(hub["within"]):
            problems.append(
                document.problem(f"'{hub['within']}' is not a length of time", f"{pointer}/within", _HOW_LONG)
            )
    return problems


def _above(child: str, parents: dict[str, set[str]]) -> set[str]:
    above: set[str] = set()
    waiting = list(parents.get(child, ()))
    while waiting:
        kind = waiting.pop()
        if kind not in above:
            above.add(kind)
            waiting.extend(parents.get(kind, ()))
    return above


def _milestone_problems(
    document: Document, milestones: list[dict[str, Any]], hops: list[dict[str, Any]]
) -> list[Problem]:
    problems: list[Problem] = []
    names = [str(milestone["name"]) for milestone in milestones]

    def known(name: Any, pointer: str) -> None:
        if str(name) not in names:
            problems.append(
                document.problem(f"unknown milestone '{name}'", pointer, did_you_mean(str(name), names))
            )

    for index, milestone in enumerate(milestones):
        pointer = f"/milestones/{index}"
        if milestone["name"] in names[:index]:
            problems.append(
                document.problem(f"milestone '{milestone['name']}' stands twice", f"{pointer}/name")
            )
        if ("sla" in milestone) != ("from" in milestone):
            problems.append(
                document.problem(
                    "a limit needs both its length and its start", pointer, "write sla: 4h, from: <milestone>"
                )
            )
            continue
        if "sla" in milestone:
            known(milestone["from"], f"{pointer}/from")
            if duration(milestone["sla"]) is None:
                problems.append(
                    document.problem(
                        f"'{milestone['sla']}' is not a length of time", f"{pointer}/sla", _HOW_LONG
                    )
                )
    for index, name in enumerate(_words(document.data["completed_when"])):
        known(name, f"/completed_when/{index}")
    for index, hop in enumerate(hops):
        known(hop["milestone"], f"/hops/{index}/milestone")
        for end in ("source", "target"):
            if hop[end] not in HOP_ROLES:
                problems.append(
                    document.problem(
                        f"unknown role '{hop[end]}'",
                        f"/hops/{index}/{end}",
                        did_you_mean(str(hop[end]), HOP_ROLES),
                    )
                )
    return problems


def _words(value: Any) -> tuple[str, ...]:
    """One word or a list of them, as a tuple."""
    if value is None:
        return ()
    return tuple(str(word) for word in value) if isinstance(value, list) else (str(value),)


def _edge(edge: dict[str, Any]) -> EdgeRule:
    return EdgeRule(
        id=str(edge["id"]),
        child=str(edge["child"]),
        parent=str(edge["parent"]),
        role=edge["role"],
        on=frozenset(_words(edge.get("on"))),
        carries_events=edge["role"] != "succeeds" and bool(edge.get("carries_events", True)),
        names=str(edge.get("names", "")),
    )


def _milestone(milestone: dict[str, Any], calendar: BusinessCalendar | None) -> MilestoneRule:
    limit = duration(milestone.get("sla"))
    return MilestoneRule(
        name=str(milestone["name"]),
        title=str(milestone.get("title", milestone["name"])),
        system=str(milestone.get("system", "")),
        events=_words(milestone["event"]),
        names=frozenset(_words(milestone.get("names"))),
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


def share_bp(text: Any) -> int | None:
    """The ten-thousandths of a share in percent; None for what is none.

    >>> share_bp("99.5%")
    9950
    """
    found = _SHARE.fullmatch(str(text))
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else None


def _failure(failure: Any) -> FailureRule | None:
    if not isinstance(failure, dict):
        return None
    return FailureRule(
        frozenset(_words(failure["opened"])), frozenset(_words(failure["resolved"])), str(failure["object"])
    )


def _hop(hop: dict[str, Any]) -> Hop:
    return Hop(
        str(hop["id"]), hop["source"], hop["target"], str(hop.get("title", hop["id"])), str(hop["milestone"])
    )

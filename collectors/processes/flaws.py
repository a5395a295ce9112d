# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a process whose every part has its words: names that nothing has, circles, limits that are none."""

from collections.abc import Mapping
from typing import Any

from collectors.processes.business_calendar import BusinessCalendar
from collectors.processes.process import COMPLETION_POLICIES, EDGE_ROLES, HOP_ROLES, MERGING
from collectors.processes.scalar import duration, share_bp, words
from terms.problem import Problem, did_you_mean
from terms.yaml_lines import Document

_HOW_LONG = "write 30m, 4h or 30d"


def of_edges(document: Document, anchor: str, edges: list[dict[str, Any]]) -> list[Problem]:
    """Edges of unknown roles, twice the same, and those that do not lead to the anchor."""
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


def of_completion(
    document: Document, milestones: list[dict[str, Any]], calendars: Mapping[str, BusinessCalendar]
) -> list[Problem]:
    """Milestones that do not say what completes them, or run in a calendar that there is not."""
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


def of_hubs(document: Document, hubs: list[dict[str, Any]], edges: list[dict[str, Any]]) -> list[Problem]:
    """Limits of types that join nothing, and those that are none."""
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


def of_milestones(
    document: Document, milestones: list[dict[str, Any]], hops: list[dict[str, Any]]
) -> list[Problem]:
    """Milestones twice the same, limits by halves, and names of milestones that there are not."""
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
    for index, name in enumerate(words(document.data["completed_when"])):
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

# SPDX-License-Identifier: Apache-2.0
"""What says where an object belongs, all of it? Folded beside each member of a story, and a page of its own when there is much."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboards import queries, status
from dashboards.asking import NothingHere, Page, Visit
from dashboards.format import NONE, count, counted, short_instant

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class SupportRow:
    """One event or decision that says so. `is_open`: it is an event's word, it holds, and so a person may object to it."""

    badge: status.Badge
    why: str
    child: str
    parent: str
    rule: str
    source: str
    when: str
    at: str
    event: str
    ended: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Supports:
    """The first of them, and how many there are in words. `rest_address` leads to all of them, `` where these are all."""

    words: str
    rows: tuple[SupportRow, ...]
    rest: str
    rest_address: str


@dataclass(frozen=True, slots=True)
class SupportsPage:
    """All that supports one object's place in one transaction, page by page. `press` begins the keys of the page's forms."""

    id: str
    key: str
    title: str
    object: str
    why: str
    words: str
    rows: tuple[SupportRow, ...]
    next_page: str
    may_decide: bool
    press: str


async def show(visit: Visit) -> Page:
    """The supports of `?object=` in the transaction of that id; `?after=` goes on."""
    identity, wanted = visit.request.path_params["id"], visit.asked("object")
    data = await visit.answer(
        queries.SUPPORTS, id=identity, object=wanted, first=PAGE_SIZE, after=visit.asked("after") or None
    )
    transaction = data["transaction"]
    if transaction is None or not transaction["members"]:
        raise NothingHere("part", wanted, f"/transactions/{identity}")
    (member,) = transaction["members"]
    found, title = member["supports"], f"{transaction['processTitle']} {transaction['anchor']['value']}"
    view = SupportsPage(
        id=transaction["id"],
        key=transaction["anchor"]["value"],
        title=title,
        object=member["object"]["text"],
        why=member["why"],
        words=_words(found),
        rows=tuple(support(node) for node in found["nodes"]),
        next_page=address(transaction["id"], wanted, found["pageInfo"]["endCursor"])
        if found["pageInfo"]["hasNextPage"]
        else "",
        may_decide="transactions:decide" in data["me"]["permissions"],
        press=f"page:{transaction['id']}:{data['instance']['now']}",
    )
    return Page("supports.html", f"Why {view.object} belongs to {title}", view, data)


def address(transaction: str, object_text: str, after: str = "") -> str:
    """The page of all that supports an object's place."""
    asked = {"object": object_text} | ({"after": after} if after else {})
    return f"/transactions/{transaction}/why?{urlencode(asked)}"


def supports(found: Mapping[str, Any], transaction: str, object_text: str) -> Supports | None:
    """What stands folded beside a member; None where nothing says anything of it, such as of the anchor."""
    if not found["totalCount"]:
        return None
    more = found["totalCount"] > len(found["nodes"])
    return Supports(
        words=_words(found),
        rows=tuple(support(node) for node in found["nodes"]),
        rest=f"all {counted(found['totalCount'], 'support')}" if more else "",
        rest_address=address(transaction, object_text) if more else "",
    )


def support(node: Mapping[str, Any]) -> SupportRow:
    """The row of one support."""
    return SupportRow(
        badge=status.support(node["state"]),
        why=node["why"],
        child=node["child"]["text"],
        parent=node["parent"]["text"],
        rule=f"{node['rule']} v{count(node['ruleVersion'])}",
        source=node["source"] or ("a person" if node["decisionId"] else NONE),
        when=f"{short_instant(node['at'])} UTC" if node["at"] else NONE,
        at=node["at"] or "",
        event=node["eventId"] or "",
        ended=f"said no more since {short_instant(node['retractedAt'])} UTC" if node["retractedAt"] else "",
        is_open=node["state"] == "HOLDS" and node["decisionId"] is None,
    )


def _words(found: Mapping[str, Any]) -> str:
    """`3 supports`, or `3 supports, 2 of them hold`."""
    total, hold = found["totalCount"], found["holdCount"]
    words = counted(total, "support")
    return words if total == hold else f"{words}, {count(hold)} of them hold{'s' if hold == 1 else ''}"

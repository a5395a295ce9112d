# SPDX-License-Identifier: Apache-2.0
"""What needs a person? The exceptions, those of one cause together, with the money they hold up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboards import exception_item, queries, status
from dashboards.asking import Page, Visit
from dashboards.exception_item import ExceptionItem
from dashboards.format import NONE, counted, duration, moneys, seconds_between
from terms.money import Money, parse

PAGE_SIZE = 100
STATES = ("open", "retrying", "resolved", "all")
STATE_WORDS = {"open": "needs a person", "retrying": "replaying", "resolved": "resolved", "all": "all"}


@dataclass(frozen=True, slots=True)
class Group:
    """The exceptions of one fingerprint on this page; `money` holds one figure per currency."""

    id: str
    title: str
    system: status.System
    count: str
    money: str
    oldest: str
    advice: str
    items: tuple[ExceptionItem, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    state: str
    states: tuple[tuple[str, str], ...]
    total: str
    money: str
    groups: tuple[Group, ...]
    next_page: str


async def show(visit: Visit) -> Page:
    """The queue in one state, `?state=open|retrying|resolved|all`; groups keep the API's order: most money first."""
    state, after = visit.asked_among("state", STATES, "open"), visit.asked("after")
    wanted = None if state == "all" else state.upper()
    data = await visit.answer(queries.EXCEPTIONS, first=PAGE_SIZE, after=after or None, state=wanted)
    found = data["exceptions"]
    following = {"state": state, "after": found["pageInfo"]["endCursor"]}
    view = Queue(
        state=state,
        states=tuple(STATE_WORDS.items()),
        total=counted(found["totalCount"], "exception"),
        money=moneys(found["moneyAtRisk"]) if found["moneyAtRisk"] else "",
        groups=groups(found["nodes"], data["instance"]["now"]),
        next_page=f"/exceptions?{urlencode(following)}" if found["pageInfo"]["hasNextPage"] else "",
    )
    return Page("exceptions.html", "Exceptions", view, data)


def groups(nodes: Sequence[dict[str, Any]], now: str) -> tuple[Group, ...]:
    """The exceptions gathered by fingerprint, in the order in which each fingerprint first appears."""
    gathered: dict[str, list[dict[str, Any]]] = {}
    for node in nodes:
        gathered.setdefault(node["fingerprint"], []).append(node)
    return tuple(_group(position, own, now) for position, own in enumerate(gathered.values(), start=1))


def _group(position: int, nodes: list[dict[str, Any]], now: str) -> Group:
    items = tuple(exception_item.item(node, now) for node in nodes)
    oldest = min(nodes, key=lambda node: node["openedAt"])
    return Group(
        id=f"cause-{position}",
        title=f"{items[0].error_class.capitalize()} in {_where(items)}, {nodes[0]['stage']}",
        system=items[0].system,
        count=counted(len(nodes), "exception"),
        money=_money(nodes),
        oldest=duration(seconds_between(oldest["openedAt"], now)),
        advice=nodes[0]["advice"],
        items=items,
    )


def _where(items: Sequence[ExceptionItem]) -> str:
    """The system, and its legal entity where all are of one: a cause of another entity is another cause."""
    entities = {item.legal_entity for item in items} - {NONE}
    return " ".join([items[0].system.word, *(entities if len(entities) == 1 else ())])


def _money(nodes: list[dict[str, Any]]) -> str:
    """What these hold up, added within each currency only."""
    sums: dict[str, int] = {}
    for node in nodes:
        if node["amount"]:
            amount = parse(node["amount"]["amount"], node["amount"]["currency"])
            sums[amount.currency] = sums.get(amount.currency, 0) + amount.minor
    return moneys(
        [{"amount": Money(minor, code).amount, "currency": code} for code, minor in sorted(sums.items())]
    )

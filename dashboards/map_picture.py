# SPDX-License-Identifier: Apache-2.0
"""Where does each system and each way between two stand on the map? Systems in a row; ways that pass over one, or run back, in
lanes above and below. Pure arithmetic in pixels of the picture. Where it is too wide, `map_rungs` draws the same upright."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards import query_bar, status
from dashboards.format import count
from dashboards.line_picture import STATIONS, Hop, hop

BOX, GAP, LEG, LANE, MARGIN = 168, 192, 66, 70, 8
"""Width of a system, distance between two, and the heights of one way between neighbours and of one lane."""
LETTER, _LARGE_LETTER = 6.7, 8.6
"""How wide a letter of the picture's text, and of a system's name, is taken to be."""
_LEAST_BOX = 92
_WIDTHS = (1.5, 8.0)


@dataclass(frozen=True, slots=True)
class Place:
    """A system on the map; `address` opens what waits for it, `waiting` says how much does, `waits` the same in lines that fit.
    `name` and `vendor` as they fit."""

    system: status.System
    vendors: str
    name: str
    vendor: str
    x: int
    y: int
    height: int
    waiting: str
    waits: tuple[str, ...]
    tone: str
    address: str


@dataclass(frozen=True, slots=True)
class Way:
    """One hop as a line: an SVG path, its width by the root of its volume, and where its words are centred; `title` as it fits."""

    hop: Hop
    title: str
    path: str
    width: float
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class MapPicture:
    """`box` is how wide each system is; `rails` are where a line runs down from each, in the upright picture."""

    width: int
    height: int
    box: int
    places: tuple[Place, ...]
    ways: tuple[Way, ...]
    rails: tuple[int, ...] = ()


def picture(
    hops: Sequence[Mapping[str, Any]], systems: Sequence[Mapping[str, str]], query: str = ""
) -> MapPicture:
    """The map of these hops; `query` is what else the addresses of systems ask for. Systems stand in the order of the line, those we have no place for behind, by name."""
    order = in_order(hops)
    place = {role: number for number, role in enumerate(order)}
    legs: dict[int, list[Mapping[str, Any]]] = {}
    over: list[Mapping[str, Any]] = []
    under: list[Mapping[str, Any]] = []
    for one in hops:
        step = place[one["target"]] - place[one["source"]]
        (legs.setdefault(place[one["source"]], []) if step == 1 else over if step >= 0 else under).append(one)
    height = max(_LEAST_BOX, LEG * max((len(each) for each in legs.values()), default=1) + 16)
    top = MARGIN + LANE * len(over)
    most = max((one["volume"] for one in hops), default=0)
    ways: list[Way] = []
    for source, own in legs.items():
        begin = top + height // 2 - LEG * (len(own) - 1) // 2
        for number, one in enumerate(own):
            ways.append(_straight(one, _left(source) + BOX, _left(source + 1), begin + LEG * number, most))
    for above, group in ((True, over), (False, under)):
        for number, one in enumerate(
            sorted(group, key=lambda h: -abs(place[h["target"]] - place[h["source"]]))
        ):
            lane = MARGIN + LANE * number + 22 if above else top + height + LANE * (len(group) - number) - 36
            ends = _ends(place[one["source"]], place[one["target"]], number, len(group))
            ways.append(_round(one, *ends, lane, top if above else top + height, most))
    return MapPicture(
        width=_left(len(order) - 1) + BOX + MARGIN if order else 2 * MARGIN,
        height=top + height + LANE * len(under) + MARGIN,
        box=BOX,
        places=tuple(
            system_at(role, (_left(number), top), (BOX, height), hops, systems, query)
            for number, role in enumerate(order)
        ),
        ways=tuple(ways),
    )


def in_order(hops: Sequence[Mapping[str, Any]]) -> list[str]:
    """The roles these hops join: those of the line first, as it runs, and the others by name."""
    roles = {role for one in hops for role in (one["source"], one["target"])}
    return [*(r for r in STATIONS if r in roles), *sorted(roles - {*STATIONS})]


def _left(number: int) -> int:
    return MARGIN + number * (BOX + GAP)


def _ends(source: int, target: int, number: int, of: int) -> tuple[int, int]:
    """Where a lane leaves and enters, spread over the boxes so that no two lie on each other."""
    shift = (number + 1) * BOX // (2 * (of + 1))
    if source == target:
        return _left(source) + BOX // 4, _left(source) + 3 * BOX // 4
    out, back = (
        (BOX // 2 + shift, BOX // 2 - shift) if source < target else (BOX // 2 - shift, BOX // 2 + shift)
    )
    return _left(source) + out, _left(target) + back


def _straight(one: Mapping[str, Any], begin: int, end: int, y: int, most: int) -> Way:
    return _way(one, f"M{begin} {y}H{end - 9}", begin, end, y, most)


def _round(one: Mapping[str, Any], begin: int, end: int, lane: int, edge: int, most: int) -> Way:
    """Out of one box, along the lane with round corners, and into the other."""
    away = 1 if end >= begin else -1
    turn = 10 if lane < edge else -10
    tip = edge - (9 if lane < edge else -9)
    path = (
        f"M{begin} {edge}V{lane + turn}Q{begin} {lane} {begin + 10 * away} {lane}"
        f"H{end - 10 * away}Q{end} {lane} {end} {lane + turn}V{tip}"
    )
    return _way(one, path, begin, end, lane, most)


def _way(one: Mapping[str, Any], path: str, begin: int, end: int, y: int, most: int) -> Way:
    told = hop(one)
    room = max(abs(end - begin), BOX) - 12 - len(f"{told.volume} ") * LETTER
    return Way(told, fitting(told.title, room / LETTER), path, width(one, most), (begin + end) // 2, y)


def fitting(words: str, letters: float) -> str:
    """The words, or as many letters of them as there is room for, and an ellipsis.

    >>> fitting("orders to subscriptions", 12), fitting("paid", 12)
    ('orders to s…', 'paid')
    """
    return words if len(words) <= letters else words[: max(int(letters) - 1, 1)].rstrip() + "…"


def width(one: Mapping[str, Any], most: int) -> float:
    """How thick the way is drawn: by the root of its volume beside the greatest one."""
    least, widest = _WIDTHS
    return round(least + (widest - least) * math.sqrt(one["volume"] / max(most, 1)), 1)


def system_at(
    role: str,
    corner: tuple[int, int],
    size: tuple[int, int],
    hops: Sequence[Mapping[str, Any]],
    systems: Sequence[Mapping[str, str]],
    query: str,
) -> Place:
    """The system of a role in a box with this upper left corner, and what these hops say waits for it."""
    into = [one for one in hops if one["target"] == role]
    failed, overdue, waiting = (sum(one[key] for one in into) for key in ("failed", "overdue", "waiting"))
    words = [f"{count(n)} {word}" for n, word in ((failed, "failed"), (overdue, "overdue")) if n]
    system = status.system(role)
    vendors = ", ".join(status.system(s["name"]).word for s in systems if s["role"] == role)
    (x, y), (wide, height) = corner, size
    room = wide * 9 // 10
    waits = words or ([f"{count(waiting)} waiting"] if waiting else [])
    told = ", ".join(waits) or "nothing waits"
    return Place(
        system=system,
        vendors=vendors,
        name=fitting(system.word, room / _LARGE_LETTER),
        vendor=fitting(vendors, room / LETTER),
        x=x,
        y=y,
        height=height,
        waiting=told,
        waits=(told,) if len(told) * LETTER <= room else tuple(waits),
        tone="bad" if failed else "warn" if overdue else "calm",
        address=query_bar.address(f"{query} system:{role}".strip()),
    )

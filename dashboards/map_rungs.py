# SPDX-License-Identifier: Apache-2.0
"""Where do systems and ways stand where there is no room across, as on a phone? Systems side by side with a rail down from each,
and every way on a rung of its own between two rails, in the order in which they were told. Pure arithmetic in pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboards import map_picture
from dashboards.line_picture import Hop, hop
from dashboards.map_picture import LETTER, MapPicture, Way, fitting

WIDTH, COLUMN = 328, 82
"""What a phone of 360 or 390 pixels has room for, and what one system takes of it."""
_MARGIN, _GAP, _RUNG, _LINE, _TIP = 1, 4, 46, 16, 9
_HEAD, _LOOP = 62, 26


def picture(
    hops: Sequence[Mapping[str, Any]], systems: Sequence[Mapping[str, str]], query: str = ""
) -> MapPicture:
    """The map of these hops, as high as they need. Four systems fit a phone; more of them are wider."""
    order = map_picture.in_order(hops)
    wide, box = max(WIDTH, COLUMN * len(order)), COLUMN - _GAP
    column = wide // max(len(order), 1)
    middle = {role: column * number + column // 2 for number, role in enumerate(order)}
    places = [
        map_picture.system_at(role, (middle[role] - box // 2, _MARGIN), (box, 0), hops, systems, query)
        for role in order
    ]
    height = _HEAD + _LINE * max((len(place.waits) for place in places), default=0)
    most = max((one["volume"] for one in hops), default=0)
    ways: list[Way] = []
    floor = _MARGIN + height
    for one in hops:
        way = _rung(one, middle, floor, wide, most)
        ways.append(way)
        floor = way.y + _RUNG // 2 + _LINE * bool(way.hop.waits and way.hop.counts)
    return MapPicture(
        width=wide,
        height=floor + _MARGIN,
        box=box,
        places=tuple(replace(place, height=height) for place in places),
        ways=tuple(ways),
        rails=tuple(middle.values()),
    )


def _rung(one: Mapping[str, Any], middle: Mapping[str, int], floor: int, wide: int, most: int) -> Way:
    told, begin, end, y = hop(one), middle[one["source"]], middle[one["target"]], floor + _RUNG - 12
    away = 1 if end > begin or (end == begin and end + _LOOP < wide) else -1
    path = f"M{begin} {y}H{end - _TIP * away}"
    if begin == end:
        path = f"M{begin} {y - 5}H{begin + _LOOP * away}V{y + 5}H{end + _TIP * away}"
    title = fitting(told.title, (wide - len(f"{told.volume} ") * LETTER) / LETTER)
    half = min(round(_letters(told, title) * LETTER / 2), wide // 2)
    x = min(max((begin + end) // 2, half), wide - half)
    return Way(told, title, path, map_picture.width(one, most), x, y)


def _letters(told: Hop, title: str) -> int:
    """Of the longest line that stands at the way."""
    return max(map(len, (f"{told.volume} {title}", told.waits_roughly, told.counts)))

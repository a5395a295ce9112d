# SPDX-License-Identifier: Apache-2.0
"""Which systems hand what to which, how much, and where does it break? The system map, over a window the reader chooses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import map_picture, map_rungs, queries
from dashboards.asking import Page, Visit
from dashboards.format import count, instant
from dashboards.line_picture import Hop, hop
from dashboards.map_picture import MapPicture

WINDOWS = ("30", "1", "7", "90")


@dataclass(frozen=True, slots=True)
class MapView:
    """The picture, the same upright for a phone, and as a table, worst first. `processes` are ids with their words; `process` is the chosen one or ``."""

    picture: MapPicture
    upright: MapPicture
    rows: tuple[Hop, ...]
    days: str
    windows: tuple[tuple[str, str], ...]
    process: str
    processes: tuple[tuple[str, str], ...]
    as_of: str
    total: str
    stuck: str


async def show(visit: Visit) -> Page:
    """The map of `?days=` (1, 7, 30 or 90) and of one `?process=`, or of all."""
    days = visit.asked_among("days", WINDOWS, WINDOWS[0])
    data = await visit.answer(queries.MAP, days=int(days))
    line = data["line"]
    processes = tuple(sorted({one["process"] for one in line["hops"]}))
    process = visit.asked_among("process", processes, "")
    chosen = [one for one in line["hops"] if process in ("", one["process"])]
    shown = chosen, data["instance"]["systems"], f"process:{process}" if process else ""
    view = MapView(
        picture=map_picture.picture(*shown),
        upright=map_rungs.picture(*shown),
        rows=tuple(hop(one) for one in sorted(chosen, key=_worst_first)),
        days=days,
        windows=tuple(
            (each, f"{each} days" if each != "1" else "a day") for each in sorted(WINDOWS, key=int)
        ),
        process=process,
        processes=(("", "all processes"), *((each, each.replace("-", " ")) for each in processes)),
        as_of=instant(line["asOf"]),
        total=count(line["transactions"]),
        stuck=count(line["stuckCount"]) if line["stuckCount"] else "",
    )
    return Page("map.html", "System map", view, data)


def _worst_first(one: Mapping[str, Any]) -> tuple[int, int, int, str]:
    return -one["failed"], -one["overdue"], -one["volume"], one["id"]

# SPDX-License-Identifier: Apache-2.0
"""What can the list be narrowed by? Facets with their counts, and starts over time as a picture that is also a row of links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards import query_bar, status
from dashboards.format import count, counted, duration, instant
from terms.instant import parse
from terms.instant import text as instant_text

_LEAST_BAR = 2.0  # percent of the height; one start beside thousands is still seen


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet. `address` adds it to the query, or takes it away where it is chosen."""

    words: str
    count: str
    chosen: bool
    address: str


@dataclass(frozen=True, slots=True)
class FacetGroup:
    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class StartBar:
    """Starts in one stretch of time, in percent of the picture; `start` and `end` as a query writes them."""

    x: float
    width: float
    y: float
    height: float
    stuck_y: float
    stuck_height: float
    label: str
    address: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Starts:
    """The picture. `query` is what the list asks for beside the time; `ticks` are the words at both ends."""

    bars: tuple[StartBar, ...]
    ticks: tuple[str, str]
    width: str
    most: str
    query: str
    is_narrowed: bool
    all_address: str


def groups(facets: Sequence[Mapping[str, Any]], sort: str) -> tuple[FacetGroup, ...]:
    """The facets that have something to choose."""
    return tuple(
        FacetGroup(
            facet["title"],
            tuple(
                Choice(
                    words=_words(facet["name"], value),
                    count=count(value["count"]),
                    chosen=value["chosen"],
                    address=query_bar.address(value["query"], sort),
                )
                for value in facet["values"]
            ),
        )
        for facet in facets
        if facet["values"]
    )


def starts(histogram: Mapping[str, Any], query: str, sort: str) -> Starts | None:
    """The picture of when the list's transactions started; None where there are none."""
    buckets = histogram["buckets"]
    if not buckets:
        return None
    most = max(bucket["count"] for bucket in buckets)
    width = 100 / len(buckets)
    return Starts(
        bars=tuple(_bar(bucket, place * width, width, most, sort) for place, bucket in enumerate(buckets)),
        ticks=(instant(buckets[0]["start"]), instant(buckets[-1]["end"])),
        width=duration(histogram["bucketSeconds"]),
        most=count(most),
        query=histogram["queryOfAll"],
        is_narrowed=histogram["queryOfAll"] != query,
        all_address=query_bar.address(histogram["queryOfAll"], sort),
    )


def _bar(bucket: Mapping[str, Any], x: float, width: float, most: int, sort: str) -> StartBar:
    height = _share(bucket["count"], most)
    stuck = min(_share(bucket["stuck"], most), height)
    words = [counted(bucket["count"], "start")] + (
        [f"{count(bucket['stuck'])} stuck"] if bucket["stuck"] else []
    )
    return StartBar(
        x=round(x + width * 0.08, 3),
        width=round(width * 0.84, 3),
        y=round(100 - height, 2),
        height=height,
        stuck_y=round(100 - stuck, 2),
        stuck_height=stuck,
        label=f"from {instant(bucket['start'])}: {', '.join(words)}",
        address=query_bar.address(bucket["query"], sort),
        start=_brief(bucket["start"]),
        end=_brief(bucket["end"]),
    )


def _share(number: int, most: int) -> float:
    return round(max(number / most * 100, _LEAST_BAR), 2) if number else 0.0


def _brief(at: str) -> str:
    whole = instant_text(parse(at))
    return whole[:10] if whole.endswith("T00:00:00Z") else whole


def _words(name: str, value: Mapping[str, Any]) -> str:
    return status.system(value["value"]).word if name == "system" else str(value["title"])

# SPDX-License-Identifier: Apache-2.0
"""Where does each hop stand in the picture of the line? Stations in a row, hops between, over and under them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards import query_bar, status
from dashboards.format import count, duration, moneys, rough_duration

_LEAST = 20  # transactions; of fewer the API says no percentile
STATIONS = ("crm", "billing", "payments", "erp")


@dataclass(frozen=True, slots=True)
class Hop:
    """`address` opens the transactions that wait at this hop, or all of its process when none does.

    `waits` is the wait of half and of nine of ten, `` where it was not asked for or cannot be said; `waits_of` of how many;
    `waits_roughly` is short enough for a picture.
    """

    id: str
    title: str
    route: str
    badge: status.Badge
    state: str
    volume: str
    counts: str
    at_risk: str
    reason: str
    address: str
    waits: str
    waits_of: str
    waits_roughly: str


@dataclass(frozen=True, slots=True)
class Station:
    """One kind of system, with the vendors that play it here and the hops that never leave it."""

    system: status.System
    vendors: str
    inside: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Arc:
    """Hops that pass over a station or run back: `place` names the stylesheet's class for their two ends."""

    place: str
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class LinePicture:
    """`between[i]` holds the hops from station i to the next one."""

    stations: tuple[Station, ...]
    between: tuple[tuple[Hop, ...], ...]
    over: tuple[Arc, ...]
    under: tuple[Arc, ...]
    trouble: tuple[Hop, ...]


def picture(hops: Sequence[Mapping[str, Any]], systems: Sequence[Mapping[str, str]]) -> LinePicture:
    """The picture of these hops. A hop between roles we have no station for is told under `trouble` only if it is not OK."""
    pairs: dict[tuple[int, int], list[Hop]] = {}
    shown: list[Hop] = []
    for raw in hops:
        one = hop(raw)
        shown.append(one)
        if raw["source"] in STATIONS and raw["target"] in STATIONS:
            ends = STATIONS.index(raw["source"]), STATIONS.index(raw["target"])
            pairs.setdefault(ends, []).append(one)
    arcs = {ends: own for ends, own in sorted(pairs.items()) if ends[1] - ends[0] not in (0, 1)}
    return LinePicture(
        stations=tuple(
            Station(
                status.system(role),
                ", ".join(status.system(s["name"]).word for s in systems if s["role"] == role),
                tuple(pairs.get((place, place), ())),
            )
            for place, role in enumerate(STATIONS)
        ),
        between=tuple(tuple(pairs.get((place, place + 1), ())) for place in range(len(STATIONS) - 1)),
        over=tuple(_arc(ends, own) for ends, own in arcs.items() if ends[0] < ends[1]),
        under=tuple(_arc(ends, own) for ends, own in arcs.items() if ends[0] > ends[1]),
        trouble=tuple(hop for state in ("broken", "slow") for hop in shown if hop.state == state),
    )


def _arc(ends: tuple[int, int], hops: list[Hop]) -> Arc:
    place = f"arc-{min(ends) + 1}-{max(ends) + 1}"
    return Arc(place, tuple(hops))


def hop(raw: Mapping[str, Any]) -> Hop:
    """One hop of the API, as people read it."""
    counts = [f"{count(raw[key])} {key}" for key in ("failed", "overdue") if raw[key]]
    if raw["waiting"] and not counts:
        counts.append(f"{count(raw['waiting'])} waiting")
    query = f"process:{raw['process']}"
    if raw["waiting"] or raw["failed"] or raw["overdue"]:
        query += f" waiting:{raw['milestone']}"
    source, target = status.system(raw["source"]).word, status.system(raw["target"]).word
    return Hop(
        id=raw["id"],
        title=raw["title"],
        route=f"{source} to {target}",
        badge=status.hop(raw["state"]),
        state=raw["state"].lower(),
        volume=count(raw["volume"]),
        counts=", ".join(counts),
        at_risk=moneys(raw["atRisk"]) if raw["atRisk"] else "",
        reason=raw["reason"] or "",
        address=query_bar.address(query),
        waits=_waits(raw.get("wait")),
        waits_of=_waits_of(raw.get("wait")),
        waits_roughly=_waits(raw.get("wait"), rough_duration),
    )


def _waits(wait: Mapping[str, Any] | None, told: Callable[[float], str] = duration) -> str:
    """`p50 12 min · p90 3 h`; what too few are through for is said to be open."""
    if wait is None or (wait["p50Seconds"] is None and wait["n"] < _LEAST):
        return ""
    known = (("p50", wait["p50Seconds"]), ("p90", wait["p90Seconds"]))
    return " · ".join(f"{name} {'open' if value is None else told(value)}" for name, value in known)


def _waits_of(wait: Mapping[str, Any] | None) -> str:
    if wait is None or not wait["n"]:
        return ""
    still = f", {count(wait['open'])} still wait" if wait["open"] else ""
    return (
        f"of {count(wait['n'])}{still}" if wait["n"] >= _LEAST else f"only {count(wait['n'])}: too few to say"
    )

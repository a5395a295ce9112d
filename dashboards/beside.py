# SPDX-License-Identifier: Apache-2.0
"""What stands beside a transaction? Its chain, its wholes and parts, its siblings, and a good one of the same kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards import status
from dashboards.format import NONE, duration, short_instant

_RELATIONS = {
    "BEFORE": "Before it",
    "AFTER": "After it",
    "WHOLE": "Is part of",
    "PART": "Has as a part",
    "SIBLING": "Shares with it",
}
_DIFFERENCES = {
    "SAME": ("as usual", "calm"),
    "SLOWER": ("slower", "bad"),
    "FASTER": ("faster", "good"),
    "MISSING": ("not reached here", "bad"),
    "EXTRA": ("only here", "calm"),
}


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A transaction beside this one, and the object both have to do with."""

    address: str
    key: str
    process: str
    badge: status.Badge
    through: str
    started: str
    started_at: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Those of one relation, in the order of the API."""

    words: str
    items: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class HopRow:
    title: str
    system: status.System
    took: str
    other: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Compared:
    """This one beside the good one: each hop in both, and the differences in words."""

    address: str
    key: str
    length: str
    hops: tuple[HopRow, ...]
    differences: tuple[str, ...]


def neighbours(related: Sequence[Mapping[str, Any]]) -> tuple[Neighbours, ...]:
    """What stands beside, by relation; none where nothing does."""
    groups: dict[str, list[Neighbour]] = {}
    for one in related:
        groups.setdefault(one["relation"], []).append(_neighbour(one))
    return tuple(
        Neighbours(words, tuple(groups[relation]))
        for relation, words in _RELATIONS.items()
        if relation in groups
    )


def compared(comparison: Mapping[str, Any] | None) -> Compared | None:
    """The comparison; None where nothing of the kind has completed."""
    if comparison is None:
        return None
    other = comparison["other"]
    return Compared(
        address=f"/transactions/{other['id']}",
        key=other["anchor"]["value"],
        length=duration(other["durationSeconds"]),
        hops=tuple(_hop(hop) for hop in comparison["hops"]),
        differences=tuple(comparison["differences"]),
    )


def _neighbour(one: Mapping[str, Any]) -> Neighbour:
    transaction = one["transaction"]
    return Neighbour(
        address=f"/transactions/{transaction['id']}",
        key=transaction["anchor"]["value"],
        process=transaction["processTitle"],
        badge=status.transaction(transaction["status"], transaction["overdue"]),
        through=one["through"]["text"],
        started=short_instant(transaction["startedAt"]),
        started_at=transaction["startedAt"],
    )


def _hop(hop: Mapping[str, Any]) -> HopRow:
    words, tone = _DIFFERENCES[hop["difference"]]
    return HopRow(
        title=hop["title"],
        system=status.system(hop["system"]),
        took=NONE if hop["tookSeconds"] is None else duration(hop["tookSeconds"]),
        other=NONE if hop["otherTookSeconds"] is None else duration(hop["otherTookSeconds"]),
        words=words,
        tone=tone,
    )

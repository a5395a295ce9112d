# SPDX-License-Identifier: Apache-2.0
"""How far history follows the definitions in force: each job that derives it anew, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.format import age, count, counted

UNDER_WAY = ("RUNNING", "STOPPED")
_DOES = {
    "process": "history is being judged by it",
    "extraction": "what is kept is being read by it",
    "removal": "it is no more, and its transactions are being taken out",
}
_DONE = {
    "process": "all of history is judged by it",
    "extraction": "all that is kept is read by it",
    "removal": "it is no more: its transactions are taken out",
}


@dataclass(frozen=True, slots=True)
class Job:
    """One job: the definitions it is for, how it stands, and what came of it."""

    title: str
    figure: str
    words: str


def jobs(found: Sequence[Mapping[str, Any]], now: str) -> tuple[Job, ...]:
    """The jobs, newest first, as they came."""
    return tuple(Job(_names(one), _stands(one, now), _came(one)) for one in found)


def under_way(found: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """A sentence for each job that is not through: what happens, to what, how far it is."""
    return tuple(
        f"{_names(one)}: {_DOES[one['kind']]}, {_progress(one)}"
        + (", stopped by a person." if one["state"] == "STOPPED" else ".")
        for one in found
        if one["state"] in UNDER_WAY
    )


def _stands(one: Mapping[str, Any], now: str) -> str:
    if one["state"] in UNDER_WAY:
        return _progress(one) + (", stopped" if one["state"] == "STOPPED" else "")
    ended = age(one["endedAt"], now)
    if one["state"] == "OVERTAKEN":
        return f"overtaken by a newer change, {ended}"
    return f"{_DONE[one['kind']]}, {ended}"


def _names(one: Mapping[str, Any]) -> str:
    return ", ".join(name.partition("#")[0] for name in one["names"])


def _progress(one: Mapping[str, Any]) -> str:
    return f"{count(one['done'])} of {count(one['total'])}"


def _came(one: Mapping[str, Any]) -> str:
    parts = [f"{count(one[word])} {word}" for word in ("changed", "added", "removed") if one[word]]
    if one["daysLeft"]:
        events = sum(left["events"] for left in one["daysLeft"])
        parts.append(
            f"{counted(len(one['daysLeft']), 'day')} could not be redone: {counted(events, 'event')} stay as they were"
        )
    return ", ".join(parts) or "nothing changed"

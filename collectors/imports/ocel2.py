# SPDX-License-Identifier: Apache-2.0
"""OCEL 2.0 (an object-centric event log, JSON or SQLite) -> batches of CloudEvents. Types are taken as the log writes them.

Relations between objects are told too: each as an event of the type `ocel.relation` that names both, at the time of the
first event that names either, so that a process definition can make an edge of it.
Format: https://www.ocel-standard.org/2.0/ocel20_specification.pdf, sections 5 (SQLite) and 7 (JSON).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from collectors.imports.batch import Batch, of_events, parts, zoned
from terms.problem import ProblemError

BATCH = 500  # events
UNKNOWN = "unknown"
RELATION = "ocel.relation"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a log: `objects` are ids, `attributes` its own values."""

    id: str
    type: str
    time: str
    objects: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Log:
    """What a reader of either form brings: object types by id, events in any order, and pairs of related objects."""

    types: dict[str, str]
    events: Iterable[LogEvent]
    relations: list[tuple[str, str]]


def is_ocel2(document: Any) -> bool:
    """Whether a JSON document is an OCEL 2.0 log."""
    return (
        isinstance(document, dict) and {"events", "objects", "eventTypes", "objectTypes"} <= document.keys()
    )


def of_json(document: dict[str, Any], name: str) -> Log:
    """The log of a JSON document. Raises ProblemError (JSON pointer) where it is not well formed."""
    types: dict[str, str] = {}
    relations: list[tuple[str, str]] = []
    for i, entry in enumerate(_list(document, "objects", name)):
        where = f"{name}#/objects/{i}"
        key = _text(entry, "id", where)
        types[key] = _text(entry, "type", where)
        relations += [(key, other) for other in _related(entry, where)]
    events = []
    for i, entry in enumerate(_list(document, "events", name)):
        where = f"{name}#/events/{i}"
        values = {
            str(one.get("name")): one.get("value")
            for one in entry.get("attributes") or ()
            if isinstance(one, dict)
        }
        events.append(
            LogEvent(
                _text(entry, "id", where),
                _text(entry, "type", where),
                _text(entry, "time", where),
                tuple(_related(entry, where)),
                values,
            )
        )
    return Log(types, events, relations)


def batches(log: Log, source: str, size: int) -> Iterator[Batch]:
    """The log's events, at most 500 to a batch, then its relations, with `source` as the source of each.

    An object that no entry describes is kept, as of type `unknown`, and counted. A time without a zone is UTC.
    """
    first_named: dict[str, str] = {}
    told: list[bytes] = []
    dangling: list[int] = []
    for event in log.events:
        time = zoned(event.time)
        for key in event.objects:
            first_named[key] = min(first_named.get(key, time), time)
        data = _objects(log.types, event.objects)
        dangling.append(len(data.get(f"throughline.object.{UNKNOWN}", ())))
        if event.attributes:
            data["event.attributes"] = event.attributes
        told.append(_cloudevent(event.id, event.type, time, source, data))
    for one, other in log.relations:
        times = [first_named[key] for key in (one, other) if key in first_named]
        if times:  # objects that no event names took part in nothing
            data = _objects(log.types, (one, other))
            dangling.append(len(data.get(f"throughline.object.{UNKNOWN}", ())))
            told.append(_cloudevent(f"{RELATION}/{one}/{other}", RELATION, min(times), source, data))
    for start, part in zip(range(0, len(told), BATCH), parts(told, BATCH), strict=True):
        missing = sum(dangling[start : start + BATCH])
        yield of_events(part, size * len(part) // len(told), missing)


def _objects(types: dict[str, str], keys: Iterable[str]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for key in dict.fromkeys(keys):
        named.setdefault(f"throughline.object.{types.get(key, UNKNOWN)}", []).append(key)
    return named


def _cloudevent(key: str, kind: str, time: str, source: str, data: dict[str, Any]) -> bytes:
    return orjson.dumps(
        {"specversion": "1.0", "id": key, "source": source, "type": kind, "time": time, "data": data},
        default=str,
    )


def _related(entry: dict[str, Any], where: str) -> list[str]:
    found = entry.get("relationships") or []
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("objectId") for one in found):
        raise ProblemError("relationships is not a list of objects with an objectId", where)
    return [str(one["objectId"]) for one in found]


def _list(document: dict[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    found = document.get(key)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ProblemError(f"{key} is not a list of objects", f"{name}#/{key}", "export it as OCEL 2.0 JSON")
    return found


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    found = entry.get(key)
    if not isinstance(found, str) or not found:
        raise ProblemError(f"has no {key}", where)
    return found

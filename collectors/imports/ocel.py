# SPDX-License-Identifier: Apache-2.0
"""OCEL 1.0 JSON (an object-centric event log) -> batches of CloudEvents. Object types are taken as the log writes them.

Format: http://ocel-standard.org/1.0/specification.pdf, section 5.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from collectors.imports.batch import Batch, of_events, parts, zoned
from terms.problem import ProblemError

BATCH = 500  # events
UNKNOWN = "unknown"


def is_ocel(document: Any) -> bool:
    """Whether a JSON document is an OCEL 1.0 log."""
    return isinstance(document, dict) and "ocel:events" in document


def batches(document: dict[str, Any], source: str, name: str, size: int) -> Iterator[Batch]:
    """The log's events in the order written, at most 500 to a batch, with `source` as the source of each.

    `name` is the file's in messages and `size` its length in bytes. An object that no entry describes is kept, as of
    type `unknown`, and counted. A time without a zone is UTC. Raises ProblemError where the log is not well formed.
    """
    events, objects = document["ocel:events"], document.get("ocel:objects", {})
    if not isinstance(events, dict) or not isinstance(objects, dict):
        raise ProblemError(
            "ocel:events and ocel:objects are not JSON objects", name, "export it as OCEL 1.0 JSON"
        )
    types = {key: _type(entry, f"{name}#/ocel:objects/{key}") for key, entry in objects.items()}
    told = []
    dangling = []
    for event_id, event in events.items():
        where = f"{name}#/ocel:events/{event_id}"
        if not isinstance(event, dict):
            raise ProblemError("is not a JSON object", where)
        named = _objects(event, types, where)
        dangling.append(len(named.get(UNKNOWN, ())))
        told.append(orjson.dumps(_cloudevent(event_id, event, named, source, where)))
    for start, part in zip(range(0, len(told), BATCH), parts(told, BATCH), strict=True):
        missing = sum(dangling[start : start + BATCH])
        yield of_events(part, size * len(part) // len(told), missing)


def _objects(event: dict[str, Any], types: dict[str, str], where: str) -> dict[str, list[str]]:
    references = event.get("ocel:omap", [])
    if not isinstance(references, list):
        raise ProblemError("ocel:omap is not a list", where)
    named: dict[str, list[str]] = {}
    for reference in references:
        named.setdefault(types.get(str(reference), UNKNOWN), []).append(str(reference))
    return named


def _cloudevent(
    event_id: str, event: dict[str, Any], named: dict[str, list[str]], source: str, where: str
) -> dict[str, Any]:
    activity, time = event.get("ocel:activity"), event.get("ocel:timestamp")
    if not isinstance(activity, str) or not isinstance(time, str):
        raise ProblemError("has no ocel:activity or no ocel:timestamp", where)
    data: dict[str, Any] = {f"throughline.object.{kind}": keys for kind, keys in named.items()}
    if values := event.get("ocel:vmap"):
        data["event.attributes"] = values
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": activity,
        "time": zoned(time),
        "data": data,
    }


def _type(entry: Any, where: str) -> str:
    kind = entry.get("ocel:type") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or not kind:
        raise ProblemError("has no ocel:type", where)
    return kind

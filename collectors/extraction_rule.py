# SPDX-License-Identifier: Apache-2.0
"""Which attributes of a span say that it carries a business event, and where its parts stand. Read from YAML."""

from dataclasses import dataclass
from typing import Any

from terms.problem import Problem
from terms.yaml_lines import Document

_KEYS = ("kind", "id", "version", "title", "description", "event", "objects", "fields", "data")
_EVENT_KEYS = ("type", "id", "source", "time")
FIELDS = (
    "system", "amount_minor", "currency", "legal_entity", "region", "contract_subject", "contract_version", "message",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExtractionRule:
    """Attribute names by meaning. A span fits when it has the `type` attribute or one that begins with `objects`."""

    id: str
    version: int
    type: str
    event_id: str
    source: str
    time: str
    objects: str
    system: str
    amount_minor: str
    currency: str
    legal_entity: str
    region: str
    contract_subject: str
    contract_version: str
    message: str
    data: tuple[str, ...]


def read_extraction(document: Document, problems: list[Problem]) -> ExtractionRule | None:
    """The rule a document describes, or None with its problems added to `problems`."""
    data = document.data
    found = document.unknown_keys("", data, _KEYS)
    found += document.missing_keys("", data, ("event", "objects"))
    event, fields = data.get("event") or {}, data.get("fields") or {}
    for key, mapping, known in (("event", event, _EVENT_KEYS), ("fields", fields, FIELDS)):
        if not isinstance(mapping, dict):
            found.append(document.problem(f"'{key}' is not a mapping", f"/{key}"))
        else:
            found += document.unknown_keys(f"/{key}", mapping, known)
    if isinstance(event, dict) and event:
        found += document.missing_keys("/event", event, ("type",))
    if not isinstance(data.get("data", []), list):
        found.append(document.problem("'data' is not a list of attribute names", "/data"))
    # The head's problems (id, version, title) are told by the caller.
    if found or document.missing_keys("", data, ("id", "version", "title")):
        problems.extend(found)
        return None
    return _rule(data, event, fields)


def _rule(data: dict[str, Any], event: dict[str, Any], fields: dict[str, Any]) -> ExtractionRule:
    return ExtractionRule(
        id=str(data["id"]),
        version=data["version"] if type(data["version"]) is int else 0,
        type=str(event["type"]),
        event_id=str(event.get("id", "")),
        source=str(event.get("source", "")),
        time=str(event.get("time", "")),
        objects=str(data["objects"]),
        data=tuple(str(name) for name in data.get("data", ())),
        **{name: str(fields.get(name, "")) for name in FIELDS},
    )

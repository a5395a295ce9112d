# SPDX-License-Identifier: Apache-2.0
"""The registry as a CNCF xRegistry document (schema and message domains, 1.0-rc4): one file that other registries can read.

https://github.com/xregistry/spec/tree/main/schema; subjects of one domain are a schema group, versions bear our semver.
"""

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from registry.lifecycle import DEPRECATED, RETIRED, SUNSET
from registry.views import SubjectView, VersionView
from terms import instant

SPEC_VERSION = "1.0-rc4"
_MOST_ID = 128
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._@:-]")


def document(views: Iterable[SubjectView]) -> dict[str, Any]:
    """The whole document. Ids hold what xRegistry allows in one; `name` bears the subject as it is called."""
    groups: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for view in views:
        group, subject = xid_part(view.domain or "default"), xid_part(view.name)
        held = groups.setdefault(
            group,
            {
                "schemagroupid": group,
                "name": view.domain or "default",
                "xid": f"/schemagroups/{group}",
                "schemas": {},
            },
        )
        place = f"/schemagroups/{group}/schemas/{subject}"
        held["schemas"][subject] = _schema(view, subject, place)
        if view.event_type:
            around = messages.setdefault(
                group, {"messagegroupid": group, "envelope": "CloudEvents/1.0", "messages": {}}
            )
            around["messages"][xid_part(view.event_type)] = _message(view, place)
    return {
        "specversion": SPEC_VERSION,
        "registryid": "throughline",
        "xid": "/",
        "schemagroups": groups,
        **({"messagegroups": messages} if messages else {}),
    }


def xid_part(text: str) -> str:
    """A text as an xRegistry id: what is not allowed in one becomes ~ and hex, so that different texts stay different.

    >>> xid_part("price/list"), xid_part(".hidden"), len(xid_part("ü" * 200))
    ('price~2Flist', '_.hidden', 128)
    """
    made = _NOT_IN_ID.sub(lambda found: "".join(f"~{byte:02X}" for byte in found[0].encode()), text)
    made = made if made[:1].isalnum() or made.startswith("_") else f"_{made}"
    if len(made) <= _MOST_ID:
        return made
    return f"{made[: _MOST_ID - 17]}~{sha256(text.encode()).hexdigest()[:16]}"


def _schema(view: SubjectView, subject: str, place: str) -> dict[str, Any]:
    versions = {
        each.semver: _version(view, each, subject, f"{place}/versions/{each.semver}")
        for each in view.versions
    }
    labels = {
        name: value
        for name, value in {
            **view.labels,
            "owner": view.owner,
            "steward": view.steward,
            "audience": view.audience,
            "retention": view.retention,
        }.items()
        if value
    }
    return {
        "schemaid": subject,
        "name": view.name,
        "xid": place,
        "description": view.description,
        "labels": labels,
        "format": _format(view.versions[-1]),
        "versionscount": len(versions),
        "versions": versions,
    }


def _version(view: SubjectView, each: VersionView, subject: str, place: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "schemaid": subject,
        "versionid": each.semver,
        "name": view.name,
        "xid": place,
        "isdefault": view.versions[-1] is each,
        "labels": {"lifecycle": each.lifecycle, "number": str(each.number), "schema_id": str(each.schema_id)},
        "createdat": instant.text(each.registered_at),
        "format": _format(each),
        "schema": json.loads(each.document) if each.syntax == "json" else each.document,
    }
    if each.lifecycle in (DEPRECATED, SUNSET, RETIRED):
        state = each.state
        dates = {"effective": state.deprecated_at, "removal": state.retired_at or state.sunset_at}
        told = {name: instant.text(at) for name, at in dates.items() if at is not None}
        shown["deprecated"] = {**told, **({"alternative": state.successor} if state.successor else {})}
    return shown


def _message(view: SubjectView, place: str) -> dict[str, Any]:
    return {
        "messageid": xid_part(view.event_type),
        "name": view.event_type,
        "description": view.description,
        "envelope": "CloudEvents/1.0",
        "envelopemetadata": {"type": {"value": view.event_type, "required": True}},
        "dataschemaformat": _format(view.versions[-1]),
        "dataschemauri": place,
    }


def _format(each: VersionView) -> str:
    if each.type != "json-schema":
        name = {"openapi": "OpenAPI", "asyncapi": "AsyncAPI"}[each.type]
        found = re.search(rf"""["']?{each.type}["']?\s*:\s*["']?(\d+\.\d+(?:\.\d+)?)""", each.document)
        return f"{name}/{found[1]}" if found else name
    found = re.search(r'"?\$schema"?\s*:\s*"?([^"\s]+)', each.document)
    uri = found[1] if found else each.dialect
    edition = re.search(r"draft[-/]([0-9-]+)", uri)
    return f"JSONSchema/Draft-{edition[1]}" if edition else "JSONSchema"

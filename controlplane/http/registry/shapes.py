# SPDX-License-Identifier: Apache-2.0
"""How do subjects, versions, verdicts and settings look as JSON? Names in snake case, instants RFC 3339, absent is null."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from controlplane.http.raw_routes import Asked
from registry import lifecycle
from registry.approval_store import Approval
from registry.config import Config, Settled
from registry.verdict import Verdict
from registry.views import SubjectHead, VersionInfo, VersionView
from terms import canonical_json, instant
from terms.instant import Instant

IMMUTABLE = "private, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer, numbers exact."""
    return Response(canonical_json.text(value), status, dict(headers or {}), "application/json")


def forced(asked: Asked) -> tuple[bool, str]:
    """Whether a deletion is forced, and how the audit log tells it. Raises ProblemError where no `reason` goes with it."""
    reason = asked.query.get("reason", "").strip()
    if not asked.is_set("force"):
        return False, f": {reason}" if reason else ""
    lifecycle.require_reason(reason)
    return True, f", forced: {reason}"


def tagged(request: Request, body: bytes, tag: str, cache: str, media_type: str) -> Response:
    """A body with its strong ETag; 304 without it when the asker has it already (RFC 9110, 13.1.2)."""
    headers = {"ETag": f'"{tag}"', "Cache-Control": cache}
    had = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if headers["ETag"] in had or "*" in had:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def head(of: SubjectHead) -> dict[str, Any]:
    """A subject in a list."""
    return {
        "subject": of.name,
        "title": of.title,
        "description": of.description,
        "type": of.type,
        "owner": of.owner,
        "steward": of.steward,
        "domain": of.domain,
        "audience": of.audience,
        "retention": of.retention,
        "event_type": of.event_type,
        "labels": dict(of.labels),
        "lifecycle": of.lifecycle,
        "compatibility": of.compatibility,
        "version": of.semver,
        "number": of.number,
        "changed_at": instant.text(of.changed_at),
    }


def version(
    subject: str, of: VersionView, *, document: bool = False, verdict: bool = False
) -> dict[str, Any]:
    """A version; with its text and its verdict when asked for."""
    shown: dict[str, Any] = {
        "subject": subject,
        "version": of.semver,
        "number": of.number,
        "content_id": of.content_id,
        "schema_id": of.schema_id,
        "type": of.type,
        "syntax": of.syntax,
        "dialect": of.dialect or None,
        "references": [one.as_json() for one in of.references],
        "lifecycle": of.lifecycle,
        "successor": of.state.successor or None,
        "deprecated_at": _at(of.state.deprecated_at),
        "sunset_at": _at(of.state.sunset_at),
        "retired_at": _at(of.state.retired_at),
        "deleted_at": _at(of.deleted_at),
        "registered_at": instant.text(of.registered_at),
        "status": None if of.verdict is None else of.verdict.status,
    }
    if verdict:
        shown["verdict"] = None if of.verdict is None else of.verdict.as_json()
    if document:
        shown["document"] = of.document
    return shown


def registered(info: VersionInfo) -> dict[str, Any]:
    """What registering came to."""
    return {
        "subject": info.subject,
        "version": info.semver,
        "number": info.number,
        "content_id": info.content_id,
        "schema_id": info.schema_id,
        "already_there": info.already_there,
    }


def judged(verdict: Verdict) -> dict[str, Any]:
    """A verdict; `difference` says in one line where the policies differ."""
    return {**verdict.as_json(), "difference": verdict.difference}


def config(own: Config | None, settled: Settled) -> dict[str, Any]:
    """What was settled at that place, null where nothing was, and what holds there."""
    stated = own or Config()
    return {
        "compatibility": stated.compatibility or None,
        "policy": stated.policy or None,
        "group_by": stated.group_by or None,
        "mode": stated.registry_mode or None,
        "in_force": {
            "compatibility": settled.compatibility,
            "policy": settled.policy,
            "group_by": settled.group_by or None,
            "mode": settled.registry_mode,
        },
    }


def approval(of: Approval) -> dict[str, Any]:
    """An approval; `until` is the last day on which it counts."""
    return {
        "subject": of.subject,
        "fingerprint": of.fingerprint,
        "reason": of.reason,
        "by": of.approved_by,
        "approved_at": instant.text(of.approved_at),
        "until": of.last_day,
    }


def _at(moment: Instant | None) -> str | None:
    return None if moment is None else instant.text(moment)

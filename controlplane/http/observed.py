# SPDX-License-Identifier: Apache-2.0
"""The door to observed payloads: what was really sent under a subject, with confidential and personal values masked."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controlplane.database import Database
from registry import masking
from registry.registered import registered
from terms import canonical_json
from terms.problem import ProblemError

PATH = "/apis/registry/v1/observed/{subject:path}"
_MOST, _USUAL = 1000, 200

Payloads = Callable[[Session, str, int], list[Any]]
_UNKNOWN = {"": "personal"}


def observed_routes(database: Database, told: Payloads, collected: Payloads) -> list[Route]:
    """`GET .../observed/{subject}?limit=N`: `{"subject", "payloads", "classes"}`, newest first, at most 1,000.

    `told` are those our own runtime sent, `collected` those of other applications, masked when they came in. Without a
    registered version nothing is known of the fields: all values are masked, and `classes` says so of the whole.
    """

    async def observed(request: Request) -> Response:
        subject, limit = request.path_params["subject"], _limit(request.query_params.get("limit", ""))
        found = await database.read_async(lambda session: _observed(session, subject, limit, told, collected))
        return Response(canonical_json.text(found), media_type="application/json")

    return [Route(PATH, observed, methods=["GET"])]


def _observed(
    session: Session, subject: str, limit: int, told: Payloads, collected: Payloads
) -> dict[str, Any]:
    versions = registered(session, [subject]).get(subject, ())
    classes = {
        pointer: each for v in versions for pointer, each in masking.classes(v.document.schema).items()
    }
    shown = [masking.masked(payload, classes) for payload in told(session, subject, limit)]
    others = collected(session, subject, limit - len(shown))
    if others and not versions:
        classes = _UNKNOWN
    return {"subject": subject, "payloads": [*shown, *others], "classes": classes}


def _limit(text: str) -> int:
    if not text:
        return _USUAL
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise ProblemError(f"'{text}' is not a number of payloads", "limit", f"use 1 to {_MOST}")
    return int(text)

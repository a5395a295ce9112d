# SPDX-License-Identifier: Apache-2.0
"""The route of the Confluent door: every answer below its prefix is in the protocol's form, refusals too."""

from collections.abc import Sequence
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controlplane.http.ccompat import shapes
from controlplane.http.ccompat.refusing import ConfluentError, told
from controlplane.http.raw_routes import RawRoutes, Row
from controlplane.http.refusal import CONFLUENT_PATH
from terms.problem import ProblemError

ROOT = f"{CONFLUENT_PATH}/v7"
_ABOUT_SUBJECTS = {"subjects": 1, "config": 1, "mode": 1, "compatibility": 2}
"""After which of its parts a path names a subject."""


def confluent_routes(rows: Sequence[Row]) -> list[Route]:
    """The one route; the rows do the rest, on the path as it was sent."""
    table = RawRoutes(ROOT, rows)

    async def answer(request: Request) -> Response:
        request = _in_context(request)
        try:
            return await table.answer(request)
        except ConfluentError as error:
            return shapes.error(error)
        except ProblemError as error:
            return shapes.error(told(error, _named(request)))

    methods = ["GET", "POST", "PUT", "DELETE"]
    return [Route(ROOT, answer, methods=["GET"]), Route(f"{ROOT}/{{path:path}}", answer, methods=methods)]


def _in_context(request: Request) -> Request:
    """`/contexts/.ctx/subjects/a` means `/subjects/:.ctx:a`."""
    raw = (request.scope.get("raw_path") or b"").partition(b"?")[0].decode("latin-1")
    parts = raw.removeprefix(f"{ROOT}/").split("/")
    if len(parts) < 3 or parts[0] != "contexts":
        return request
    context, rest = unquote(parts[1]).strip(":"), parts[2:]
    place = _ABOUT_SUBJECTS.get(rest[0], len(rest))
    scope = dict(request.scope)
    if place < len(rest):
        rest[place] = quote(f":{context}:{unquote(rest[place])}", safe="")
    elif rest == ["subjects"]:
        scope["query_string"] = scope["query_string"] + b"&subjectPrefix=" + quote(f":{context}:").encode()
    scope["raw_path"] = f"{ROOT}/{'/'.join(rest)}".encode()
    return Request(scope, request.receive)


def _named(request: Request) -> dict[str, str]:
    """The subject and version of the path, for the words of a refusal."""
    raw = (request.scope.get("raw_path") or b"").partition(b"?")[0].decode("latin-1")
    parts = [unquote(part) for part in raw.removeprefix(f"{ROOT}/").split("/")]
    parts = parts[1:] if parts[0] == "compatibility" else parts
    subject = parts[1] if len(parts) > 1 else ""
    return {"subject": subject, "version": parts[3] if len(parts) > 3 else ""}

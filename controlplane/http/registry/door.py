# SPDX-License-Identifier: Apache-2.0
"""The routes of our own REST, and how it refuses: problem+json, 422 for what cannot be read, 404 and 409 for what may not be."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controlplane.http.raw_routes import RawRoutes, Row
from controlplane.http.refusal import refusal
from registry.refusal import Kind, RefusedError
from terms.problem import Problem, ProblemError

ROOT = "/apis/registry/v1"
_NOT_THERE: tuple[Kind, ...] = ("unknown-subject", "unknown-version")


def registry_routes(rows: Sequence[Row]) -> list[Route]:
    """One route for each first word of the rows; the rows do the rest, on the path as it was sent."""
    table = RawRoutes(ROOT, rows)

    async def answer(request: Request) -> Response:
        try:
            return await table.answer(request)
        except RefusedError as refused:
            status = 404 if refused.kind in _NOT_THERE else 409
            return refusal(request, status, refused.problems[0])
        except ProblemError as error:
            return refusal(request, 422, _joined(error))

    methods: dict[str, list[str]] = {}
    for row in rows:
        word, slash, _ = row.template.partition("/")
        taken = methods.setdefault(f"{ROOT}/{word}/{{path:path}}" if slash else f"{ROOT}/{word}", [])
        taken += [row.method] if row.method not in taken else []
    return [Route(path, answer, methods=taken) for path, taken in methods.items()]


def _joined(error: ProblemError) -> Problem:
    first, *others = error.problems
    if not others:
        return first
    more = "; ".join(str(each) for each in others[:9])
    return Problem(f"{first.what}; also {more}", first.where, first.do)

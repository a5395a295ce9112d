# SPDX-License-Identifier: Apache-2.0
"""The routes of our own REST, and how it refuses: problem+json, 422 for what cannot be read, 404 and 409 for what may not be."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controlplane.http.raw_routes import METHODS, RawRoutes, Row
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

    words = dict.fromkeys(row.template.partition("/")[0] for row in rows)
    deep = {row.template.partition("/")[0] for row in rows if "/" in row.template}
    flat = {row.template for row in rows if "/" not in row.template}
    routes = []
    for word in words:
        if word in flat:
            routes.append(Route(f"{ROOT}/{word}", answer, methods=METHODS))
        if word in deep:
            routes.append(Route(f"{ROOT}/{word}/{{path:path}}", answer, methods=METHODS))
    return routes


def _joined(error: ProblemError) -> Problem:
    first, *others = error.problems
    if not others:
        return first
    more = "; ".join(str(each) for each in others[:9])
    return Problem(f"{first.what}; also {more}", first.where, first.do)

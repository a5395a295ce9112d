# SPDX-License-Identifier: Apache-2.0
"""`/openapi.json`: our own REST described from its rows and routes, in the words of their handlers. Made once."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controlplane.http.raw_routes import Row
from controlplane.http.registry.door import ROOT
from controlplane.http.registry.shapes import REVALIDATE

_ANSWERS = {
    "200": "The answer.",
    "401": "No valid credential came with the request.",
    "403": "The role lacks the permission.",
    "404": "There is no such subject, version or address.",
    "409": "What is stored forbids it, or a verdict keeps it out.",
    "422": "What was sent cannot be read; `detail` says what, `where` and `do`.",
}
_PROBLEM = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong."},
        "where": {"type": "string", "description": "A pointer, a line or the name of a field."},
        "do": {"type": "string", "description": "What to do next."},
    },
    "required": ["title", "status", "detail"],
}


def openapi_route(rows: Sequence[Row], others: Iterable[Route]) -> Route:
    """`GET /openapi.json`: OpenAPI 3.1 of the rows, and of other routes of the same REST."""
    described = {
        (f"{ROOT}/{row.template}", row.method): _operation(row.handler, row.template, row.query)
        for row in rows
    }
    for route in others:
        for method in sorted((route.methods or set()) - {"HEAD"}):
            described[route.path, method] = _operation(route.endpoint, route.path, ())
    body = orjson.dumps(document(described), option=orjson.OPT_INDENT_2)

    async def openapi(_: Request) -> Response:
        return Response(body, headers={"Cache-Control": REVALIDATE}, media_type="application/json")

    return Route("/openapi.json", openapi, methods=["GET"])


def document(operations: Mapping[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    """The OpenAPI document of operations by (path, method)."""
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), operation in operations.items():
        paths.setdefault(path, {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Throughline: contract registry",
            "version": version("throughline"),
            "description": "Contracts, their versions, verdicts, settings, and what is deployed where. "
            "Confluent's own API is served at /apis/ccompat/v7.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A service token, tl_..."}
            },
            "schemas": {"Problem": _PROBLEM},
        },
    }


def _operation(handler: Callable[..., Any], template: str, query: Sequence[str]) -> dict[str, Any]:
    said = " ".join((inspect.getdoc(handler) or "").split())
    summary = re.split(r"(?<=[.:;])\s", said, maxsplit=1)[0].rstrip(".:;")
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)", template)
    ]
    asked = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in query]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "summary": summary,
        "description": said,
        "parameters": [*named, *asked],
        "responses": {
            status: {"description": text, **({"content": problem} if status >= "400" else {})}
            for status, text in _ANSWERS.items()
        },
    }

# SPDX-License-Identifier: Apache-2.0
"""Which row of a door's table answers a request? Matched on the path as it was sent, so that a name may hold a slash."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from controlplane.http.refusal import refusal
from controlplane.security.caller import Caller, caller_of
from controlplane.security.permissions import Permission
from terms.problem import Problem, ProblemError
from terms.strict_json import strict_json

_WORDS = {"true": True, "1": True, "": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose row was found. `path` holds the named parts, decoded; `query` the last value of each name."""

    request: Request
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, str]

    def is_set(self, *names: str) -> bool:
        """Whether one of the flags is on; True and TRUE are true. Raises ProblemError for a word that is neither."""
        for name in names:
            if name in self.query:
                value = _WORDS.get(self.query[name].lower())
                if value is None:
                    raise ProblemError(f"'{self.query[name][:40]}' is neither true nor false", name)
                if value:
                    return True
        return False

    def number(self, name: str, default: int) -> int:
        """A whole number of the query. Raises ProblemError for what is none, or beyond 32 bits."""
        text = self.query.get(name, str(default))
        value = int(text) if text.removeprefix("-").isdecimal() and len(text) <= 11 else None
        if value is None or abs(value) >= 2**31:
            raise ProblemError(f"'{text[:40]}' is not a whole number", name)
        return value

    async def json(self) -> dict[str, Any]:
        """The body's one JSON object. Raises ProblemError for anything else."""
        value = strict_json(await self.request.body() or b"{}")
        if not isinstance(value, dict):
            raise ProblemError("the body is not a JSON object", "/", "send {...}")
        return value


Handler = Callable[[Asked], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. `template` is below the door's prefix, named parts in braces; the docstring of the handler says what it does.

    `query` names the parameters it reads; they are for the description alone.
    """

    method: str
    template: str
    permission: Permission
    handler: Handler
    query: tuple[str, ...] = ()


class RawRoutes:
    """A door's rows as one ASGI-less endpoint: `answer` a request whose path begins with the prefix."""

    def __init__(self, prefix: str, rows: Sequence[Row]) -> None:
        self._prefix = prefix
        self._rows: dict[int, list[tuple[tuple[str, ...], Row]]] = {}
        for row in rows:
            parts = tuple(part for part in row.template.split("/") if part)
            self._rows.setdefault(len(parts), []).append((parts, row))

    async def answer(self, request: Request) -> Response:
        """The row's answer; 404 where no row has the path, 405 where none has the method, 403 without the row's permission."""
        sent = self._parts(request)
        found = [
            (row, named)
            for parts, row in self._rows.get(len(sent), ())
            if (named := _named(parts, sent)) is not None
        ]
        method = "GET" if request.method == "HEAD" else request.method
        hit = next(((row, named) for row, named in found if row.method == method), None)
        if hit is None:
            return self._missing(request, [row.method for row, _ in found])
        row, named = hit
        caller = caller_of(request)
        assert caller is not None, "the entrance lets nobody in without a credential"
        if not caller.may(row.permission):
            problem = Problem(f"the role lacks the permission {row.permission}", request.url.path)
            return refusal(request, 403, problem)
        return await row.handler(Asked(request, caller, named, dict(request.query_params)))

    def _parts(self, request: Request) -> list[str]:
        raw = request.scope.get("raw_path") or request.scope["path"].encode()
        text = raw.partition(b"?")[0].decode("latin-1")[len(self._prefix) :]
        return [unquote(part, errors="replace") for part in text.strip("/").split("/") if part]

    def _missing(self, request: Request, others: Sequence[str]) -> Response:
        path = request.url.path
        if others:
            allowed = ", ".join(sorted(set(others)))
            problem = Problem(f"{request.method} is not what this address takes", path, f"it takes {allowed}")
            return refusal(request, 405, problem, {"Allow": allowed})
        return refusal(request, 404, Problem("there is no such address", path))


def _named(parts: tuple[str, ...], sent: Sequence[str]) -> dict[str, str] | None:
    named: dict[str, str] = {}
    for part, text in zip(parts, sent, strict=True):
        if part.startswith("{"):
            named[part[1:-1]] = text
        elif part != text:
            return None
    return named

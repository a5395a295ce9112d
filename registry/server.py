# SPDX-License-Identifier: Apache-2.0
"""How does a command talk to a Throughline server? Its own REST, with nothing but the standard library: no server is installed."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from terms.problem import ProblemError

ROOT = "/apis/registry/v1"
URL, TOKEN = "THROUGHLINE_URL", "THROUGHLINE_TOKEN"
HERE = "http://127.0.0.1:8321"
_TIMEOUT_S = 30


class UnreachableError(ProblemError):
    """The server that had to be asked did not answer: there is no answer, which is not a yes."""


class MissingError(ProblemError):
    """The server answered that it does not have what was asked for."""


class ConflictError(ProblemError):
    """The server answered that what is stored forbids it; `content` is the whole answer, such as a verdict."""

    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, without a slash at the end, and the credential for it; the credential may be empty."""

    url: str
    token: str = field(default="", repr=False)


def server(url: str = "", *, needs_token: bool = False) -> Server:
    """The server at the URL, else at THROUGHLINE_URL, else on this machine; its credential is THROUGHLINE_TOKEN.

    Raises ProblemError for what is no address, and where a credential is needed and there is none.
    """
    where = "" if url else URL
    address = (url or os.environ.get(URL, "") or HERE).rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise ProblemError(f"'{address}' is not the address of a server", where, "write it like https://host")
    token = os.environ.get(TOKEN, "")
    if needs_token and not token:
        raise ProblemError(
            "there is no credential", TOKEN, "set it to a service token (tl_...) of that server"
        )
    return Server(address, token)


def ask(
    at: Server,
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    body: bytes | None = None,
    media_type: str = "application/json",
) -> bytes:
    """The body of the answer; `path` is below /apis/registry/v1, each part already quoted.

    Raises UnreachableError when nobody answers, or the server fails; MissingError for a 404, ConflictError for a 409, and
    ProblemError for another refusal.
    """
    # A check of files asks no server: it shall not wait for these to load.
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.parse import urlencode
    from urllib.request import Request, urlopen

    headers = {"accept": "*/*", **({"content-type": media_type} if body is not None else {})}
    if at.token:
        headers["authorization"] = f"Bearer {at.token}"
    address = f"{at.url}{ROOT}{path}{'?' + urlencode(query) if query else ''}"
    request = Request(address, body, headers, method=method)  # noqa: S310 the scheme was checked
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content
    except HTTPError as error:
        if error.code >= 500:
            raise unreachable(at, f"it answered {error.code}") from error
        raise _refused(at, error.code, error.read()) from error
    except (URLError, OSError, HTTPException) as error:
        raise unreachable(at, _why(error)) from error


def ask_json(at: Server, method: str, path: str, *more: Any, **named: Any) -> Any:
    """The JSON of the answer. Raises as `ask` does, and UnreachableError for an answer that is no JSON."""
    try:
        return json.loads(ask(at, method, path, *more, **named))
    except ValueError as error:
        if isinstance(error, ProblemError):
            raise
        raise unreachable(at, "what answers is no Throughline server") from error


def part(text: str) -> str:
    """A text as one part of a path, whatever is in it.

    >>> part("a/b ü")
    'a%2Fb%20%C3%BC'
    """
    from urllib.parse import quote

    return quote(text, safe="")


def unreachable(at: Server, why: str) -> UnreachableError:
    """Says that the server gave no answer."""
    return UnreachableError(
        f"the server gave no answer: {why}", at.url, f"check {URL}, and that the server runs"
    )


def _why(error: Exception) -> str:
    """What went wrong, as people say it: an error within an error, or of the system, without its wrapping."""
    inner = getattr(error, "reason", error)
    return str(getattr(inner, "strerror", None) or inner).lower()


def _refused(at: Server, code: int, content: bytes) -> ProblemError:
    if code in (401, 403):
        what = f"the credential is not accepted ({code})" if at.token else f"it wants a credential ({code})"
        return ProblemError(what, TOKEN, "set it to a service token (tl_...) of that server")
    kind = {404: MissingError, 409: ConflictError}.get(code, ProblemError)
    try:
        said = json.loads(content)
        problem = kind(str(said["detail"]), str(said.get("where", at.url)), str(said.get("do", "")))
    except (ValueError, KeyError, TypeError):
        problem = kind(f"it answered {code}", at.url, f"check {URL}")
    if isinstance(problem, ConflictError):
        problem.content = content
    return problem

# SPDX-License-Identifier: Apache-2.0
"""From an HTTP exchange to one of the four outcomes. The table is the same for every system; only the refusal codes differ."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import httpx2

from sync.connectors.reading import ReadError
from sync.outcome import ErrorClass, Refused, Unknown, Unsent

Exchange = Callable[[], httpx2.Response]
Refusal = tuple[str, str]  # the vendor's code and its sentence

# The request never left this machine whole, so the system cannot have acted on it.
_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    httpx2.ProxyError,
)


class SignInFailed(Exception):  # noqa: N818
    """No access token could be had, so the request itself was not sent."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def write(system: str, exchange: Exchange) -> httpx2.Response | Unsent | Unknown:
    """Runs one write. A response comes back only when it says what happened: any 2xx, 3xx or 4xx but 429."""
    try:
        response = exchange()
    except SignInFailed as error:
        return Unsent("connection", str(error), error.retry_after_s)
    except _NOT_SENT as error:
        return Unsent("connection", f"{system} could not be reached: {_words(error)}")
    except httpx2.TransportError as error:
        return Unknown(f"{system} did not answer: {_words(error)}")
    if response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        return Unsent("rate_limit", f"{system} asks to slow down", retry_after(response))
    if response.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
        # A gateway's 502 or 504 may hide a write that went through, so no 5xx counts as refused.
        return Unknown(f"{system} answered {response.status_code}")
    return response


def probe(system: str, exchange: Exchange) -> httpx2.Response | Unsent | Unknown | None:
    """Runs one look-up. None when the system answers that it has no such record; Unknown when it did not tell."""
    found = write(system, exchange)
    if not isinstance(found, httpx2.Response):
        return found
    if found.status_code == httpx2.codes.NOT_FOUND:
        return None
    if not found.is_success:
        return Unknown(f"{system} refused the look-up with {found.status_code}")
    return found


def read(system: str, exchange: Exchange) -> httpx2.Response:
    """Runs one read. Raises ReadError for everything but a 2xx."""
    found = probe(system, exchange)
    if found is None:
        raise ReadError(f"{system} has no such record", missing=True)
    if isinstance(found, Unsent):
        raise ReadError(found.message, found.retry_after_s)
    if isinstance(found, Unknown):
        raise ReadError(found.message)
    return found


def refused(
    response: httpx2.Response, refusal: Refusal, classes: Mapping[str, ErrorClass], otherwise: ErrorClass
) -> Refused | Unsent:
    """The 4xx `response` judged by the vendor's code. Codes that stand for a moment's lock or quota are Unsent."""
    code, message = refusal
    error_class = classes.get(code, otherwise)
    if error_class in ("intermittent", "rate_limit"):
        return Unsent(error_class, message, retry_after(response))
    return Refused(error_class, code, message, response.status_code)


def document(response: httpx2.Response) -> Any:
    """The JSON body with exact decimals. Raises ReadError when it is not JSON: a proxy's page, or a cut-off body."""
    try:
        return json.loads(response.content, parse_float=Decimal)
    except ValueError as error:
        raise ReadError(f"the answer is not JSON ({response.status_code})") from error


def document_or_empty(response: httpx2.Response) -> dict[str, Any]:
    """The JSON object of the body, or an empty one. A 2xx happened whatever its body looks like."""
    try:
        found = json.loads(response.content, parse_float=Decimal)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def retry_after(response: httpx2.Response) -> float | None:
    """Seconds of the Retry-After header; None when it is missing or a date."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__

# SPDX-License-Identifier: Apache-2.0
"""Batches to a running server: its ordinary doors, with a service token, and patience where it asks for some."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from collectors.imports.batch import Batch, Sink, Taken, refused
from terms.problem import ProblemError

TIMEOUT_S = 60.0
PATIENCE = 8  # times a busy server is asked again
_BUSY = (429, 502, 503, 504)
_REFUSED = (400, 413)  # the body is at fault, and would be again
_NEW, _KNOWN = "throughline-new", "throughline-known"


class UnreachableError(RuntimeError):
    """Nobody answers at the address."""


@contextmanager
def http_sink(url: str, token: str, wait: Callable[[float], None] = time.sleep) -> Iterator[Sink]:
    """A sink that posts to `url`. What it returns for a batch is durable there.

    The sink raises UnreachableError when nobody answers, and ProblemError for a refusal.
    """
    with httpx2.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=TIMEOUT_S) as http:
        yield lambda batch: _send(http, url, batch, wait)


def _send(http: httpx2.Client, url: str, batch: Batch, wait: Callable[[float], None]) -> Taken:
    for attempt in range(PATIENCE):
        try:
            answer = http.post(batch.path, content=batch.body, headers={"content-type": batch.content_type})
        except httpx2.TransportError as error:
            raise UnreachableError(f"{url} does not answer: {error}") from error
        if answer.status_code not in _BUSY:
            break
        # Sent again, a batch that was stored after all changes nothing.
        wait(_seconds(answer.headers.get("retry-after", ""), 2.0**attempt / 4))
    if answer.status_code in (401, 403):
        raise ProblemError(
            "the credential is not accepted", "THROUGHLINE_TOKEN", "it needs the right to send spans"
        )
    if answer.status_code in _REFUSED and batch.line:
        return refused(batch, _message(answer))
    if answer.status_code >= 300:
        raise ProblemError(f"{url}{batch.path} answered {answer.status_code}: {answer.text[:300]}", url)
    return _taken(answer)


def _seconds(text: str, otherwise: float) -> float:
    return float(text) if text.isdigit() else otherwise


def _taken(answer: httpx2.Response) -> Taken:
    """What an OTLP answer (partialSuccess) or an events answer (rejected) says of what was not taken."""
    new, known = (_number(answer.headers.get(name, "")) for name in (_NEW, _KNOWN))
    body = _body(answer)
    partial = body.get("partialSuccess")
    if isinstance(partial, dict):
        message = str(partial.get("errorMessage", ""))
        return Taken(int(partial.get("rejectedSpans", 0)), (message,) if message else (), new, known)
    rejected = body.get("rejected")
    reasons = tuple(str(one) for one in rejected) if isinstance(rejected, list) else ()
    return Taken(len(reasons), reasons, new, known)


def _message(answer: httpx2.Response) -> str:
    """Why it refused: the message of a google.rpc.Status, or as much of the answer as fits a line."""
    return str(_body(answer).get("message") or answer.text[:300])


def _body(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json() if answer.content else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None

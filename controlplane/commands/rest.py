# SPDX-License-Identifier: Apache-2.0
"""A pipeline's way to a running control plane: its REST, with nothing but the standard library, so that no server is installed."""

import json
import os
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import typer

from terms.problem import ProblemError

UNREACHABLE = 4
ROOT = "/apis/registry/v1"
_TIMEOUT_S = 30


def call(
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    body: bytes | None = None,
    media_type: str = "application/json",
) -> Any:
    """The JSON of the answer. Raises ProblemError for a refusal; exits with 4 when nobody answers, or not as we expect."""
    url = os.environ.get("THROUGHLINE_URL", "http://127.0.0.1:8321").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise ProblemError("is not the address of a server", "THROUGHLINE_URL", "write it like https://host")
    headers = {"accept": "application/json", **({"content-type": media_type} if body is not None else {})}
    if token := os.environ.get("THROUGHLINE_TOKEN", ""):
        headers["authorization"] = f"Bearer {token}"
    address = f"{url}{ROOT}{quote(path)}{'?' + urlencode(query) if query else ''}"
    request = Request(address, body, headers, method=method)  # noqa: S310 the scheme was checked
    try:
        with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            return json.loads(answer.read())
    except HTTPError as error:
        if error.code >= 500:
            raise _unreachable(url, f"it answered {error.code}") from error
        raise _refused(error, url) from error
    except (URLError, OSError, HTTPException) as error:
        raise _unreachable(url, str(error)) from error
    except ValueError as error:
        raise _unreachable(url, "what answers is no Throughline server") from error


def _refused(error: HTTPError, url: str) -> ProblemError:
    if error.code in (401, 403):
        return ProblemError(
            f"the credential is not accepted ({error.code})",
            "THROUGHLINE_TOKEN",
            "set it to a service token (tl_...) of that server",
        )
    try:
        said = json.loads(error.read())
        return ProblemError(str(said["detail"]), str(said.get("where", url)), str(said.get("do", "")))
    except (ValueError, KeyError, TypeError):
        return ProblemError(f"it answered {error.code}", url, "check THROUGHLINE_URL")


def _unreachable(url: str, why: str) -> typer.Exit:
    typer.echo(f"throughline: {url} gave no answer: {why}", err=True)
    return typer.Exit(UNREACHABLE)

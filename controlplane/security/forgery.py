# SPDX-License-Identifier: Apache-2.0
"""Requests that another site makes a signed-in browser send. A cookie alone proves nothing on a request that changes things."""

import hmac
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection

from controlplane.security.caller import COOKIE
from controlplane.security.multipart import MULTIPART, text_fields
from terms.problem import Problem

FORM_FIELD = "csrf"
FORM_TYPE = "application/x-www-form-urlencoded"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def form_token(connection: HTTPConnection) -> str:
    """What a form of this browser's session has to carry; another site can neither read nor guess it. Empty without a session."""
    secret = connection.cookies.get(COOKIE, "")
    return sha256(b"form:" + secret.encode()).hexdigest() if secret else ""


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a URL-encoded form, the last of each name. Raises ValueError beyond 100 fields or for bad UTF-8."""
    pairs = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=100)
    return {name: values[-1] for name, values in pairs.items()}


def is_same_origin(connection: HTTPConnection) -> bool:
    """Whether the Origin header names the host that was asked. The scheme is left out: a proxy may end TLS."""
    origin = connection.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == connection.headers.get("host", "")


def forgery_problem(connection: HTTPConnection, method: str, media_type: str, body: bytes) -> Problem | None:
    """Why a request that came with a session cookie may be forged, or None.

    JSON cannot be sent to another site without its leave (which we never give), so it needs no token; if the browser
    names an origin it must be ours all the same. A form needs our origin and the session's token.
    """
    if method in SAFE_METHODS:
        return None
    if "origin" in connection.headers and not is_same_origin(connection):
        return Problem(
            "the request comes from another site",
            f"Origin: {connection.headers['origin']}",
            "use the page itself",
        )
    if media_type == "application/json" or media_type.endswith("+json"):
        return None
    if media_type not in (FORM_TYPE, MULTIPART, ""):
        return Problem(
            f"'{media_type}' is not taken with a session", "Content-Type", "send JSON, or use a service token"
        )
    try:
        fields = (
            text_fields(connection.headers.get("content-type", ""), body)
            if media_type == MULTIPART
            else form_fields(body)
        )
        given = fields.get(FORM_FIELD, "")
    except ValueError:
        given = ""
    expected = form_token(connection)
    if (
        not is_same_origin(connection)
        or not expected
        or not hmac.compare_digest(given.encode(), expected.encode())
    ):
        return Problem(
            "the form is not one of this session", FORM_FIELD, "load the page again and send it once more"
        )
    return None

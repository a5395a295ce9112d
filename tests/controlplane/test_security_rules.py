# SPDX-License-Identifier: Apache-2.0
"""Rules that need no server: roles, where to listen, and which requests may be forged."""

from pathlib import Path
from typing import get_args

import pytest
from starlette.requests import HTTPConnection

from controlplane.security.bind import bind_problem
from controlplane.security.caller import COOKIE
from controlplane.security.forgery import forgery_problem, form_token
from controlplane.security.permissions import GRANTS, ROLES, Permission, permissions, route_row


def test_every_permission_is_granted_to_someone_and_admin_has_all() -> None:
    """A permission that no role grants would be a locked room."""
    assert GRANTS["admin"] == frozenset(get_args(Permission))
    for permission in get_args(Permission):
        assert any(permission in GRANTS[role] for role in ROLES)


def test_roles_add_up() -> None:
    """Who has two roles may do what either may."""
    assert permissions(("ci", "ingest")) == GRANTS["ci"] | GRANTS["ingest"]
    assert "exceptions:replay" not in permissions(("viewer",))
    assert "transactions:read" not in permissions(("ci",))


@pytest.mark.parametrize(
    ("path", "method", "permission"),
    [
        ("/", "GET", "line:read"),
        ("/transactions/abc", "GET", "transactions:read"),
        ("/exceptions/1/replay", "POST", "exceptions:replay"),
        ("/exceptions/1/replay", "GET", "exceptions:read"),
        ("/v1/traces", "POST", "ingest:spans"),
        ("/webhooks/stripe", "POST", None),
    ],
)
def test_a_route_asks_for_the_permission_of_its_row(path: str, method: str, permission: str | None) -> None:
    """The same address may ask for more when something is changed."""
    row = route_row(path, method)
    assert row is not None
    assert row.permission == permission


@pytest.mark.parametrize(
    "path", ["/nowhere", "/healthz/x", "/webhooks", "/webhooks/a/b", "//", "/v1/traces/"]
)
def test_what_no_row_names_is_not_there(path: str) -> None:
    """Deny by default: a route without an entry answers to nobody."""
    assert route_row(path, "GET") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost", "127.8.8.8"])
def test_loopback_needs_nothing(host: str) -> None:
    """On this machine the server starts without a setting."""
    assert bind_problem(host, None, False) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "throughline.example"])
def test_elsewhere_a_token_and_a_proxy_are_needed(host: str) -> None:
    """A server that others reach does not start without both, and the message names what is missing."""
    problem = bind_problem(host, None, False)
    assert problem is not None
    assert "THROUGHLINE_ADMIN_TOKEN_FILE" in problem.do
    assert "THROUGHLINE_BEHIND_PROXY=1" in problem.do
    only_proxy = bind_problem(host, None, True)
    assert only_proxy is not None
    assert "BEHIND_PROXY" not in only_proxy.do
    assert bind_problem(host, Path("x"), True) is None


HOST = {"host": "127.0.0.1:8321", "cookie": f"{COOKIE}=secret"}
OURS = {**HOST, "origin": "http://127.0.0.1:8321"}
THEIRS = {**HOST, "origin": "https://evil.example"}
FORM = "application/x-www-form-urlencoded"


def connection(headers: dict[str, str]) -> HTTPConnection:
    return HTTPConnection({"type": "http", "headers": [(k.encode(), v.encode()) for k, v in headers.items()]})


GOOD_FORM = f"csrf={form_token(connection(OURS))}&x=1".encode()
MULTIPART = "multipart/form-data"
UPLOAD = {"content-type": f"{MULTIPART}; boundary=b"}
GOOD_UPLOAD = (
    f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{form_token(connection(OURS))}\r\n'
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n{"a": 1}\r\n--b--\r\n'
).encode()
MANY_FIELDS = GOOD_UPLOAD.removesuffix(b"--b--\r\n") * 60 + b"--b--\r\n"


@pytest.mark.parametrize(
    ("headers", "method", "media_type", "body", "is_taken"),
    [
        (THEIRS, "GET", "", b"", True),
        (OURS, "POST", "application/json", b"{}", True),
        (HOST, "POST", "application/json", b"{}", True),
        (THEIRS, "POST", "application/json", b"{}", False),
        ({**HOST, "origin": "null"}, "POST", "application/json", b"{}", False),
        (OURS, "POST", FORM, GOOD_FORM, True),
        (OURS, "POST", FORM, b"x=1", False),
        (OURS, "POST", FORM, b"csrf=&x=1", False),
        (OURS | UPLOAD, "POST", MULTIPART, GOOD_UPLOAD, True),
        (OURS | UPLOAD, "POST", MULTIPART, GOOD_UPLOAD.replace(b"csrf", b"other"), False),
        (OURS | UPLOAD, "POST", MULTIPART, GOOD_UPLOAD.replace(b'"csrf"', b'"csrf"; filename="a"'), False),
        (OURS | UPLOAD, "POST", MULTIPART, b"csrf=" + form_token(connection(OURS)).encode(), False),
        (OURS | UPLOAD, "POST", MULTIPART, MANY_FIELDS, False),
        (OURS | {"content-type": MULTIPART}, "POST", MULTIPART, GOOD_UPLOAD, False),
        (OURS, "POST", FORM, b"csrf=\xff", False),
        (HOST, "POST", FORM, GOOD_FORM, False),
        (THEIRS, "POST", FORM, GOOD_FORM, False),
        (OURS, "POST", "text/plain", b"{}", False),
        (OURS, "POST", "multipart/form-data", GOOD_FORM, False),
        ({**OURS, "origin": "http://127.0.0.1:9000"}, "POST", FORM, GOOD_FORM, False),
        (OURS, "DELETE", "", b"", False),
    ],
)  # fmt: skip
def test_a_cookie_alone_changes_nothing(
    headers: dict[str, str], method: str, media_type: str, body: bytes, is_taken: bool
) -> None:
    """What another site can make a browser send is refused: only our JSON, or our form with the session's token."""
    assert (forgery_problem(connection(headers), method, media_type, body) is None) == is_taken

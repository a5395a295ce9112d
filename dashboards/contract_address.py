# SPDX-License-Identifier: Apache-2.0
"""Under which address does a contract stand? A subject may hold slashes, spaces, Unicode and even the names of our own pages."""

from urllib.parse import quote, unquote, urlencode

from starlette.requests import Request

ROOT = "/contracts"
PAGES = ("what-if", "deployments", "approvals", "register")
"""Pages that stand beside the subjects; a subject of such a name is written with its first letter escaped."""
PARTS = ("diff", "life", "delete", "restore", "approve", "withdraw")
"""Pages of one subject, and where its forms are sent to."""


def contract(subject: str, part: str = "", **asked_for: str) -> str:
    """The address of a subject's page, or of one of its parts; empty values of the query are left out.

    >>> contract("billing/rechnung ü", "diff", to="2.0.0")
    '/contracts/billing%2Frechnung%20%C3%BC/diff?to=2.0.0'
    >>> contract("what-if")
    '/contracts/%77hat-if'
    """
    name = quote(subject, safe="")
    if name in PAGES:
        name = f"%{ord(name[0]):02x}{name[1:]}"
    words = query(**asked_for)
    return f"{ROOT}/{name}{'/' + part if part else ''}{'?' + words if words else ''}"


def what_if(subject: str = "") -> str:
    """The address of the page that judges a draft, the subject filled in."""
    words = query(subject=subject)
    return f"{ROOT}/what-if{'?' + words if words else ''}"


def approvals(subject: str = "") -> str:
    """The address of the list of accepted breaks, of one subject or of all."""
    words = query(subject=subject)
    return f"{ROOT}/approvals{'?' + words if words else ''}"


def register() -> str:
    """The address of the page that registers a document."""
    return f"{ROOT}/register"


def asked(request: Request) -> tuple[str, str]:
    """The subject and the part (or the page beside the subjects, with no subject) that a request names.

    It is read from the address as sent: `a%2Fdiff` is the subject `a/diff`, `a/diff` the part `diff` of the subject `a`.
    """
    raw = request.scope.get("raw_path") or quote(request.url.path).encode()
    tail = raw.decode("ascii", "replace").partition("?")[0].removeprefix(f"{ROOT}/")
    if tail in PAGES:
        return "", tail
    head, slash, last = tail.rpartition("/")
    return (unquote(head), last) if slash and last in PARTS else (unquote(tail), "")


def query(**values: str) -> str:
    """The query of an address, empty values left out."""
    return urlencode({key: value for key, value in values.items() if value})

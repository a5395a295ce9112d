# SPDX-License-Identifier: Apache-2.0
"""What does a document say of itself? `x-throughline`, at its root or, in an API, in its `info`; read before anybody checks it."""

from collections.abc import Mapping
from typing import Any

from registry.semver import precedence
from terms.problem import ProblemError

KEY = "x-throughline"


def said(data: Any) -> Mapping[str, Any]:
    """All that a parsed document says of itself; empty where that is nothing, or no object."""
    found = _member(data, KEY)
    if found is None and _is_api(data):
        found = _member(_member(data, "info"), KEY)
    return found if isinstance(found, dict) else {}


def place(data: Any) -> str:
    """The JSON pointer of where a document says it, or would."""
    return f"/info/{KEY}" if _is_api(data) and _member(data, KEY) is None else f"/{KEY}"


def stated(data: Any, name: str) -> str:
    """One text of it, such as `subject` or `owner`; empty where it states none."""
    found = said(data).get(name)
    return found if isinstance(found, str) else ""


def version_of(data: Any) -> str:
    """The semantic version it states, an API also as `info.version`; empty where it states none."""
    own = _member(_member(data, "info"), "version") if _is_api(data) else None
    return stated(data, "version") or (own if isinstance(own, str) else "")


def order_of(semver: str) -> tuple[Any, ...]:
    """A sort key of semantic versions; what is none comes first."""
    try:
        return (1, *precedence(semver))
    except ProblemError:
        return (0,)


def _is_api(data: Any) -> bool:
    return isinstance(data, dict) and any(isinstance(data.get(kind), str) for kind in ("openapi", "asyncapi"))


def _member(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None

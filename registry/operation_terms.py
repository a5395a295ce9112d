# SPDX-License-Identifier: Apache-2.0
"""On what terms may an operation be used? Credentials, rate and idempotency as its document states them, in words."""

from collections.abc import Iterator
from typing import Any

from registry.api.element import Element


def terms(root: Element, operation: Element) -> tuple[str, ...]:
    """The terms in words; nothing where the document states none.

    Rate and idempotency have no standard place: `x-rate-limit` and `x-idempotency` are read as the shipped APIs write them.
    """
    return (*_credentials(root, operation), *_rate(operation), *_idempotency(operation))


def _credentials(root: Element, operation: Element) -> Iterator[str]:
    around = operation if "security" in operation.fields else root
    stated = around.value("security")
    if not isinstance(stated, list):
        return
    ways = [
        way for one, raw in zip(around.listed("security"), stated, strict=True) if (way := _way(one, raw))
    ]
    if len(ways) < len(stated) or not stated:
        yield "open to everyone" if not ways else f"takes {' or '.join(ways)}, or nothing"
    else:
        yield f"needs {' or '.join(ways)}"


def _way(one: Element, raw: Any) -> str:
    """One alternative. AsyncAPI 3 names a scheme by reference, all others by its key and scopes."""
    if isinstance(raw, dict) and isinstance(raw.get("$ref"), str):
        return str(raw["$ref"]).rpartition("/")[2]
    if "type" in one.fields:
        return one.text("type")
    return " and ".join(
        f"{name} ({', '.join(map(str, scopes))})" if isinstance(scopes, list) and scopes else str(name)
        for name, scopes in one.fields.items()
    )


def _rate(operation: Element) -> Iterator[str]:
    rate = operation.at("x-rate-limit")
    requests, window, scope = rate.value("requests"), rate.text("window"), rate.text("scope")
    if isinstance(requests, int) and window:
        yield f"at most {requests} requests in {window}{f' for each {scope}' if scope else ''}"


def _idempotency(operation: Element) -> Iterator[str]:
    said = operation.at("x-idempotency")
    header, window = said.text("header"), said.text("window")
    if header:
        kept = f", kept {window}" if window else ""
        yield f"{header} {'required' if said.flag('required') else 'optional'}{kept}: sent again, it is done once"

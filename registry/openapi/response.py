# SPDX-License-Identifier: Apache-2.0
"""How do the answers of an operation differ? Statuses, their bodies and headers."""

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import Exchange
from registry.change import ABSENT
from registry.openapi import body

_NOT_HEADERS = frozenset(("content-type",))  # said by the media types; the specification ignores it here


def compare(both: Comparison, a: Element, b: Element, exchange: Exchange) -> None:
    """Records how the responses of two operations differ."""
    olds, news = a.named("responses"), b.named("responses")
    for status, x in olds.items():
        match = _covering(status, news)
        if match is None:
            kind = f"{'' if is_success(status) else 'error-'}response-status-removed"
            both.say(exchange.kind(kind), x, b.at("responses"), status)
        elif not both.same(x, news[match]):
            body.compare_content(both, x, news[match], exchange.response_body, exchange.kind("response"))
            _headers(both, x, news[match], exchange)
    for status, y in news.items():
        if _covering(status, olds) is None:
            kind = f"{'' if is_success(status) else 'error-'}response-status-added"
            both.say(exchange.kind(kind), a.at("responses"), y, ABSENT, status)


def is_success(status: str) -> bool:
    """Whether a client that does all right may get this status: 2xx, or whatever is not named."""
    return status[:1] == "2" or status == "default"


def _covering(status: str, others: dict[str, Element]) -> str | None:
    """The response among the others that speaks for a status: its own, its range, or the default."""
    ranged = f"{status[:1]}XX"
    return next((name for name in (status, ranged, ranged.lower(), "default") if name in others), None)


def _headers(both: Comparison, a: Element, b: Element, exchange: Exchange) -> None:
    olds, news = _named(a), _named(b)
    for name, x in olds.items():
        y = news.get(name)
        if y is None:
            required = "required-" if x.flag("required") else ""
            both.say(exchange.kind(f"{required}response-header-removed"), x, b.at("headers"), name)
        elif not both.same(x, y):
            _header(both, x, y, exchange)
    for name, y in news.items():
        if name not in olds:
            required = "required-" if y.flag("required") else ""
            both.say(exchange.kind(f"{required}response-header-added"), a.at("headers"), y, ABSENT, name)


def _named(element: Element) -> dict[str, Element]:
    found = {name.lower(): each for name, each in element.named("headers").items()}
    return {name: each for name, each in found.items() if name not in _NOT_HEADERS}


def _header(both: Comparison, a: Element, b: Element, exchange: Exchange) -> None:
    if a.flag("required") != b.flag("required"):
        how = "required" if b.flag("required") else "optional"
        places = f"{a.pointer}/required", f"{b.pointer}/required"
        both.say(
            exchange.kind(f"response-header-became-{how}"), *places, a.flag("required"), b.flag("required")
        )
    if a.at("content") or b.at("content"):
        body.compare_content(both, a, b, exchange.response_header, exchange.kind("response-header"))
    else:
        both.schemas(exchange.response_header, a, b)

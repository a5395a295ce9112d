# SPDX-License-Identifier: Apache-2.0
"""How do bodies differ? Whether one is sent at all, in which media types, and the schema of each."""

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import Exchange, Place
from registry.change import ABSENT


def compare_request(both: Comparison, a: Element, b: Element, exchange: Exchange) -> None:
    """Records how the request bodies of two operations differ."""
    x, y = a.at("requestBody"), b.at("requestBody")
    if both.same(x, y):
        return
    if not x:
        required = "required-" if y.flag("required") else ""
        both.say(exchange.kind(f"{required}request-body-added"), x, y)
    elif not y:
        required = "required-" if x.flag("required") else ""
        both.say(exchange.kind(f"{required}request-body-removed"), x, y)
    else:
        if x.flag("required") != y.flag("required"):
            how = "required" if y.flag("required") else "optional"
            places = f"{x.pointer}/required", f"{y.pointer}/required"
            both.say(
                exchange.kind(f"request-body-became-{how}"), *places, x.flag("required"), y.flag("required")
            )
        compare_content(both, x, y, exchange.body, exchange.kind("request"))


def compare_content(both: Comparison, a: Element, b: Element, place: Place, prefix: str) -> None:
    """Records how the media types under two `content` differ; `prefix` begins the ids of what is there and what is not."""
    olds, news = a.named("content"), b.named("content")
    for name, x in olds.items():
        match = _covering(name, news)
        if match is None:
            both.say(f"{prefix}-media-type-removed", x, b.at("content"), name)
        else:
            y = news[match]
            if not both.same(x, y):
                both.schemas(place, x, y)
                _encoding(both, x, y, prefix)
    for name, y in news.items():
        if _covering(name, olds) is None:
            both.say(f"{prefix}-media-type-added", a.at("content"), y, ABSENT, name)


def _covering(name: str, others: dict[str, Element]) -> str | None:
    """The media type among the others that is this one, or a range it lies in (RFC 9110, 12.5.1); parameters count."""
    wanted = _plain(name)
    if name in others:
        return name
    for other in others:
        if _plain(other) == wanted:
            return other
    kind = wanted.partition("/")[0]
    return next((other for other in others if _plain(other) in (f"{kind}/*", "*/*")), None)


def _plain(name: str) -> str:
    return name.replace(" ", "").lower()


def _encoding(both: Comparison, a: Element, b: Element, prefix: str) -> None:
    before, after = a.value("encoding", {}), b.value("encoding", {})
    if before != after:
        places = f"{a.pointer}/encoding", f"{b.pointer}/encoding"
        both.say(f"{prefix}-encoding-changed", *places, before or ABSENT, after or ABSENT)

# SPDX-License-Identifier: Apache-2.0
"""How does one operation differ? Its name, tags, security and lifecycle; then what is sent and what comes back."""

from dataclasses import dataclass

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import Exchange
from registry.change import ABSENT
from registry.openapi import body, lifecycle, parameter, response, security


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation and the path it stands in, whose parameters are its own too."""

    path: Element
    element: Element


def compare(both: Comparison, old: Operation, new: Operation, exchange: Exchange) -> None:
    """Records every difference of the two, callbacks aside."""
    a, b = old.element, new.element
    parameter.compare(both, (old.path, a), (new.path, b), exchange)
    if both.same(a, b):
        return
    _names(both, a, b)
    lifecycle.compare(both, a, b)
    security.compare_operation(both, a, b)
    body.compare_request(both, a, b, exchange)
    response.compare(both, a, b, exchange)


def _names(both: Comparison, a: Element, b: Element) -> None:
    before, after = a.text("operationId"), b.text("operationId")
    if before and before != after:
        places = f"{a.pointer}/operationId", f"{b.pointer}/operationId"
        both.say("operation-id-changed", *places, before, after or ABSENT)
    olds, news = (_texts(each.value("tags")) for each in (a, b))
    for tag in [tag for tag in olds if tag not in news]:
        both.say("tag-removed", f"{a.pointer}/tags", f"{b.pointer}/tags", tag)
    for tag in [tag for tag in news if tag not in olds]:
        both.say("tag-added", f"{a.pointer}/tags", f"{b.pointer}/tags", ABSENT, tag)


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

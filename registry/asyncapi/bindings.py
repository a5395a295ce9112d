# SPDX-License-Identifier: Apache-2.0
"""How do protocol bindings differ? What they mean is up to each protocol, so one that differs in anything is told as a whole."""

from typing import Any

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.change import ABSENT
from registry.json_value import key


def compare(both: Comparison, a: Element, b: Element) -> None:
    """Records each protocol whose binding differs between two servers, channels, operations or messages."""
    olds, news = a.at("bindings"), b.at("bindings")
    for protocol in {**olds.fields, **news.fields}:
        x, y = olds.at(protocol), news.at(protocol)
        if key(x.data) != key(y.data):
            both.say("binding-changed", x, y, shown(x), shown(y))


def shown(element: Element) -> Any:
    """What stands there, as a change tells it."""
    return element.data if element else ABSENT

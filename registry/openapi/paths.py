# SPDX-License-Identifier: Apache-2.0
"""How do two OpenAPI documents differ? The walk over paths and webhooks, down to each operation."""

import re
from collections.abc import Iterator
from datetime import date

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import CALL, CALLBACK, Exchange
from registry.change import Change
from registry.document import Document
from registry.openapi import lifecycle, operation, security, server

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_TEMPLATE = re.compile(r"\{[^}]*\}")


def diff(old: Document, new: Document, on: date | None = None) -> tuple[Change, ...]:
    """All changes from `old` to `new`, each fact once. `on` is the day that sunset dates are held against. Always ends."""
    both = Comparison(old.schema, new.schema, on)
    a, b = (Element(each.schema, "", each.data) for each in (old, new))
    server.compare(both, a, b)
    security.compare_document(both, a, b)
    for x, y in _same_paths(a.named("paths"), b.named("paths")):
        path_item(both, x, y, CALL)
    for x, y in pairs(a.at("webhooks"), b.at("webhooks")):
        path_item(both, x, y, CALLBACK)
    return both.found()


def _same_paths(olds: dict[str, Element], news: dict[str, Element]) -> Iterator[tuple[Element, Element]]:
    """Each path of either side with its like: of the same name, else of the same shape, whatever its parameters are called."""
    free = {_TEMPLATE.sub("{}", name): each for name, each in news.items() if name not in olds}
    matched: set[str] = set()
    for name, a in olds.items():
        b = news.get(name) or free.get(_TEMPLATE.sub("{}", name))
        if b is None:
            yield a, Element(a.document, "/paths", None)
        else:
            matched.add(b.pointer)
            yield a, b
    for each in news.values():
        if each.pointer not in matched:
            yield Element(each.document, "/paths", None), each


def pairs(a: Element, b: Element) -> Iterator[tuple[Element, Element]]:
    """The members of two maps by name; where one side has none, its map stands for the missing member."""
    olds, news = a.named(), b.named()
    for name in {**olds, **news}:
        missing_a, missing_b = (Element(each.document, each.pointer, None) for each in (a, b))
        yield olds.get(name, missing_a), news.get(name, missing_b)


def path_item(both: Comparison, a: Element, b: Element, exchange: Exchange) -> None:
    """Records what changed in one path, webhook or callback address."""
    if both.same(a, b):
        return
    for method in METHODS:
        x, y = a.at(method), b.at(method)
        if x and y:
            _operation(both, operation.Operation(a, x), operation.Operation(b, y), exchange)
        elif x:
            lifecycle.removed(both, x, y if b else b, exchange)
        elif y:
            both.say(
                exchange.kind("operation-added"), x if a else a, y, after=y.text("operationId") or method
            )


def _operation(both: Comparison, a: operation.Operation, b: operation.Operation, exchange: Exchange) -> None:
    if lifecycle.is_unstable(a.element):
        if not both.same(a.element, b.element):
            both.say("unstable-operation-changed", a.element, b.element)
        return
    operation.compare(both, a, b, exchange)
    for old, new in pairs(a.element.at("callbacks"), b.element.at("callbacks")):
        for x, y in pairs(old, new):
            path_item(both, x, y, CALLBACK)

# SPDX-License-Identifier: Apache-2.0
"""How do the values of a parameter differ, as they are sent? A parameter is text: a number and its digits are the same there."""

from typing import Any

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import Place
from registry.schema import Node

_SCALARS = frozenset(("string", "integer", "number", "boolean", "null"))
_PLAIN = frozenset(("type", "title", "description", "default", "deprecated", "examples", "example"))


def compare(both: Comparison, a: Element, b: Element, place: Place) -> None:
    """Records how the schemas of two parameters differ; `string` takes every scalar, and a list sent one by one takes one."""
    old, new = both.node(place, a, "schema", old=True), both.node(place, b, "schema", old=False)
    before, after = _types(old), _types(new)
    if before and before <= _SCALARS and after and before != after:
        if after == {"array"} and _one_by_one(b) and _takes_one(new):
            # The same text is read as a list of one.
            both.walk(place).say(
                "type-widened", f"{old.pointer}/type", f"{new.pointer}/type", *_said(old, new)
            )
            return _values(both, place, old, new.child("items"))
        return _values(both, place, old, new)
    if before == {"array"} and after and after <= _SCALARS and _one_by_one(a) and _takes_one(old):
        both.walk(place).say("type-narrowed", f"{old.pointer}/type", f"{new.pointer}/type", *_said(old, new))
        return _values(both, place, old.child("items"), new)
    return both.nodes(place, old, new)


def _values(both: Comparison, place: Place, old: Node, new: Node) -> None:
    """Compares two scalars of different types as texts."""
    before, after = _types(old), _types(new)
    if before <= _SCALARS and after <= _SCALARS and before != after:
        if "string" in after and _is_plain(new):
            return both.walk(place).say(
                "type-widened", f"{old.pointer}/type", f"{new.pointer}/type", *_said(old, new)
            )
        if "string" in before and _is_plain(old):
            return both.walk(place).say(
                "type-narrowed", f"{old.pointer}/type", f"{new.pointer}/type", *_said(old, new)
            )
    return both.nodes(place, old, new)


def _types(node: Node) -> frozenset[str]:
    named = node.raw.get("type") if isinstance(node.raw, dict) else None
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    return frozenset(name for name in names if isinstance(name, str))


def _said(old: Node, new: Node) -> tuple[Any, Any]:
    return tuple(n.raw.get("type") if isinstance(n.raw, dict) else n.raw for n in (old, new))  # type: ignore[return-value]


def _is_plain(node: Node) -> bool:
    """Whether nothing but the type limits the texts."""
    return isinstance(node.raw, dict) and all(k in _PLAIN or k.startswith("x-") for k in node.raw)


def _one_by_one(element: Element) -> bool:
    """Whether each item is sent as a parameter of its own, so that one item looks like no list."""
    return (
        element.text("in") in ("query", "cookie")
        and element.text("style") in ("", "form")
        and element.value("explode", True) is not False
    )


def _takes_one(node: Node) -> bool:
    raw = node.raw if isinstance(node.raw, dict) else {}
    least, most = raw.get("minItems", 0), raw.get("maxItems", 1)
    return least <= 1 <= most and "contains" not in raw and "prefixItems" not in raw

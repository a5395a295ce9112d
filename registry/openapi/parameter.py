# SPDX-License-Identifier: Apache-2.0
"""How do the parameters of an operation differ? Those of the path and its own, matched by where they are sent and their name."""

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import Exchange
from registry.change import ABSENT
from registry.openapi import body, lifecycle, wire

_PLACES_OF = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
_Scope = tuple[Element, Element]


def compare(both: Comparison, old: _Scope, new: _Scope, exchange: Exchange) -> None:
    """Records every difference of two sets of parameters; each scope is a path and an operation in it."""
    if all(both.same(a.at("parameters"), b.at("parameters")) for a, b in zip(old, new, strict=True)):
        return
    olds, news = _by_identity(old), _by_identity(new)
    gone = {identity: each for identity, each in olds.items() if identity not in news}
    come = {identity: each for identity, each in news.items() if identity not in olds}
    for identity, a in olds.items():
        if identity in news:
            _parameter(both, a, news[identity], exchange)
            continue
        moved = next((i for i, b in come.items() if _name(b) == _name(a) and i not in olds), None)
        if moved is not None:
            b = come.pop(moved)
            both.say(
                exchange.kind("parameter-moved"),
                f"{a.pointer}/in",
                f"{b.pointer}/in",
                a.text("in"),
                b.text("in"),
            )
            gone.pop(identity)
        else:
            lifecycle.parameter_removed(both, a, new[1].at("parameters"), exchange)
    for b in come.values():
        required = "required-" if b.flag("required") else ""
        both.say(
            exchange.kind(f"{required}parameter-added"), old[1].at("parameters"), b, after=b.text("name")
        )


def _by_identity(scope: _Scope) -> dict[tuple[str, str], Element]:
    """The parameters that count: an operation's own replaces one of the path with the same place and name."""
    path, operation = scope
    found: dict[tuple[str, str], Element] = {}
    order = _in_path(path)
    for each in (*path.listed("parameters"), *operation.listed("parameters")):
        where, name = each.text("in"), _name(each)
        if where == "path" and name in order:
            name = str(order.index(name))  # a caller fills in a position and never sees the name
        found[where, name.lower() if where == "header" else name] = each
    return found


def _in_path(path: Element) -> list[str]:
    template = path.pointer.rpartition("/")[2]
    return [part.partition("}")[0] for part in template.split("{")[1:]]


def _name(element: Element) -> str:
    return element.text("name")


def _parameter(both: Comparison, a: Element, b: Element, exchange: Exchange) -> None:
    if both.same(a, b):
        return
    if a.flag("required") != b.flag("required"):
        how = "required" if b.flag("required") else "optional"
        places = f"{a.pointer}/required", f"{b.pointer}/required"
        both.say(exchange.kind(f"parameter-became-{how}"), *places, a.flag("required"), b.flag("required"))
    before, after = _written(a), _written(b)
    if before != after:
        both.say(exchange.kind("parameter-style-changed"), a, b, before, after)
    if a.flag("allowEmptyValue") != b.flag("allowEmptyValue"):
        how = "allowed" if b.flag("allowEmptyValue") else "refused"
        both.say(exchange.kind(f"empty-parameter-{how}"), a, b, a.text("name"), b.text("name"))
    if a.flag("deprecated") != b.flag("deprecated"):
        how = "deprecated" if b.flag("deprecated") else "reactivated"
        both.say(exchange.kind(f"parameter-{how}"), a, b, a.text("name"), b.value("x-sunset", ABSENT))
    if a.at("content") or b.at("content"):
        body.compare_content(both, a, b, exchange.parameter, exchange.kind("parameter"))
    else:
        wire.compare(both, a, b, exchange.parameter)


def _written(element: Element) -> dict[str, object]:
    """How the value is put into text: style and explode, with what the specification takes where they are not said."""
    style = element.text("style") or _PLACES_OF.get(element.text("in"), "form")
    explode = element.value("explode", style == "form")
    return {"style": style, "explode": explode, "allowReserved": element.flag("allowReserved")}

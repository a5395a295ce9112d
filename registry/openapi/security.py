# SPDX-License-Identifier: Apache-2.0
"""What must a caller show, and is it more than before? Requirements are alternatives; each asks for schemes and scopes together."""

from collections.abc import Mapping
from typing import Any

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.change import ABSENT

_Alternative = Mapping[str, frozenset[str]]
_OPEN: _Alternative = {}
_IDENTITY = ("type", "in", "name", "scheme")
_ADDRESSES = ("openIdConnectUrl", "authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")


def compare_document(both: Comparison, a: Element, b: Element) -> None:
    """Records changes of the requirements that all operations share, and of the schemes."""
    _requirements(both, a, a, b, b)
    olds, news = (each.named("components", "securitySchemes") for each in (a, b))
    for name in {**olds, **news}:
        x, y = olds.get(name), news.get(name)
        if x is None or y is None:
            missing = "/components/securitySchemes"
            both.say(
                f"security-scheme-{'added' if x is None else 'removed'}",
                x or missing,
                y or missing,
                *_either(x, y, name),
            )
        else:
            _scheme(both, x, y)


def compare_operation(both: Comparison, a: Element, b: Element) -> None:
    """Records changes of an operation's own requirements; one without any has those of the document."""
    if "security" in a.fields or "security" in b.fields:
        around = [Element(each.document, "", each.document.data) for each in (a, b)]
        old = a if "security" in a.fields else around[0]
        new = b if "security" in b.fields else around[1]
        _requirements(both, old, a, new, b)


def _either(x: Element | None, y: Element | None, name: str) -> tuple[Any, Any]:
    return (ABSENT if x is None else name), (ABSENT if y is None else name)


def _requirements(both: Comparison, a: Element, at_a: Element, b: Element, at_b: Element) -> None:
    olds, news = _alternatives(a), _alternatives(b)
    places = f"{at_a.pointer}/security", f"{at_b.pointer}/security"
    for old in olds:
        if not any(_asks_no_more(new, old) for new in news):
            both.say(
                _kind(old, news, "added", "removed"), *places, _shown(old), [_shown(each) for each in news]
            )
    for new in news:
        if not any(_asks_no_more(old, new) for old in olds):
            both.say(
                _kind(new, olds, "removed", "added"), *places, [_shown(each) for each in olds], _shown(new)
            )


def _kind(lost: _Alternative, others: list[_Alternative], more: str, other: str) -> str:
    """What to call it that nobody who meets `lost` alone is let in on the other side."""
    if not lost:
        return f"security-{more}"
    if any(each.keys() == lost.keys() for each in others):
        return f"security-scope-{more}"
    if any(each.keys() > lost.keys() for each in others):
        return f"security-{more}"
    return f"security-alternative-{other}"


def _alternatives(element: Element) -> list[_Alternative]:
    said = element.value("security")
    found: list[_Alternative] = [
        {
            name: frozenset(map(str, scopes if isinstance(scopes, list) else ()))
            for name, scopes in each.items()
        }
        for each in (said if isinstance(said, list) else ())
        if isinstance(each, dict)
    ]
    return found or [_OPEN]


def _asks_no_more(a: _Alternative, b: _Alternative) -> bool:
    """Whether a caller who meets `b` meets `a`."""
    return all(name in b and scopes <= b[name] for name, scopes in a.items())


def _shown(alternative: _Alternative) -> dict[str, list[str]]:
    return {name: sorted(scopes) for name, scopes in alternative.items()}


def _scheme(both: Comparison, a: Element, b: Element) -> None:
    for name in _IDENTITY:
        before, after = a.text(name), b.text(name)
        if before.lower() != after.lower():
            both.say("security-scheme-changed", f"{a.pointer}/{name}", f"{b.pointer}/{name}", before, after)
    _addresses(both, a, b)
    olds, news = a.at("flows"), b.at("flows")
    for flow in {**olds.fields, **news.fields}:
        x, y = olds.at(flow), news.at(flow)
        if not x or not y:
            how = "added" if y else "removed"
            both.say(f"security-flow-{how}", x, y, *_either(x or None, y or None, flow))
            continue
        _addresses(both, x, y)
        _scopes(both, x.at("scopes"), y.at("scopes"))


def _scopes(both: Comparison, a: Element, b: Element) -> None:
    for scope in [name for name in a.fields if name not in b.fields]:
        both.say("defined-scope-removed", a, b, scope)
    for scope in [name for name in b.fields if name not in a.fields]:
        both.say("defined-scope-added", a, b, ABSENT, scope)


def _addresses(both: Comparison, a: Element, b: Element) -> None:
    for name in _ADDRESSES:
        before, after = a.text(name), b.text(name)
        if before != after:
            shown = before or ABSENT, after or ABSENT
            both.say("security-address-changed", f"{a.pointer}/{name}", f"{b.pointer}/{name}", *shown)

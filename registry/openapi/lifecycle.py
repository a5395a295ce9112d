# SPDX-License-Identifier: Apache-2.0
"""Was the end of an operation or parameter announced, and is it time? `deprecated`, `x-sunset` and `x-stability-level`."""

from datetime import date, datetime, timedelta
from typing import Any

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import Exchange
from registry.change import ABSENT

STABILITY = ("draft", "alpha", "beta", "stable")
GRACE_DAYS = {"beta": 31, "stable": 180}
"""How long before its sunset an operation of a stated level must be deprecated; one without a level promises nothing."""


def is_unstable(element: Element) -> bool:
    """Whether nothing is promised of it yet: its stability level is draft or alpha."""
    return element.text("x-stability-level") in STABILITY[:2]


def removed(both: Comparison, a: Element, b: Element, exchange: Exchange) -> None:
    """Records that an operation is gone, and whether that was announced."""
    if is_unstable(a):
        return both.say("unstable-operation-changed", a, b, _name(a))
    return both.say(exchange.kind(f"operation-removed{_announced(both, a)}"), a, b, _sunset(a) or _name(a))


def parameter_removed(both: Comparison, a: Element, b: Element, exchange: Exchange) -> None:
    """Records that a parameter is gone, and whether that was announced."""
    if _announced(both, a) == "-after-sunset":
        return both.say(exchange.kind("parameter-removed-after-sunset"), a, b, a.text("name"))
    required = "required-" if a.flag("required") else ""
    return both.say(exchange.kind(f"{required}parameter-removed"), a, b, a.text("name"))


def _announced(both: Comparison, a: Element) -> str:
    if not a.flag("deprecated") or "x-sunset" not in a.fields:
        return ""
    sunset = as_date(a.value("x-sunset"))
    passed = sunset is not None and both.on is not None and sunset <= both.on
    return "-after-sunset" if passed else "-before-sunset"


def compare(both: Comparison, a: Element, b: Element) -> None:
    """Records changes of an operation's stability, deprecation and sunset."""
    _stability(both, a, b)
    if not a.flag("deprecated") and b.flag("deprecated"):
        sunset = _sunset(b)
        both.say(
            "operation-deprecated" if sunset else "operation-deprecated-without-sunset",
            a,
            b,
            ABSENT,
            sunset or ABSENT,
        )
        _too_soon(both, a, b)
    elif a.flag("deprecated") and not b.flag("deprecated"):
        both.say("operation-reactivated", a, b)
    elif b.flag("deprecated"):
        _sunset_moved(both, a, b)


def _stability(both: Comparison, a: Element, b: Element) -> None:
    before, after = (each.text("x-stability-level") for each in (a, b))
    if before == after or not before:
        return
    lowered = after not in STABILITY or (
        before in STABILITY and STABILITY.index(after) < STABILITY.index(before)
    )
    kind = "stability-lowered" if lowered else "stability-raised"
    both.say(
        kind, f"{a.pointer}/x-stability-level", f"{b.pointer}/x-stability-level", before, after or ABSENT
    )


def _sunset_moved(both: Comparison, a: Element, b: Element) -> None:
    before, after = a.value("x-sunset", ABSENT), b.value("x-sunset", ABSENT)
    if before == after:
        return
    places = f"{a.pointer}/x-sunset", f"{b.pointer}/x-sunset"
    old, new = as_date(before), as_date(after)
    if after is ABSENT:
        both.say("sunset-removed", *places, before)
    elif new is not None and old is not None and new < old:
        both.say("sunset-moved-closer", *places, before, after)
        _too_soon(both, a, b)
    else:
        both.say("sunset-set" if old is None else "sunset-moved-later", *places, before, after)


def _too_soon(both: Comparison, a: Element, b: Element) -> None:
    """The sunset leaves less time than the level of the operation promises."""
    sunset, days = as_date(b.value("x-sunset")), GRACE_DAYS.get(b.text("x-stability-level"))
    if (
        sunset is not None
        and days is not None
        and both.on is not None
        and sunset < both.on + timedelta(days=days)
    ):
        both.say(
            "sunset-too-soon", f"{a.pointer}/x-sunset", f"{b.pointer}/x-sunset", ABSENT, b.value("x-sunset")
        )


def as_date(value: Any) -> date | None:
    """The day a sunset names: `2026-12-31`, or the day of an RFC 3339 instant; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


def _sunset(element: Element) -> str:
    return element.text("x-sunset")


def _name(element: Element) -> str:
    return element.text("operationId") or element.text("name") or element.pointer.rpartition("/")[2]

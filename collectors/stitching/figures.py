# SPDX-License-Identifier: Apache-2.0
"""What an event carries beside its amount and keys: what of it goes to which object, how much is planned to follow, and which
of its objects is what to which.

`throughline.allocated` is a mapping of key texts to minor units in the event's currency: `{"invoice:INV-7": 12000}`.
`throughline.planned` is a mapping of object types to how many are planned, or to `{"count": 3, "minor": 360000}`; none is 0.
`throughline.related` is a list of texts: `invoice:INV-7 child_of order:SO-1`, or `order:SO-9 annotate` for what is only shown.
They stand among the data kept beside an event, as JSON or as text of JSON.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

ALLOCATED = "throughline.allocated"
PLANNED = "throughline.planned"
RELATED = "throughline.related"
ANNOTATE = "annotate"
_RELATION = re.compile(r"(\S+:.+?) (child_of|parent_of|same_as|link|succeeds) (\S+:.+)")
_MOST = 2**62


class Plan(NamedTuple):
    """How many objects of a type are planned, and for how much in all (minor units); None where it is not said."""

    number: int | None
    minor: int | None


class Figures(NamedTuple):
    """`allocated` by key text, minor units; `planned` by object type; `related` are (key, role, key), of objects that are
    `beside` nothing is said but that they are shown."""

    allocated: Mapping[str, int]
    planned: Mapping[str, Plan]
    related: tuple[tuple[str, str, str], ...] = ()
    beside: frozenset[str] = frozenset()


NONE = Figures({}, {})


def figures_text(data: str | None) -> str | None:
    """The figures in the data kept beside an event, as one text for one content; None when there are none.

    What is not whole and not negative is left out: a figure that cannot be read is none.

    >>> figures_text('{"throughline.allocated": {"invoice:I": 5, "invoice:J": "x"}, "throughline.run": "r"}')
    '{"allocated":{"invoice:I":5}}'
    """
    if data is None or (ALLOCATED not in data and PLANNED not in data and RELATED not in data):
        return None
    words = orjson.loads(data)
    allocated = {
        key: minor for key, minor in _mapping(words.get(ALLOCATED)).items() if _is_whole(minor) and ":" in key
    }
    planned = {kind: plan for kind, said in _mapping(words.get(PLANNED)).items() if (plan := _plan(said))}
    related = sorted({one for one in _list(words.get(RELATED)) if _relation(one)})
    told = (("allocated", allocated), ("planned", planned), ("related", related))
    found = {name: one for name, one in told if one}
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode() if found else None


@lru_cache(10_000)
def read(text: str) -> Figures:
    """The figures of a text that `figures_text` made."""
    found = orjson.loads(text)
    planned = {
        kind: Plan(plan.get("count"), plan.get("minor")) for kind, plan in found.get("planned", {}).items()
    }
    said = [one for text in found.get("related", ()) if (one := _relation(text))]
    return Figures(
        found.get("allocated", {}),
        planned,
        tuple(one for one in said if one[1] != ANNOTATE),
        frozenset(one[0] for one in said if one[1] == ANNOTATE),
    )


def split(whole: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Parts of `whole` by weight that add up to it; what does not divide goes to the first in key order, one each.

    >>> split(100, {"b": 1, "a": 1, "c": 1})
    {'a': 34, 'b': 33, 'c': 33}
    >>> split(-10, {"a": 3, "b": 1})
    {'a': -8, 'b': -2}
    """
    total = sum(weights.values())
    sign = -1 if whole < 0 else 1
    parts = {key: abs(whole) * weights[key] // total for key in sorted(weights)}
    for key in list(parts)[: abs(whole) - sum(parts.values())]:
        parts[key] += 1
    return {key: sign * part for key, part in parts.items()}


def _relation(text: Any) -> tuple[str, str, str] | None:
    """(key, role, key), a child before its parent; None for what is none.

    >>> _relation("order:SO-1 parent_of invoice:INV-7"), _relation("order:SO-9 annotate")
    (('invoice:INV-7', 'child_of', 'order:SO-1'), ('order:SO-9', 'annotate', ''))
    """
    if not isinstance(text, str):
        return None
    if text.endswith(f" {ANNOTATE}") and ":" in text:
        return text.removesuffix(f" {ANNOTATE}"), ANNOTATE, ""
    found = _RELATION.fullmatch(text)
    if found is None:
        return None
    one, role, other = found.groups()
    return (other, "child_of", one) if role == "parent_of" else (one, role, other)


def _mapping(value: Any) -> dict[str, Any]:
    value = _parsed(value)
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    value = _parsed(value)
    return value if isinstance(value, list) else []


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return None


def _plan(said: Any) -> dict[str, int]:
    if isinstance(said, dict):
        return {name: said[name] for name in ("count", "minor") if _is_whole(said.get(name))}
    return {"count": said} if _is_whole(said) else {}


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MOST

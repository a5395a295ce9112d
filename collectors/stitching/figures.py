# SPDX-License-Identifier: Apache-2.0
"""Figures an event carries beside its amount: what of it goes to which object, and how much is planned to follow.

`throughline.allocated` is a mapping of key texts to minor units in the event's currency: `{"invoice:INV-7": 12000}`.
`throughline.planned` is a mapping of object types to how many are planned, or to `{"count": 3, "minor": 360000}`; none is 0.
They stand among the data kept beside an event, as JSON or as text of JSON.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

ALLOCATED = "throughline.allocated"
PLANNED = "throughline.planned"
_MOST = 2**62


class Plan(NamedTuple):
    """How many objects of a type are planned, and for how much in all (minor units); None where it is not said."""

    number: int | None
    minor: int | None


class Figures(NamedTuple):
    """`allocated` by key text, minor units; `planned` by object type."""

    allocated: Mapping[str, int]
    planned: Mapping[str, Plan]


NONE = Figures({}, {})


def figures_text(data: str | None) -> str | None:
    """The figures in the data kept beside an event, as one text for one content; None when there are none.

    What is not whole and not negative is left out: a figure that cannot be read is none.

    >>> figures_text('{"throughline.allocated": {"invoice:I": 5, "invoice:J": "x"}, "throughline.run": "r"}')
    '{"allocated":{"invoice:I":5}}'
    """
    if data is None or (ALLOCATED not in data and PLANNED not in data):
        return None
    words = orjson.loads(data)
    allocated = {
        key: minor for key, minor in _mapping(words.get(ALLOCATED)).items() if _is_whole(minor) and ":" in key
    }
    planned = {kind: plan for kind, said in _mapping(words.get(PLANNED)).items() if (plan := _plan(said))}
    found = {name: one for name, one in (("allocated", allocated), ("planned", planned)) if one}
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode() if found else None


@lru_cache(10_000)
def read(text: str) -> Figures:
    """The figures of a text that `figures_text` made."""
    found = orjson.loads(text)
    planned = {
        kind: Plan(plan.get("count"), plan.get("minor")) for kind, plan in found.get("planned", {}).items()
    }
    return Figures(found.get("allocated", {}), planned)


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


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return value if isinstance(value, dict) else {}


def _plan(said: Any) -> dict[str, int]:
    if isinstance(said, dict):
        return {name: said[name] for name in ("count", "minor") if _is_whole(said.get(name))}
    return {"count": said} if _is_whole(said) else {}


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MOST

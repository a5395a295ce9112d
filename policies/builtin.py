# SPDX-License-Identifier: Apache-2.0
"""Rules that one expression cannot say: Python, shipped by us, named from a rule file as `builtin: <name>`."""

from collections.abc import Mapping
from typing import Any

from policies.definition import Breach, Builtin
from policies.fact import Fact
from terms.instant import Instant


def one_effect_per_key(fact: Fact, params: Mapping[str, Any], now: Instant) -> tuple[Breach, ...]:
    """A breach for each business key that more than one record in one system bears: the same journal posted twice.

    Each has a path of its own, so that two doubled keys of one transaction open and close apart.
    """
    del params, now
    return tuple(
        Breach(
            f"/effects/{effect['system']}/{effect['type']}/{effect['key']}",
            f"{effect['count']} {effect['type']} records stand for {effect['key']}"
            f"{' in ' + effect['system'] if effect['system'] else ''}; there may be one.",
        )
        for effect in fact.context["effects"]
        if effect["count"] > 1
    )


BUILTINS: dict[str, Builtin] = {"one_effect_per_key": one_effect_per_key}

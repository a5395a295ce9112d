# SPDX-License-Identifier: Apache-2.0
"""`same_as` assertions -> which objects are one thing, and which assertions contradict each other. Pure.

One thing has one key for each (namespace, type). Assertions that together say otherwise are quarantined, all of them:
none is more likely to be right because it came, or happened, earlier. What a person decided is not up for debate.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from collectors.stitching.stitch_event import Assertion

Pair = tuple[str, str]


@lru_cache(20_000)
def object_type(key: str) -> str:
    """The type of a key text: `order` of `order:SO-1`, `journal` of `sap/journal@2026:1`."""
    return numbering(key).rpartition("/")[2]


@lru_cache(20_000)
def numbering(key: str) -> str:
    """What numbers a key: namespace and type. One thing has at most one key of each; `sap/journal` of `sap/journal@2026:1`."""
    return key.partition(":")[0].partition("@")[0]


def pair(one: str, other: str) -> Pair:
    """The two keys, the same whichever way round."""
    return (one, other) if one <= other else (other, one)


class Aliases(NamedTuple):
    """Classes of keys that are one thing. Keys that are nobody else's alias are absent from every mapping.

    `canonical` gives the key that stands for a class, `classes` its members by that key, sorted; `reasons` the first
    assertion in judged order that names a key. `edges` are the assertions given, those without effect with the reason;
    `conflicts` pairs keys that cannot be one thing, sorted, with the assertions that would make them one.
    """

    canonical: dict[str, str]
    classes: dict[str, list[str]]
    reasons: dict[str, Assertion]
    edges: list[Assertion]
    conflicts: list[tuple[list[str], list[Assertion]]]


def aliases(
    anchor: str, said: Sequence[Assertion], decided: Sequence[Assertion], apart: frozenset[Pair]
) -> Aliases:
    """What `said`, in judged order, and the decisions make one thing. The class of an anchor stands under the anchor.

    `decided` holds whatever is said; `apart` are pairs that a person holds not to be one thing.
    """
    if not said and not decided:
        return Aliases({}, {}, {}, [], [])
    groups = _classes([(one.child, one.parent) for one in decided], anchor)
    stands = {key: head for head, keys in groups.items() for key in keys}
    joins: dict[Pair, list[Assertion]] = defaultdict(list)
    for assertion in said:
        joins[
            pair(stands.get(assertion.child, assertion.child), stands.get(assertion.parent, assertion.parent))
        ].append(assertion)
    apart = frozenset(pair(stands.get(one, one), stands.get(other, other)) for one, other in apart)
    refused = {one: "it was decided that they are not the same" for one in joins if one in apart}
    conflicts: list[tuple[list[str], list[Assertion]]] = []
    open_joins = [one for one in joins if one[0] != one[1] and one not in refused]
    for names in _components(open_joins):
        for terminals, why in _contradictions(names, groups, apart):
            on_the_way = _between(terminals, [one for one in open_joins if one[0] in names])
            refused |= dict.fromkeys(on_the_way, why)
            conflicts.append((terminals, [a for one in on_the_way for a in joins[one]]))
    edges = [
        *decided,
        *(
            a._replace(refused=refused[one]) if one in refused else a
            for one, assertions in joins.items()
            for a in assertions
        ),
    ]
    live = [one for one in edges if not one.refused]
    classes = _classes([(one.child, one.parent) for one in live], anchor)
    reasons: dict[str, Assertion] = {}
    for one in live:
        reasons.setdefault(one.child, one)
        reasons.setdefault(one.parent, one)
    return Aliases(
        {key: head for head, keys in classes.items() for key in keys}, classes, reasons, edges, conflicts
    )


def _classes(pairs: Iterable[Pair], anchor: str) -> dict[str, list[str]]:
    """The connected keys, sorted, by the one that stands for them: the smallest anchor, else the smallest."""
    found: dict[str, list[str]] = {}
    for names in _components(pairs):
        ordered = sorted(names)
        found[next((key for key in ordered if object_type(key) == anchor), ordered[0])] = ordered
    return found


def _components(pairs: Iterable[Pair]) -> list[set[str]]:
    beside = _neighbours(pairs)
    seen: set[str] = set()
    components = []
    for start in sorted(beside):
        if start in seen:
            continue
        component, waiting = {start}, [start]
        while waiting:
            for other in beside[waiting.pop()] - component:
                component.add(other)
                waiting.append(other)
        seen |= component
        components.append(component)
    return components


def _neighbours(pairs: Iterable[Pair]) -> dict[str, set[str]]:
    beside: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        beside[one].add(other)
        beside[other].add(one)
    return beside


def _contradictions(
    names: set[str], groups: dict[str, list[str]], apart: frozenset[Pair]
) -> list[tuple[list[str], str]]:
    """(keys that cannot be one thing, why) for what these connected names would make one."""
    heads: dict[str, set[str]] = defaultdict(set)
    for name in names:
        for key in groups.get(name, (name,)):
            heads[numbering(key)].add(name)
    found = [
        (sorted(same), f"{' and '.join(sorted(same)[:2])} would be one, and are two of one kind")
        for _, same in sorted(heads.items())
        if len(same) > 1
    ]
    return found + [
        ([one, other], f"{one} and {other} would be one, and it was decided that they are not")
        for one, other in sorted(apart)
        if one in names and other in names
    ]


def _between(terminals: Sequence[str], pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs on a way from one terminal to another, and on circles that hang on such a way."""
    beside = _neighbours(one for one in pairs if one[0] != one[1])
    ends = set(terminals)
    waiting = [name for name, others in beside.items() if len(others) == 1 and name not in ends]
    while waiting:
        leaf = waiting.pop()
        for other in beside.pop(leaf, ()):
            beside[other].discard(leaf)
            if len(beside[other]) == 1 and other not in ends:
                waiting.append(other)
    return [one for one in pairs if one[0] != one[1] and one[1] in beside.get(one[0], ())]

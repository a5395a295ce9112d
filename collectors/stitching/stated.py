# SPDX-License-Identifier: Apache-2.0
"""What an event states of its objects, held against a process: a rule tells what is what to which, the process what that does.

What is stated of two types holds instead of what being named together would mean. It never does more than the process
declares for the pair: a statement may weaken an edge to a link, and of a pair that no edge is for nothing is made.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from collectors.processes.process import EdgeRule, Process
from collectors.stitching.figures import Figures

Tie = tuple[int, int, str, str]
"""(child's position, parent's position, role, rule)"""

# (role of the process's edge, role that is stated) -> what it does; all others do nothing.
_DOES: Final[Mapping[tuple[str, str], str]] = {
    ("child_of", "child_of"): "child_of",
    ("same_as", "same_as"): "same_as",
    ("link", "link"): "link",
    ("succeeds", "succeeds"): "succeeds",
    ("child_of", "link"): "link",
    ("same_as", "link"): "link",
    ("link", "child_of"): "link",
    ("link", "same_as"): "link",
}


def stated(
    process: Process,
    event_type: str,
    kinds: tuple[str, ...],
    keys: tuple[str, ...],
    figures: Figures,
    together: Iterable[Tie],
) -> list[Tie]:
    """The ties of an event that states some: those, and of `together` what nothing is stated of."""
    at = {key: position for position, key in enumerate(keys)}
    said = [(at[one], role, at[other]) for one, role, other in figures.related if one in at and other in at]
    beside = {at[key] for key in figures.beside if key in at}
    spoken = {frozenset((kinds[one], kinds[other])) for one, _, other in said}
    ties = list(
        dict.fromkeys(
            tie for one, role, other in said for tie in _ties(process, event_type, kinds, one, role, other)
        )
    )
    others = Counter(side for tie in ties for side in _sides(kinds, tie))
    left = [
        tie
        for tie in together
        if frozenset((kinds[tie[0]], kinds[tie[1]])) not in spoken and beside.isdisjoint(tie[:2])
    ]
    # As everywhere: what is said to belong to several, or to be several, belongs to none of them alone.
    return left + [
        tie if all(others[side] == 1 for side in _sides(kinds, tie)) else (*tie[:2], "link", tie[3])
        for tie in ties
    ]


def _sides(kinds: tuple[str, ...], tie: Tie) -> list[tuple[int, str, str]]:
    """Of whom there may be one: (whose, its role, the other's type)."""
    child, parent, role, _ = tie
    if role == "child_of":
        return [(child, role, kinds[parent])]
    return [(child, role, kinds[parent]), (parent, role, kinds[child])] if role == "same_as" else []


def effects(process: Process, child: str, role: str, parent: str) -> dict[str, str]:
    """What a statement about objects of these types does in the process: rule -> role; empty when it does nothing."""
    return {rule.id: _DOES[rule.role, role] for rule, _ in _rules(process, child, role, parent)}


def _ties(
    process: Process, event_type: str, kinds: tuple[str, ...], one: int, role: str, other: int
) -> list[Tie]:
    if kinds[one] == kinds[other]:
        one, other = sorted((one, other), reverse=True)  # of one type neither comes first
    return [
        (other, one, _DOES[rule.role, role], rule.id)
        if turned
        else (one, other, _DOES[rule.role, role], rule.id)
        for rule, turned in _rules(process, kinds[one], role, kinds[other])
        if not rule.on or event_type in rule.on
    ]


def _rules(process: Process, one: str, role: str, other: str) -> list[tuple[EdgeRule, bool]]:
    """The edges for a pair of types, each with whether it is written the other way round: only `child_of` has a direction."""
    found = [(rule, False) for rule in process.rules_of_child.get(one, ()) if rule.parent == other]
    if role != "child_of" and one != other:
        found += [(rule, True) for rule in process.rules_of_child.get(other, ()) if rule.parent == one]
    return [(rule, turned) for rule, turned in found if (rule.role, role) in _DOES]

# SPDX-License-Identifier: Apache-2.0
"""Events -> edges -> trees -> memberships, for one process: the walk's heart, and pure.

Nothing here knows a database or the order in which events arrived. Events are judged in the order (event time,
source, source's id): of two parents the first in that order wins and the other is kept as refused. A trace id, a
batch, a payment or a customer merges nothing; only `child_of` and `same_as` rules do.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from collectors.decisions.decision import NO_RULINGS, Rulings
from collectors.processes.process import EdgeRule, Process
from collectors.stitching.alias import numbering
from collectors.stitching.contradiction import Contradiction
from collectors.stitching.figures import read, split
from collectors.stitching.hub import demoted
from collectors.stitching.stated import Tie, stated
from collectors.stitching.stitch_event import Assertion, Member, Membership, Outside, StitchEvent
from collectors.stitching.tree import Trees
from collectors.transactions.transaction import WHOLE_PPM, MemberRole, MembershipRole


class Stitched(NamedTuple):
    """What the events make of one process. `edges` and `contradictions` are those that touch a transaction, refused ones included.

    `memberships` and `members` are by anchor key; events are in judged order, and every transaction has one.
    """

    edges: list[Assertion]
    memberships: dict[str, list[Membership]]
    members: dict[str, dict[str, Member]]
    contradictions: list[Contradiction]


def assertions(
    process: Process, event: StitchEvent, hubs: frozenset[str] = frozenset(), held: Collection[str] = ()
) -> list[Assertion]:
    """What one event says by the process's rules, of which little is left where it names one of the `hubs`.

    One child with one parent: the rule's own role. Several on one side: `child_of` holds only towards a single
    parent, else it is a link. Several on both sides say nothing of who belongs to whom, and nothing is made of it;
    of one type, two that are numbered by different systems may be the same. What the event states itself comes first.
    """
    keys = event.keys
    if len(keys) < 2:
        return []
    found: Iterable[Tie] = pattern(process, event.type, event.kinds)
    if event.states:
        found = stated(process, event.type, event.kinds, keys, read(event.figures or ""), found)
    said = [
        Assertion(keys[c], keys[p], role, rule, event)
        for c, p, role, rule in found
        # Two numbers of one numbering in one event are two things.
        if role != "same_as" or numbering(keys[c]) != numbering(keys[p])
    ]
    if hubs and not hubs.isdisjoint(keys):
        return [left for one in said if (left := demoted(process, one, hubs, held)) is not None]
    return said


@lru_cache(10_000)
def pattern(
    process: Process, event_type: str, kinds: tuple[str, ...]
) -> tuple[tuple[int, int, str, str], ...]:
    """(child's position, parent's position, role, rule) for an event of this type that names objects of these kinds.

    A business says a few dozen different things, over and over.
    """
    by_type: dict[str, list[int]] = {}
    for position, kind in enumerate(kinds):
        by_type.setdefault(kind, []).append(position)
    found: list[tuple[int, int, str, str]] = []
    for kind, children in by_type.items():
        for rule in process.rules_of_child.get(kind, ()):
            parents = by_type.get(rule.parent)
            if parents is None or (rule.on and event_type not in rule.on):
                continue
            if len(children) > 1 and len(parents) > 1:
                if kind == rule.parent and len(children) == 2:
                    found.append((children[1], children[0], rule.role, rule.id))
                continue
            role = _role(rule, len(children), len(parents))
            found += [
                (child, parent, role, rule.id) for child in children for parent in parents if child != parent
            ]
    return tuple(found)


def _role(rule: EdgeRule, children: int, parents: int) -> str:
    if rule.role == "child_of":
        return "child_of" if parents == 1 else "link"
    if rule.role == "same_as":
        return "same_as" if children == parents == 1 else "link"
    return rule.role


def stitch(
    process: Process,
    events: Sequence[StitchEvent],
    outside: Mapping[str, Outside] | None = None,
    known: Mapping[int, Sequence[Assertion]] | None = None,
    rulings: Rulings = NO_RULINGS,
) -> Stitched:
    """The transactions that these events make in this process.

    Exact for every object whose events are all among `events`; of the others `outside` says where they stand. `known`
    may hand in what the events assert, by event id; `rulings` hold whatever events say.
    """
    ordered = sorted(events)
    if known is None:
        said = [a for event in ordered for a in assertions(process, event, rulings.hubs)]
    else:
        said = [assertion for event in ordered for assertion in known.get(event.event_id, ())]
    trees = Trees(process, said, outside or {}, rulings)
    roots = trees.roots({key for event in ordered for key in event.keys})
    attached = trees.attached()
    memberships = _memberships(trees, ordered, roots, attached)
    disputed = trees.in_conflict(roots)
    edges = [
        a
        for a in trees.edges
        if a.parent in roots
        or a.parent in attached
        or a.child in roots
        or (a.role == "same_as" and a.child in disputed)
    ]
    return Stitched(
        edges, memberships, _members(trees, memberships, roots, attached), trees.contradictions(roots)
    )


def _memberships(
    trees: Trees,
    events: list[StitchEvent],
    roots: Mapping[str, str],
    attached: Mapping[str, tuple[str, ...]],
) -> dict[str, list[Membership]]:
    """Each event in the transactions whose tree it names; else, one link away, in those its objects are linked to."""
    found: dict[str, list[Membership]] = defaultdict(list)
    own = {root for key, root in roots.items() if key not in trees.outside}
    for event in events:
        role, via = _via(event, roots, attached)
        if own.isdisjoint(via):
            continue
        weights = (
            _weights(trees, event, role, roots, attached) if event.figures or trees.says_allocations else {}
        )
        for root, share, part in shares(event.amount_minor, via, weights):
            if root in own:
                found[root].append(Membership(event, role, via[root], share, part))
    return found


def _via(
    event: StitchEvent, roots: Mapping[str, str], attached: Mapping[str, tuple[str, ...]]
) -> tuple[MembershipRole, dict[str, str]]:
    """How the event belongs to anchors, and through which object to each."""
    via: dict[str, str] = {}
    shown = _shown(event) if event.figures else None
    keys = [key for key in event.keys if key not in shown] if shown else event.keys
    for key in keys:
        if key in roots:
            via.setdefault(roots[key], key)
    if via:
        return "member", via
    for key in keys:
        for root in attached.get(key, ()):
            via.setdefault(root, key)
    return "linked", via


def shares(
    amount: int | None, anchors: Iterable[str], weights: Mapping[str, int]
) -> list[tuple[str, int, int | None]]:
    """(anchor, its share in millionths, its part of the amount): by weight where each anchor has one, else equal.

    Shares add up to the whole, and equal parts to the amount. Weights are minor units: as long as they do not exceed
    the amount they are the parts, and what is left of it belongs to none. A part that is all is None.
    """
    if len(via := tuple(anchors)) == 1 and not 0 < weights.get(via[0], 0) < (amount or 0):
        return [(via[0], WHOLE_PPM, None)]
    known = {anchor: weights.get(anchor, 0) for anchor in via}
    by_weight = all(known.values())
    if not by_weight:
        known = dict.fromkeys(known, 1)
    parts: Mapping[str, int | None] = dict.fromkeys(known)
    if amount is not None:
        parts = known if by_weight and sum(known.values()) <= amount else split(amount, known)
    return [(anchor, share, parts[anchor]) for anchor, share in split(WHOLE_PPM, known).items()]


def _weights(
    trees: Trees,
    event: StitchEvent,
    role: MembershipRole,
    roots: Mapping[str, str],
    attached: Mapping[str, tuple[str, ...]],
) -> dict[str, int]:
    """What of the event was allocated to which anchor, in minor units; nothing where that is not said."""
    if role == "linked":
        carriers = {trees.canonical(key) for key in event.keys if key in attached}
        return trees.allocated(carriers.pop()) if len(carriers) == 1 else {}
    weights: dict[str, int] = defaultdict(int)
    for key, minor in read(event.figures).allocated.items() if event.figures else ():
        if key in roots:
            weights[roots[key]] += minor
    return weights


def _members(
    trees: Trees,
    memberships: Mapping[str, list[Membership]],
    roots: Mapping[str, str],
    attached: Mapping[str, tuple[str, ...]],
) -> dict[str, dict[str, Member]]:
    """The objects of each transaction: its tree, then what is linked to it, then what is only named beside it."""
    members = {anchor: _tree(trees, anchor, joined, roots) for anchor, joined in memberships.items()}
    for child in trees.links:
        for parent, link in trees.links_of(child):
            root = roots.get(parent)
            if root in members and roots.get(child) != root:
                for key in trees.same_as(child):
                    role: MemberRole = "succeeds" if link.role == "succeeds" else "link"
                    members[root].setdefault(key, Member(role, parent, link.rule, link.event))
    for anchor, joined in memberships.items():
        mine = members[anchor]
        linked = {key for key, member in mine.items() if member.role == "link"}
        for membership in joined:
            if membership.share_ppm != WHOLE_PPM:
                continue  # what stands beside forty orders says nothing of one of them
            event = membership.event
            shown = _shown(event) if event.figures else ()
            for key in event.keys:
                # What is stated to be only shown is so wherever else it stands: that may not be known here, and need not.
                if key not in mine and (key in shown or (key not in roots and key not in attached)):
                    mine[key] = _linked_beside(trees, key, linked) or Member("annotate", None, None, event)
    return members


def _shown(event: StitchEvent) -> frozenset[str]:
    """The keys of which the event states that they are only shown beside what it is about."""
    return read(event.figures).beside if event.figures and event.states else frozenset()


def _linked_beside(trees: Trees, key: str, linked: set[str]) -> Member | None:
    """The place of what is linked to something linked, such as a payment's journal: it has a reason and carries nothing."""
    for parent, link in trees.links_of(trees.canonical(key)):
        if parent in linked:
            return Member("link", parent, link.rule, link.event)
    return None


def _tree(trees: Trees, anchor: str, joined: list[Membership], roots: Mapping[str, str]) -> dict[str, Member]:
    mine: dict[str, Member] = {}
    for membership in joined:
        for key in membership.event.keys:
            if key not in mine and roots.get(key) == anchor:
                mine[key] = trees.place(key, membership.event)
    if anchor not in mine:
        # A person said what it is called, and no event has named it so yet.
        mine[anchor] = Member("anchor", None, None, joined[0].event)
    return mine

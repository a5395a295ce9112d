# SPDX-License-Identifier: Apache-2.0
"""Which way leads to the place of a finding? Distances over subschemas and references, so that the search goes there first."""

from collections import deque
from dataclasses import dataclass, field
from itertools import chain

from registry.claim import Claim
from registry.effort import spend
from registry.schema import Node, Schema, children
from registry.witness.keyword import REFERENCES, led_to
from registry.witness.way import Choice

FAR = 1_000_000
_MOST_NODES = 200_000


@dataclass(frozen=True, slots=True)
class Guide:
    """Where a finding stands in one document: `distances` from each node that leads there, `place` the pointer itself."""

    place: str
    at: str
    distances: dict[str, int]

    def leads(self, pointer: str) -> bool:
        """Whether the finding can be reached from this node."""
        return pointer in self.distances

    def rank(self, pointer: str) -> int:
        """How far the finding is from a place, which may be a node or a keyword; FAR when it is not that way."""
        if pointer in self.distances:
            return self.distances[pointer] + 1
        if pointer and (self.place == pointer or self.place.startswith(f"{pointer}/")):
            return 0
        return FAR


@dataclass(frozen=True, slots=True)
class Guides:
    """The guides of both documents; a document without one is searched in its own order."""

    by_schema: dict[int, Guide] = field(default_factory=dict)
    strict: bool = False

    def ordered(self, claim: Claim, choice: Choice) -> Choice:
        """The ways of a choice, near ones first. When `strict`, a document is failed only on the way to its finding."""
        guide = self.by_schema.get(id(claim.schema))
        if guide is None or len(choice) < 2 or not guide.leads(claim.node.pointer):
            return choice
        if self.strict and not claim.holds:
            return _near(guide, claim, choice) or choice
        spend(len(choice))
        return tuple(sorted(choice, key=lambda way: guide.rank(way.pointer)))

    def nearest(self, claims: tuple[Claim, ...]) -> int:
        """How far the nearest finding is from any of the nodes."""
        ranks = [
            self.by_schema[id(claim.schema)].rank(claim.node.pointer)
            for claim in claims
            if id(claim.schema) in self.by_schema
        ]
        return min(ranks, default=FAR)


def _near(guide: Guide, claim: Claim, choice: Choice) -> Choice:
    """The ways that lead to the finding, near ones first: looked up by their places, since a contract may have thousands."""
    memo = ("ways by pointer", claim.place)
    known: tuple[Choice, dict[str, list[int]]] | None = claim.schema.memo.get(memo)
    if known is None or known[0] is not choice:
        by_pointer: dict[str, list[int]] = {}
        for index, way in enumerate(choice):
            by_pointer.setdefault(way.pointer, []).append(index)
        known = claim.schema.memo[memo] = (choice, by_pointer)
    around = [guide.place[:end] for end, mark in enumerate(guide.place) if mark == "/"] + [guide.place]
    found = {index for pointer in chain(guide.distances, around) for index in known[1].get(pointer, ())}
    spend(len(guide.distances) + len(found))
    ranked = sorted(found, key=lambda index: (guide.rank(choice[index].pointer), index))
    return tuple(choice[index] for index in ranked if guide.rank(choice[index].pointer) < FAR)


def guide(schema: Schema, root: Node, place: str) -> Guide | None:
    """The guide to a place; None when the root does not lead there."""
    back = _ways_back(schema, root)
    at = place
    while at not in back:
        if at == "":
            return None
        at = at.rpartition("/")[0]
    memo = ("distances", at)
    size, distances = schema.memo.get(memo, (0, {}))
    if size != len(back):
        distances = _distances(back, at)
        schema.memo[memo] = (len(back), distances)
    return Guide(place, at, distances) if root.pointer in distances else None


def _distances(back: dict[str, list[str]], at: str) -> dict[str, int]:
    """From each node that leads to the place, how far it is."""
    distances = {at: 0}
    waiting = deque([at])
    while waiting:
        here = waiting.popleft()
        for before in back[here]:
            if before not in distances:
                distances[before] = distances[here] + 1
                waiting.append(before)
    return distances


def _ways_back(schema: Schema, root: Node) -> dict[str, list[str]]:
    """From each node under the root, and under the roots asked about before, the nodes it is reached from."""
    back: dict[str, list[str]] = schema.memo.setdefault("ways back", {})
    if root.pointer in back:
        return back
    back[root.pointer] = []
    waiting = deque([root])
    while waiting and len(back) < _MOST_NODES:
        here = waiting.popleft()
        for node in _next(schema, here):
            if node.pointer not in back:
                back[node.pointer] = []
                waiting.append(node)
            back[node.pointer].append(here.pointer)
    return back


def _next(schema: Schema, node: Node) -> list[Node]:
    named = [led_to(schema, node, keyword) for keyword in REFERENCES]
    return [*(inner for _, inner in children(node)), *(each for each in named if each is not None)]

# SPDX-License-Identifier: Apache-2.0
"""Which values satisfy some schemas and fail others? A search over the ways to keep each claim, checked by the real validators.

Every value it yields was put to the validators of all claims, so what the search does not understand can cost it an answer
but never a wrong one. It is deterministic: the budget counts steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from registry import domain
from registry.claim import Claim, Met
from registry.domain import ATOMS, atoms_of
from registry.effort import spend
from registry.evaluate import CANNOT_SAY, is_valid
from registry.json_value import key
from registry.structure import Structure
from registry.witness import asserted, denied
from registry.witness.arrays import arrays
from registry.witness.fact import Fact, Values
from registry.witness.guide import Guides
from registry.witness.objects import objects
from registry.witness.scalar import plain
from registry.witness.way import Choice, Found, Way

_PLAIN_FIRST = ("null", "boolean", "integer", "string", "array", "object", "fraction")
_OBJECT = frozenset(("object",))


@dataclass(slots=True)
class _Goal:
    """Claims about one value, taken apart: its kinds, its facts, the members it has and lacks, and the choices still open."""

    kinds: frozenset[str] = ATOMS
    facts: tuple[Fact, ...] = ()
    has: dict[str, None] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    met: Met = field(default_factory=Met)
    open: tuple[Choice, ...] = ()

    def left(self, way: Way) -> frozenset[str]:
        """The kinds that are left when the way is taken: no object has a member and lacks it."""
        kinds = self.kinds & way.kinds
        if way.has and not self.lacks.isdisjoint(way.has):
            return kinds - _OBJECT
        if way.lacks and not self.has.keys().isdisjoint(way.lacks):
            return kinds - _OBJECT
        return kinds

    def take(self, way: Way) -> None:
        """Takes the way, its claims aside."""
        self.kinds = self.left(way)
        self.facts += way.facts
        if way.has:
            self.has = self.has | dict.fromkeys(way.has)
        if way.lacks:
            self.lacks = self.lacks.union(way.lacks)


@dataclass(slots=True)
class Search:
    """One search, in the steps of whoever asks. `order` is the order in which kinds of value are tried."""

    guides: Guides
    structure: Structure = field(default_factory=Structure)
    order: tuple[str, ...] = _PLAIN_FIRST
    _first: dict[Any, Found | None] = field(default_factory=dict)
    _choices: dict[Claim, tuple[Choice, ...]] = field(default_factory=dict)

    def first(self, claims: tuple[Claim, ...], depth: int) -> Found | None:
        """The first value that satisfies all claims; None when there is none, or it would hold itself."""
        asked = (frozenset(claims), depth)
        if asked not in self._first:
            self._first[asked] = None
            value = next((Found(value) for value in self.values(claims, depth)), None)
            self._first[asked] = value
        return self._first[asked]

    def values(self, claims: tuple[Claim, ...], depth: int) -> Iterator[Any]:
        """Values that satisfy all claims, each checked by the validators of their documents. Plain ones first."""
        if depth < 0:
            return
        claims = tuple(dict.fromkeys(claims))
        for goal in self._goals(claims, _Goal()):
            for value in self._built(goal, depth):
                spend()
                if all(self.keeps(claim, value) for claim in claims):
                    yield value

    def keeps(self, claim: Claim, value: Any) -> bool:
        """Whether the value satisfies the claim; False too when that cannot be found out."""
        if isinstance(claim.node.raw, bool):
            return claim.node.raw is claim.holds
        try:
            return is_valid(claim.schema, claim.node, value) is claim.holds
        except CANNOT_SAY:
            return False

    def _goals(self, pending: tuple[Claim, ...], goal: _Goal) -> Iterator[_Goal]:
        """Every way to take the claims apart; forced steps first, then the choice with the fewest ways."""
        forced = self._forced(pending, goal)
        if forced is None:
            return
        if not forced.open:
            yield forced
            return
        choice = min(forced.open, key=len)
        rest = tuple(each for each in forced.open if each is not choice)
        for way in choice:
            chosen = replace(forced, open=rest)
            chosen.take(way)
            yield from self._goals(way.claims, chosen)

    def _forced(self, claims: tuple[Claim, ...], goal: _Goal) -> _Goal | None:
        """The goal after everything that leaves no choice; None when it is a contradiction."""
        made, pending = replace(goal, met=goal.met.copy()), list(claims)
        spend(2 + len(goal.met) // 4)
        while made.kinds:
            while pending:
                claim = pending.pop()
                spend(2)
                if claim not in made.met:
                    if self._contradicts(claim, made.met):
                        return None
                    made.met.add(claim)
                    if claim.holds:
                        made.kinds &= domain.kinds(claim.schema, claim.node)
                    made.open += self._choices_of(claim)
            waiting, made.open = made.open, ()
            spend(sum(map(len, waiting)) // 2)
            for choice in waiting:
                viable = tuple(way for way in choice if made.left(way))
                if not viable:
                    return None
                if len(viable) == 1:
                    made.take(viable[0])
                    pending += viable[0].claims
                else:
                    made.open += (viable,)
            if not pending and len(made.open) == len(waiting):
                return made
        return None

    def _choices_of(self, claim: Claim) -> tuple[Choice, ...]:
        known = self._choices.get(claim)
        if known is None:
            made = asserted.choices(claim) if claim.holds else (denied.ways(claim),)
            spend(sum(map(len, made)) // 16)
            known = self._choices[claim] = tuple(self.guides.ordered(claim, choice) for choice in made)
        return known

    def _contradicts(self, claim: Claim, met: Met) -> bool:
        """Whether a claim that was met says the contrary of a node built the same."""
        return any(
            other.place == claim.place
            or self.structure.same(claim.schema, claim.node, other.schema, other.node)
            for other in met.alike(claim)
        )

    def _built(self, goal: _Goal, depth: int) -> Iterator[Any]:
        listed = [fact for fact in goal.facts if isinstance(fact, Values) and fact.holds]
        if listed:
            shortest = min(listed, key=lambda fact: len(fact.values))
            yield from (value for value in shortest.values if atoms_of(value) in goal.kinds)
            return
        unwanted = {key(value) for fact in goal.facts if isinstance(fact, Values) for value in fact.values}
        for kind in self.order:
            if kind in goal.kinds:
                for value in self._of_kind(kind, goal, depth):
                    if key(value) not in unwanted:
                        yield value

    def _of_kind(self, kind: str, goal: _Goal, depth: int) -> Iterator[Any]:
        match kind:
            case "object":
                return objects(self, goal.facts, list(goal.has), goal.lacks, depth)
            case "array":
                return arrays(self, goal.facts, depth)
            case _:
                return plain(goal.facts, kind)

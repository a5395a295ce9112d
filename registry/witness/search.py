# SPDX-License-Identifier: Apache-2.0
"""Which values satisfy some schemas and fail others? A search over the ways to keep each claim, checked by the real validators.

Every value it yields was put to the validators of all claims, so what the search does not understand can cost it an answer
but never a wrong one. It is deterministic: the budget counts steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from registry import domain
from registry.domain import ATOMS, atoms_of
from registry.evaluate import CANNOT_SAY, is_valid
from registry.json_value import key
from registry.witness import asserted, denied
from registry.witness.arrays import arrays
from registry.witness.claim import Claim
from registry.witness.fact import Fact, Values
from registry.witness.guide import Guides
from registry.witness.objects import objects
from registry.witness.scalar import plain
from registry.witness.way import Choice, Found

_PLAIN_FIRST = ("null", "boolean", "integer", "string", "array", "object", "fraction")


class SpentError(Exception):
    """The search took more steps than it may."""


@dataclass(slots=True)
class _Goal:
    """Claims about one value, taken apart: its kinds, its facts, and the choices that are still open."""

    kinds: frozenset[str] = ATOMS
    facts: tuple[Fact, ...] = ()
    met: tuple[Claim, ...] = ()
    open: tuple[tuple[Claim, Choice], ...] = ()


@dataclass(slots=True)
class Search:
    """One search. `order` is the order in which kinds of value are tried."""

    guides: Guides
    steps: int
    order: tuple[str, ...] = _PLAIN_FIRST
    _first: dict[Any, Found | None] = field(default_factory=dict)
    _choices: dict[Claim, tuple[Choice, ...]] = field(default_factory=dict)
    _same: dict[Any, bool] = field(default_factory=dict)

    def spend(self, steps: int = 1) -> None:
        """Counts steps. Raises SpentError when there are none left."""
        self.steps -= steps
        if self.steps < 0:
            raise SpentError

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
                self.spend()
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
        self.spend()
        forced = self._forced(list(pending), goal)
        if forced is None:
            return
        viable = [
            (claim, tuple(way for way in choice if way.kinds & forced.kinds)) for claim, choice in forced.open
        ]
        if not viable:
            yield forced
            return
        _, choice = min(viable, key=lambda each: len(each[1]))
        rest = tuple(each for each in viable if each[1] is not choice)
        for way in choice:
            chosen = replace(
                forced, kinds=forced.kinds & way.kinds, facts=forced.facts + way.facts, open=rest
            )
            yield from self._goals(way.claims, chosen)

    def _forced(self, pending: list[Claim], goal: _Goal) -> _Goal | None:
        """The goal after everything that leaves no choice; None when it is a contradiction."""
        kinds, facts, met, open_ = goal.kinds, list(goal.facts), list(goal.met), list(goal.open)
        while pending:
            claim = pending.pop()
            if claim in met:
                continue
            if self._contradicts(claim, met):
                return None
            met.append(claim)
            for choice in self._choices_of(claim):
                if len(choice) == 1:
                    kinds &= choice[0].kinds
                    facts += choice[0].facts
                    pending += choice[0].claims
                else:
                    open_.append((claim, choice))
                if not kinds or not choice:
                    return None
        return _Goal(kinds, tuple(facts), tuple(met), tuple(open_))

    def _choices_of(self, claim: Claim) -> tuple[Choice, ...]:
        known = self._choices.get(claim)
        if known is None:
            made = asserted.choices(claim) if claim.holds else (denied.ways(claim),)
            known = self._choices[claim] = tuple(self.guides.ordered(claim, choice) for choice in made)
        return known

    def _contradicts(self, claim: Claim, met: list[Claim]) -> bool:
        return any(
            other.holds is not claim.holds and (other.place == claim.place or self._alike(claim, other))
            for other in met
        )

    def _alike(self, claim: Claim, other: Claim) -> bool:
        """Whether the nodes of both claims are built the same: no value satisfies one and fails the other."""
        pair = (claim.place, other.place)
        if pair not in self._same:
            self._same[pair] = domain.same(claim.schema, claim.node, other.schema, other.node)
        return self._same[pair]

    def _built(self, goal: _Goal, depth: int) -> Iterator[Any]:
        listed = [fact for fact in goal.facts if isinstance(fact, Values) and fact.holds]
        if listed:
            shortest = min(listed, key=lambda fact: len(fact.values))
            yield from (value for value in shortest.values if atoms_of(value) in goal.kinds)
            return
        unwanted = {key(value) for fact in goal.facts if isinstance(fact, Values) for value in fact.values}
        for kind in self.order:
            if kind in goal.kinds:
                for value in self._of_kind(kind, goal.facts, depth):
                    if key(value) not in unwanted:
                        yield value

    def _of_kind(self, kind: str, facts: tuple[Fact, ...], depth: int) -> Iterator[Any]:
        match kind:
            case "object":
                return objects(self, facts, depth)
            case "array":
                return arrays(self, facts, depth)
            case _:
                return plain(facts, kind)

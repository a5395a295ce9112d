# SPDX-License-Identifier: Apache-2.0
"""Can no value keep all these claims? A proof by taking them apart until every way runs into a contradiction.

True is a proof, for all values; False says only that none was found. A goal met again on the way to itself stands deeper in the
value, so it may be taken as proven there: values are finite (induction over their depth).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf

from registry import domain
from registry.alike import Alike
from registry.claim import Claim, Met, Place
from registry.domain import ATOMS, atoms_of
from registry.effort import QUESTION, spend, within
from registry.evaluate import CANNOT_SAY, is_valid
from registry.implication import arrays, numbers, objects, texts
from registry.implication.goal import Choice, Failed, Goal, Way
from registry.implication.taking_apart import failed, held, ways_to_fail
from registry.schema import Node, Schema
from registry.structure import Structure

_MOST_DEPTH = 40
_MOST_NESTED = 120  # choices open at once: the interpreter's stack is not the limit anywhere
_OBJECT = frozenset(("object",))
_CONSTANTS = {"null": (None,), "boolean": (False, True)}


@dataclass(slots=True)
class Prover:
    """Answers questions about two documents, and remembers the answers."""

    alike: Alike | None = None
    structure: Structure = field(default_factory=Structure)
    _known: dict[tuple[frozenset[Claim], frozenset[str]], bool] = field(default_factory=dict)
    _path: dict[tuple[frozenset[Claim], frozenset[str]], int] = field(default_factory=dict)
    _leaned_on: float = inf
    _nested: int = 0
    _alike: dict[tuple[Place, Place], bool] = field(default_factory=dict)

    def implies(self, a: Schema, x: Node, b: Schema, y: Node) -> bool:
        """Whether it is proven that every value of `x` satisfies `y`."""
        if x.raw is False or (y.raw is True):
            return True
        return self.shut((Claim(a, x, True), Claim(b, y, False)))

    def satisfies(self, a: Schema, x: Node, b: Schema, y: Node, keywords: Iterable[str]) -> bool:
        """Whether it is proven that every value of `x` satisfies these keywords of `y`."""
        holds = Claim(a, x, True)
        failing = ways_to_fail(Claim(b, y, False), domain.assertions(b, y) & frozenset(keywords))
        return all(self._asked(replace(way, claims=(holds, *way.claims))) for way in failing)

    def apart(self, a: Schema, x: Node, b: Schema, y: Node) -> bool:
        """Whether it is proven that no value satisfies both."""
        return self.shut((Claim(a, x, True), Claim(b, y, True)))

    def shut(self, claims: tuple[Claim, ...]) -> bool:
        """Whether it is proven that no value keeps all the claims; False too when the question takes too long."""
        return self._asked(Way(claims=claims))

    def _asked(self, way: Way) -> bool:
        try:
            if way == Way(claims=way.claims):
                return within(QUESTION, lambda: self.empty(way.claims), otherwise=False)
            return within(QUESTION, lambda: self._shut_way(Goal(), way), otherwise=False)
        finally:
            self._path.clear()
            self._leaned_on = inf
            self._nested = 0

    def empty(self, claims: tuple[Claim, ...], kinds: frozenset[str] = ATOMS) -> bool:
        """Whether no value of these kinds keeps all the claims, as far as it is proven. May raise SpentError."""
        spend(1 + len(claims))
        if len(claims) > 1 and any(self._contrary(claims[-1], each) for each in claims[:-1]):
            return True
        goal = (frozenset(claims), kinds)
        known = self._known.get(goal)
        if known is not None:
            return known
        if goal in self._path:
            self._leaned_on = min(self._leaned_on, self._path[goal])
            return True
        if len(self._path) >= _MOST_DEPTH:
            return False
        place = self._path[goal] = len(self._path)
        before, self._leaned_on = self._leaned_on, inf
        answer = self._decide(Goal(kinds), (Way(claims=claims),))
        del self._path[goal]
        if not answer or self._leaned_on >= place:
            # A proof that leans on a goal still open is good only as long as that one is.
            self._known[goal] = answer
            self._leaned_on = before
        else:
            self._leaned_on = min(before, self._leaned_on)
        return answer

    def _decide(self, goal: Goal, choice: Choice) -> bool:
        """Whether every way of the choice is shut."""
        return all(self._shut_way(goal, way) for way in choice)

    def _shut_way(self, goal: Goal, way: Way) -> bool:
        growing = _Growing(goal, self)
        grows = growing.grow(way)
        spend(growing.work)
        if not grows:
            return True
        if self._nested >= _MOST_NESTED:
            return False
        made = growing.goal()
        kinds = frozenset(kind for kind in made.kinds if not self._leaf(made, kind))
        if not kinds:
            return True
        if not made.open:
            return False
        first = min(made.open, key=len)
        rest = tuple(choice for choice in made.open if choice is not first)
        self._nested += 1
        answer = self._decide(replace(made, kinds=kinds, open=rest), first)
        self._nested -= 1
        return answer

    def contradicts(self, claim: Claim, met: Met) -> bool:
        """Whether some claim that was met says the contrary."""
        return any(self._contrary(claim, other) for other in met.alike(claim))

    def _contrary(self, claim: Claim, other: Claim) -> bool:
        return other.holds is not claim.holds and self._same(claim, other)

    def _same(self, claim: Claim, other: Claim) -> bool:
        """Whether both nodes are built the same: no value satisfies one and fails the other."""
        pair = (claim.place, other.place)
        known = self._alike.get(pair)
        if known is None:
            known = (
                claim.place == other.place
                or self._written_alike(claim, other)
                or self.structure.same(claim.schema, claim.node, other.schema, other.node)
            )
            self._alike[pair] = known
        return known

    def _written_alike(self, claim: Claim, other: Claim) -> bool:
        if self.alike is None:
            return False
        old, new = (claim, other) if claim.schema is self.alike.old else (other, claim)
        if old.schema is not self.alike.old or new.schema is not self.alike.new:
            return False
        return self.alike.holds(old.node, new.node)

    def _leaf(self, goal: Goal, kind: str) -> bool:
        """Whether no value of the kind is left, open choices aside."""
        listed = [values for part in goal.parts if (values := domain.own_values(part.node)) is not None]
        if listed:
            fewest = min(listed, key=len)
            return self.none_of([value for value in fewest if atoms_of(value) == kind], goal)
        if kind in _CONSTANTS:
            return self.none_of(list(_CONSTANTS[kind]), goal)
        failing = tuple(each for each in goal.failed if _concerns(each, kind))
        match kind:
            case "string":
                return texts.none_left(self, goal, failing)
            case "integer" | "fraction":
                return numbers.none_left(self, goal, failing, whole=kind == "integer")
            case "array":
                return arrays.none_left(self, goal, failing)
            case _:
                return objects.none_left(self, goal, failing)

    def few(self, claims: tuple[Claim, ...]) -> list[object] | None:
        """All values that keep the claims, or some more, when one of them lists its values; None when they may be endless."""
        for claim in claims:
            try:
                values = domain.finite(claim.schema, claim.node) if claim.holds else None
            except CANNOT_SAY:
                continue
            if values is not None:
                return [value for value in values if self._keeps(value, Goal(met=Met.of(claims)))]
        return None

    def none_of(self, values: list[object], goal: Goal) -> bool:
        """Whether none of the values keeps all that is known of the goal; each is put to the validators."""
        return not any(self._keeps(value, goal) for value in values)

    def _keeps(self, value: object, goal: Goal) -> bool:
        try:
            return (
                all(is_valid(part.schema, part.node, value) for part in goal.parts)
                and all(each.fails(value) for each in goal.failed)
                and all(
                    is_valid(claim.schema, claim.node, value) is claim.holds for claim in goal.met.claims()
                )
            )
        except CANNOT_SAY:
            return True


class _Growing:
    """A goal that grows by everything that follows without a choice. `work` are the steps it takes."""

    __slots__ = (
        "absent",
        "checked",
        "choices",
        "failed",
        "kinds",
        "met",
        "parts",
        "pending",
        "present",
        "prover",
        "settled",
        "work",
    )

    def __init__(self, goal: Goal, prover: Prover) -> None:
        self.prover = prover
        self.kinds, self.parts, self.failed = goal.kinds, list(goal.parts), list(goal.failed)
        self.present, self.absent = set(goal.present), set(goal.absent)
        self.met, self.choices = goal.met.copy(), list(goal.open)
        self.pending: list[Claim] = []
        self.checked, self.settled = 0, (ATOMS, -1, -1)
        self.work = 4 + (len(self.choices) + len(self.parts) + len(goal.met)) // 4

    def goal(self) -> Goal:
        return Goal(
            self.kinds,
            tuple(self.parts),
            tuple(self.failed),
            frozenset(self.present),
            frozenset(self.absent),
            self.met,
            tuple(self.choices),
        )

    def grow(self, way: Way) -> bool:
        """Adds the way and what follows from it; False when that is a contradiction."""
        self._add(way)
        while True:
            while self.pending:
                claim = self.pending.pop()
                self.work += 3
                if claim not in self.met and (
                    self.prover.contradicts(claim, self.met) or not self._take(claim)
                ):
                    return False
            if not self._settle():
                return False
            if not self.pending:
                return True

    def _add(self, way: Way) -> None:
        self.kinds &= way.kinds
        self.failed += way.failed
        self.present.update(way.present)
        self.absent.update(way.absent)
        self.pending += way.claims

    def _take(self, claim: Claim) -> bool:
        self.met.add(claim)
        if isinstance(claim.node.raw, bool):
            return claim.node.raw is claim.holds
        if claim.holds:
            self.kinds &= domain.kinds(claim.schema, claim.node)
            claims, parts, choices = held(claim)
            self.pending += claims
            self.parts += parts
        else:
            choices = (failed(claim),)
        self.work += sum(map(len, choices)) // 2
        self.choices += choices
        return bool(self.kinds)

    def _settle(self) -> bool:
        """Takes every choice that has one way left, until none has; False when one has no way at all."""
        while True:
            if self.present & self.absent:
                return False
            if self.present:
                self.kinds &= _OBJECT
            if not self.kinds:
                return False
            state = (self.kinds, len(self.present), len(self.absent))
            if state != self.settled:
                self.checked, self.settled = 0, state
            elif self.checked == len(self.choices):
                return True
            waiting, self.choices = self.choices[self.checked :], self.choices[: self.checked]
            for choice in waiting:
                self.work += len(choice) // 2
                viable = tuple(way for way in choice if self._viable(way))
                if not viable:
                    return False
                if len(viable) > 1:
                    self.choices.append(choice if len(viable) == len(choice) else viable)
                else:
                    self._add(viable[0])
            self.checked = len(self.choices)

    def _viable(self, way: Way) -> bool:
        return (
            not self.kinds.isdisjoint(way.kinds)
            and (not way.present or self.absent.isdisjoint(way.present))
            and (not way.absent or self.present.isdisjoint(way.absent))
        )


def _concerns(each: Failed, kind: str) -> bool:
    return each.keyword not in ("enum", "const") or kind in ("string", "integer", "fraction")

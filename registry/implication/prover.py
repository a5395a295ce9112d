# SPDX-License-Identifier: Apache-2.0
"""Can no value keep all these claims? A proof by taking them apart until every way runs into a contradiction.

True is a proof, for all values; False says only that none was found. A goal met again on the way to itself stands deeper in the
value, so it may be taken as proven there: values are finite (induction over their depth).
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from registry import domain
from registry.alike import Alike
from registry.domain import ATOMS, atoms_of
from registry.evaluate import CANNOT_SAY, is_valid
from registry.implication import arrays, numbers, objects, texts
from registry.implication.claim import Choice, Claim, Failed, Goal, Key, Way
from registry.implication.taking_apart import failed, held, ways_to_fail
from registry.schema import Node, Schema

STEPS = 4_000
"""Goals opened for one question before it is given up."""

ALL_STEPS = 20 * STEPS
"""Goals opened for all questions about two documents."""

MOST_SECONDS = 5.0
"""Time for all questions about two documents, from the first one on. The steps end nearly all that this would end."""

_MOST_DEPTH = 40
_OBJECT = frozenset(("object",))
_CONSTANTS = {"null": (None,), "boolean": (False, True)}


class SpentError(Exception):
    """The question took more steps, or time, than it may."""


@dataclass(slots=True)
class Prover:
    """Answers questions about two documents, and remembers the answers.

    `left` are the steps for all questions together; `until` is when to give up whatever is left, in monotonic seconds,
    inf as long as nothing was asked.
    """

    alike: Alike | None = None
    left: int = ALL_STEPS
    until: float = inf
    steps: int = 0
    _known: dict[tuple[frozenset[Key], frozenset[str]], bool] = field(default_factory=dict)
    _path: dict[tuple[frozenset[Key], frozenset[str]], int] = field(default_factory=dict)
    _leaned_on: float = inf
    _alike: dict[tuple[Key, Key], bool] = field(default_factory=dict)

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
        if self.until == inf:
            self.until = time.monotonic() + MOST_SECONDS
        self.steps = min(STEPS, self.left)
        self.left -= self.steps
        try:
            if way == Way(claims=way.claims):
                return self.empty(way.claims)
            return self._shut_way(Goal(), way)
        except (SpentError, RecursionError):
            return False
        finally:
            self.left += max(self.steps, 0)
            self._path.clear()
            self._leaned_on = inf

    def spend(self) -> None:
        """Counts one step. Raises SpentError when there are none left, or no time."""
        self.steps -= 1
        if self.steps < 0 or (self.steps % 64 == 0 and time.monotonic() > self.until):
            raise SpentError

    def empty(self, claims: tuple[Claim, ...], kinds: frozenset[str] = ATOMS) -> bool:
        """Whether no value of these kinds keeps all the claims, as far as it is proven. May raise SpentError."""
        if len(claims) > 1 and self._contradicts(claims[-1], claims[:-1]):
            return True
        goal = (frozenset(claim.key for claim in claims), kinds)
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
        self.spend()
        growing = _Growing(goal)
        if not growing.grow(way, self._contradicts):
            return True
        made = growing.goal()
        kinds = frozenset(kind for kind in made.kinds if not self._leaf(made, kind))
        if not kinds:
            return True
        if not made.open:
            return False
        first = min(made.open, key=len)
        rest = tuple(choice for choice in made.open if choice is not first)
        return self._decide(replace(made, kinds=kinds, open=rest), first)

    def _contradicts(self, claim: Claim, met: Sequence[Claim]) -> bool:
        return any(other.holds is not claim.holds and self._same(claim, other) for other in met)

    def _same(self, claim: Claim, other: Claim) -> bool:
        """Whether both nodes are built the same: no value satisfies one and fails the other."""
        pair = (claim.key, other.key)
        known = self._alike.get(pair)
        if known is None:
            known = (
                claim.key[:4] == other.key[:4]
                or self._written_alike(claim, other)
                or domain.same(claim.schema, claim.node, other.schema, other.node)
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
                return [value for value in values if self._keeps(value, Goal(met=claims))]
        return None

    def none_of(self, values: list[object], goal: Goal) -> bool:
        """Whether none of the values keeps all that is known of the goal; each is put to the validators."""
        return not any(self._keeps(value, goal) for value in values)

    def _keeps(self, value: object, goal: Goal) -> bool:
        self.spend()
        try:
            return (
                all(is_valid(part.schema, part.node, value) for part in goal.parts)
                and all(each.fails(value) for each in goal.failed)
                and all(is_valid(claim.schema, claim.node, value) is claim.holds for claim in goal.met)
            )
        except CANNOT_SAY:
            return True


class _Growing:
    """A goal that grows by everything that follows without a choice."""

    __slots__ = ("absent", "choices", "failed", "keys", "kinds", "met", "parts", "pending", "present")

    def __init__(self, goal: Goal) -> None:
        self.kinds, self.parts, self.failed = goal.kinds, list(goal.parts), list(goal.failed)
        self.present, self.absent = set(goal.present), set(goal.absent)
        self.met, self.choices = list(goal.met), list(goal.open)
        self.keys = {claim.key for claim in goal.met}
        self.pending: list[Claim] = []

    def goal(self) -> Goal:
        return Goal(
            self.kinds,
            tuple(self.parts),
            tuple(self.failed),
            frozenset(self.present),
            frozenset(self.absent),
            tuple(self.met),
            tuple(self.choices),
        )

    def grow(self, way: Way, contradicts: Callable[[Claim, Sequence[Claim]], bool]) -> bool:
        """Adds the way and what follows from it; False when that is a contradiction."""
        self._add(way)
        while self.pending:
            claim = self.pending.pop()
            if claim.key not in self.keys and (contradicts(claim, self.met) or not self._take(claim)):
                return False
            if not self.pending and not self._settle():
                return False
        return self._settle() and bool(self.kinds)

    def _add(self, way: Way) -> None:
        self.kinds &= way.kinds
        self.failed += way.failed
        self.present.update(way.present)
        self.absent.update(way.absent)
        self.pending += way.claims

    def _take(self, claim: Claim) -> bool:
        self.keys.add(claim.key)
        self.met.append(claim)
        if isinstance(claim.node.raw, bool):
            return claim.node.raw is claim.holds
        if claim.holds:
            self.kinds &= domain.kinds(claim.schema, claim.node)
            claims, parts, choices = held(claim)
            self.pending += claims
            self.parts += parts
            self.choices += choices
        else:
            self.choices.append(failed(claim))
        return bool(self.kinds)

    def _settle(self) -> bool:
        """Takes every choice that has one way left; False when one has none."""
        if self.present & self.absent:
            return False
        if self.present:
            self.kinds &= _OBJECT
        waiting, self.choices = self.choices, []
        while waiting:
            choice = waiting.pop(0)
            viable = tuple(way for way in choice if self._viable(way))
            if not viable:
                return False
            if len(viable) > 1:
                self.choices.append(viable)
            else:
                self._add(viable[0])
        return not self.present & self.absent and bool(self.kinds)

    def _viable(self, way: Way) -> bool:
        return (
            bool(way.kinds & self.kinds)
            and self.absent.isdisjoint(way.present)
            and self.present.isdisjoint(way.absent)
        )


def _concerns(each: Failed, kind: str) -> bool:
    return each.keyword not in ("enum", "const") or kind in ("string", "integer", "fraction")

# SPDX-License-Identifier: Apache-2.0
"""How do two contracts differ? Walk (b), the facts: both schemas are walked side by side and every difference becomes a change.

What is not proven is said: a change whose effect is unknown makes the verdict undecided, never compatible.
The walk keeps one promise, which the property tests hold it to: when no change takes documents away, every document
valid under the old contract is valid under the new one; the same the other way round.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from registry import domain, keywords
from registry.alike import Alike, common_text
from registry.change import ABSENT, BACKWARD, FORWARD, Change, distinct
from registry.effort import ENDLESS, QUESTION, within
from registry.evaluate import CANNOT_SAY, is_valid
from registry.implication.prover import Prover
from registry.inhabited import inhabited, plain_object, plain_text
from registry.json_lines import escape
from registry.json_value import key
from registry.schema import Node, Schema

BUDGET = 20_000
"""Pairs of nodes compared before the walk gives up: seconds, not minutes."""

_Key = tuple[str, str] | None
Values = tuple[Any, ...] | None

_NOTED = {
    "format": "format-changed",
    "contentEncoding": "content-changed",
    "contentMediaType": "content-changed",
    "default": "default-changed",
}
_UNEVALUATED = {
    "unevaluatedProperties": "unevaluated-properties",
    "unevaluatedItems": "unevaluated-items",
}


def diff(old: Schema, new: Schema, budget: int = BUDGET) -> tuple[Change, ...]:
    """All changes from `old` to `new`, in the order of the documents, each fact once. Always ends."""
    walker = Walk(old, new, _Budget(budget))
    if old.rebinds and old.dialect == new.dialect and key(old.data) == key(new.data):
        return ()  # whatever its references mean, they mean the same
    if old.dialect != new.dialect:
        walker.say("dialect-changed", "/$schema", "/$schema", old.dialect.uri, new.dialect.uri)
    try:
        walker.compare(old.root, new.root)
    except (BudgetSpentError, RecursionError):
        walker.say("budget-spent", "", "", ABSENT, budget)
    return distinct(walker.changes)


def walk(old: Schema, new: Schema, budget: int, same: Callable[[str], bool]) -> "Walk":
    """A walk that has met nothing yet, for callers that know which nodes to compare; it raises BudgetSpentError.

    `same` says of a text that both documents hold whether it means the same in both, so that it is passed over.
    """
    return Walk(old, new, _Budget(budget), same=same)


class BudgetSpentError(Exception):
    """The walk met more pairs of nodes than it may compare."""


@dataclass(slots=True)
class _Budget:
    left: int

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise BudgetSpentError


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven of two schemas: that all old values are kept, that all new values were allowed before."""

    keeps_old: bool
    keeps_new: bool


def _not_known(_text: str) -> bool:
    return False


@dataclass(slots=True)
class Walk:
    """One way through both documents. `met` holds the pairs that were or are being compared on it.

    A pair met again is taken as equal: it lies deeper in the value, so a difference there is a difference of the
    first meeting (greatest fixed point). `prover` decides what differences of single keywords cannot.
    """

    old: Schema
    new: Schema
    budget: _Budget
    met: dict[tuple[_Key, _Key], None] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    same: Callable[[str], bool] = _not_known
    alike: Alike = field(init=False)
    prover: Prover = field(init=False)

    def __post_init__(self) -> None:
        self.alike = Alike(self.old, self.new)
        self.prover = Prover(self.alike)

    def say(
        self, kind: str, pointer_old: str, pointer_new: str, before: Any = ABSENT, after: Any = ABSENT
    ) -> None:
        """Records one fact."""
        self.changes.append(Change(kind, pointer_old, pointer_new, before, after))

    def say_group(
        self,
        group: str,
        pointer_old: str,
        pointer_new: str,
        proven: Proof,
        before: Any = ABSENT,
        after: Any = ABSENT,
    ) -> None:
        """Records what is not proven of keywords that are judged as a whole; nothing when all is."""
        how = {(True, False): "widened", (False, True): "narrowed", (False, False): "changed"}.get(
            (proven.keeps_old, proven.keeps_new)
        )
        if how is not None:
            self.say(f"{group}-{how}", pointer_old, pointer_new, before, after)

    def proof(self, a: Node, b: Node) -> Proof:
        """What is proven of the two nodes."""
        return Proof(
            self.prover.implies(self.old, a, self.new, b), self.prover.implies(self.new, b, self.old, a)
        )

    def proof_of(self, a: Node, b: Node, keywords: frozenset[str]) -> Proof:
        """What is proven of these keywords: that all values of one node satisfy those of the other."""
        return Proof(
            self.prover.satisfies(self.old, a, self.new, b, keywords),
            self.prover.satisfies(self.new, b, self.old, a, keywords),
        )

    def built_same(self, a: Node, b: Node) -> bool:
        """Whether both nodes accept the same because they are built the same, as far as that is found out."""
        return within(
            QUESTION, partial(self.prover.structure.same, self.old, a, self.new, b), otherwise=False
        )

    def compare(self, a: Node, b: Node) -> None:
        """Records how `a` of the old document differs from `b` of the new one."""
        text = common_text(a.raw, b.raw)
        if text is not None and self.same(text):
            return
        self.budget.spend()
        if text is not None and a.part == b.part and self.alike.says(text):
            return
        self._annotations(a, b)
        first, second = a, b
        a, b = domain.settle(self.old, a), domain.settle(self.new, b)
        open_old, open_new = domain.says_nothing(self.old, a), domain.says_nothing(self.new, b)
        # All schemas that say nothing are one: else a recursive schema met by none would be followed for ever.
        pair = (None if open_old else (a.pointer, a.part), None if open_new else (b.pointer, b.part))
        if pair in self.met or (open_old and open_new):
            return
        self.met[pair] = None
        if a is not first or b is not second:
            self._annotations(a, b)
        before, met = len(self.changes), len(self.met)
        listed = self._differences(a, b)
        if not listed and self._in_context(a, b, before):
            # What was made up for here need not be elsewhere, so the pairs inside are met anew there.
            for inside in list(self.met)[met:]:
                del self.met[inside]

    def _differences(self, a: Node, b: Node) -> bool:
        """Records them; True when every value of one side was looked at, so that there is nothing to prove."""
        if self._closed(a, b):
            return False
        before = len(self.changes)
        if self._few_values(a, b):
            return all(change.id.startswith("values-") for change in self.changes[before:])
        self._unevaluated(a, b)
        from_old, from_new = domain.conjuncts(self.old, a), domain.conjuncts(self.new, b)
        if len(from_old) == len(from_new) == 1:
            keywords.compare(self, from_old[0][1], from_new[0][1])
        elif [label for label, _ in from_old] == [label for label, _ in from_new]:
            for (_, x), (_, y) in zip(from_old, from_new, strict=True):
                self.compare(x, y)
        else:
            self._regrouped(a, b, [x for _, x in from_old], [y for _, y in from_new])
        return False

    def _in_context(self, a: Node, b: Node, first: int) -> bool:
        """Marks differences that lose no document here, because the rest of the two nodes makes up for them; True if any."""
        found = self.changes[first:]
        if self._plain(a, b):
            return False
        harmless = set()
        if not all(c.keeps_old for c in found) and self.prover.implies(self.old, a, self.new, b):
            harmless.add(BACKWARD)
        if not all(c.keeps_new for c in found) and self.prover.implies(self.new, b, self.old, a):
            harmless.add(FORWARD)
        if harmless:
            marked = [replace(c, harmless=c.harmless | harmless) for c in found]
            # What was in doubt and is proven was no difference.
            self.changes[first:] = [
                c for c in marked if not (c.effect.in_doubt and c.keeps_old and c.keeps_new)
            ]
        return bool(harmless)

    def _plain(self, a: Node, b: Node) -> bool:
        """Whether both nodes are texts with a length, or objects of fields: nothing in them makes up for anything else."""
        for plain in (plain_text, plain_object):
            if plain(self.old, a) and plain(self.new, b):
                return inhabited(self.old, a) and inhabited(self.new, b)
        return False

    def _annotations(self, a: Node, b: Node) -> None:
        if not (isinstance(a.raw, dict) and isinstance(b.raw, dict)) or a.raw is b.raw:
            return
        for keyword in a.raw | b.raw:
            kind = _NOTED.get(keyword) or self._unknown(keyword)
            before, after = a.raw.get(keyword, ABSENT), b.raw.get(keyword, ABSENT)
            if kind and keywords.differ(before, after):
                self.say(
                    kind, f"{a.pointer}/{escape(keyword)}", f"{b.pointer}/{escape(keyword)}", before, after
                )

    def _unknown(self, keyword: str) -> str:
        known = self.old.dialect.asserting | self.new.dialect.asserting | domain.ANNOTATIONS
        return "" if keyword in known or keyword.startswith("x-") else "unknown-keyword-changed"

    def _unevaluated(self, a: Node, b: Node) -> None:
        """Keywords that look at their neighbours."""
        names = domain.assertions(self.old, a) | domain.assertions(self.new, b)
        for keyword in sorted(names & {"unevaluatedProperties", "unevaluatedItems"}):
            if not self.built_same(a, b):
                proven = self.proof_of(a, b, frozenset((keyword,)))
                places = (_place(a, keyword), _place(b, keyword))
                values = (keywords.value(a, keyword), keywords.value(b, keyword))
                self.say_group(_UNEVALUATED[keyword], *places, proven, *values)

    def _closed(self, a: Node, b: Node) -> bool:
        """One side accepts nothing at all."""
        none_before, none_now = not domain.kinds(self.old, a), not domain.kinds(self.new, b)
        if none_now and not none_before:
            self.say("schema-closed", a.pointer, b.pointer, a.raw, b.raw)
        if none_before and not none_now:
            self.say("schema-opened", a.pointer, b.pointer, a.raw, b.raw)
        return none_before or none_now

    def _few_values(self, a: Node, b: Node) -> bool:
        """One side lists its values: each is put to the other side's validator, which decides exactly."""
        if not (domain.listed(self.old, a) or domain.listed(self.new, b)):
            return False
        sorted_out = within(ENDLESS, partial(self._sorted_out, a, b), otherwise=None)
        if sorted_out is None:
            self.say("keyword-not-covered", a.pointer, b.pointer, "pattern")
            return True
        before, after, gone, come = sorted_out
        places = (_place(a, "enum", "const"), _place(b, "enum", "const"))
        if after is None:
            self.say("enum-removed", *places, list(before or ()))
        if before is None:
            self.say("enum-added", *places, ABSENT, list(after or ()))
        if gone:
            self.say("values-removed", *places, gone)
        if come:
            self.say("values-added", *places, ABSENT, come)
        return True

    def _sorted_out(self, a: Node, b: Node) -> tuple[Values, Values, list[Any], list[Any]] | None:
        """The values each side lists, and which of them only that side accepts; None when that cannot be found out."""
        try:
            before, after = domain.finite(self.old, a), domain.finite(self.new, b)
            gone = [value for value in before or () if not is_valid(self.new, b, value)]
            come = [value for value in after or () if not is_valid(self.old, a, value)]
        except CANNOT_SAY:
            return None
        return before, after, gone, come

    def _regrouped(self, a: Node, b: Node, old_parts: list[Node], new_parts: list[Node]) -> None:
        """The constraints are grouped differently: what one side asks must follow from the whole of the other."""
        for y in new_parts:
            if not self.prover.implies(self.old, a, self.new, y):
                self._one_way(min(old_parts, key=lambda x: _unlike(x, y)), y, FORWARD)
        for x in old_parts:
            if not self.prover.implies(self.new, b, self.old, x):
                self._one_way(x, min(new_parts, key=lambda y: _unlike(x, y)), BACKWARD)

    def _one_way(self, x: Node, y: Node, harmless: str) -> None:
        """Records of the differences of two parts those that matter in one direction."""
        fork = Walk(self.old, self.new, self.budget, dict(self.met), same=self.same)
        fork.alike, fork.prover = self.alike, self.prover
        fork.compare(x, y)
        lossy = [c for c in fork.changes if not (c.keeps_old if harmless == FORWARD else c.keeps_new)]
        self.changes += [replace(change, harmless=change.harmless | {harmless}) for change in lossy]
        if not lossy:
            how = "narrowed" if harmless == FORWARD else "widened"
            self.say(f"combination-{how}", x.pointer, y.pointer)


def _unlike(x: Node, y: Node) -> int:
    """How many keywords only one of the two has."""
    return len(x.raw.keys() ^ y.raw.keys()) if isinstance(x.raw, dict) and isinstance(y.raw, dict) else 0


def proof(changes: list[Change]) -> Proof:
    """What a list of facts proves of the two schemas they were found in."""
    return Proof(all(c.keeps_old for c in changes), all(c.keeps_new for c in changes))


def _place(node: Node, *keywords: str) -> str:
    names = node.raw if isinstance(node.raw, dict) else {}
    return next((f"{node.pointer}/{keyword}" for keyword in keywords if keyword in names), node.pointer)

# SPDX-License-Identifier: Apache-2.0
"""Assertions -> alias classes, parents and links: which object stands under which anchor, and what was refused.

An object has at most one parent of each type, and all its parents lead to one anchor. Of assertions that say otherwise
the first in judged order takes effect; the others are kept as refused.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from collectors.decisions.decision import NO_RULINGS, Rulings
from collectors.keys.finding import Demotion
from collectors.processes.process import Process
from collectors.stitching.alias import aliases, object_type, pair
from collectors.stitching.contradiction import Contradiction
from collectors.stitching.figures import read
from collectors.stitching.stitch_event import Assertion, Member, Outside, StitchEvent

__all__ = ["Trees", "object_type"]

_APART = "it was decided that they do not belong together"


class Trees:
    """The alias classes and trees of a set of objects, from all assertions about them, which come in judged order."""

    def __init__(
        self,
        process: Process,
        said: Sequence[Assertion],
        outside: Mapping[str, Outside],
        rulings: Rulings = NO_RULINGS,
    ) -> None:
        self.outside = outside
        self._hubs = rulings.hubs
        decided = rulings.asserted(process) if rulings.decisions else []
        apart = rulings.apart() if rulings.decisions else []
        self._anchor = process.anchor
        self._carrying = {rule.id for rule in process.edges if rule.carries_events}
        self._classes = aliases(
            process.anchor,
            [one for one in said if one.role == "same_as" and one.child != one.parent],
            [one for one in decided if one.role == "same_as"],
            frozenset(apart),
        )
        self._alias = self._classes.canonical
        self.links: dict[str, dict[str, Assertion]] = {}
        self._given: dict[str, list[Assertion]] = {}
        self.edges: list[Assertion] = [*self._classes.edges]
        # child -> its parents in judged order, each with its reason's position in `edges`
        self._parents: dict[str, dict[str, int]] = {}
        self._root: dict[str, str | None] = {}
        self._apart = {pair(self.canonical(one), self.canonical(other)) for one, other in apart}
        self._decided: dict[str, str] = {}
        self._odd: dict[tuple[Demotion, str], list[Assertion]] = {}
        for assertion in decided:
            if assertion.role == "child_of":
                self._hang(assertion)
                self._decided |= {
                    child: parent for child, parents in self._parents.items() for parent in parents
                }
            elif assertion.role == "link":
                self._link(assertion)
        for assertion in said:
            if assertion.child == assertion.parent:
                self._odd.setdefault(("self-loop", assertion.child), []).append(assertion)
            elif assertion.role == "child_of":
                self._hang(assertion)
            elif assertion.role in ("link", "succeeds"):
                self._link(assertion)
        for child, parents in self._parents.items():
            if len(parents) > 1:
                self._choose(child, parents)

    def canonical(self, key: str) -> str:
        """The object that stands for the key's alias class: its smallest anchor, else its smallest member."""
        return self._alias.get(key, key)

    def root(self, key: str) -> str | None:
        """The anchor above the key, or itself; None for a fragment that has no anchor yet."""
        if key in self._root:
            return self._root[key]
        above: str | None
        if key in self.outside:
            above = self.outside[key].root
        elif self._alias.get(key, key) != key:
            above = self.root(self._alias[key])
        elif object_type(key) == self._anchor:
            above = key
        else:
            roots = (self.root(parent) for parent in self._parents.get(key, ()))
            above = next((root for root in roots if root is not None), None)
        self._root[key] = above
        return above

    def roots(self, keys: Iterable[str]) -> dict[str, str]:
        """The anchor above each of `keys` and of every object a rule speaks of; keys under none are absent."""
        spoken_of = {key for assertion in self.edges for key in assertion[:2]}
        for key in spoken_of.union(keys).difference(self._root):
            self.root(key)
        return {key: root for key, root in self._root.items() if root is not None}

    def contradictions(self, keys: Collection[str]) -> list[Contradiction]:
        """What cannot all be true, as far as one of `keys` has part in it."""
        if not self._odd and not self._classes.conflicts:
            return []
        found = [
            Contradiction("conflict", one[0], tuple(one[1:]), said) for one, said in self._classes.conflicts
        ]
        for (reason, key), said in self._odd.items():
            found.append(Contradiction(reason, key, tuple(self.canonical(one.parent) for one in said), said))
        return [one for one in found if one.touches(keys)]

    def in_conflict(self, keys: Collection[str]) -> frozenset[str]:
        """The keys in conflicts in which one of `keys` has part."""
        found = (one for one in self.contradictions(keys) if one.reason == "conflict")
        return frozenset(a.child for one in found for a in one.said)

    def _hang(self, assertion: Assertion) -> None:
        child, parent = self.canonical(assertion.child), self.canonical(assertion.parent)
        parents = self._parents.setdefault(child, {})
        if parent in parents:
            refused = ""
        elif self._apart and pair(child, parent) in self._apart:
            refused = _APART
        elif child in self._decided:
            refused = f"it was decided that {child} belongs to {self._decided[child]}"
        elif object_type(child) == self._anchor:
            refused = f"{child} is an anchor itself"
        elif self._is_below(parent, child):
            refused = self._odd_one("circle", child, assertion, f"{parent} stands below {child}")
        elif known := next((one for one in parents if object_type(one) == object_type(parent)), None):
            refused = self._odd_one("two-parents", child, assertion, f"{child} already belongs to {known}")
        else:
            parents[parent] = len(self.edges)
            refused = ""
        self.edges.append(assertion._replace(refused=refused) if refused else assertion)

    def _link(self, assertion: Assertion) -> None:
        child, parent = self.canonical(assertion.child), self.canonical(assertion.parent)
        if self._apart and pair(child, parent) in self._apart:
            self.edges.append(assertion._replace(refused=_APART))
            return
        self.edges.append(assertion)
        if assertion.event.figures:
            self._given.setdefault(child, []).append(assertion)
        parents = self.links.setdefault(child, {})
        known = parents.get(parent)
        if known is None or (self._carries(assertion) and not self._carries(known)):
            parents[parent] = assertion

    def _choose(self, child: str, parents: dict[str, int]) -> None:
        """Of parents of several types, those under the anchor of the first that has one; the others are refused."""
        root = self.root(child)
        for parent in [one for one in parents if self.root(one) not in (None, root)]:
            del parents[parent]
            why = f"{child} already belongs to {root}"
            for index, one in enumerate(self.edges):
                if (
                    one.role == "child_of"
                    and not one.refused
                    and (self.canonical(one.child), self.canonical(one.parent)) == (child, parent)
                ):
                    self.edges[index] = one._replace(refused=self._odd_one("two-parents", child, one, why))

    def _odd_one(self, kind: Demotion, key: str, assertion: Assertion, why: str) -> str:
        self._odd.setdefault((kind, key), []).append(assertion)
        return why

    def _is_below(self, key: str, above: str) -> bool:
        seen, waiting = {key}, [key]
        while waiting:
            one = waiting.pop()
            if one == above:
                return True
            fresh = self._parents.get(one, {}).keys() - seen
            seen |= fresh
            waiting.extend(fresh)
        return False

    def attached(self) -> dict[str, tuple[str, ...]]:
        """For each object under no anchor, the anchors to which a link that carries events ties it; absent when none."""
        found: dict[str, tuple[str, ...]] = {}
        for child, parents in self.links.items():
            roots = {
                root for parent, a in parents.items() if self._carries(a) and (root := self.root(parent))
            }
            if roots:
                found |= dict.fromkeys(self.same_as(child), tuple(sorted(roots)))
        found |= {key: place.attached for key, place in self.outside.items()}
        return {key: roots for key, roots in found.items() if roots and self.root(key) is None}

    def same_as(self, key: str) -> Sequence[str]:
        """All keys of the thing that `key` stands for."""
        return self._classes.classes.get(key) or (key,)

    def links_of(self, child: str) -> list[tuple[str, Assertion]]:
        """What the thing that `child` stands for is linked to, with the reason: links that carry events come first."""
        links = self.links.get(child)
        return sorted(links.items(), key=lambda item: not self._carries(item[1])) if links else []

    @property
    def says_allocations(self) -> bool:
        """Whether any link says what of an amount goes where."""
        return bool(self._given)

    def allocated(self, child: str) -> dict[str, int]:
        """What of the thing that `child` stands for goes to which anchor, in minor units; the last word on each parent counts.

        Nothing unless it is said of every anchor that a link which carries events ties it to.
        """
        given: dict[str, int] = {}
        for link in self._given.get(child, ()):
            if (
                link.event.figures
                and (minor := read(link.event.figures).allocated.get(link.parent)) is not None
            ):
                given[self.canonical(link.parent)] = minor
        found: dict[str, int] = {}
        for parent, minor in given.items():
            root = self.root(parent)
            if root is not None:
                found[root] = found.get(root, 0) + minor
        return found

    def _carries(self, link: Assertion) -> bool:
        return link.rule in self._carrying and link.child not in self._hubs

    def place(self, key: str, named_by: StitchEvent) -> Member:
        """How an object that stands under an anchor came to its place; `named_by` is the first event that names it."""
        canonical = self.canonical(key)
        if canonical != key:
            joined = self._classes.reasons.get(key)
            return Member(
                "same_as", canonical, joined.rule if joined else None, joined.event if joined else named_by
            )
        parents = self._parents.get(key)
        if not parents:
            return Member("anchor", None, None, named_by)
        parent = next((one for one in parents if self.root(one) is not None), next(iter(parents)))
        reason = self.edges[parents[parent]]
        return Member("child_of", parent, reason.rule, reason.event)

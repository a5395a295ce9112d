# SPDX-License-Identifier: Apache-2.0
"""Assertions -> alias classes, parents and links: which object stands under which anchor, and what was refused."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from collectors.process import Process
from collectors.stitch_event import Assertion, Member, Outside, StitchEvent


@lru_cache(20_000)
def object_type(key: str) -> str:
    """The type of a key text: `order` of `order:SO-1`, `journal` of `sap/journal@2026:1`."""
    head = key.partition(":")[0]
    return head.rpartition("/")[2].partition("@")[0]


class Trees:
    """The alias classes and trees of a set of objects, from all assertions about them, which come in judged order."""

    def __init__(self, process: Process, said: Sequence[Assertion], outside: Mapping[str, Outside]) -> None:
        self.outside = outside
        self._anchor = process.anchor
        self._carrying = {rule.id for rule in process.edges if rule.carries_events}
        self._alias: dict[str, str] = {}
        self._classes: dict[str, list[str]] = {}
        self.parent: dict[str, tuple[str, Assertion]] = {}
        self.links: dict[str, dict[str, Assertion]] = {}
        self.edges: list[Assertion] = []
        self._root: dict[str, str | None] = {}
        self._joined: dict[str, Assertion] = {}
        for assertion in said:
            if assertion.role == "same_as":
                self._join(assertion)
        for assertion in said:
            if assertion.role == "child_of":
                self._hang(assertion)
            elif assertion.role == "link":
                self.edges.append(assertion)
                self.links.setdefault(assertion.child, {}).setdefault(assertion.parent, assertion)

    def canonical(self, key: str) -> str:
        """The object that stands for the key's alias class: its smallest anchor, else its smallest member."""
        return self._alias.get(key, key)

    def aliases(self, key: str) -> list[str]:
        """All keys of the alias class that `key` stands for."""
        return self._classes.get(key, [key])

    def root(self, key: str) -> str | None:
        """The anchor above the key, or itself; None for a fragment that has no anchor yet."""
        if key in self._root:
            return self._root[key]
        above: str | None
        if key in self.outside:
            above = self.outside[key].root
        elif key in self._alias and self._alias[key] != key:
            above = self.root(self._alias[key])
        elif object_type(key) == self._anchor:
            above = key
        else:
            step = self.parent.get(key)
            above = self.root(step[0]) if step else None
        self._root[key] = above
        return above

    def roots(self, keys: Iterable[str]) -> dict[str, str]:
        """The anchor above each of `keys` and of every object a rule speaks of; keys under none are absent."""
        for key in keys:
            self.root(key)
        for assertion in self.edges:
            self.root(assertion.child)
            self.root(assertion.parent)
        return {key: root for key, root in self._root.items() if root is not None}

    def _join(self, assertion: Assertion) -> None:
        one, other = self.canonical(assertion.child), self.canonical(assertion.parent)
        if one != other:
            joined = sorted({*self.aliases(one), *self.aliases(other)})
            heads = [key.partition(":")[0] for key in joined]
            # Two ids of one kind in one system cannot be one thing.
            if len(set(heads)) < len(heads):
                self.edges.append(assertion._replace(refused=f"{one} and {other} are two of one kind"))
                return
            canonical = next((key for key in joined if object_type(key) == self._anchor), joined[0])
            for old in (one, other):
                self._classes.pop(old, None)
            self._classes[canonical] = joined
            self._alias.update(dict.fromkeys(joined, canonical))
            for key in (assertion.child, assertion.parent):
                self._joined.setdefault(key, assertion)
        self.edges.append(assertion)

    def _hang(self, assertion: Assertion) -> None:
        child, parent = self.canonical(assertion.child), self.canonical(assertion.parent)
        known = self.parent.get(child)
        if object_type(child) == self._anchor:
            refused = f"{child} is an anchor itself"
        elif known is not None:
            refused = "" if known[0] == parent else f"{child} already belongs to {known[0]}"
        else:
            refused = f"{parent} stands below {child}" if self._is_below(parent, child) else ""
            if not refused:
                self.parent[child] = (parent, assertion)
        self.edges.append(assertion._replace(refused=refused) if refused else assertion)

    def _is_below(self, key: str, above: str) -> bool:
        while key != above:
            step = self.parent.get(key)
            if step is None:
                return False
            key = step[0]
        return True

    def attached(self) -> dict[str, tuple[str, ...]]:
        """For each object under no anchor, the anchors to which a link that carries events ties it; absent when none."""
        found = {
            child: tuple(
                sorted(
                    {root for p, a in parents.items() if a.rule in self._carrying and (root := self.root(p))}
                )
            )
            for child, parents in self.links.items()
            if child not in self.outside
        }
        found |= {key: place.attached for key, place in self.outside.items()}
        return {key: roots for key, roots in found.items() if roots and self.root(key) is None}

    def preference(self, link: Assertion) -> bool:
        """Sorts a link that carries events before one that does not, and keeps the judged order otherwise."""
        return link.rule not in self._carrying

    def place(self, key: str, named_by: StitchEvent) -> Member:
        """How an object that stands under an anchor came to its place; `named_by` is the first event that names it."""
        canonical = self.canonical(key)
        if canonical != key:
            joined = self._joined.get(key)
            return Member(
                "same_as", canonical, joined.rule if joined else None, joined.event if joined else named_by
            )
        step = self.parent.get(key)
        if step is None:
            return Member("anchor", None, None, named_by)
        return Member("child_of", step[0], step[1].rule, step[1].event)

# SPDX-License-Identifier: Apache-2.0
"""What was found between two API documents so far? The one value that the parts of the walk write their facts to."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from registry.api import composition, view
from registry.api.element import Element
from registry.api.place import Place
from registry.api.unchanged import Unchanged, unchanged
from registry.change import ABSENT, Change, distinct
from registry.diff import BudgetSpentError, Walk, walk
from registry.schema import Node, Schema

BUDGET = 300_000
"""Pairs of schema nodes compared in one kind of place before the walk gives up."""


@dataclass(slots=True)
class Comparison:
    """Two documents side by side. `on` is the day that sunset dates are held against; None: no day has come yet.

    Schemas of one kind of place are compared on one walk, so what many operations share is compared and told once.
    """

    old: Schema
    new: Schema
    on: date | None = None
    changes: list[Change] = field(default_factory=list)
    walks: dict[Place, Walk] = field(default_factory=dict)
    roots: dict[Place, list[tuple[Node, Node]]] = field(default_factory=dict)
    known: Unchanged = field(init=False)

    def __post_init__(self) -> None:
        self.known = unchanged(self.old, self.new)

    def say(
        self, kind: str, a: Element | str, b: Element | str, before: Any = ABSENT, after: Any = ABSENT
    ) -> None:
        """Records one fact about the two places."""
        old, new = (each if isinstance(each, str) else each.pointer for each in (a, b))
        self.changes.append(Change(kind, old, new, before, after))

    def same(self, a: Element, b: Element) -> bool:
        """Whether both are shown to say the same, so that there is nothing to look for."""
        return self.known.holds(a, b)

    def schemas(self, place: Place, a: Element, b: Element, keyword: str = "schema") -> None:
        """Compares the schemas under a keyword of both; a missing one is the schema `true`."""
        self.nodes(place, self.node(place, a, keyword, old=True), self.node(place, b, keyword, old=False))

    def node(self, place: Place, around: Element, keyword: str, *, old: bool) -> Node:
        """The schema under a keyword, as the walk of this kind of place sees it."""
        return view.node(self.old if old else self.new, place.hides, f"{around.pointer}/{keyword}")

    def nodes(self, place: Place, a: Node, b: Node) -> None:
        """Compares two nodes that `node` gave."""
        here = self.walk(place)
        self.roots.setdefault(place, []).append((a, b))
        try:
            here.compare(a, b)
        except (BudgetSpentError, RecursionError):
            here.say("budget-spent", a.pointer, b.pointer, ABSENT, BUDGET)

    def walk(self, place: Place) -> Walk:
        """The one walk of a kind of place."""
        if place not in self.walks:
            olds, news = (view.view(each, place.hides) for each in (self.old, self.new))
            self.walks[place] = walk(olds, news, BUDGET, self.known.says)
        return self.walks[place]

    def found(self) -> tuple[Change, ...]:
        """All facts, each once: what the parts said, then what the schemas of each kind of place show."""
        self.old.memo["roots"] = (self.new, self.roots)
        changes = [*self.changes, *self._of_schemas()]
        return distinct(changes)

    def _of_schemas(self) -> Iterator[Change]:
        for place, here in self.walks.items():
            composed = composition.changes(here, self.old, self.new, self.roots.get(place, []))
            for change in (*here.changes, *composed):
                yield replace(change, id=f"{place.name}.{change.id}", harmless=place.turned(change.harmless))


def roots(old: Schema, new: Schema, place: Place) -> list[tuple[Node, Node]]:
    """The pairs of schemas that the last comparison of these documents began with in one kind of place."""
    compared, found = old.memo.get("roots", (None, {}))
    pairs: list[tuple[Node, Node]] = found.get(place, []) if compared is new else []
    return pairs

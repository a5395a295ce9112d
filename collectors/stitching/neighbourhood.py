# SPDX-License-Identifier: Apache-2.0
"""Which stored events must be judged again when new ones come: those that can change, and no more.

There is no component to keep up or to split: what belongs together is followed through the events themselves, up and
down along the rules that merge, and one link further where a place changed. Objects of no rule that merges or carries
(customers, subscriptions) are never followed, so that a hub cannot draw thousands of transactions into one commit.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from collectors.decisions.decision import NO_RULINGS, Decision, Rulings
from collectors.decisions.ruling_store import RulingStore
from collectors.keys.finding import KeyFinding
from collectors.processes.process import MERGING, Process
from collectors.stitching import hub
from collectors.stitching.alias import numbering
from collectors.stitching.memory import MOST_EVENTS
from collectors.stitching.records import Records
from collectors.stitching.stitch import assertions, pattern
from collectors.stitching.stitch_event import Assertion, StitchEvent
from collectors.stitching.tree import Trees, object_type
from terms.instant import Instant

# From a changed place: to what is named beside it, to what carriers among that name, and to their own company.
_LINK_STEPS = 3
# An event that names more objects is a batch, and not all of them are needed because one is.
_SMALL = 8


class Neighbourhood:
    """The events around new ones, and the rulings about what they name.

    `ids` maps key texts to object ids and grows with what is loaded; `fresh` are new keys.
    """

    def __init__(
        self,
        records: Records,
        processes: tuple[Process, ...],
        rulings: RulingStore,
    ) -> None:
        self.records = records
        self.ids = records.ids
        self._rulings = rulings
        self._decisions: dict[int, Decision] = {}
        self.hubs: frozenset[str] = frozenset()
        self._known_hubs: set[str] = set()
        self._held: set[str] = set()
        self.processes = processes
        self.events: dict[int, StitchEvent] = {}
        self._active = frozenset(kind for process in processes for kind in process.active_types)
        self._most_parents, self._least_hub = _hub_bounds(processes)
        self._anchors = frozenset(process.anchor for process in processes)
        self._nearby: set[str] = set()
        self._decided_links: dict[str, dict[str, set[str]]] = {p.id: defaultdict(set) for p in processes}
        self._linked: set[str] = set()
        self._events_of: dict[str, list[StitchEvent]] = defaultdict(list)
        self._said: dict[str, dict[int, list[Assertion]]] = {process.id: {} for process in processes}
        self._merging: dict[str, set[str]] = defaultdict(set)
        self._same: dict[str, set[str]] = defaultdict(set)
        self._complete: set[str] = set()
        self.fresh: set[str] = set()

    def add(self, event: StitchEvent) -> None:
        """Takes an event in. An event taken in twice is there once."""
        if event.event_id in self.events:
            return
        self.events[event.event_id] = event
        ties = _ties(self.processes, event.type, event.kinds)
        keys = event.keys
        active = [keys[position] for position in ties.active]
        for key in active:
            self._events_of[key].append(event)
        if len(keys) <= _SMALL:
            self._nearby.update(active)
        if event.states or (self.hubs and not self.hubs.isdisjoint(keys)):
            for process in self.processes:
                for one in assertions(process, event, self.hubs, self._held):
                    self._connect(one)
            return
        for child, parent, role in ties.roles:
            self._tie(keys[child], keys[parent], role)

    def _connect(self, assertion: Assertion) -> None:
        if assertion.role != "link" or assertion.child not in self.hubs:
            self._tie(assertion.child, assertion.parent, assertion.role)

    def _tie(self, child: str, parent: str, role: str) -> None:
        if role == "succeeds" or (role == "same_as" and numbering(child) == numbering(parent)):
            return
        if role == "link":
            self._linked.add(child)
            return
        self._merging[child].add(parent)
        self._merging[parent].add(child)
        if role == "same_as":
            # What is linked under one of a thing's keys is linked under all of them.
            self._linked.update((child, parent))
            self._same[child].add(parent)
            self._same[parent].add(child)

    def new(self, keys: Iterable[str]) -> None:
        """Says that these objects were never named before, so that nothing is stored about them."""
        self.fresh.update(keys)
        self._complete.update(self.fresh)

    def load(self, keys: Iterable[str]) -> None:
        """Makes sure that every stored event that names one of these objects is here."""
        missing = [key for key in keys if key not in self._complete]
        if not missing:
            return
        self._complete.update(missing)
        for decision in self._rulings.decisions(self.ids, missing):
            self._decided(decision)
        events = self.records.events_about(missing, self.events)
        self.find_hubs(key for event in events for key in event.keys)
        for event in events:
            self.add(event)

    def remember(self) -> None:
        """Keeps by heart what is known now of the objects, and forgets those of which something new is here but not all."""
        memory = self.records.memory
        for key, events in self._events_of.items():
            if key in self._complete and len(events) <= MOST_EVENTS:
                memory.events_of[key] = events
            else:
                memory.events_of.pop(key, None)
        memory.ids.update((key, self.ids[key]) for event in self.events.values() for key in event.keys)

    def find_hubs(self, keys: Iterable[str]) -> None:
        """Learns which of the keys are hubs. Events are taken in after that was learned of what they name."""
        if self._rulings.has_hubs:
            unknown = (
                {key for key in keys if object_type(key) in self._active} - self._known_hubs - self.fresh
            )
            self._known_hubs |= unknown
            if hubs := self._rulings.hubs(self.ids, unknown):
                self.hubs |= hubs
                for decision in self._rulings.decisions(self.ids, hubs):
                    self._decided(decision)

    def _decided(self, decision: Decision) -> None:
        if decision.decision_id not in self._decisions:
            self._decisions[decision.decision_id] = decision
            for process in self.processes:
                for one in Rulings((decision,)).asserted(process):
                    self._connect(one)
                    if one.role == "link":
                        self._decided_links[process.id][one.parent].add(one.child)
                    # No event names both, so not even a link would lead from one to the other.
                    self._merging[one.child].add(one.parent)
                    self._merging[one.parent].add(one.child)
                    self._held.update((one.child, one.parent))

    def crossing(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys`, all loaded, that join too much and are not known for it yet."""
        return {key for key in keys if key not in self.hubs and self._crosses(key)}

    def falling(self, keys: Iterable[str]) -> set[str]:
        """Those of the hubs among `keys` that do not join too much any more."""
        hubs = self.hubs.intersection(keys)
        self.load(hubs)
        return {key for key in hubs if not self._crosses(key)}

    def _crosses(self, key: str) -> bool:
        events = self._events_of.get(key, ())
        if len(events) * self._most_parents <= self._least_hub:
            return False
        said = (a for process in self.processes for event in events for a in assertions(process, event))
        return hub.crosses(key, said, hub.limits(self.processes, object_type(key)))

    def hub_finding(self, key: str) -> KeyFinding:
        """What people are told of a hub. It is found out once and not counted on, so it says no more than that."""
        first, last = self._events_of[key][0], self._events_of[key][-1]
        limit = min(hub.limits(self.processes, object_type(key)), key=lambda one: (one.joins, -one.within))
        what = f"would join more than {limit.joins} others within {limit.words}"
        return KeyFinding("hub", object_type(key), first.source, key, Instant(last.at), what, last.event_id)

    def again(self, hubs: frozenset[str]) -> "Neighbourhood":
        """The same events, taken in as they are to be with these hubs."""
        near = Neighbourhood(self.records, self.processes, self._rulings)
        near.hubs, near._known_hubs = hubs, self._known_hubs | hubs
        near.fresh, near._complete = self.fresh, self._complete
        for decision in self._decisions.values():
            near._decided(decision)
        for event in self.events.values():
            near.add(event)
        return near

    def rulings(self, keys: Collection[str]) -> Rulings:
        """The hubs, and the decisions about `keys`, which are loaded."""
        decisions = tuple(d for d in self._decisions.values() if d.one in keys or d.other in keys)
        return Rulings(decisions, self.hubs) if decisions or self.hubs else NO_RULINGS

    def follows(self, key: str) -> bool:
        """Whether the events of this object may lead to others, or make it a transaction."""
        kind = object_type(key)
        return kind in self._active and (key not in self.hubs or kind in self._anchors or key in self._held)

    def stands(self, process: Process, key: str) -> bool:
        """Whether the object may have a place of its own in the process: a hub has one as its anchor, or by decision."""
        return key not in self.hubs or object_type(key) == process.anchor or key in self._held

    def fetch_ahead(self, keys: Iterable[str]) -> None:
        """Loads in few round trips what the steps to come will probably ask for, one after the other."""
        self.load({key for key in keys if self.follows(key)})
        for _ in range(_LINK_STEPS):
            self.load(self._nearby - self._complete - self.hubs)

    def closure(self, keys: Iterable[str]) -> set[str]:
        """The active objects that `keys` hang together with by rules that merge, refused or not, all loaded."""
        closed: set[str] = set()
        frontier = {key for key in keys if self.follows(key)}
        while frontier:
            self.load(frontier)
            closed |= frontier
            frontier = {other for key in frontier for other in self._merging.get(key, ())} - closed
        return closed

    def company(self, keys: Iterable[str]) -> set[str]:
        """The active objects named beside `keys` in any event, which is loaded."""
        asked = list(keys)
        self.load(asked)
        return {
            key
            for one in asked
            for event in self._events_of.get(one, ())
            for kind, key in zip(event.kinds, event.keys, strict=True)
            if kind in self._active and (key not in self.hubs or self.follows(key))
        }

    def carriers(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that some event links to another object, and so may bring events of their own there."""
        asked = list(keys)
        self.load(asked)
        return self._linked.intersection(asked)

    def reached(self, changed: Collection[str]) -> set[str]:
        """The objects whose membership or edges may change when the place of `changed` objects did."""
        reached: set[str] = set()
        frontier = set(changed)
        for _ in range(_LINK_STEPS):
            company = self.company(frontier)
            frontier = self.carriers(company) - reached
            reached |= company
        return reached

    def said(self, process: Process, events: Iterable[StitchEvent]) -> Mapping[int, list[Assertion]]:
        """What these events, and perhaps others, assert by the process's rules, by event id."""
        known = self._said[process.id]
        for event in events:
            if event.event_id not in known:
                known[event.event_id] = assertions(process, event, self.hubs, self._held)
        return known

    def trees(self, process: Process, keys: Collection[str]) -> Trees:
        """The process's trees over `keys`, whose events are all loaded."""
        events = {event.event_id: event for key in keys for event in self._events_of.get(key, ())}
        said = self.said(process, events.values())
        ordered = [one for event in sorted(events.values()) for one in said[event.event_id]]
        return Trees(process, ordered, {}, self.rulings(keys))

    def _aliases(self, keys: set[str]) -> set[str]:
        """`keys` and the other keys of the same things, all loaded."""
        found, frontier = set(keys), keys
        while frontier:
            self.load(frontier)
            frontier = {other for key in frontier for other in self._same.get(key, ())} - found
            found |= frontier
        return found

    def around(self, process: Process, keys: Collection[str]) -> tuple[list[StitchEvent], set[str], set[str]]:
        """(events that name `keys` or carriers linked to them, active objects of those events beyond `keys`, those carriers).

        `keys` are of the process's active types.
        """
        mine = {event.event_id: event for key in keys for event in self._events_of.get(key, ())}
        said = self.said(process, mine.values())
        named = {
            one.child
            for event_id in mine
            for one in said[event_id]
            if one.role == "link" and one.parent in keys and one.child not in self.hubs
        }
        if decided := self._decided_links[process.id]:
            named |= {child for key in keys for child in decided.get(key, ()) if child not in self.hubs}
        named.difference_update(keys)
        linked = self._aliases({key for key in named if object_type(key) in process.active_types})
        events = mine | {event.event_id: event for key in linked for event in self._events_of.get(key, ())}
        beyond = {
            key
            for event in events.values()
            for kind, key in zip(event.kinds, event.keys, strict=True)
            if kind in process.active_types and key not in keys and self.stands(process, key)
        }
        return list(events.values()), beyond, linked


class _Ties(NamedTuple):
    """What events of one type that name objects of these kinds tie together: positions of `active` objects, and `roles`.

    A role is (child's position, parent's position, role), once for all processes that give it.
    """

    active: tuple[int, ...]
    roles: tuple[tuple[int, int, str], ...]


@lru_cache(10_000)
def _ties(processes: tuple[Process, ...], event_type: str, kinds: tuple[str, ...]) -> _Ties:
    known = {kind for process in processes for kind in process.active_types}
    roles = {
        (child, parent, role): None
        for process in processes
        for child, parent, role, _ in pattern(process, event_type, kinds)
    }
    return _Ties(tuple(position for position, kind in enumerate(kinds) if kind in known), tuple(roles))


@lru_cache(64)
def _hub_bounds(processes: tuple[Process, ...]) -> tuple[int, int]:
    """(how many objects one event can have a key join, how many the strictest limit allows)."""
    partners: dict[str, set[str]] = defaultdict(set)
    for rule in (rule for process in processes for rule in process.edges if rule.role in MERGING):
        partners[rule.child].add(rule.parent)
        partners[rule.parent].add(rule.child)
    least = min((p.hub_limit(kind).joins for p in processes for kind in p.joining_types), default=0)
    return max(map(len, partners.values()), default=0), least
